"""The tables of the log. The migrations make them; a test holds both descriptions together."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData()

BIG = BigInteger().with_variant(Integer(), "sqlite")
SMALL = SmallInteger().with_variant(Integer(), "sqlite")
UUID = postgresql.UUID(as_uuid=True).with_variant(Text(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", UUID, nullable=False),
    Column("type", Text, nullable=False),
    Column("schema_version", SMALL, nullable=False),
    Column("payload", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("correlation_id", UUID, nullable=False),
    Column("causation_id", UUID),
    Column("recorded_at", BIG, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("stream", "version", name="events_stream_version"),
    UniqueConstraint("event_id", name="events_event_id"),
    CheckConstraint("position >= 1", name="events_position"),
    CheckConstraint("version >= 1", name="events_version"),
    CheckConstraint("schema_version >= 1", name="events_schema_version"),
    CheckConstraint("length(prev_hash) = 32", name="events_prev_hash"),
    CheckConstraint("length(hash) = 32", name="events_hash"),
    Index("events_type", "type", "position"),
    Index("events_actor", "actor", "position"),
    Index("events_correlation", "correlation_id"),
    sqlite_strict=True,
)

command_keys = Table(
    "command_keys",
    metadata,
    Column("caller", Text),
    Column("key", Text),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_ids", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("created_at", BIG, nullable=False),
    PrimaryKeyConstraint("caller", "key", name="command_keys_key"),
    Index("command_keys_age", "created_at"),
    sqlite_strict=True,
)

projections = Table(
    "projections",
    metadata,
    Column("name", Text),
    Column("revision", Integer),
    Column("state", Text, nullable=False),
    Column("position", BIG, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    PrimaryKeyConstraint("name", "revision", name="projections_key"),
    CheckConstraint("state IN ('building', 'live', 'retired', 'failed')", name="projections_state"),
    Index(
        "projections_one_live",
        "name",
        unique=True,
        postgresql_where=text("state = 'live'"),
        sqlite_where=text("state = 'live'"),
    ),
    sqlite_strict=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BIG, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'live'")),
    Column("lease_owner", Text),
    Column("lease_until", BIG, nullable=False, server_default=text("0")),
    Column("fence", BIG, nullable=False, server_default=text("0")),
    Column("failed_position", BIG),
    Column("last_error", Text),
    CheckConstraint("state IN ('live', 'failed')", name="checkpoints_state"),
    sqlite_strict=True,
)

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", SMALL),
    Column("idx", BIG),
    Column("hash", LargeBinary, nullable=False),
    Column("algorithm", Text, nullable=False, server_default=text("'SHA-256'")),
    PrimaryKeyConstraint("level", "idx", name="log_nodes_key"),
    CheckConstraint("level >= 8", name="log_nodes_level"),
    sqlite_strict=True,
)

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    Column("tree_size", BIG, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", BIG, nullable=False),
    Column("algorithm", Text, nullable=False, server_default=text("'SHA-256'")),
    sqlite_strict=True,
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("master", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("restricted", SMALL, nullable=False, server_default=text("0")),
    sqlite_strict=True,
)

personal_data = Table(
    "personal_data",
    metadata,
    Column("commitment", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("algorithm", Text, nullable=False),
    Index("personal_data_stream", "stream"),
    Index("personal_data_subject", "subject"),
    sqlite_strict=True,
)

clock_offset = Table(
    "clock_offset",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset_us", BIG, nullable=False),
    CheckConstraint("id = 1", name="clock_offset_one"),
    sqlite_strict=True,
)

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("since", BIG, nullable=False),
    Column("position", BIG, nullable=False),
    Column("because", Text, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("outside", BIG, nullable=False, server_default=text("0")),
    Column("released_at", BIG),
    Column("released_by", Text, nullable=False, server_default=text("''")),
    CheckConstraint("id = 1", name="outgoing_one"),
    sqlite_strict=True,
)
