"""The figures of a call as an operation: the numbers of the page, as far as whoever asks may see."""

from collections.abc import Iterator

from eventstore.event import microseconds
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.stages import Stage
from workflow.survey import survey


class ReachedAnswer(Told):
    """*reached*: got to this stage or beyond it. *now*: stand there."""

    stage: Stage
    reached: int
    now: int


class FlowAnswer(Told):
    source: Stage
    dest: Stage
    times: int
    back: bool


class StayAnswer(Told):
    """*seconds* of the stays that ended, together; *running_seconds* of those that have not. *office*: a bureau's code, the
    province's, finance, discipline, or unit."""

    stage: Stage
    office: str
    ended: int
    seconds: int
    in_time: int
    late: int
    running: int
    running_seconds: int


class CauseAnswer(Told):
    kind: str
    item: str
    stage: Stage
    times: int


class AwardAnswer(Told):
    city: str
    direction: str
    number: int
    fen: int


class MonthAnswer(Told):
    """Whole fen of a Beijing month (2026-03)."""

    month: str
    planned: int
    instructed: int
    paid: int
    returned: int
    repaid: int
    confirmed: int


class FiguresAnswer(Told):
    call: str
    now: dict[Stage, int]
    funnel: tuple[ReachedAnswer, ...]
    flows: tuple[FlowAnswer, ...]
    stays: tuple[StayAnswer, ...]
    causes: tuple[CauseAnswer, ...]
    awards: tuple[AwardAnswer, ...]
    months: tuple[MonthAnswer, ...]


def surveys(desk: Desk) -> Iterator[Operation]:
    def answer(asked: Asked) -> Answer:
        call = str(asked.path["call"])
        if all(call != known.id for known in desk.catalogue.calls()):
            raise NotFound
        desk.handling.catch_up()
        with desk.handling.store.reading() as db:
            found = survey(db, asked.actor, call, microseconds(asked.now))
        return Answer(body=FiguresAnswer.model_validate(found, from_attributes=True))

    yield Operation(
        id="getCallFigures",
        method="GET",
        path="/calls/<call>/figures",
        action="figures.read",
        summary_zh="一次征集的统计",
        summary_en="The figures of a call",
        perform=answer,
        answer=FiguresAnswer,
    )
