"""The record of a review as an operation: draws with whom they left out, marks, opinions, and what became of them."""

from collections.abc import Iterator

from web.operations import Answer, Asked, Operation
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.wishes import PLACE
from workflow.panel import DrawRecord, draw_record
from workflow.review import MarksTable, marks_table


class CandidateAnswer(Told):
    expert: str
    fields: tuple[str, ...]
    employer: str


class LeftOutAnswer(Told):
    """*why*: conflict, drawn_before, employer, former_employer, group; *unit*: which unit that applies, *until*: the last year there."""

    expert: str
    why: str
    unit: str
    until: int


class DrawAnswer(Told):
    """*repeats*: drawing again from what stands here gives the same experts."""

    drawn: tuple[str, ...]
    seed: str
    candidates: tuple[CandidateAnswer, ...]
    seated: tuple[CandidateAnswer, ...]
    left_out: tuple[LeftOutAnswer, ...]
    replaces: str
    reason: str
    repeats: bool


class SheetAnswer(Told):
    """Marks are hundredths of a point. *dropped*: the trimmed mean leaves this expert out."""

    expert: str
    marks: dict[str, int]
    total: int
    comment: str
    dropped: bool


class ReviewAnswer(Told):
    """*result*, *means* and *spread* are hundredths of a point; *result* is null while the review is open."""

    id: str
    number: str
    draws: tuple[DrawAnswer, ...]
    sheets: tuple[SheetAnswer, ...]
    means: dict[str, int]
    spread: int
    divergent: bool
    result: int | None
    method: str
    leader: str
    divergence_reason: str
    opinion: str


def reviews(desk: Desk) -> Iterator[Operation]:
    def answer(asked: Asked) -> Answer:
        application = desk.handling.load(asked.path["application_id"], asked.actor).state
        call = desk.handling.call_of(application)
        draws, marks = draw_record(application, call), marks_table(application, call)
        return Answer(body=_answer(application.id, application.number, draws, marks))

    yield Operation(
        id="getReview",
        method="GET",
        path=PLACE + "/review",
        action="review.record",
        summary_zh="评审记录",
        summary_en="The record of a review",
        perform=answer,
        answer=ReviewAnswer,
    )


def _answer(id_: str, number: str, draws: tuple[DrawRecord, ...], marks: MarksTable) -> ReviewAnswer:
    return ReviewAnswer(
        id=id_,
        number=number,
        draws=tuple(DrawAnswer.model_validate(one, from_attributes=True) for one in draws),
        sheets=tuple(SheetAnswer.model_validate(one, from_attributes=True) for one in marks.lines),
        means=dict(marks.means),
        spread=marks.spread,
        divergent=marks.divergent,
        result=marks.result,
        method=marks.method,
        leader=marks.leader,
        divergence_reason=marks.divergence_reason,
        opinion=marks.opinion,
    )
