"""Letters in trouble, for machines: sent anew, set aside; delivery reports taken in; addresses that take no mail."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from directory.actor import Actor
from eventstore.store import EventStore
from notifications import correspondence
from notifications.mending import Mending
from notifications.reports import LARGEST
from web.operations import Answer, Asked, Operation
from web.reading import Request


class ResendBody(Request):
    """*address*: a corrected one, where the letter went to a contact that the application names; it holds from now on."""

    address: Annotated[str, Field(max_length=254)] = ""


class Resent(BaseModel):
    """The new letter."""

    letter: str


class BounceAnswer(BaseModel):
    """What a report was about, and what followed: hard or soft, noted where nothing is decided, "" for no letter of ours."""

    letter: str
    status: str
    followed: str


class SuppressionAnswer(BaseModel):
    address: str
    reason: str
    said: str
    since: datetime
    by: str


class SuppressionsAnswer(BaseModel):
    suppressions: list[SuppressionAnswer]


class LiftBody(Request):
    address: Annotated[str, Field(max_length=254)]


class CauseAnswer(BaseModel):
    """Letters in trouble that the server answered alike; code 0 where none answered."""

    state: str
    code: int
    letters: int


class OutboxAnswer(BaseModel):
    """How many letters are in each state, since when the oldest is due, what is in trouble, by cause."""

    counts: dict[str, int]
    oldest_due: datetime | None
    causes: list[CauseAnswer]


def operations(store: EventStore, mending: Mending) -> Iterator[Operation]:
    """resendLetter, setAsideLetter, readOutbox, receiveBounce, listSuppressions, liftSuppression."""
    yield from _letters(mending)
    yield from _addresses(mending)

    def outbox(asked: Asked) -> Answer:
        with store.reading() as db:
            causes = correspondence.causes(db)
            body = OutboxAnswer(
                counts=correspondence.counts(db),
                oldest_due=correspondence.oldest_due(db),
                causes=[CauseAnswer(state=one.state, code=one.code, letters=one.letters) for one in causes],
            )
        return Answer(body=body)

    yield Operation(
        id="readOutbox",
        method="GET",
        path="/outbox",
        action="letter.list",
        summary_zh="发件情况：件数、最早待发、按原因列出未送达",
        summary_en="The outbox: counts, oldest due, trouble by cause",
        perform=outbox,
        answer=OutboxAnswer,
    )


def _letters(mending: Mending) -> Iterator[Operation]:
    def admit(actor: Actor, path: Mapping[str, Any]) -> None:
        mending.letter(str(path["letter_id"]), actor)

    def resend(asked: Asked) -> Answer:
        letter = mending.resend(str(asked.path["letter_id"]), asked.actor, asked.body_as(ResendBody).address)
        return Answer(body=Resent(letter=letter), status=201, location=f"/api/v1/letters/{letter}")

    def set_aside(asked: Asked) -> Answer:
        mending.set_aside(str(asked.path["letter_id"]), asked.actor)
        return Answer(status=204)

    yield Operation(
        id="resendLetter",
        method="POST",
        path="/letters/<uuid:letter_id>/resend",
        action="letter.resend",
        summary_zh="重发未送达的信，可以改正邮箱",
        summary_en="Send a letter in trouble anew, to a corrected address where it needs one",
        perform=resend,
        request=ResendBody,
        answer=Resent,
        status=201,
        also=(409,),
        admit=admit,
    )
    yield Operation(
        id="setAsideLetter",
        method="POST",
        path="/letters/<uuid:letter_id>/set-aside",
        action="letter.resend",
        summary_zh="未送达的信不再处理",
        summary_en="Leave a letter in trouble as it is",
        perform=set_aside,
        status=204,
        also=(409,),
        admit=admit,
    )


def _addresses(mending: Mending) -> Iterator[Operation]:
    def take_in(asked: Asked) -> Answer:
        assert asked.file is not None  # an upload has its file
        report, followed = mending.report(asked.file.stream.read())
        return Answer(body=BounceAnswer(letter=report.letter_id, status=report.status, followed=followed))

    def suppressions(asked: Asked) -> Answer:
        found = [
            SuppressionAnswer(address=one.address, reason=one.reason, said=one.said, since=one.since, by=one.by)
            for one in mending.suppressed()
        ]
        return Answer(body=SuppressionsAnswer(suppressions=found))

    def lift(asked: Asked) -> Answer:
        mending.lift(asked.body_as(LiftBody).address)
        return Answer(status=204)

    yield Operation(
        id="receiveBounce",
        method="POST",
        path="/bounces",
        action="letter.bounce",
        summary_zh="收进退信报告（RFC 3464）",
        summary_en="Take in a delivery report (RFC 3464)",
        perform=take_in,
        answer=BounceAnswer,
        upload=True,
        max_bytes=LARGEST,
    )
    yield Operation(
        id="listSuppressions",
        method="GET",
        path="/suppressions",
        action="letter.suppress",
        summary_zh="收不到信的邮箱",
        summary_en="Addresses that take no mail",
        perform=suppressions,
        answer=SuppressionsAnswer,
    )
    yield Operation(
        id="liftSuppression",
        method="POST",
        path="/suppressions/lift",
        action="letter.suppress",
        summary_zh="解除：重新向这个邮箱发信",
        summary_en="Write to this address again",
        perform=lift,
        request=LiftBody,
        status=204,
    )
