"""Lists of applications: who may see which, in what order, a page at a time. Queries are scoped, never filtered after.

Pages go by (due instant, id), so that page 95 costs what page 1 costs. Each method is one statement.
"""

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
    union_all,
)

from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, UNIT_ROLES, Actor, Role
from directory.division import TOWN_DIGITS
from directory.policy import Sight, visible_to
from eventstore.projection import of_revision
from eventstore.refusal import Fault, Malformed
from workflow import schema
from workflow.members import joined_by
from workflow.projections import Applications, Assignments
from workflow.schema import NEVER
from workflow.stages import Stage
from workflow.standing import DISCIPLINE, FINANCE, list_of
from workflow.tallies import counted_in

PAGE = 50
MOST_COUNTED = 1000
_AFTER_EVERYTHING = "\U0010ffff"
_SHOWN = (
    "id", "number", "call", "programme", "direction", "lead_unit", "unit_name", "project_name", "sector", "stage",
    "holder", "region", "due_at", "rank", "amount_fen", "content_digest", "notice_opens", "notice_closes", "version",
    "opened_at", "changed_at",
)  # fmt: skip


def applications() -> Table:
    """The worklist as the live revision is called."""
    return of_revision(schema.applications, Applications.revision)


def assignments() -> Table:
    return of_revision(schema.assignments, Assignments.revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An application in a list. Instants are microseconds; *due_at* None: no deadline runs."""

    id: str
    number: str
    call: str
    programme: str
    direction: str
    lead_unit: str
    unit_name: str
    project_name: str
    sector: str
    stage: str
    holder: str
    region: str
    due_at: int | None
    rank: int | None
    amount_fen: int | None
    content_digest: str
    notice_opens: str
    notice_closes: str
    version: int
    opened_at: int
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """*after* asks for what follows; None on the last page."""

    items: tuple[Item, ...] = ()
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wants to see. *mine*: what waits for this actor. *search*: how a number, unit or project begins.

    *blind*: the calls whose experts must not know whose application it is; what they see of one is masked, and neither search
    nor place finds it. *city*: its code. *behind*: a figure of `tallies`, as kind, one and other; what is wanted are the applications it counts.
    """

    stages: tuple[Stage, ...] = ()
    mine: bool = False
    call: str = ""
    programme: str = ""
    direction: str = ""
    city: str = ""
    behind: tuple[str, str, str] | None = None
    search: str = ""
    after: str | None = None
    limit: int = PAGE
    blind: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one application stands towards an actor: whether it is in sight, and what the answer may say if not."""

    region: str
    sealed: bool
    noticed: bool
    visible: bool
    holder: str = field(default="", repr=False)


def page(db: Connection, actor: Actor, question: Question) -> Page:
    """One page of what *actor* may see, soonest due first. Malformed when the cursor is not ours."""
    table = applications()
    start = None if question.after is None else read_cursor(question.after)
    blind = question.blind if actor.holds(Role.EXPERT) else frozenset[str]()
    arms = [_arm(table, scope, question, start, blind) for scope in _scopes(table, actor, question.mine)]
    if not arms:
        return Page()
    rows = [dict(row) for row in db.execute(_joined(arms, question.limit + 1)).mappings()]
    found = _page(rows, question.limit)
    if not question.blind or not actor.holds(Role.EXPERT):
        return found
    known = replace(visible_to(actor), expert=None)
    return replace(
        found, items=tuple(_discreet(item, known) if item.call in question.blind else item for item in found.items)
    )


def _discreet(item: Item, known: Sight) -> Item:
    """The line without what says whose it is, unless *known*, what the reader sees otherwise, has it anyway."""
    if known.covers(county=item.region, sealed=True, units=(item.lead_unit,)):
        return item
    return replace(
        item, lead_unit="", unit_name="", project_name="", sector="", region="", content_digest="", amount_fen=None
    )


def _arm(
    table: Table, scope: ColumnElement[bool], question: Question, start: tuple[int, str] | None, blind: frozenset[str]
) -> Select[Any]:
    """The page as one part of the actor's sight has it; each part walks its own index."""
    query = select(*(table.c[name] for name in _SHOWN)).where(scope, *_filters(table, question, blind))
    if start is not None:
        query = query.where(tuple_(table.c.due_at, table.c.id) > tuple_(literal(start[0]), literal(start[1])))
    return query.order_by(table.c.due_at, table.c.id).limit(question.limit + 1)


def _joined(arms: Sequence[Select[Any]], limit: int) -> Any:
    if len(arms) == 1:
        return arms[0]
    whole = union(*(select(arm.subquery()) for arm in arms)).subquery()
    return select(whole).order_by(whole.c.due_at, whole.c.id).limit(limit)


def _filters(table: Table, question: Question, blind: frozenset[str] = frozenset()) -> Iterable[ColumnElement[bool]]:
    """*blind*: calls of which a name or a place finds nothing."""
    if blind and (question.city or question.behind):
        yield table.c.call.not_in(blind)
    if question.stages:
        yield _one_of(table.c.stage, [stage.value for stage in question.stages])
    if question.call:
        yield table.c.call == question.call
    if question.programme:
        yield table.c.programme == question.programme
    if question.direction:
        yield table.c.direction == question.direction
    if question.city:
        yield table.c.city == question.city
    if question.behind:
        yield table.c.id.in_(counted_in(*question.behind))
    if question.search:
        named = or_(*(_begins(table.c[name], question.search) for name in ("unit_name", "project_name")))
        yield or_(_begins(table.c.number, question.search), and_(table.c.call.not_in(blind), named) if blind else named)


def _begins(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """By range, so that an index serves and nothing in *text* is a pattern."""
    return and_(column >= text, column < text + _AFTER_EVERYTHING)


def _one_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    listed = sorted(values)
    return column == listed[0] if len(listed) == 1 else column.in_(listed)


def _page(rows: Sequence[dict[str, Any]], limit: int) -> Page:
    items = tuple(_item(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, after=cursor(rows[limit - 1]["due_at"], rows[limit - 1]["id"]) if more else None)


def _item(row: dict[str, Any]) -> Item:
    shown: dict[str, Any] = {**row, "due_at": None if row["due_at"] == NEVER else row["due_at"]}
    return Item(**shown)


def cursor(due_at: int, application: str) -> str:
    return base64.urlsafe_b64encode(f"{due_at}.{application}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[int, str]:
    try:
        due_at, _, application = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(".")
        if not due_at.isascii() or not due_at.isdigit() or len(due_at) > 18 or "\x00" in application:
            raise ValueError(text)
        return int(due_at), application
    except (ValueError, binascii.Error):
        raise Malformed(Fault("after", "BAD_FORMAT", {"field": "after", "expected": "cursor"})) from None


def _scopes(table: Table, actor: Actor, mine: bool) -> list[ColumnElement[bool]]:
    return list(_held_by(table, actor) if mine else _seen_by(table, visible_to(actor)))


def _seen_by(table: Table, sight: Sight) -> Iterable[ColumnElement[bool]]:
    """`Sight.covers` in SQL. Region columns are empty until the first seal, so drafts fall out by themselves."""
    if sight.units:
        yield _one_of(table.c.lead_unit, sight.units)
        yield table.c.id.in_(joined_by(sight.units))
    yield from of_offices(table, sight)
    if sight.expert:
        yield table.c.id.in_(_seats(sight.expert))


def of_offices(table: Table, sight: Sight) -> Iterable[ColumnElement[bool]]:
    """The part of it that offices have, for any table with these columns of a place."""
    if sight.provinces:
        yield _one_of(table.c.province, sight.provinces)
    for length, column in ((2, "province"), (4, "city"), (6, "county"), (TOWN_DIGITS, "county")):
        regions = [region + "00" if length == 4 else region for region in sight.regions if len(region) == length]
        if regions:
            yield _one_of(table.c[column], regions)
    if sight.bureaus:
        for zone in (table.c.zone, table.c.second_zone):
            yield and_(schema.given(zone), _one_of(zone, sight.bureaus))


def _seats(expert: str, former: bool = False) -> Select[tuple[str]]:
    seats = assignments()
    query = select(seats.c.application).where(seats.c.expert == expert)
    return query if former else query.where(seats.c.left_at.is_(None))


def _held_by(table: Table, actor: Actor) -> Iterable[ColumnElement[bool]]:
    """What waits for *actor*: whoever holds an application may see it."""
    bodies = actor.scopes(*UNIT_ROLES, *BUREAU_ROLES, Role.PROVINCE_CLERK, Role.PROVINCE_LEAD)
    if bodies:
        yield _one_of(table.c.holder, bodies)
    for holder, roles in ((FINANCE, frozenset({Role.PROVINCE_FINANCE})), (DISCIPLINE, DISCIPLINE_ROLES)):
        if provinces := actor.scopes(*roles):
            yield and_(table.c.holder == holder, _one_of(table.c.province, provinces))
    if actor.holds(Role.EXPERT):
        yield and_(table.c.id.in_(_seats(actor.id)), table.c.stage == Stage.EXPERT_REVIEW.value)


def counts(db: Connection, actor: Actor, question: Question) -> dict[Stage, int]:
    """How many stand at each stage in the actor's sight, counted up to MOST_COUNTED; stages without any are left out."""
    table = applications()
    scopes = _scopes(table, actor, question.mine)
    if not scopes:
        return {}
    asked = Question(call=question.call, programme=question.programme)
    stages = _stages()
    arms = [_counted(table, scope, asked, stages) for scope in scopes]
    number = select(func.count()).select_from(_together(arms)).scalar_subquery()
    return {Stage(stage): n for stage, n in db.execute(select(stages.c.stage, number)) if n}


@cache
def _stages() -> CTE:
    """Every stage as a row, to be counted one by one."""
    return union_all(*(select(literal(stage.value, schema.CODE).label("stage")) for stage in Stage)).cte("stages")


def _counted(table: Table, scope: ColumnElement[bool], question: Question, stages: CTE) -> Select[Any]:
    """As many ids of a stage as are counted. In an order that an index has, or all would be read to find a few."""
    query = select(table.c.id).where(scope, table.c.stage == stages.c.stage, *_filters(table, question))
    return query.order_by(table.c.due_at, table.c.id).limit(MOST_COUNTED).correlate(stages)


def _together(arms: Sequence[Select[Any]]) -> FromClause:
    """What the arms found, each once."""
    if len(arms) == 1:
        return arms[0].subquery()
    return union(*(select(arm.subquery()) for arm in arms)).limit(MOST_COUNTED).subquery()


def place(db: Connection, actor: Actor, application_id: str) -> Place | None:
    """Where an application stands towards *actor*, who wants to act; None when there is none of this id.

    An expert who stepped aside is still answered: a conflict of interest is said, not hidden.
    """
    table, sight = applications(), visible_to(actor)
    query = select(
        table.c.region,
        table.c.lead_unit,
        table.c.province,
        table.c.zone,
        table.c.second_zone,
        table.c.notice_closes,
        table.c.holder,
        table.c.id.in_(_seats(actor.id, former=True)).label("seated"),
        table.c.id.in_(joined_by(sight.units)).label("joined"),
    ).where(table.c.id == application_id)
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    region, unit, province, zone, second_zone, noticed, holder, seated, joined = row
    visible = sight.covers(
        county=region,
        sealed=bool(province),
        units=(unit, *(sight.units if joined else ())),
        route=tuple(body for body in (zone, second_zone) if body),
        panel=(actor.id,) if seated else (),
    )
    return Place(region=region, sealed=bool(province), noticed=bool(noticed), visible=visible, holder=holder)


def numbers(db: Connection, actor: Actor, wanted: Iterable[str]) -> dict[str, str]:
    """The numbers of those of *wanted* that *actor* sees, by id."""
    table, ids = applications(), sorted(wanted)
    if not ids:
        return {}
    seen = or_(*_scopes(table, actor, mine=False))
    return dict(iter(db.execute(select(table.c.id, table.c.number).where(table.c.id.in_(ids), seen))))


def notices(db: Connection, call: str = "", after: str | None = None, limit: int = PAGE) -> Page:
    """What stands or stood in public notice, newest first; open to everybody, so only what a notice says."""
    table = applications()
    query = select(*(table.c[name] for name in _SHOWN)).where(
        table.c.notice_closes != "", table.c.stage.not_in([Stage.WITHDRAWN.value, Stage.PROPOSED.value])
    )
    if call:
        query = query.where(table.c.call == call)
    if after is not None:
        day, last_id = _read_notice_cursor(after)
        query = query.where(tuple_(table.c.notice_closes, table.c.id) < tuple_(literal(day), literal(last_id)))
    newest = query.order_by(table.c.notice_closes.desc(), table.c.id.desc()).limit(limit + 1)
    rows = [dict(row) for row in db.execute(newest).mappings()]
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor(int(last["notice_closes"].replace("-", "")), last["id"]) if last else None
    return Page(items=tuple(_item(row) for row in rows[:limit]), after=following)


def _read_notice_cursor(text: str) -> tuple[str, str]:
    day, last_id = read_cursor(text)
    digits = f"{day:08}"
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}", last_id


def lapsing(db: Connection, now: int, limit: int = 200) -> list[str]:
    """Ids of drafts and returns whose deadline lies before *now* (microseconds), the longest overdue first."""
    table = applications()
    overdue = and_(table.c.stage.in_([Stage.DRAFT.value, Stage.RETURNED.value]), table.c.due_at < now)
    return list(db.execute(select(table.c.id).where(overdue).order_by(table.c.due_at).limit(limit)).scalars())


def recommended(db: Connection, body: str, call: str, programme: str) -> list[Mapping[str, Any]]:
    """The rows on one recommendation list of *body*, with what is needed to put them in order."""
    table, listed = applications(), list_of(body, call, programme)
    on_it = or_(table.c.county_list == listed, table.c.city_list == listed)
    query = select(*(table.c[name] for name in _SHOWN), table.c.standing).where(on_it)
    return [dict(row) for row in db.execute(query).mappings()]


def items(db: Connection, ids: Collection[str]) -> dict[str, Item]:
    """Those of *ids* that there are, by id; whoever may see them is not asked here."""
    table = applications()
    query = select(*(table.c[name] for name in _SHOWN)).where(table.c.id.in_(ids))
    return {str(row["id"]): _item(dict(row)) for row in db.execute(query).mappings()}


def in_sight(db: Connection, actor: Actor, ids: Collection[str]) -> frozenset[str]:
    """Those of *ids* that *actor* may see; one statement."""
    table = applications()
    scopes = _scopes(table, actor, mine=False)
    if not scopes or not ids:
        return frozenset()
    return frozenset(db.execute(select(table.c.id).where(table.c.id.in_(ids), or_(*scopes))).scalars())
