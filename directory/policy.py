"""Who may do what: one table from action to roles, and one value that says what somebody may see.

Pure. Every operation of the house names an action of this table; an action that is not here stops the start, and none is
here that nothing asks for: what is done on the server alone (units, bureaus, calls, checkpoints) has no row. Whether
a step is open for *this* application is the lifecycle's business; here is only whether the role may ever take it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from directory.actor import (
    BUREAU_ROLES,
    DISCIPLINE_ROLES,
    HOUSE_ROLES,
    PERSONS,
    PROVINCE_ROLES,
    UNIT_ROLES,
    Actor,
    Role,
)
from directory.bureau import prefix_of
from directory.scopes import IN_PERSON, reaches, scopes_of
from eventstore.refusal import Refusal

UNIT = UNIT_ROLES
ADMIN = frozenset({Role.UNIT_ADMIN})
BUREAU = BUREAU_ROLES
HEAD = frozenset({Role.BUREAU_HEAD})
CLERK = frozenset({Role.PROVINCE_CLERK})
LEAD = frozenset({Role.PROVINCE_LEAD})
FINANCE = frozenset({Role.PROVINCE_FINANCE})
PROVINCE = PROVINCE_ROLES
EXPERT = frozenset({Role.EXPERT})
RECORDER = frozenset({Role.DISCIPLINE_CLERK})
JUDGE = frozenset({Role.DISCIPLINE_HEAD})
DISCIPLINE = DISCIPLINE_ROLES
AUDITOR = frozenset({Role.AUDITOR})
OPERATOR = frozenset({Role.OPERATOR})
SECURITY = frozenset({Role.SECURITY})
CLOCK = frozenset({Role.CLOCK})
PUBLIC = frozenset({Role.PUBLIC})
EVERYBODY = PERSONS | PUBLIC
AUTHORITIES = BUREAU | PROVINCE | DISCIPLINE
GIVERS = SECURITY | ADMIN | HEAD | LEAD | JUDGE
"""Who has a hand in giving roles: which ones, offices.py says."""

COMMANDS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "application.create": UNIT,  # T01
        "application.save": UNIT,  # T02
        "application.print": UNIT,  # a paper of the text as it stands
        "application.invite": UNIT,
        "application.uninvite": UNIT,
        "application.answer_invitation": PUBLIC,  # whoever holds the link's key
        "application.expire_invitation": CLOCK,
        "application.remove_member": UNIT,
        "application.leave": ADMIN,  # the member's own
        "application.set_ratios": UNIT,
        "application.set_terms": UNIT,
        "application.issue_agreement": UNIT,
        "application.sign_agreement": UNIT,  # the lead's, or a member's for its own hand
        "application.ask_confirmation": UNIT,
        "application.confirm_agreement": PUBLIC,  # whoever holds the link's key
        "application.seal": ADMIN,  # T03
        "application.recall": ADMIN,  # T04
        "application.withdraw": ADMIN,  # T05
        "application.lapse": CLOCK,  # T06, T13
        "application.recommend": HEAD,  # T07, T08
        "application.not_recommend": HEAD,  # T09
        "application.receive": CLERK,  # T10
        "application.return": BUREAU | CLERK | LEAD,  # T11: the body that holds it
        "application.resubmit": ADMIN,  # T12
        "application.extend": HEAD | LEAD,  # T14: the receiving body's head
        "application.form_fail": CLERK | LEAD,  # T15: two persons
        "application.ask_reconsideration": ADMIN,  # T16, the unit's half
        "application.reconsider": HEAD | LEAD,  # T16, the higher body's half
        "application.form_pass": CLERK,  # T17
        "application.draw": CLERK,  # T18
        "application.declare": EXPERT,  # T19
        "application.score": EXPERT,  # T19
        "application.close_review": CLERK,  # T20
        "application.site_result": CLERK | LEAD,  # T21: a team of two
        "application.not_select": LEAD,  # T22
        "application.enter_audit": CLERK | LEAD,  # before T23: the special audit report's figures
        "application.check_audit": CLERK | LEAD,  # before T23: its code looked up
        "application.propose": LEAD,  # T23
        "application.publish": CLERK,  # T24
        "application.object": CLERK | RECORDER | PUBLIC,  # T25: filed by anybody, or recorded for them
        "application.dismiss": JUDGE,  # T26
        "application.uphold": JUDGE | LEAD,  # T27
        "application.reserve": LEAD,  # T28
        "application.award": LEAD | FINANCE,  # T29: two persons
        "application.waive": ADMIN,  # T30
        "application.plan": FINANCE,  # before T31
        "application.instruct": FINANCE,  # T31
        "application.confirm_paid": FINANCE,  # T32
        "application.return_payment": FINANCE,  # T32, the bank sent it back
        "application.change_account": PROVINCE,  # after the award: one files the letter,
        "application.verify_account": PROVINCE,  # another compares it
        "application.hand_on": ADMIN,  # T33
        "application.confirm_hand_on": ADMIN,  # T33, the member's half
        "application.self_evaluate": ADMIN,  # before T34
        "application.close": CLERK,  # T34
        "application.cancel_award": LEAD,  # T35
        "application.demand_recovery": LEAD | FINANCE,  # T36: two persons
        "application.record_repayment": FINANCE,  # T37
        "statement.book": FINANCE,  # T32, T37: a bank's statement read and booked
        "unit.bar": LEAD,  # T38
        "exception.grant": LEAD,  # of one project a year
        "application.correct": LEAD | FINANCE,  # T39: two persons; the operator acts on no application
        "application.confirm_correction": LEAD | FINANCE,
    }
)

READS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "application.list": UNIT | AUTHORITIES | EXPERT | AUDITOR,
        "application.read": UNIT | AUTHORITIES | EXPERT | AUDITOR,
        "application.actions": UNIT | AUTHORITIES | EXPERT | AUDITOR,
        "application.figures": UNIT,  # the workbook to fill in and its marked copies: the applicant's own
        "application.file.read": UNIT | AUTHORITIES | EXPERT | AUDITOR,
        "scan.keep": UNIT | AUTHORITIES,
        "paper.read": UNIT
        | BUREAU
        | PROVINCE
        | EXPERT
        | DISCIPLINE
        | AUDITOR,  # which of them: formats_for, for each paper
        "application.history": UNIT | AUTHORITIES | AUDITOR,
        "inbox.read": AUTHORITIES | EXPERT | AUDITOR,
        "figures.read": BUREAU | PROVINCE | AUDITOR,  # a bureau, of its own region
        "recommendation_list.read": BUREAU | PROVINCE | AUDITOR,
        "exception.read": PROVINCE | AUDITOR,
        "related.read": BUREAU | PROVINCE | AUDITOR,  # what else the unit and its group applied for
        "review.record": PROVINCE | DISCIPLINE | AUDITOR,  # who was drawn, who was left out, who gave which marks
        "ranking.read": PROVINCE | DISCIPLINE | AUDITOR,  # of a call's direction
        "objection.read": CLERK | LEAD | DISCIPLINE,  # the objector's identity
        "payment.read": UNIT | PROVINCE | AUDITOR,
        "letter.read": EVERYBODY - PUBLIC,  # one's own; why it came
        "letter.list": OPERATOR | AUDITOR,
        "receipt.read": UNIT | AUDITOR,  # that a seal stands in the log
        "checkpoint.read": EVERYBODY,
        "notice.read": EVERYBODY,
        "call.read": EVERYBODY,
        "webhook.types": EVERYBODY,
        "document.check": EVERYBODY,
        "policy.read": PERSONS,  # the own roles' part of this table
        "policy.read_all": HOUSE_ROLES,
        "page.public": EVERYBODY,  # front page, sign-in, help, the API's description
    }
)

DESKS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "credential.change": PERSONS,  # one's own password and second factors
        "factor.ask_reset": SECURITY | ADMIN,  # a lost second factor; a unit's administrator, of its own people
        "factor.confirm_reset": SECURITY,  # another than who asked
        "session.list": PERSONS,
        "session.revoke": PERSONS,
        "token.issue": PERSONS,
        "token.list": PERSONS,
        "token.revoke": PERSONS,
        "token.revoke_of": SECURITY,  # somebody else's
        "account.read": PERSONS,
        "person.read": GIVERS | AUDITOR,  # security and auditor everybody, a head the people of the own office
        "erasure.read": SECURITY | AUDITOR,
        "person.invite": GIVERS,  # into roles that they answer for
        "invitation.answer": EVERYBODY,  # whoever holds the link's key
        "person.restrict": SECURITY,
        "person.erase": SECURITY,  # another than who restricted
        "expert.list": SECURITY | CLERK,
        "expert.read": SECURITY | CLERK | LEAD | DISCIPLINE | AUDITOR,
        "grant.give": GIVERS,  # or propose, where it takes two
        "grant.confirm": GIVERS,  # another than who proposed
        "grant.take_back": GIVERS,
        "unit.read": OPERATOR | SECURITY | UNIT | AUTHORITIES | AUDITOR,
        "history.read": AUDITOR,
        "history.unmask": AUDITOR,  # for half an hour, with a reason that is kept
        "evidence.export": AUDITOR,
        "projection.rebuild": OPERATOR,
        "upkeep.read": OPERATOR | AUDITOR,
        "outgoing.hold": OPERATOR,  # and release: whether letters and parcels leave
        "letter.remind": UNIT,  # the lead presses a unit of its consortium
        "letter.choose": PERSONS,  # how one's own letters come
        "letter.resend": OPERATOR | UNIT,  # a unit, of its own applications, to a corrected address
        "letter.text.read": OPERATOR | AUDITOR,
        "letter.text.publish": OPERATOR,  # what letters say
        "letter.bounce": OPERATOR,
        "letter.suppress": OPERATOR,
        "webhook.read": OPERATOR | AUDITOR | ADMIN | HEAD | LEAD,  # one's own office's; operator and auditor all
        "webhook.manage": OPERATOR | ADMIN | HEAD | LEAD,
        "webhook.trust": OPERATOR,  # an endpoint that cannot answer a challenge
        "clock.move": OPERATOR,  # demonstrations and tests only
    }
)

POLICY: Mapping[str, frozenset[Role]] = MappingProxyType({**COMMANDS, **READS, **DESKS})

TWO_PERSONS = frozenset(
    {
        "application.form_fail",
        "application.site_result",
        "application.award",
        "application.change_account",
        "application.verify_account",
        "application.demand_recovery",
        "application.correct",
        "application.confirm_correction",
        "person.restrict",
        "person.erase",
        "grant.give",
        "grant.confirm",
        "factor.ask_reset",
        "factor.confirm_reset",
    }
)
"""What one person begins and another completes; the rules that hold it lie with each decision."""

STEP_UP = frozenset(
    {
        "application.award",
        "application.cancel_award",
        "application.instruct",
        "application.confirm_paid",
        "application.return_payment",
        "application.verify_account",
        "application.demand_recovery",
        "application.confirm_correction",
        "statement.book",
        "grant.give",
        "grant.confirm",
        "grant.take_back",
        "person.invite",
        "person.restrict",
        "person.erase",
        "token.issue",
        "credential.change",
        "factor.ask_reset",
        "factor.confirm_reset",
    }
)
"""Legal and money acts, and what opens doors: whoever has a second factor has shown it within five minutes (design A9)."""
STEP_UP_MINUTES = 5


class ActionUnknown(LookupError):
    """An operation names an action that the table does not have."""


def allowed(action: str) -> frozenset[Role]:
    try:
        return POLICY[action]
    except KeyError:
        raise ActionUnknown(f"no action {action!r} in the policy") from None


def may(actor: Actor, action: str) -> Refusal | None:
    """None, or ROLE_FORBIDDEN with the actor's roles and the roles that may; for a token, SCOPE_MISSING or NOT_BY_TOKEN."""
    roles = allowed(action)
    if not actor.roles.isdisjoint(roles):
        return None if Role.PUBLIC in roles else _through(actor, action)
    given = actor.roles - PUBLIC or PUBLIC
    return Refusal.of("ROLE_FORBIDDEN", action=action, role=_words(given), allowed=_words(roles))


def _through(actor: Actor, action: str) -> Refusal | None:
    """A token takes a part of what its person may, never more."""
    if actor.through is None or reaches(actor.through, action):
        return None
    if action in IN_PERSON:
        return Refusal.of("NOT_BY_TOKEN", action=action)
    given, needed = (tuple(scope.value for scope in scopes) for scopes in (actor.through, scopes_of(action)))
    return Refusal.of("SCOPE_MISSING", action=action, scopes=tuple(sorted(given)), needed=needed)


def proven(actor: Actor, action: str) -> Refusal | None:
    """None, or STEP_UP_REQUIRED where the act needs a second factor and it was shown too long ago. A token shows none: what it
    may do was decided when it was issued, which is such an act itself."""
    if action not in STEP_UP or not actor.must_prove:
        return None
    return Refusal.of("STEP_UP_REQUIRED", action=action, minutes=STEP_UP_MINUTES)


def _words(roles: Collection[Role]) -> tuple[str, ...]:
    return tuple(role.value for role in Role if role in roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What an actor's queries are scoped to. The parts add up; the empty value sees nothing.

    `units` see what they lead or belong to, drafts included. Everybody else sees an application from its first seal
    on: `provinces` whole, `regions` by the beginning of the county's code, `bureaus` by the frozen route, and
    `expert` where the panel names that person.
    """

    provinces: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    bureaus: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    expert: str | None = None

    @property
    def nothing(self) -> bool:
        return not (self.provinces or self.bureaus or self.units or self.expert)

    def covers(
        self,
        *,
        county: str,
        sealed: bool,
        units: Collection[str] = (),
        route: Collection[str] = (),
        panel: Collection[str] = (),
    ) -> bool:
        """Whether one application is in sight: the sentence that the scoped queries say in SQL."""
        if not self.units.isdisjoint(units):
            return True
        if not sealed:
            return False
        return (
            county[:2] in self.provinces
            or any(county.startswith(region) for region in self.regions)
            or not self.bureaus.isdisjoint(route)
            or self.expert in panel
        )


NOTHING = Sight()


def visible_to(actor: Actor) -> Sight:
    """What the actor may see of applications. Operator, clock and public see none: they ask by other doors."""
    bureaus = actor.scopes(*BUREAU_ROLES)
    return Sight(
        provinces=actor.scopes(*PROVINCE_ROLES, *DISCIPLINE_ROLES, Role.AUDITOR),
        regions=frozenset(prefix_of(bureau) for bureau in bureaus),
        bureaus=bureaus,
        units=actor.scopes(*UNIT_ROLES),
        expert=actor.id if actor.holds(Role.EXPERT) else None,
    )
