"""What people ask of their letters: press a unit, choose how letters come. Declared for machines; pages call the same."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from directory.actor import Actor
from eventstore.clock import Clock
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from eventstore.store import EventStore
from notifications import bundles, choosing, correspondence, words
from notifications.cadence import Cadence, Choices, Quiet
from notifications.catalogue import kinds_for, not_theirs_to_choose
from notifications.digest import DIGEST
from notifications.mail import Sender
from notifications.pressing import Pressing
from notifications.statutory import is_served
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request

Minute = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Beijing time, HH:MM")]


class PressBody(Request):
    """*unit*: the credit code of a unit that has not answered, confirmed or signed."""

    unit: Annotated[str, Field(max_length=18)]


class Pressed(BaseModel):
    """How many letters were planned."""

    letters: int


class QuietBody(Request):
    """From when to when nothing comes that may wait; over midnight where it ends before it begins."""

    begins: Minute
    ends: Minute


class ChoicesBody(Request):
    """*cadence*: kind of letter to how it comes; what is not named comes at once."""

    cadence: dict[str, Cadence]
    quiet: QuietBody | None = None


class DoorQuery(Request):
    """*key*: what stands behind `key=` in the letter's List-Unsubscribe."""

    key: Annotated[str, Field(max_length=64)]


class KindAnswer(BaseModel):
    """A kind of letter, how it comes, and whether it must be served whatever is chosen."""

    kind: str
    title_zh: str
    title_en: str
    cadence: Cadence
    served: bool


class ChoicesAnswer(BaseModel):
    kinds: list[KindAnswer]
    quiet: QuietBody | None


class Choosing:
    """How somebody's letters come: what they may choose, what they chose."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def of(self, actor: Actor) -> Choices:
        with self._store.reading() as db:
            return choosing.of(db, actor.id)

    def choose(self, actor: Actor, choices: Choices) -> None:
        """Raises Malformed for a kind that *actor* cannot get, Refused for one that must be served."""
        kinds = kinds_for(actor)
        unknown = sorted(set(choices.cadence) - set(kinds))
        if unknown:
            raise Malformed(Fault("cadence", "UNKNOWN_FIELD", {"field": kind}) for kind in unknown)
        served = not_theirs_to_choose(actor, choices)
        if served:
            raise Refused(Refusal.of("LETTER_IS_SERVED", kind=words.title(served, "zh")))
        with self._store.begin() as db:
            choosing.choose(db, actor.id, choices, self._clock.now(db))


class TurningOff:
    """The door in a letter: whoever has its key turns off letters of its kind for whoever it was written to (RFC 8058)."""

    def __init__(self, store: EventStore, clock: Clock, sender: Sender) -> None:
        self._store, self._clock, self._sender = store, clock, sender

    def kinds(self, letter_id: str, key: str) -> list[str]:
        """What would be turned off. NotFound without the key, and for a letter that must be served."""
        if not self._sender.has_key(letter_id, "unsubscribe", key):
            raise NotFound
        with self._store.reading() as db:
            return self._kinds(db, letter_id)[1]

    def turn_off(self, letter_id: str, key: str) -> None:
        """Do it; a second time changes nothing."""
        self.kinds(letter_id, key)
        with self._store.begin() as db:
            recipient, kinds = self._kinds(db, letter_id)
            choosing.turn_off(db, recipient, kinds, self._clock.now(db))

    def _kinds(self, db: Connection, letter_id: str) -> tuple[str, list[str]]:
        letter = correspondence.one(db, letter_id)
        if letter is None or is_served(letter.kind, letter.because):
            raise NotFound
        return letter.recipient, list(bundles.kinds_of(db, letter.bundle)) if letter.kind == DIGEST else [letter.kind]


def operations(pressing: Pressing, desk: Choosing, door: TurningOff) -> Iterator[Operation]:
    """remindMember, getLetterChoices, setLetterChoices and turnOffLetters."""

    def turn_off(asked: Asked) -> Answer:
        door.turn_off(str(asked.path["letter_id"]), asked.query_as(DoorQuery).key)
        return Answer(status=204)

    yield Operation(
        id="turnOffLetters",
        method="POST",
        path="/letters/<uuid:letter_id>/off",
        action="page.public",
        summary_zh="一键退订（RFC 8058）：不再接收这类邮件；法定送达的除外",
        summary_en="One-click unsubscribe (RFC 8058): no more letters of this kind, where none must be served",
        perform=turn_off,
        query=DoorQuery,
        status=204,
        public=True,
    )

    def press(asked: Asked) -> Answer:
        application = UUID(str(asked.path["application_id"]))
        return Answer(body=Pressed(letters=pressing(application, asked.body_as(PressBody).unit, asked.actor)))

    def show(asked: Asked) -> Answer:
        return Answer(body=_shown(asked.actor, desk.of(asked.actor)))

    def choose(asked: Asked) -> Answer:
        desk.choose(asked.actor, chosen(asked.body_as(ChoicesBody)))
        return show(asked)

    yield Operation(
        id="remindMember",
        method="POST",
        path="/applications/<uuid:application_id>/reminders",
        action="letter.remind",
        summary_zh="催办：提醒还没有答复、确认或签署的单位",
        summary_en="Remind a unit that has not answered, confirmed or signed",
        perform=press,
        request=PressBody,
        answer=Pressed,
        also=(409,),
        admit=pressing.admit,
    )
    yield Operation(
        id="getLetterChoices",
        method="GET",
        path="/me/letters",
        action="letter.choose",
        summary_zh="我的信件设置",
        summary_en="How my letters come",
        perform=show,
        answer=ChoicesAnswer,
    )
    yield Operation(
        id="setLetterChoices",
        method="PUT",
        path="/me/letters",
        action="letter.choose",
        summary_zh="设置信件：立即、按小时、按天，静默时段",
        summary_en="Choose how letters come: at once, by the hour, by the day; quiet hours",
        perform=choose,
        request=ChoicesBody,
        answer=ChoicesAnswer,
        also=(409,),
    )


def chosen(body: ChoicesBody) -> Choices:
    quiet = Quiet(begins=minutes(body.quiet.begins), ends=minutes(body.quiet.ends)) if body.quiet else None
    return Choices(cadence=body.cadence, quiet=quiet)


def minutes(clock: str) -> int:
    """Of the day, of a time that was checked: "21:30" is 1290."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def at_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _shown(actor: Actor, choices: Choices) -> ChoicesAnswer:
    quiet = choices.quiet
    return ChoicesAnswer(
        kinds=[
            KindAnswer(
                kind=kind,
                title_zh=words.title(kind, "zh"),
                title_en=words.title(kind, "en"),
                cadence=Cadence.IMMEDIATE if served else choices.of(kind),
                served=served,
            )
            for kind, served in kinds_for(actor).items()
        ],
        quiet=QuietBody(begins=at_minute(quiet.begins), ends=at_minute(quiet.ends)) if quiet else None,
    )
