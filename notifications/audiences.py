"""Who can be told: the audiences of a letter, and how an application says who they are. Pure; persons come later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, assert_never

from workflow.application import Application
from workflow.events import RouteStep
from workflow.shares import to_hand_on
from workflow.stages import Stage


class Kind(StrEnum):
    """What sort of audience. *unit* and *body* are named by code, *objector* by the number of the objection,
    *member* by its code, *invited* and *signer* by the one-time link they are sent, *person* by the person."""

    UNIT = "unit"
    BODY = "body"
    PROVINCE = "province"
    FINANCE = "finance"
    DISCIPLINE = "discipline"
    EXPERT = "expert"
    OBJECTOR = "objector"
    MEMBER = "member"
    INVITED = "invited"
    SIGNER = "signer"
    PERSON = "person"


@dataclass(frozen=True, slots=True, order=True)
class Audience:
    """Somebody to be told, by office and not by name. An empty *id* is one that only the step itself will tell."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        kind, _, id_ = text.partition(":")
        return cls(Kind(kind), id_)


class Who(StrEnum):
    """The words of the process for an audience; each application says who that is."""

    UNIT = "unit"
    NEXT_BODY = "next_body"
    BODIES_ACTED = "bodies_acted"
    PROVINCE_IF_ACTED = "province_if_acted"
    COPIED_BODIES = "copied_bodies"
    RETURNING_BODY = "returning_body"
    REFUSING_BODY = "refusing_body"
    DECIDING_BODY = "deciding_body"
    DRAWN_EXPERTS = "drawn_experts"
    PROVINCE = "province"
    FINANCE = "finance"
    DISCIPLINE = "discipline"
    OBJECTOR = "objector"
    MEMBERS = "members"
    INVITED = "invited"
    GONE = "gone"
    ASKED = "asked"
    RECEIVERS = "receivers"
    UNSIGNED = "unsigned"
    OWNER = "owner"
    ENTERING = "entering"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An application before a step, and what the step adds: the body it goes to, the experts drawn, the objection, the
    one-time *link* it is about, the member that is *gone* by it, the members that *receive* money, those that have not
    signed yet."""

    before: Application
    goes_to: RouteStep | None = None
    drawn: tuple[str, ...] = ()
    objection: int = 0
    copied_to: tuple[str, ...] = field(default=())
    link: str = ""
    gone: str = ""
    receive: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()
    acting: str = ""
    """The body that takes the step: it knows, and gets no letter about what it did itself."""

    @property
    def province(self) -> str:
        """The first two digits of a division code (GB/T 2260)."""
        return self.before.region[:2]

    def body(self, code: str) -> Audience:
        """A recommending body; the province is an audience of its own, with other offices."""
        if code in ("", self.province):
            return Audience(Kind.PROVINCE, self.province)
        return Audience(Kind.BODY, code)

    def audiences(self, who: Who) -> tuple[Audience, ...]:
        """Everybody *who* means here."""
        match who:
            case Who.UNIT:
                return (Audience(Kind.UNIT, self.before.lead_unit),)
            case Who.PROVINCE | Who.FINANCE | Who.DISCIPLINE:
                return (Audience(Kind(who.value), self.province),)
            case Who.NEXT_BODY:
                return (self.body(self.goes_to.body if self.goes_to else ""),)
            case Who.BODIES_ACTED:
                return tuple(each for each in self._acted() if each.kind is Kind.BODY and each.id != self.acting)
            case Who.PROVINCE_IF_ACTED:
                return tuple(each for each in self._acted() if each.kind is Kind.PROVINCE)
            case Who.COPIED_BODIES:
                return tuple(self.body(code) for code in dict.fromkeys((*self.before.copied_to, *self.copied_to)))
            case Who.RETURNING_BODY:
                return (self.body(self.before.returned.body),) if self.before.returned else ()
            case Who.REFUSING_BODY:
                return (self.body(self.before.refused_by),)
            case Who.DECIDING_BODY:
                return (self.body(_above(self.before.route, self.before.refused_by)),)
            case Who.DRAWN_EXPERTS:
                return tuple(Audience(Kind.EXPERT, expert) for expert in self.drawn or ("",))
            case Who.OBJECTOR:
                return (Audience(Kind.OBJECTOR, str(self.objection)),)
            case Who.MEMBERS:
                return tuple(Audience(Kind.MEMBER, member.unit) for member in self.before.consortium.accepted)
            case Who.RECEIVERS:
                return tuple(Audience(Kind.MEMBER, unit) for unit in self.receive or self._due())
            case Who.UNSIGNED:
                return tuple(Audience(Kind.MEMBER, unit) for unit in self.unsigned)
            case Who.OWNER | Who.ENTERING | Who.SELF:
                return ()  # an endpoint is owned, an office entered, an account one's own; no application is
            case Who.GONE:
                return (Audience(Kind.MEMBER, self.gone),) if self.gone else ()
            case Who.INVITED:
                return (Audience(Kind.INVITED, self.link),)
            case Who.ASKED:
                return (Audience(Kind.SIGNER, self.link),)
            case _:
                assert_never(who)

    def _due(self) -> tuple[str, ...]:
        """The members to whom something is still to be handed on."""
        due = (unit for tranche in self.before.tranches for unit in to_hand_on(self.before, tranche))
        return tuple(dict.fromkeys(due))

    def _acted(self) -> Iterator[Audience]:
        """Bodies that recommended or returned it, in the order of the route; the province once it has received it."""
        for recommendation in self.before.recommendations:
            yield self.body(recommendation.body)
        for stage in self.before.returns:
            yield self.body(_holder(self.before.route, Stage(stage)))
        if self.before.stage in _WITH_THE_PROVINCE:
            yield self.body("")


def _above(route: tuple[RouteStep, ...], body: str) -> str:
    """The next higher body of the route; "" (the province) above the last, or when it was the province that refused."""
    codes = [step.body for step in route]
    above = codes.index(body) + 1 if body in codes else len(codes)
    return codes[above] if above < len(codes) else ""


def _holder(route: tuple[RouteStep, ...], stage: Stage) -> str:
    """Whose desk an application of *stage* lies on; "" is the province."""
    if stage is Stage.UNIT_SEALED:
        return route[0].body if route else ""
    if stage is Stage.COUNTY_RECOMMENDED:
        county = next((step.body for step in route if step.level == "county"), "")
        return _above(route, county)
    return ""


_WITH_THE_PROVINCE = frozenset(
    {
        Stage.FORMAL_REVIEW,
        Stage.EXPERT_REVIEW,
        Stage.SITE_CHECK,
        Stage.PROPOSED,
        Stage.PUBLIC_NOTICE,
        Stage.OBJECTION_HOLD,
        Stage.RESERVED,
    }
)
