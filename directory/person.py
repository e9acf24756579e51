"""A person's stream: how it folds, and what may be decided on it.

Pure. Whether a unit or a bureau is known is a fact that the register gathers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from directory.actor import BUREAU_ROLES, UNIT_ROLES, Actor, Grant, Role
from directory.events import (
    ExpertDelisted,
    ExpertListed,
    GrantGiven,
    GrantProposalClosed,
    GrantProposed,
    GrantTakenBack,
    LanguageChosen,
    PersonErased,
    PersonEvent,
    PersonRegistered,
    PersonRestricted,
    TokenIssued,
    TokenRevoked,
)
from directory.offices import (
    PROPOSAL_LASTS,
    Proposal,
    alone,
    it_is_another_hand,
    it_still_runs,
    one_is_enough,
    the_giver_is_another,
    the_giver_may,
    the_role_is_for_persons,
    the_roles_agree,
    the_scope_is_known,
)
from eventstore.dispatch import Fold
from eventstore.event import Personal
from eventstore.refusal import Refusal, Refused

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is personal about a person, and the language to write in."""

    name: str
    email: str
    phone: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """What a person's events add up to. An erased person stays known and holds nothing; so does a restricted one."""

    known: bool = False
    erased: bool = False
    restricted_by: str = ""
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "zh"
    grants: frozenset[Grant] = frozenset()
    expert: ExpertListed | None = None
    proposals: tuple[Proposal, ...] = ()

    def proposal(self, grant: Grant) -> Proposal | None:
        return next((one for one in self.proposals if one.grant == grant), None)


def evolve(person: PersonState, event: PersonEvent) -> PersonState:
    match event:
        case PersonRegistered(name=name, email=email, phone=phone, language=language):
            phoned = phone.value if phone else None
            known = replace(person, known=True, restricted_by="", language=language)
            return replace(known, name=name.value, email=email.value, phone=phoned)
        case ExpertListed():
            return replace(person, expert=event)
        case ExpertDelisted():
            return replace(person, expert=None)
        case GrantGiven(role=role, scope=scope):
            grant = Grant(Role(role), scope)
            return replace(person, grants=person.grants | {grant}, proposals=_without(person.proposals, grant))
        case GrantTakenBack(role=role, scope=scope):
            return replace(person, grants=person.grants - {Grant(Role(role), scope)})
        case GrantProposed(role=role, scope=scope, by=by, until=until, reason=reason):
            proposal = Proposal(grant=Grant(Role(role), scope), by=by, until=until, reason=reason)
            return replace(person, proposals=(*_without(person.proposals, proposal.grant), proposal))
        case GrantProposalClosed(role=role, scope=scope):
            return replace(person, proposals=_without(person.proposals, Grant(Role(role), scope)))
        case LanguageChosen(language=language):
            return replace(person, language=language)
        case PersonRestricted(by=by):
            return PersonState(known=True, restricted_by=by, language=person.language)
        case PersonErased():
            return PersonState(known=True, erased=True, language=person.language)
        case TokenIssued() | TokenRevoked():
            return person
        case _:
            assert_never(event)


PERSON = Fold(PersonState(), evolve)


def register(state: PersonState, person: str, identity: Identity, taken: bool) -> Sequence[PersonEvent]:
    """Make the person known, or note what changed. *taken*: somebody else has this address."""
    if state.erased:
        raise Refused(Refusal.of("PERSON_ERASED", person=person))
    if taken:
        raise Refused(Refusal.of("EMAIL_TAKEN"))
    if state.known and identity == Identity(
        name=state.name or "", email=state.email or "", phone=state.phone, language=state.language
    ):
        return []
    return [
        PersonRegistered(
            person=person,
            name=Personal(identity.name),
            email=Personal(identity.email),
            phone=Personal(identity.phone) if identity.phone else None,
            language=identity.language,
        )
    ]


def list_expert(state: PersonState, listed: ExpertListed) -> Sequence[PersonEvent]:
    standing(state, listed.person)
    return [] if state.expert == listed else [listed]


def delist_expert(state: PersonState, person: str, reason: str) -> Sequence[PersonEvent]:
    """Who is not listed is nothing to do. Raises PERSON_UNKNOWN, PERSON_ERASED, REASON_REQUIRED."""
    standing(state, person)
    if not reason.strip():
        raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
    return [ExpertDelisted(person=person, reason=reason.strip())] if state.expert else []


def give(
    state: PersonState, person: str, grant: Grant, by: Actor, scope_known: bool, reason: str = ""
) -> Sequence[PersonEvent]:
    """The role, or every reason why not. A role already held is nothing to do."""
    standing(state, person)
    if grant in state.grants:
        return []
    answers = (
        the_giver_may(by, grant),
        one_is_enough(by, grant),
        *_broken(state, person, grant, by, scope_known=scope_known),
    )
    _refuse(answers)
    return [GrantGiven(person=person, role=grant.role.value, scope=grant.scope, reason=reason.strip())]


def propose(
    state: PersonState, person: str, grant: Grant, by: Actor, reason: str, now: datetime, *, scope_known: bool
) -> Sequence[PersonEvent]:
    """The first of two hands. A role already held is nothing to do; one that is proposed already is PROPOSAL_OPEN."""
    standing(state, person)
    if grant in state.grants:
        return []
    before = state.proposal(grant)
    _refuse(
        (
            the_giver_may(by, grant),
            Refusal.of("PROPOSAL_OPEN", role=grant.role.value) if before and not it_still_runs(before, now) else None,
            *_broken(state, person, grant, by, scope_known=scope_known),
        )
    )
    where = {"person": person, "role": grant.role.value, "scope": grant.scope}
    return [GrantProposed(**where, by=by.id, until=now + PROPOSAL_LASTS, reason=reason.strip())]


def accept(
    state: PersonState, person: str, grant: Grant, by: Actor, now: datetime, *, scope_known: bool
) -> Sequence[PersonEvent]:
    """What an invitation of *by* brings who accepts it: the role where one is enough, else a proposal of it, where none runs."""
    if alone(by, grant):
        given = give(state, person, grant, by, scope_known)
        return [GrantGiven(person=person, role=grant.role.value, scope=grant.scope, by=by.id)] if given else []
    before = state.proposal(grant)
    if before is not None and it_still_runs(before, now) is None:
        return []
    return propose(state, person, grant, by, "", now, scope_known=scope_known)


def confirm(
    state: PersonState,
    person: str,
    grant: Grant,
    by: Actor,
    now: datetime,
    proposer: Actor | None,
    reason: str = "",
) -> Sequence[PersonEvent]:
    """The second: the role is given. *proposer*: who proposed, with the roles of now; one who lost the office proposed nothing."""
    standing(state, person)
    if grant in state.grants:
        return []
    proposal = _proposed(state, grant)
    _refuse(
        (
            the_giver_may(by, grant),
            it_still_runs(proposal, now),
            it_is_another_hand(by, proposal),
            the_giver_is_another(by, person),
            Refusal.of("PROPOSER_GONE") if proposer is None or the_giver_may(proposer, grant) else None,
            the_roles_agree(state.grants, grant),
        )
    )
    return [GrantGiven(person=person, role=grant.role.value, scope=grant.scope, reason=reason.strip())]


def close_proposal(state: PersonState, person: str, grant: Grant, by: Actor, reason: str = "") -> Sequence[PersonEvent]:
    """Withdrawn by who proposed, or refused by another who could have confirmed."""
    standing(state, person)
    proposal = _proposed(state, grant)
    withdrawn = by.id == proposal.by
    _refuse((None if withdrawn else the_giver_may(by, grant),))
    where = {"person": person, "role": grant.role.value, "scope": grant.scope}
    why = "withdrawn" if withdrawn else "refused"
    return [GrantProposalClosed(**where, by=by.id, why=why, reason=reason.strip())]


def _proposed(state: PersonState, grant: Grant) -> Proposal:
    proposal = state.proposal(grant)
    if proposal is None:
        raise Refused(Refusal.of("PROPOSAL_UNKNOWN", role=grant.role.value))
    return proposal


def _broken(
    state: PersonState, person: str, grant: Grant, by: Actor, *, scope_known: bool
) -> tuple[Refusal | None, ...]:
    """What keeps this person from this role, whoever gives it."""
    return (
        the_giver_is_another(by, person),
        the_role_is_for_persons(grant),
        the_scope_is_known(grant, known=scope_known),
        the_roles_agree(state.grants, grant),
    )


def _refuse(answers: Iterable[Refusal | None]) -> None:
    refusals = [answer for answer in answers if answer]
    if refusals:
        raise Refused(refusals)


def _without(proposals: tuple[Proposal, ...], grant: Grant) -> tuple[Proposal, ...]:
    return tuple(one for one in proposals if one.grant != grant)


def take_back(state: PersonState, person: str, grant: Grant, by: Actor, reason: str) -> Sequence[PersonEvent]:
    """The role is gone. One that is not held is nothing to do."""
    standing(state, person)
    if grant not in state.grants:
        return []
    refusal = the_giver_may(by, grant)
    if refusal:
        raise Refused(refusal)
    return [GrantTakenBack(person=person, role=grant.role.value, scope=grant.scope, reason=reason)]


def choose_language(state: PersonState, person: str, language: str) -> Sequence[PersonEvent]:
    standing(state, person)
    if language not in LANGUAGES:
        raise Refused(Refusal.of("LANGUAGE_UNKNOWN", language=language[:16], allowed=LANGUAGES))
    return [] if state.language == language else [LanguageChosen(person=person, language=language)]


def erase(state: PersonState, person: str, reason: str) -> Sequence[PersonEvent]:
    if not state.known:
        raise Refused(Refusal.of("PERSON_UNKNOWN", person=person))
    return [] if state.erased else [PersonErased(person=person, reason=reason)]


def restrict(state: PersonState, person: str, by: str, reason: str) -> Sequence[PersonEvent]:
    """The first of two steps, by one person: from here on nobody reads, writes to, or lists them."""
    if not state.known:
        raise Refused(Refusal.of("PERSON_UNKNOWN", person=person))
    if not reason.strip():
        raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
    if state.erased or state.restricted_by:
        return []
    return [PersonRestricted(person=person, by=by, reason=reason.strip())]


def erase_restricted(state: PersonState, person: str, by: str, reason: str) -> Sequence[PersonEvent]:
    """The second, by another person; only what was restricted is erased."""
    if state.erased:
        return []
    if state.known and not state.restricted_by:
        raise Refused(Refusal.of("NOT_RESTRICTED", person=person))
    if state.restricted_by == by:
        raise Refused(Refusal.of("SAME_PERSON", person=by))
    return erase(state, person, reason)


def scope_is(grant: Grant) -> str:
    """What sort of thing the scope must be: unit, bureau or province."""
    if grant.role in UNIT_ROLES:
        return "unit"
    return "bureau" if grant.role in BUREAU_ROLES else "province"


def standing(state: PersonState, person: str) -> None:
    """Raises PERSON_UNKNOWN, PERSON_ERASED."""
    if not state.known:
        raise Refused(Refusal.of("PERSON_UNKNOWN", person=person))
    if state.erased:
        raise Refused(Refusal.of("PERSON_ERASED", person=person))
