"""Who is reminded of what, and when, as an application stands: all of it read off the application, nothing remembered.

Pure. What stands after an event is compared with the rows that stand: so events plan, move and cancel reminders, and no
event has to know of them. A reminder that is due is asked for once more before it is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from consortium.agreement import current
from consortium.state import Standing
from notifications.announcements import Announcement, Line, Moments, Terms
from notifications.audiences import Audience, Kind, Situation, Who
from notifications.story import Story
from programmes.calendar import BEIJING, beijing_date, passed
from workflow.application import Application
from workflow.parties import agreement_coverage, agreement_digest
from workflow.stages import Stage

NINE = time(9)
"""Reminders come in the morning (Beijing), not at the minute of a deadline that ends at midnight."""


class Rule(StrEnum):
    """What is waited for."""

    INVITATION = "invitation"
    CONFIRMATION = "confirmation"
    SIGNING = "signing"
    DRAFT = "draft"
    CORRECTION = "correction"
    RECONSIDERATION = "reconsideration"
    HOLDING = "holding"

    @property
    def kind(self) -> str:
        """The kind of its letter."""
        return f"remind_{self.value}"


REMINDED: Mapping[Rule, tuple[Line, ...]] = MappingProxyType(
    {
        Rule.INVITATION: (Line(Who.INVITED, "answer_invitation"), Line(Who.UNIT, "press")),
        Rule.CONFIRMATION: (Line(Who.ASKED, "confirm"), Line(Who.UNIT, "press")),
        Rule.SIGNING: (Line(Who.UNSIGNED, "sign"), Line(Who.UNIT, "press")),
        Rule.DRAFT: (Line(Who.UNIT, "seal"),),
        Rule.CORRECTION: (Line(Who.UNIT, "correct"),),
        Rule.RECONSIDERATION: (Line(Who.UNIT, "contest"),),
        Rule.HOLDING: (Line(Who.NEXT_BODY, "pass_on"),),
    }
)
KINDS = tuple(rule.kind for rule in Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """Something that somebody has not done yet. *subject* tells two of one rule apart: a link, a version, a body."""

    rule: Rule
    subject: str
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """*days* before the deadline of what is awaited, at nine in the morning."""

    awaited: Awaited
    days: int

    @property
    def due(self) -> datetime:
        day = beijing_date(self.awaited.deadline) - timedelta(days=self.days)
        return datetime.combine(day, NINE, BEIJING)

    def key(self, application: str) -> str:
        """One for each day before each deadline, however often that moves."""
        return f"{application}:{self.awaited.rule}:{self.awaited.subject}:{self.days}"


def reminders(story: Story, terms: Terms) -> tuple[Reminder, ...]:
    """Every reminder that stands as *story* stands."""
    return tuple(
        Reminder(awaited=one, days=days)
        for one in awaited(story, terms)
        for days in terms.reminders.get(one.rule.value, ())
    )


def awaited(story: Story, terms: Terms) -> Iterator[Awaited]:
    """Everything that somebody has not done yet, and by when it must be."""
    application = story.application
    match application.stage:
        case Stage.DRAFT:
            close = application.extensions.get("applicant_close") or terms.deadlines.get("applicant_close")
            if close is not None:
                yield Awaited(rule=Rule.DRAFT, subject="", deadline=close)
            yield from _of_the_consortium(application, close)
        case Stage.RETURNED if application.returned is not None:
            until = application.returned.deadline
            yield Awaited(rule=Rule.CORRECTION, subject="", deadline=until)
            yield from _of_the_consortium(application, until)
        case Stage.UNIT_SEALED | Stage.COUNTY_RECOMMENDED:
            yield from _held(application, terms)
        case Stage.NOT_RECOMMENDED | Stage.FORM_FAILED:
            yield from _contestable(story, terms)
        case _:
            return


def _of_the_consortium(application: Application, close: datetime | None) -> Iterator[Awaited]:
    """Links that are open, and the agreement while it is fixed and not signed by all."""
    for member in application.consortium.pending:
        yield Awaited(rule=Rule.INVITATION, subject=member.invitation, deadline=member.expires_at)
    issue = current(application.consortium, agreement_digest(application))
    if issue is None or issue.effective_from is not None:
        return
    if close is not None:
        yield Awaited(rule=Rule.SIGNING, subject=f"v{issue.version}", deadline=close)
    for asked in application.consortium.asked:
        if not asked.used and asked.digest == issue.digest:
            yield Awaited(rule=Rule.CONFIRMATION, subject=asked.confirmation, deadline=asked.expires_at)


def _held(application: Application, terms: Terms) -> Iterator[Awaited]:
    step = application.next_step
    name = f"{step.level}_close" if step else ""
    close = application.extensions.get(name) or terms.deadlines.get(name)
    if step is not None and close is not None:
        yield Awaited(rule=Rule.HOLDING, subject=step.body, deadline=close)


def _contestable(story: Story, terms: Terms) -> Iterator[Awaited]:
    """A refusal can be contested once, within working days that are counted from it."""
    if story.application.reconsideration is not None or story.since is None:
        return
    until = Moments(application=story.application, goes_to=None, terms=terms, at=story.since).of("reconsideration")
    if until is not None:
        yield Awaited(rule=Rule.RECONSIDERATION, subject="", deadline=until)


def announcements(story: Story, one: Awaited, now: datetime) -> tuple[Announcement, ...]:
    """Who is reminded of *one*; nobody once its deadline has passed."""
    if passed(now, one.deadline):
        return ()
    application = story.application
    situation = Situation(
        before=application, goes_to=application.next_step, link=one.subject, unsigned=unsigned(application)
    )
    found: dict[Audience, Announcement] = {}
    for line in REMINDED[one.rule]:
        for audience in situation.audiences(line.who):
            told = Announcement(
                kind=one.rule.kind, audience=audience, because=line.who, asks=line.asks, deadline=one.deadline
            )
            found.setdefault(audience, told)
    return tuple(found.values())


def unsigned(application: Application) -> tuple[str, ...]:
    """The members that no document of today's text covers."""
    return agreement_coverage(application).missing if application.consortium.accepted else ()


def of_the_unit(story: Story, terms: Terms, unit: str) -> Awaited | None:
    """What the lead waits for from *unit*: its answer, its representative's confirmation, or its signature."""
    application = story.application
    waiting = {(one.rule, one.subject): one for one in awaited(story, terms)}
    for member in application.consortium.members:
        if member.unit == unit and member.standing is Standing.INVITED:
            return waiting.get((Rule.INVITATION, member.invitation))
    for asked in reversed(application.consortium.asked):
        if asked.unit == unit and (found := waiting.get((Rule.CONFIRMATION, asked.confirmation))):
            return found
    issue = application.consortium.issue
    if issue is not None and unit in unsigned(application):
        return waiting.get((Rule.SIGNING, f"v{issue.version}"))
    return None


def for_the_unit(story: Story, one: Awaited, unit: str, now: datetime) -> tuple[Announcement, ...]:
    """Of whom *one* reminds, only those who can do it for *unit*; the lead asked, and is not reminded of that."""
    match one.rule:
        case Rule.SIGNING:
            wanted = Audience(Kind.MEMBER, unit)
        case Rule.INVITATION:
            wanted = Audience(Kind.INVITED, one.subject)
        case Rule.CONFIRMATION:
            wanted = Audience(Kind.SIGNER, one.subject)
        case Rule.DRAFT | Rule.CORRECTION | Rule.RECONSIDERATION | Rule.HOLDING:
            return ()
        case _:
            assert_never(one.rule)
    return tuple(told for told in announcements(story, one, now) if told.audience == wanted)
