"""A call: one year's programmes with their directions, forms, dates, routes and rules; frozen, and known by its digest."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, NoReturn, Protocol, TypeAlias, TypeVar

from pydantic import Field as Setting

from eventstore.refusal import Refusal
from programmes.agreement import Agreement
from programmes.calendar import WorkingDays, passed, working_days
from programmes.costs import Costs
from programmes.documents import Clause, Commitment, Guide, Letter, Paper, Slot, SummaryTable, illustrating
from programmes.fields import Field, Section
from programmes.route import Route, RouteRule, find_route
from programmes.rules import AnyRule
from programmes.unit_rules import Exclusivity
from programmes.vocabulary import Choice, Cited, Id, Instant, Sum, Vocabulary, Words


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasId)


class Criterion(Cited):
    """A line of the score sheet; `considers` quotes what the guide asks reviewers to judge."""

    id: Id
    label: Words
    max: int = Setting(gt=0)
    considers: tuple[Clause, ...] = ()


class Tags(Cited):
    """A list of the guide that reviewers and statistics use."""

    id: Id
    label: Words
    values: tuple[str, ...]


class Direction(Cited):
    """征集方向: what may be applied for, by which score sheet."""

    id: str
    title: Words
    short: Words
    guide: Guide
    tags: tuple[Tags, ...] = ()
    rubric: tuple[Criterion, ...]
    tie_break: tuple[Id, ...] = ()
    places: int | None = Setting(default=None, gt=0)
    industry_from: str | None = None


class Contact(Cited):
    office: Words
    name: str
    phone: str


SigningKind: TypeAlias = Literal["scan", "confirmation", "pades"]
"""How a consortium's agreement may be signed: on paper and scanned, by a legal representative's confirmation on a page of their
own, or as a PDF that bears electronic signatures."""


class Programme(Cited):
    """专项: its directions and everything that is asked under them. `scans` are slots beside the official list, for
    papers of our own that come back signed and sealed."""

    id: str
    title: Words
    summary_label: Words
    number: str
    consortium: Literal["forbidden", "optional", "required"]
    agreement_signing: tuple[SigningKind, ...] = ("scan", "confirmation")
    unknown_certificates: Literal["refuse", "accept"] = "refuse"
    award_mode: Literal["title_only", "decided_amount", "ratio"]
    reserve: bool = False
    blind_shows: tuple[str, ...] = ()
    contacts: tuple[Contact, ...]
    guide: Guide
    directions: tuple[Direction, ...]
    paper: Paper
    commitment: Commitment
    letters: tuple[Letter, ...] = ()
    form: tuple[Section, ...]
    attachments_guide: Words | None = None
    attachments: tuple[Slot, ...]
    scans: tuple[Slot, ...] = ()
    checks: tuple[AnyRule, ...]
    exclusivity: tuple[Exclusivity, ...] = ()
    costs: Costs | None = None

    def direction(self, direction_id: str) -> Direction:
        return _find(self.directions, direction_id)

    def section(self, section_id: str) -> Section:
        return _find(self.form, section_id)

    def sections(self, direction: str) -> tuple[Section, ...]:
        """The sections that applicants of this direction fill, in the official order."""
        return tuple(one for one in self.form if not one.directions or direction in one.directions)

    def section_of(self, field_id: str) -> Section:
        """The section that asks this field; KeyError where none does."""
        return next((one for one in self.form if one.field(field_id)), None) or _missing(field_id)

    def field(self, field_id: str) -> Field:
        return self.section_of(field_id).field(field_id) or _missing(field_id)

    def letter(self, kind: str) -> Letter | None:
        """The letter of this kind, where the programme has one."""
        return next((one for one in self.letters if one.kind == kind), None)

    def slot(self, slot_id: str) -> Slot:
        return _find(self.slots, slot_id)

    def closed_to_members(self) -> list[Refusal]:
        """Why no unit can be invited to apply together with another; empty where a consortium may be formed."""
        if self.consortium == "forbidden":
            return [Refusal.of("CONSORTIUM_FORBIDDEN", source=self.source, programme=self.id)]
        return []

    def quoted(self, section: Section, direction: str) -> tuple[Clause, ...]:
        """The clauses of the direction's guide that stand beside *section*."""
        return tuple(one for one in self.direction(direction).guide.clauses if set(one.rule) & set(section.quotes))

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every place for files: the official attachments first, then the scans and the figures beside narratives."""
        return (*self.attachments, *self.scans, *self.illustrations)

    @property
    def illustrations(self) -> tuple[Slot, ...]:
        """「可附图」: a place for the figures of each question that takes some."""
        return tuple(illustrating(field) for field in self.fields if field.figures)

    def slots_of(self, direction: str) -> tuple[Slot, ...]:
        """The places that applicants of this direction may put files into."""
        asked = {field.id for section in self.sections(direction) for field in section.asked(direction)}
        return tuple(slot for slot in self.slots if slot.illustrates is None or slot.illustrates in asked)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(field for section in self.form for field in section.fields)

    def application_number(self, year: int, sequence: int) -> str:
        """The number of the *sequence*-th application, by the programme's pattern: `HN-AI-2025-0001`."""
        return self.number.format(year=year, n=sequence)


class Deadlines(Vocabulary):
    applicant_close: Instant
    county_close: Instant
    city_close: Instant


class Returns(Vocabulary):
    working_days: int
    max_per_stage: int


class Reconsideration(Vocabulary):
    working_days: int


class Reminders(Vocabulary):
    """How many days before a deadline whoever has not acted is reminded; no number, no reminder (reading A-34)."""

    invitation: tuple[int, ...] = (3, 1)
    confirmation: tuple[int, ...] = (1,)
    signing: tuple[int, ...] = (7, 2)
    draft: tuple[int, ...] = (7, 1)
    correction: tuple[int, ...] = (1,)
    reconsideration: tuple[int, ...] = (1,)
    holding: tuple[int, ...] = (3, 1)


class Notice(Vocabulary):
    working_days: int
    count_first_day: bool


class FieldShare(Vocabulary):
    """Of a panel at least so many know this field, as the pool of experts calls it."""

    field: str
    at_least: int = Setting(gt=0)


class Review(Vocabulary):
    """How a panel is drawn and how experts' scores become a result. `rounding` is half up."""

    panel: int = Setting(gt=0)
    odd: bool
    mix: tuple[FieldShare, ...] = ()
    avoid_years: int = Setting(default=3, ge=0)
    one_per_employer: bool = False
    blind: bool = False
    method: Literal["trimmed_mean", "mean"]
    trim: int = 1
    trim_from: int = 5
    decimals: int = Setting(ge=0, le=2)
    mark_decimals: int = Setting(default=2, ge=0, le=2)
    pass_mark: int | None = Setting(default=None, gt=0)
    divergence: int | None = Setting(default=None, gt=0)
    rounding: Literal["half_up"] = "half_up"


class Units(Cited):
    max: int
    count_lead: bool
    count_pending: bool = True


class Quota(Cited):
    """How many applications of a programme a body of this level may recommend; `body` makes it one body's own."""

    programme: str
    level: Literal["county", "city"]
    body: str | None = None
    max: int


class Call(Cited):
    """A call as issued. `digest` is the SHA-256 of `document`, the canonical JSON of the definition as it was written."""

    id: str
    revision: int = 1
    status: Literal["draft_for_approval", "issued"]
    province: str
    year: int
    title: Words
    opens_at: Instant
    deadlines: Deadlines
    report_years: tuple[int, ...]
    calendar: str = "cn"
    returns: Returns
    reconsideration: Reconsideration
    notice: Notice
    reminders: Reminders = Reminders()
    review: Review
    units: Units
    quotas: tuple[Quota, ...] = ()
    budget: Sum
    routes: tuple[RouteRule, ...]
    summary_table: SummaryTable
    agreement: Agreement | None = None
    programmes: tuple[Programme, ...]
    digest: str = ""
    document: str = Setting(default="", repr=False)

    def programme(self, programme_id: str) -> Programme:
        return _find(self.programmes, programme_id)

    def programme_of(self, direction: str) -> Programme:
        """The programme that has this direction; KeyError where none does."""
        for programme in self.programmes:
            if any(one.id == direction for one in programme.directions):
                return programme
        raise KeyError(direction)

    def direction(self, direction: str) -> Direction:
        return self.programme_of(direction).direction(direction)

    @property
    def directions(self) -> tuple[str, ...]:
        return tuple(direction.id for programme in self.programmes for direction in programme.directions)

    @property
    def budget_fen(self) -> int:
        return self.budget.fen

    @property
    def working_days(self) -> WorkingDays:
        return working_days(self.calendar)

    def columns(self, field: Field) -> tuple[Choice, ...]:
        """The columns of a field that is asked more than once: the report years, or its own; none for the others."""
        if field.by_year:
            return tuple(Choice(id=str(year), label=Words(zh=f"{year}年", en=str(year))) for year in self.report_years)
        return field.by

    def route(self, county: str, unit_tags: Collection[str] = ()) -> Route:
        return find_route(self.routes, county, unit_tags)

    def quota(self, programme: str, level: str, body: str) -> int | None:
        """How many of *programme* this body may recommend; None is without limit. A body's own quota goes before its level's."""
        fitting = [one for one in self.quotas if (one.programme, one.level) == (programme, level)]
        own = [one.max for one in fitting if one.body == body]
        return next(iter(own + [one.max for one in fitting if one.body is None]), None)

    def closed_to(self, now: datetime) -> list[Refusal]:
        """Why no application can be opened at *now*: not issued, not open yet, closed. Empty when it can."""
        if self.status != "issued" or now < self.opens_at:
            return [Refusal.of("CALL_NOT_OPEN", source=self.source, call=self.id, opens_at=self.opens_at.isoformat())]
        if passed(now, self.deadlines.applicant_close):
            until = self.deadlines.applicant_close.isoformat()
            return [Refusal.of("DEADLINE_PASSED", source=self.source, deadline="applicant_close", until=until)]
        return []


def _find(things: Iterable[_Named], wanted: str) -> _Named:
    return next((thing for thing in things if thing.id == wanted), None) or _missing(wanted)


def _missing(wanted: str) -> NoReturn:
    raise KeyError(wanted)
