"""When a letter leaves: at once, with others of its hour, day or batch, or after somebody's quiet hours. Pure.

Hours are Beijing's. What must be served leaves at once whatever anybody chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from notifications.statutory import is_served
from programmes.calendar import BEIJING

MORNING = time(9)
BATCH_AT_MOST = timedelta(minutes=10)


class Cadence(StrEnum):
    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which nothing comes, as minutes of the Beijing day; they may go over midnight."""

    begins: int
    ends: int

    def until(self, at: datetime) -> datetime:
        """The end of the quiet hours that *at* lies in; *at* itself outside of them."""
        here = at.astimezone(BEIJING)
        minute = here.hour * 60 + here.minute
        inside = (
            self.begins <= minute < self.ends
            if self.begins <= self.ends
            else minute >= self.begins or minute < self.ends
        )
        if not inside:
            return at
        day = here.date() + timedelta(days=minute >= self.ends)
        return datetime.combine(day, time(self.ends // 60, self.ends % 60), BEIJING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What somebody chose: a cadence by kind of letter, and their quiet hours. Nothing chosen is at once, at any hour."""

    cadence: Mapping[str, Cadence] = field(default_factory=dict[str, Cadence])
    quiet: Quiet | None = None

    def of(self, kind: str) -> Cadence:
        return self.cadence.get(kind, Cadence.IMMEDIATE)


NONE = Choices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a letter goes: into the bundle *base* that closes at *due*; nowhere, for a *reason*; or, empty, out at once."""

    base: str = ""
    due: datetime | None = None
    reason: str = ""


AT_ONCE = Place()


def place(
    kind: str,
    because: str,
    recipient: str,
    choices: Choices,
    now: datetime,
    batch: str = "",
    wait: timedelta = timedelta(),
) -> Place:
    """Where a letter to *recipient* goes at *now*. *batch*: the command that did the same to many applications at once."""
    if is_served(kind, because):
        return AT_ONCE
    match choices.of(kind):
        case Cadence.OFF:
            return Place(reason="turned_off")
        case Cadence.HOURLY:
            return _window("hour", recipient, _next_hour(now), choices)
        case Cadence.DAILY:
            return _window("day", recipient, _next_morning(now), choices)
        case Cadence.IMMEDIATE:
            awake = choices.quiet.until(now) if choices.quiet else now
            if awake > now:
                return _window("quiet", recipient, awake, choices)
            if batch:
                return Place(base=f"batch:{batch}:{kind}:{recipient}", due=now + wait)
            return AT_ONCE


def _window(name: str, recipient: str, due: datetime, choices: Choices) -> Place:
    awake = choices.quiet.until(due) if choices.quiet else due
    return Place(base=f"{name}:{recipient}:{awake.astimezone(BEIJING):%Y-%m-%dT%H:%M}", due=awake)


def _next_hour(now: datetime) -> datetime:
    here = now.astimezone(BEIJING)
    return here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _next_morning(now: datetime) -> datetime:
    here = now.astimezone(BEIJING)
    today = datetime.combine(here.date(), MORNING, BEIJING)
    return today if today > here else today + timedelta(days=1)
