"""Who may be asked to join, and what an answer is worth. Pure; each sentence answers why not.

A unit limit counts the lead, and those who were asked and have not answered: two late acceptances cannot overrun it (A-01).
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from consortium.state import Asked, Consortium, Member, Standing
from eventstore.refusal import Refusal
from programmes.calendar import passed
from programmes.call import Call, Programme, Units


def none_allowed(programme: Programme) -> list[Refusal]:
    """「不接受联合申报」."""
    return programme.closed_to_members()


def counted(consortium: Consortium, units: Units) -> int:
    """How many units the limit sees: 「成员单位数量不超过7家」, the lead among them (reading A-01).

    Whoever is asked to take the place of a member that is still in makes them no more.
    """
    pending = sum(not succeeds(consortium, one) for one in consortium.pending) if units.count_pending else 0
    return len(consortium.accepted) + pending + int(units.count_lead)


def succeeds(consortium: Consortium, member: Member) -> bool:
    """Whether *member* was asked to take a place that is still held."""
    held = consortium.member(member.replaces) if member.replaces else None
    return held is not None and held.standing is Standing.ACCEPTED


def over_the_limit(consortium: Consortium, call: Call, more: int) -> list[Refusal]:
    """UNIT_LIMIT where *more* units would be too many."""
    measure = counted(consortium, call.units) + more
    if measure <= call.units.max:
        return []
    return [Refusal.of("UNIT_LIMIT", source=call.units.source, measure=measure, limit=call.units.max)]


def may_be_invited(
    consortium: Consortium, call: Call, programme: Programme, lead: str, unit: str, replaces: str = ""
) -> list[Refusal]:
    """Every reason why *unit* cannot be asked now, in the place of *replaces* or beside those that are in; where the
    programme takes no consortium at all, that alone."""
    if forbidden := none_allowed(programme):
        return forbidden
    source = call.units.source
    known = unit == lead or consortium.member(unit) is not None
    again = [Refusal.of("ALREADY_MEMBER", source=source, unit=unit)] if known else []
    if not replaces:
        return [*again, *over_the_limit(consortium, call, 1)]
    held = consortium.member(replaces)
    if held is None or held.standing is not Standing.ACCEPTED:
        return [*again, Refusal.of("MEMBER_UNKNOWN", source=source, unit=replaces)]
    heir = consortium.heir(replaces)
    return [*again, Refusal.of("ALREADY_MEMBER", source=source, unit=heir.unit)] if heir else again


def may_be_answered(member: Member | None, secret: str, now: datetime) -> list[Refusal]:
    """Whether an invitation still waits for this answer. An unknown invitation and a wrong secret are told alike."""
    if member is None or not compare_digest(digest_of(secret), member.secret_digest):
        return [Refusal.of("INVITATION_UNKNOWN")]
    if member.standing is not Standing.INVITED or passed(now, member.expires_at):
        standing = Standing.EXPIRED if member.standing is Standing.INVITED else member.standing
        return [Refusal.of("INVITATION_CLOSED", state=standing.value)]
    return []


def may_be_accepted(
    consortium: Consortium, call: Call, member: Member, secret: str, now: datetime
) -> Sequence[Refusal]:
    """The limit is asked again: it may have been lowered, or not have counted who was only asked."""
    closed = may_be_answered(member, secret, now)
    more = 0 if call.units.count_pending or succeeds(consortium, member) else 1
    return closed or over_the_limit(consortium, call, more)


def may_be_confirmed(asked: Asked | None, secret: str, now: datetime) -> list[Refusal]:
    """Whether a legal representative's link still waits to be used; told like an invitation's."""
    if asked is None or not compare_digest(digest_of(secret), asked.secret_digest):
        return [Refusal.of("INVITATION_UNKNOWN")]
    if asked.used or passed(now, asked.expires_at):
        state = Standing.ACCEPTED if asked.used else Standing.EXPIRED
        return [Refusal.of("INVITATION_CLOSED", state=state.value)]
    return []


def digest_of(secret: str) -> str:
    """What is kept of a link's secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
