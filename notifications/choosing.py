"""What people chose about their letters, kept beside the log: it is nobody's right and nobody's duty, and goes with the person."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from eventstore.event import microseconds
from notifications.cadence import NONE, Cadence, Choices, Quiet
from notifications.schema import letter_choices, quiet_hours


def choices_of(db: Connection, recipients: Collection[str]) -> Mapping[str, Choices]:
    """The choices of those who made any."""
    chosen: dict[str, dict[str, Cadence]] = defaultdict(dict)
    c, q, wanted = letter_choices.c, quiet_hours.c, sorted(set(recipients))
    for recipient, kind, cadence in db.execute(select(c.recipient, c.kind, c.cadence).where(c.recipient.in_(wanted))):
        chosen[recipient][kind] = Cadence(cadence)
    hours = {
        recipient: Quiet(begins=begins, ends=ends)
        for recipient, begins, ends in db.execute(select(q.recipient, q.begins, q.ends).where(q.recipient.in_(wanted)))
    }
    return {one: Choices(cadence=chosen.get(one, {}), quiet=hours.get(one)) for one in {*chosen, *hours}}


def of(db: Connection, recipient: str) -> Choices:
    """The choices of one person."""
    return choices_of(db, [recipient]).get(recipient, NONE)


def choose(db: Connection, recipient: str, choices: Choices, now: datetime) -> None:
    """Let *choices* be all that *recipient* chose. At once is the default and not kept."""
    forget(db, recipient)
    rows = [
        {"recipient": recipient, "kind": kind, "cadence": cadence.value, "chosen_at": microseconds(now)}
        for kind, cadence in sorted(choices.cadence.items())
        if cadence is not Cadence.IMMEDIATE
    ]
    if rows:
        db.execute(insert(letter_choices), rows)
    if choices.quiet is not None:
        quiet = {"recipient": recipient, "begins": choices.quiet.begins, "ends": choices.quiet.ends}
        db.execute(insert(quiet_hours).values(quiet))


def turn_off(db: Connection, recipient: str, kinds: Collection[str], now: datetime) -> None:
    """No more letters of *kinds*; the rest stays as it was chosen."""
    before = of(db, recipient)
    choose(
        db,
        recipient,
        Choices(cadence={**before.cadence, **dict.fromkeys(kinds, Cadence.OFF)}, quiet=before.quiet),
        now,
    )


def forget(db: Connection, recipient: str) -> None:
    """Everything that *recipient* chose is gone."""
    db.execute(delete(letter_choices).where(letter_choices.c.recipient == recipient))
    db.execute(delete(quiet_hours).where(quiet_hours.c.recipient == recipient))
