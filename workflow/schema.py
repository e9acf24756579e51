"""The tables of the applications' projections, as declared; each revision has its own copies, named `<table>_r<n>`.

No personal data lies here. What a query compares or sorts is compared byte by byte, alike on both databases.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from eventstore.aside import place_of

metadata = MetaData()

BIG = BigInteger().with_variant(Integer(), "sqlite")
CODE = Text(collation="C").with_variant(Text(), "sqlite")
NEVER = 253_402_300_799_999_999
"""The due instant of what is never due, in microseconds: it sorts behind everything else."""


def _code(name: str) -> "Column[str]":
    return Column(name, CODE, nullable=False, server_default="")


def _whole(name: str) -> "Column[int]":
    return Column(name, BIG, nullable=False, server_default=text("0"))


def _few(name: str, *columns: str) -> Index:
    """An index of the few rows whose first column says something; used by queries that say so too (`given`)."""
    said = text(f"{columns[0]} <> ''")
    return Index(name, *columns, postgresql_where=said, sqlite_where=said)


def given(column: "ColumnElement[str]") -> ColumnElement[bool]:
    """*column* is not empty, as a planner recognises it: with the value written out, not bound."""
    return column != literal_column("''")


applications = Table(
    "applications",
    metadata,
    Column("id", CODE, primary_key=True),
    _code("call"),
    _code("number"),
    _whole("serial"),
    _code("programme"),
    _code("direction"),
    _code("definition"),
    _code("lead_unit"),
    _code("unit_name"),
    _code("project_name"),
    _code("sector"),
    _code("stage"),
    _code("holder"),
    _code("region"),
    _code("county"),  # these five are empty until the first seal: a draft lies in nobody's sight but its unit's
    _code("city"),
    _code("province"),
    _code("zone"),
    _code("second_zone"),
    Column("due_at", BIG, nullable=False, server_default=text(str(NEVER))),
    Column("rank", Integer),
    Column("amount_fen", BIG),
    _code("content_digest"),
    Column("county_list", CODE),  # body/call/programme of the recommendation list it stands on, and its place there
    Column("county_slot", Integer),
    Column("city_list", CODE),
    Column("city_slot", Integer),
    _code("notice_opens"),
    _code("notice_closes"),
    _whole("version"),
    _whole("opened_at"),
    _whole("changed_at"),
    Column("standing", Text, nullable=False, server_default="{}"),  # what the next event's row is computed from
    UniqueConstraint("call", "number", name="applications_number"),
    UniqueConstraint("call", "programme", "serial", name="applications_serial"),
    UniqueConstraint("county_list", "county_slot", name="applications_county_slot"),
    UniqueConstraint("city_list", "city_slot", name="applications_city_slot"),
    Index("applications_held", "holder", "due_at", "id"),
    Index("applications_held_stage", "holder", "stage", "due_at", "id"),
    Index("applications_unit", "lead_unit", "due_at", "id"),
    Index("applications_county", "county", "due_at", "id"),
    Index("applications_county_stage", "county", "stage", "due_at", "id"),
    Index("applications_city", "city", "due_at", "id"),
    Index("applications_city_stage", "city", "stage", "due_at", "id"),
    Index("applications_province", "province", "due_at", "id"),
    Index("applications_province_stage", "province", "stage", "due_at", "id"),
    _few("applications_zone", "zone", "due_at", "id"),
    _few("applications_zone_stage", "zone", "stage", "due_at", "id"),
    _few("applications_second_zone", "second_zone", "due_at", "id"),
    _few("applications_second_zone_stage", "second_zone", "stage", "due_at", "id"),
    Index("applications_stage", "stage", "due_at", "id"),
    Index("applications_unit_name", "unit_name"),
    Index("applications_project_name", "project_name"),
    Index("applications_notice", "notice_closes", "id"),
    Index("applications_amount", "call", "amount_fen"),
    sqlite_strict=True,
)

bank_references = Table(
    "bank_references",
    metadata,
    Column("reference", CODE, primary_key=True),
    _code("application"),
    sqlite_strict=True,
)

assignments = Table(
    "assignments",
    metadata,
    Column("expert", CODE, primary_key=True),
    Column("application", CODE, primary_key=True),
    _whole("drawn_at"),
    Column("left_at", BIG),  # stepped aside or replaced: sees nothing any more, but is told why
    sqlite_strict=True,
)

sheets = Table(
    "sheets",
    metadata,
    Column("application", CODE, primary_key=True),
    Column("expert", CODE, primary_key=True),
    _whole("total"),  # hundredths of a point
    Column("marks", Text, nullable=False),  # JSON, by criterion
    Column("comment", Text, nullable=False),
    _whole("scored_at"),
    Index("sheets_expert", "expert", "application"),
    sqlite_strict=True,
)

results = Table(
    "results",
    metadata,
    Column("application", CODE, primary_key=True),
    _whole("result"),  # hundredths of a point
    Column("totals", Text, nullable=False),  # JSON: the panel that closed, in the order it was drawn
    Column("said", Text, nullable=False),  # JSON: method, spread, leader, divergence_reason, opinion
    _whole("closed_at"),
    sqlite_strict=True,
)

attached_files = Table(
    "attached_files",
    metadata,
    Column("file_id", CODE, primary_key=True),
    _code("application"),
    _code("slot"),
    _code("sha256"),
    _whole("size"),
    Index("attached_files_application", "application"),
    sqlite_strict=True,
)

exclusive_places = Table(
    "exclusive_places",
    metadata,
    Column("scope", CODE, primary_key=True),  # province, family and year
    Column("per", CODE, primary_key=True),
    Column("key", CODE, primary_key=True),
    Column("exception", CODE, primary_key=True),  # empty for the one place that everybody may take
    _code("holder"),
    _whole("claims"),  # how many applications of the holder stand on it
    sqlite_strict=True,
)

exclusive_claims = Table(
    "exclusive_claims",
    metadata,
    Column("application", CODE, primary_key=True),
    Column("scope", CODE, primary_key=True),
    Column("per", CODE, primary_key=True),
    Column("key", CODE, primary_key=True),
    Column("exception", CODE, nullable=False),
    Index("exclusive_claims_key", "scope", "per", "key"),
    sqlite_strict=True,
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("id", CODE, primary_key=True),
    _code("scope"),
    _code("call"),
    _code("family"),
    _code("code"),
    Column("reason", Text, nullable=False),
    _code("granted_by"),
    _whole("granted_at"),
    Column("taken_back", Text),  # the reason; null while it stands
    Column("taken_back_at", BIG),
    Index("exceptions_code", "scope", "code"),
    sqlite_strict=True,
)

refused_attempts = Table(
    "refused_attempts",
    metadata,
    Column("scope", CODE, primary_key=True),
    Column("application", CODE, primary_key=True),
    Column("per", CODE, primary_key=True),
    Column("key", CODE, primary_key=True),
    _whole("times"),
    _whole("last_at"),
    Index("refused_attempts_key", "scope", "per", "key"),
    sqlite_strict=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("invitation", CODE, primary_key=True),
    _code("application"),
    _code("unit"),
    _code("standing"),
    Column("expires_at", BIG, nullable=False),
    Index("memberships_unit", "unit", "standing", "application"),
    Index("memberships_application", "application"),
    Index("memberships_due", "standing", "expires_at"),
    sqlite_strict=True,
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("confirmation", CODE, primary_key=True),
    _code("application"),
    sqlite_strict=True,
)

papers = Table(
    "papers",
    metadata,
    Column("code", CODE, primary_key=True),
    _code("application"),
    _code("kind"),
    Column("version", Integer, nullable=False),
    _code("stage"),
    _whole("at_version"),  # of the stream: the text that was printed is the application as it stood then
    _whole("issued_at"),
    Index("papers_application", "application"),
    sqlite_strict=True,
)

tallied = Table(
    "tallied",
    metadata,
    Column("application", CODE, primary_key=True),
    Column("state", Text, nullable=False),  # what the figures of the next event are computed from
    sqlite_strict=True,
)

tallies = Table(
    "tallies",
    metadata,
    Column("call", CODE, primary_key=True),
    Column("what", CODE, primary_key=True),  # `tallying.What` says what the kinds are, and what one and other mean
    Column("county", CODE, primary_key=True),
    Column("zone", CODE, primary_key=True),
    Column("second_zone", CODE, primary_key=True),
    Column("direction", CODE, primary_key=True),
    Column("one", CODE, primary_key=True),
    Column("other", CODE, primary_key=True),
    _code("city"),
    _code("province"),
    _whole("times"),
    _whole("amount"),  # fen, or seconds
    _whole("in_time"),
    _whole("late"),
    sqlite_strict=True,
)

tally_traces = Table(
    "tally_traces",
    metadata,
    Column("what", CODE, primary_key=True),
    Column("one", CODE, primary_key=True),
    Column("other", CODE, primary_key=True),
    Column("application", CODE, primary_key=True),
    _whole("times"),  # of this figure, the part of this application
    sqlite_strict=True,
)

tally_place = place_of("tally_place", metadata)
