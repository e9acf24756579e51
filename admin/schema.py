"""The tables of this room: the log as it is searched, and what was found out about it. The migrations make them."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text

from eventstore.schema import BIG

metadata = MetaData()
EMPTY = text("''")

log_index = Table(
    "log_index",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BIG, nullable=False),
    Column("application", Text, nullable=False, server_default=EMPTY),
    Column("unit", Text, nullable=False, server_default=EMPTY),
    Column("call", Text, nullable=False, server_default=EMPTY),
    Column("region", Text, nullable=False, server_default=EMPTY),
    Column("city", Text, nullable=False, server_default=EMPTY),
    Column("words", Text, nullable=False, server_default=EMPTY),
    Column("shown", Integer, nullable=False, server_default=text("1")),
    *(
        Index(f"log_index_{name}", name, "position")
        for name in ("kind", "type", "actor", "application", "unit", "call", "city")
    ),
    sqlite_strict=True,
)

log_streams = Table(
    "log_streams",
    metadata,
    Column("application", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("sealed", Integer, nullable=False, server_default=text("0")),
    Index("log_streams_number", "number"),
    sqlite_strict=True,
)

log_days = Table(
    "log_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("first", BIG, nullable=False),
    Column("last", BIG, nullable=False),
    sqlite_strict=True,
)

integrity = Table(
    "integrity",
    metadata,
    Column("what", Text, primary_key=True),
    Column("at", BIG, nullable=False),
    Column("sound", Integer, nullable=False),
    Column("size", BIG, nullable=False),
    Column("position", BIG),
    Column("said", Text, nullable=False, server_default=EMPTY),
    sqlite_strict=True,
)

heads_asked = Table(
    "heads_asked",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BIG, nullable=False),
    Column("began_at", BIG),
    Column("seen_at", BIG),
    Column("ended_at", BIG),
    Column("position", BIG, nullable=False, server_default=text("0")),
    Column("head", BIG, nullable=False, server_default=text("0")),
    Column("found", Text, nullable=False, server_default=EMPTY),
    Column("said", Text, nullable=False, server_default=EMPTY),
    CheckConstraint("found IN ('', 'equal', 'mended', 'live', 'failed')", name="rebuilds_found"),
    sqlite_strict=True,
)

chores = Table(
    "chores",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", BIG, nullable=False),
    Column("took_us", BIG, nullable=False),
    Column("said", Text, nullable=False, server_default=EMPTY),
    sqlite_strict=True,
)
