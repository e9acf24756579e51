"""Which kinds of letter somebody can get, and over which of them they have a choice. Pure."""

from collections.abc import Iterator

from directory.actor import Actor, Role
from notifications.announcements import TOLD
from notifications.audiences import Kind, Who
from notifications.cadence import Cadence, Choices
from notifications.endpoints import KEPT
from notifications.own_account import TOLD as OWN
from notifications.recipients import roles_of
from notifications.reminders import REMINDED
from notifications.statutory import is_served

READERS: dict[Who, tuple[Kind, ...]] = {
    Who.UNIT: (Kind.UNIT,),
    Who.MEMBERS: (Kind.MEMBER,),
    Who.RECEIVERS: (Kind.MEMBER,),
    Who.UNSIGNED: (Kind.MEMBER,),
    Who.GONE: (Kind.MEMBER,),
    Who.NEXT_BODY: (Kind.BODY, Kind.PROVINCE),
    Who.BODIES_ACTED: (Kind.BODY,),
    Who.COPIED_BODIES: (Kind.BODY,),
    Who.RETURNING_BODY: (Kind.BODY, Kind.PROVINCE),
    Who.REFUSING_BODY: (Kind.BODY, Kind.PROVINCE),
    Who.DECIDING_BODY: (Kind.BODY, Kind.PROVINCE),
    Who.PROVINCE: (Kind.PROVINCE,),
    Who.PROVINCE_IF_ACTED: (Kind.PROVINCE,),
    Who.FINANCE: (Kind.FINANCE,),
    Who.DISCIPLINE: (Kind.DISCIPLINE,),
    Who.OWNER: (Kind.UNIT, Kind.BODY, Kind.PROVINCE),
}
"""The offices that read what is written for each part; whoever has no account chooses nothing."""


def kinds_for(actor: Actor) -> dict[str, bool]:
    """Each kind of letter the offices of *actor* can get, in the order of the process, and whether all of it must be served."""
    found: dict[str, bool] = {}
    for kind, who in _lines():
        if any(actor.scopes(*roles_of(office, who)) for office in READERS.get(who, ())):
            found[kind] = found.get(kind, True) and is_served(kind, who)
    if actor.holds(Role.EXPERT):
        found["panel_drawn"] = True
    return found | {kind: is_served(kind, line.who) for kind, line in OWN.items()}


def _lines() -> Iterator[tuple[str, Who]]:
    for kind, lines in TOLD.items():
        yield from ((kind, line.who) for line in lines)
    for rule, lines in REMINDED.items():
        yield from ((rule.kind, line.who) for line in lines)
    yield from ((kind, line.who) for kind, line in KEPT.items())


def not_theirs_to_choose(actor: Actor, choices: Choices) -> str:
    """The first kind among *choices* that must be served to *actor*, "" where there is none."""
    kinds = kinds_for(actor)
    chosen = (kind for kind, cadence in choices.cadence.items() if cadence is not Cadence.IMMEDIATE)
    return next((kind for kind in chosen if kinds.get(kind)), "")
