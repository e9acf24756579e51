"""Letters for machines: who was told of what, and why. A person sees their own, operator and auditor all."""

from collections.abc import Callable, Iterator
from uuid import UUID

from pydantic import BaseModel, Field

from directory.actor import Actor, Role
from eventstore.store import EventStore
from notifications import correspondence, manuscripts
from notifications.correspondence import PAGE, Attempt, Shown
from notifications.wording import Wording
from web.format import Language
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request

SEES_ALL = (Role.OPERATOR, Role.AUDITOR)


class Which(Request):
    """What is listed. *after* is the `next` of the page before."""

    application: UUID | None = None
    after: str = Field(default="", max_length=64)
    limit: int = Field(default=PAGE, ge=1, le=200)


class Both(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class Letter(BaseModel):
    """A letter: the event that caused it, whom it is for and why, and what became of it."""

    id: str
    application_id: str
    number: str
    stage: str
    kind: str
    title: Both
    event: dict[str, str | int]
    audience: str
    because: Both
    asks: str
    deadline: str | None
    recipient: str
    address: str | None
    language: str
    state: str
    reason: str
    attempts: int
    message_id: str
    created_at: str
    finished_at: str | None


class Letters(BaseModel):
    """A page of letters, newest first; *next* is empty on the last."""

    letters: list[Letter]
    next: str


class Tried(BaseModel):
    """One try to deliver it."""

    n: int
    ended_at: str
    outcome: str
    code: int | None
    said: str


class Explained(BaseModel):
    """Why a letter came: what happened, the part the recipient had in it, what to do, and every try to deliver it."""

    letter: Letter
    happened: Both
    what_to_do: Both
    attempts: list[Tried]


def sees_all(actor: Actor) -> bool:
    """Operator and auditor; everybody else sees what was written to them."""
    return any(actor.holds(role) for role in SEES_ALL)


def operations(store: EventStore) -> Iterator[Operation]:
    """listLetters and explainLetter."""

    def list_letters(asked: Asked) -> Answer:
        which = asked.query_as(Which)
        with store.reading() as db:
            if which.application is not None:
                found = correspondence.about(
                    db, str(which.application), which.after, which.limit + 1, only=_own(asked.actor)
                )
            elif sees_all(asked.actor):
                found = correspondence.everything(db, which.after, which.limit + 1)
            else:
                found = correspondence.to_person(db, asked.actor.id, which.after, which.limit + 1)
        shown = found[: which.limit]
        more = shown[-1].cursor if len(found) > which.limit else ""
        return Answer(body=Letters(letters=[as_json(each) for each in shown], next=more))

    def explain_letter(asked: Asked) -> Answer:
        with store.reading() as db:
            shown = correspondence.one(db, str(asked.path["letter_id"]))
            if shown is None or not may_see(asked.actor, shown):
                raise NotFound
            tries = correspondence.attempts(db, shown.id)
            wording = manuscripts.wording_as_of(db, shown.kind, shown.wording)
        return Answer(body=_explained(shown, tries, wording))

    yield Operation(
        id="listLetters",
        method="GET",
        path="/letters",
        action="letter.read",
        summary_zh="查看通知信件：谁在何时因何被通知",
        summary_en="Letters: who was told of what, and why",
        perform=list_letters,
        query=Which,
        answer=Letters,
    )
    yield Operation(
        id="explainLetter",
        method="GET",
        path="/letters/<uuid:letter_id>",
        action="letter.read",
        summary_zh="为什么收到这封信",
        summary_en="Why a letter came",
        perform=explain_letter,
        answer=Explained,
    )


def may_see(actor: Actor, letter: Shown) -> bool:
    """One's own letters; all for operator and auditor."""
    return letter.recipient == actor.id or sees_all(actor)


def _own(actor: Actor) -> str | None:
    return None if sees_all(actor) else actor.id


def as_json(letter: Shown) -> Letter:
    """A letter as the API tells it."""
    return Letter(
        id=letter.id,
        application_id=letter.application_id,
        number=letter.number,
        stage=letter.stage,
        kind=letter.kind,
        title=_both(letter.title),
        event={"id": letter.event_id, "type": letter.event_type, "position": letter.event_position},
        audience=letter.audience,
        because=_both(letter.why),
        asks=letter.asks,
        deadline=letter.deadline.isoformat() if letter.deadline else None,
        recipient=letter.recipient,
        address=letter.address,
        language=letter.language,
        state=letter.state,
        reason=letter.reason,
        attempts=letter.attempts,
        message_id=letter.message_id,
        created_at=letter.created_at.isoformat(),
        finished_at=letter.finished_at.isoformat() if letter.finished_at else None,
    )


def _both(said: Callable[[Language], str]) -> Both:
    return Both(zh=said("zh"), en=said("en"))


def _explained(letter: Shown, tries: list[Attempt], wording: Wording) -> Explained:
    return Explained(
        letter=as_json(letter),
        happened=_both(lambda language: letter.said(wording, language).body),
        what_to_do=_both(letter.what_to_do),
        attempts=[
            Tried(n=each.n, ended_at=each.ended_at.isoformat(), outcome=each.outcome, code=each.code, said=each.said)
            for each in tries
        ],
    )
