"""What is announced to whom at each transition, what they must do and by when: one table, read after a step and before it.

Pure. Recipients follow from the event and from the application as it was then, never from how it stands now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from consortium import events as consortium
from notifications.audiences import Audience, Situation, Who
from notifications.kinds import kind_of, possible_kinds
from programmes.calendar import CalendarUnknown, beijing_date, end_of
from programmes.calendar import add as add_working_days
from workflow import events as e
from workflow.application import Application
from workflow.events import ApplicationEvent, RouteStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What of a call a letter repeats: its deadlines by name, the working days in which a refusal may be contested, and how
    many days before each kind of deadline people are reminded."""

    deadlines: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    reconsideration_days: int = 5
    reminders: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One audience is told *kind*, *because* of its part in it. *asks*: what it must do ("" when nothing), *deadline*: by when."""

    kind: str
    audience: Audience
    because: Who
    asks: str = ""
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: this audience, asked this, by the deadline of that name."""

    who: Who
    asks: str = ""
    by: str = ""


def _told(*lines: Line | Who) -> tuple[Line, ...]:
    return tuple(line if isinstance(line, Line) else Line(line) for line in lines)


_EVERYBODY = (Who.UNIT, Who.BODIES_ACTED, Who.PROVINCE, Who.FINANCE, Who.MEMBERS)
_ONWARD = Line(Who.NEXT_BODY, "pass_on", "stage")
_REFUSED = Line(Who.UNIT, "contest", "reconsideration")

TOLD: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "member_invited": _told(Line(Who.INVITED, "answer_invitation", "link")),
        "invitation_accepted": _told(Who.UNIT, Who.MEMBERS),
        "invitation_declined": _told(Who.UNIT),
        "invitation_expired": _told(Who.UNIT, Who.INVITED),
        "invitation_withdrawn": _told(Who.INVITED),
        "member_left": _told(Who.UNIT, Who.MEMBERS),
        "member_removed": _told(Who.GONE, Who.MEMBERS),
        "member_replaced": _told(Who.UNIT, Who.GONE, Who.MEMBERS),
        "agreement_void": _told(Line(Who.MEMBERS, "sign_again", "sealing")),
        "agreement_issued": _told(Line(Who.MEMBERS, "sign", "sealing")),
        "agreement_signed": _told(Who.UNIT),
        "confirmation_asked": _told(Line(Who.ASKED, "confirm", "link")),
        "agreement_confirmed": _told(Who.UNIT),
        "agreement_effective": _told(Who.UNIT, Who.MEMBERS),
        "unit_sealed": _told(_ONWARD, Who.UNIT, Who.MEMBERS),  # T03
        "recalled": _told(Who.NEXT_BODY, Who.UNIT),  # T04
        "withdrawn": _told(Who.BODIES_ACTED, Who.PROVINCE_IF_ACTED, Who.UNIT, Who.MEMBERS),  # T05
        "lapsed": _told(Who.UNIT, Who.BODIES_ACTED, Who.PROVINCE_IF_ACTED, Who.MEMBERS),  # T06, T13
        "recommended": _told(_ONWARD, Who.BODIES_ACTED, Who.UNIT),  # T07, T08
        "not_recommended": _told(_REFUSED, Who.BODIES_ACTED),  # T09
        "received": _told(Who.UNIT, Who.BODIES_ACTED, Who.COPIED_BODIES),  # T10
        "returned": _told(Line(Who.UNIT, "correct", "return"), Who.BODIES_ACTED, Who.MEMBERS),  # T11
        "resubmitted": _told(Line(Who.RETURNING_BODY, "examine_again", "stage"), Who.BODIES_ACTED, Who.UNIT),  # T12
        "resubmitted_anew": _told(_ONWARD, Who.RETURNING_BODY, Who.BODIES_ACTED, Who.UNIT),  # T12
        "deadline_extended": _told(Line(Who.UNIT, "use_the_time", "extension")),  # T14
        "form_failed": _told(_REFUSED, Who.BODIES_ACTED),  # T15
        "reconsideration_asked": _told(Line(Who.DECIDING_BODY, "decide"), Who.REFUSING_BODY),  # T16
        "reconsideration_granted": _told(Who.UNIT, Line(Who.REFUSING_BODY, "examine_again", "stage")),  # T16
        "reconsideration_dismissed": _told(Who.UNIT, Who.REFUSING_BODY),  # T16
        "form_passed": _told(Who.UNIT),  # T17
        "panel_drawn": _told(Line(Who.DRAWN_EXPERTS, "declare")),  # T18
        "conflict_declared": _told(Line(Who.PROVINCE, "draw_again")),  # T18: a place on the panel is free
        "not_selected": _told(Who.UNIT, Who.BODIES_ACTED),  # T21, T22
        "proposed": _told(Who.FINANCE),  # T23
        "notice_published": _told(
            Line(Who.UNIT, "", "notice"), Line(Who.BODIES_ACTED, "", "notice"), Line(Who.MEMBERS, "", "notice")
        ),  # T24
        "objection_received": _told(Who.UNIT, Line(Who.DISCIPLINE, "inquire")),  # T25
        "objection_dismissed": _told(Who.OBJECTOR, Who.UNIT, Who.BODIES_ACTED),  # T26
        "objection_upheld": _told(Who.OBJECTOR, Who.UNIT, Who.BODIES_ACTED),  # T27
        "objection_upheld_anew": _told(Who.OBJECTOR, Who.UNIT, Who.BODIES_ACTED),  # T27
        "reserved": _told(Who.UNIT),  # T28
        "award_signed": _told(Line(Who.FINANCE, "countersign")),  # T29, the first of two signatures
        "awarded": _told(Who.UNIT, Who.BODIES_ACTED, Line(Who.FINANCE, "instruct"), Who.MEMBERS),  # T29
        "award_waived": _told(Who.PROVINCE, Who.UNIT, Who.MEMBERS),  # T30
        "tranches_planned": _told(Who.UNIT, Who.MEMBERS),  # before T31
        "tranche_instructed": _told(Who.UNIT, Who.MEMBERS),  # T31
        "tranche_paid": _told(Who.UNIT, Who.MEMBERS),  # T32
        "paid_in_full": _told(Line(Who.UNIT, "evaluate"), Who.MEMBERS),  # T32, the last fen
        "tranche_returned": _told(Who.UNIT, Line(Who.FINANCE, "pay_again"), Who.MEMBERS),  # T32, undone by the bank
        "account_change_filed": _told(Line(Who.FINANCE, "verify_account"), Who.UNIT),  # before T31, of two persons
        "account_verified": _told(Who.UNIT, Who.FINANCE),
        "account_change_rejected": _told(Who.UNIT, Who.FINANCE),
        "handed_on": _told(Line(Who.RECEIVERS, "confirm_receipt")),  # T33
        "hand_on_confirmed": _told(Who.UNIT),  # T33
        "hand_on_disputed": _told(Line(Who.UNIT, "settle"), Who.FINANCE, Who.PROVINCE),  # T33
        "self_evaluation_filed": _told(Line(Who.PROVINCE, "close")),  # before T34
        "closed": _told(*_EVERYBODY),  # T34
        "award_cancelled": _told(*_EVERYBODY),  # T35
        "recovery_signed": _told(Line(Who.FINANCE, "countersign_recovery")),  # T36, the first of two signatures
        "recovery_demanded": _told(Line(Who.UNIT, "repay"), Line(Who.MEMBERS, "repay"), Who.FINANCE),  # T36
        "correction_filed": _told(
            Line(Who.FINANCE, "confirm_correction"), Line(Who.PROVINCE, "confirm_correction")
        ),  # T39
        "booking_corrected": _told(Who.UNIT, Who.FINANCE, Who.MEMBERS),  # T39
        "correction_rejected": _told(Who.FINANCE),  # T39
        "repayment_recorded": _told(*_EVERYBODY),  # T37
    }
)
"""Kind of letter to its lines, in the order of the process (T-numbers of its table of commands)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What deadlines are read from. *goes_to* is the body that holds it next, *until* an instant the event itself names."""

    application: Application
    goes_to: RouteStep | None
    terms: Terms
    at: datetime
    until: datetime | None = None

    def of(self, name: str) -> datetime | None:
        """The deadline called *name*; None when there is none, or when the calendar does not know the year."""
        match name:
            case "stage":
                return self._closing(f"{self.goes_to.level}_close") if self.goes_to else None
            case "reconsideration":
                return self._reconsideration()
            case "sealing":
                returned = self.application.returned
                return returned.deadline if returned else self._closing("applicant_close")
            case "return" | "extension" | "notice" | "link":
                return self.until
            case _:
                return None

    def _closing(self, name: str) -> datetime | None:
        return self.application.extensions.get(name) or self.terms.deadlines.get(name)

    def _reconsideration(self) -> datetime | None:
        try:
            return end_of(add_working_days(beijing_date(self.at), self.terms.reconsideration_days))
        except CalendarUnknown:  # the decision itself refuses to guess; a letter then names no day
            return None


def announce(
    event: ApplicationEvent, before: Application, after: Application, terms: Terms, at: datetime
) -> tuple[Announcement, ...]:
    """Who is told of *event*, recorded at the instant *at*, which led from *before* to *after*."""
    kind = kind_of(event)
    if not kind:
        return ()
    goes_to = before.next_step if kind == "recalled" else after.next_step
    situation = Situation(
        before=before,
        goes_to=goes_to,
        drawn=event.drawn if isinstance(event, e.PanelDrawn) else (),
        objection=event.objection if isinstance(event, e.ObjectionDismissed | e.ObjectionUpheld) else 0,
        copied_to=event.copied_to if isinstance(event, e.Received) else (),
        acting=_acting(kind, before),
        link=getattr(event, "invitation", "") or getattr(event, "confirmation", ""),
        gone=event.unit if isinstance(event, consortium.MemberRemoved | consortium.MemberReplaced) else "",
        receive=tuple(part.unit for part in event.parts) if isinstance(event, e.HandedOn) else (),
    )
    moments = Moments(application=after, goes_to=goes_to, terms=terms, at=at, until=_until(event))
    return tuple(_announcements(kind, situation, moments))


def preview(
    trigger: str, application: Application, terms: Terms, at: datetime, route: Sequence[RouteStep] = ()
) -> tuple[Announcement, ...]:
    """Who will be told if *trigger* is taken now, for every way it may end: the same table, read before the step.

    *route* is where a draft would go when sealed. Whoever only the step itself can name (experts to be drawn) has an
    empty id; a deadline that only the step itself will set is None.
    """
    ahead = replace(application, route=tuple(route)) if route else application
    found: dict[Audience, Announcement] = {}
    for kind in possible_kinds(trigger, ahead):
        goes_to = _goes_to(kind, ahead)
        objection = ahead.open_objections[0].number if ahead.open_objections else 0
        situation = Situation(before=ahead, goes_to=goes_to, objection=objection, acting=_acting(kind, ahead))
        moments = Moments(application=ahead, goes_to=goes_to, terms=terms, at=at)
        for announcement in _announcements(kind, situation, moments):
            found.setdefault(announcement.audience, announcement)
    return tuple(found.values())


def _announcements(kind: str, situation: Situation, moments: Moments) -> Iterator[Announcement]:
    """The lines of *kind* made out to audiences; who stands on two lines is told once, by the first."""
    already: set[Audience] = set()
    for line in TOLD[kind]:
        if line is _REFUSED and situation.before.reconsideration is not None:
            line = Line(line.who)  # one reconsideration, not two
        for audience in situation.audiences(line.who):
            if audience not in already:
                already.add(audience)
                yield Announcement(
                    kind=kind, audience=audience, because=line.who, asks=line.asks, deadline=moments.of(line.by)
                )


def _acting(kind: str, before: Application) -> str:
    """The body in whose hands the application is, when it is that body that takes the step."""
    by_the_holder = kind in ("recommended", "not_recommended", "returned")
    return before.next_step.body if by_the_holder and before.next_step else ""


def _until(event: ApplicationEvent) -> datetime | None:
    """An instant that the event itself sets for somebody."""
    match event:
        case e.ReturnedForCorrection(deadline=until) | e.DeadlineExtended(until=until) | e.NoticePublished(until=until):
            return until
        case consortium.MemberInvited(expires_at=until) | consortium.ConfirmationAsked(expires_at=until):
            return until
        case _:
            return None


def _goes_to(kind: str, before: Application) -> RouteStep | None:
    """The body that will hold the application after a step that has not been taken yet."""
    match kind:
        case "recommended":
            ahead = len(before.recommendations) + 1
        case "unit_sealed" | "resubmitted_anew":
            ahead = 0
        case _:
            ahead = len(before.recommendations)
    return before.route[ahead] if ahead < len(before.route) else None
