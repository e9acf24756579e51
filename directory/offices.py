"""Who may give which role, and which roles take two persons: one proposes, another confirms.

Pure. 三员分立 and 双人办理 (GB/T 22239-2019 8.1.5; design of the house): whoever runs the machines gives no role, and nobody alone
makes somebody head of a bureau, officer of the province, or administrator of anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from directory.actor import (
    BUREAU_ROLES,
    DISCIPLINE_ROLES,
    FOUNDERS,
    GIVEN_TO_NOBODY,
    HOUSE_ROLES,
    PROVINCE_ROLES,
    UNIT_ROLES,
    Actor,
    Grant,
    Role,
)
from eventstore.refusal import Refusal

PROPOSAL_LASTS = timedelta(days=14)
ALONE = frozenset({Role.UNIT_EDITOR, Role.EXPERT})
"""Given by one person: whoever writes for a unit binds it to nothing, and an expert of the pool judges nothing before a draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A role that somebody wants a person to have, until somebody else says so. *by*: who proposed."""

    grant: Grant
    by: str
    until: datetime
    reason: str = ""


def competent(by: Actor, grant: Grant) -> bool:
    """Whether *by* may have a hand in giving *grant*: a security administrator in every role, the head of an office in its own."""
    if by.id in FOUNDERS or by.holds(Role.SECURITY):
        return True
    return any(by.holds(head, scope) for head, scope in heads_of(grant))


def heads_of(grant: Grant) -> Iterator[tuple[Role, str]]:
    """The heads beside the security administrators who answer for *grant*, each with where. Nobody for the house's own roles."""
    if grant.role in UNIT_ROLES:
        yield Role.UNIT_ADMIN, grant.scope
    elif grant.role in BUREAU_ROLES:
        yield Role.BUREAU_HEAD, grant.scope
        yield Role.PROVINCE_LEAD, grant.scope[:2]
    elif grant.role is Role.EXPERT:
        yield Role.PROVINCE_CLERK, grant.scope
        yield Role.PROVINCE_LEAD, grant.scope
    elif grant.role in PROVINCE_ROLES:
        yield Role.PROVINCE_LEAD, grant.scope
    elif grant.role in DISCIPLINE_ROLES:
        yield Role.DISCIPLINE_HEAD, grant.scope


def alone(by: Actor, grant: Grant) -> bool:
    """Whether one person is enough. The founders, before there are two."""
    return by.id in FOUNDERS or (grant.role in ALONE and competent(by, grant))


def offered(by: Actor) -> tuple[Role, ...]:
    """The roles that *by* may have a hand in somewhere, in the order they are declared."""
    if by.holds(Role.SECURITY):
        return tuple(role for role in Role if role not in GIVEN_TO_NOBODY)
    return tuple(role for role in Role if any(by.holds(head) for head, _ in heads_of(Grant(role, ""))))


def places_of(by: Actor, role: Role) -> Sequence[str]:
    """Where *by* is competent for *role*; nothing for a security administrator, who is everywhere."""
    return sorted({scope for head, _ in heads_of(Grant(role, "")) for scope in by.scopes(head)})


def the_giver_may(by: Actor, grant: Grant) -> Refusal | None:
    return None if competent(by, grant) else Refusal.of("GRANT_FORBIDDEN", role=grant.role.value, scope=grant.scope)


def one_is_enough(by: Actor, grant: Grant) -> Refusal | None:
    """NEEDS_TWO where the role must be proposed and confirmed."""
    if alone(by, grant) or not competent(by, grant):
        return None
    return Refusal.of("NEEDS_TWO", role=grant.role.value)


def the_giver_is_another(by: Actor, person: str) -> Refusal | None:
    return Refusal.of("SAME_PERSON", person=person) if by.id == person else None


def the_role_is_for_persons(grant: Grant) -> Refusal | None:
    return Refusal.of("ROLE_NOT_FOR_PERSONS", role=grant.role.value) if grant.role in GIVEN_TO_NOBODY else None


def the_roles_agree(held: frozenset[Grant], grant: Grant) -> Refusal | None:
    """三员分立: whoever runs the house, keeps its people or audits it holds no other role."""
    others = {other.role for other in held} - {grant.role}
    if others and (grant.role in HOUSE_ROLES or not HOUSE_ROLES.isdisjoint(others)):
        return Refusal.of("ROLES_EXCLUSIVE", role=grant.role.value, held=tuple(sorted(other.value for other in others)))
    return None


def the_scope_is_known(grant: Grant, *, known: bool) -> Refusal | None:
    return None if known else Refusal.of("SCOPE_UNKNOWN", role=grant.role.value, scope=grant.scope)


def it_is_another_hand(by: Actor, proposal: Proposal) -> Refusal | None:
    """双人办理: whoever proposed does not confirm."""
    return Refusal.of("SAME_PERSON", person=by.id) if by.id == proposal.by else None


def it_still_runs(proposal: Proposal, now: datetime) -> Refusal | None:
    if now < proposal.until:
        return None
    return Refusal.of("PROPOSAL_EXPIRED", role=proposal.grant.role.value, until=proposal.until.isoformat())
