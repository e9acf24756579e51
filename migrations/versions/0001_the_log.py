"""The log: events nobody can alter, and the tables that stand beside them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
UUID = postgresql.UUID(as_uuid=True).with_variant(sa.Text(), "sqlite")

POSTGRESQL = [
    """
    CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'events is append-only' USING ERRCODE = '0A000'; END $$
    """,
    """
    CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events) THEN
        RAISE EXCEPTION 'position % does not follow', NEW.position USING ERRCODE = '23514', CONSTRAINT = 'events_in_order';
      END IF;
      IF NEW.prev_hash <> coalesce(
           (SELECT hash FROM events WHERE stream = NEW.stream AND version = NEW.version - 1),
           CASE WHEN NEW.version = 1 THEN decode(repeat('00', 32), 'hex') ELSE ''::bytea END) THEN
        RAISE EXCEPTION 'version % of % does not follow', NEW.version, NEW.stream
          USING ERRCODE = '23505', CONSTRAINT = 'events_stream_version';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_append_only()
    """,
    """
    CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_append_only()
    """,
    """
    CREATE TRIGGER events_in_order BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION events_in_order()
    """,
    # The lock is a statement of its own: whatever follows sees every earlier commit (READ COMMITTED, VOLATILE).
    """
    CREATE FUNCTION append_events(_stream text, _expected integer, _events jsonb)
    RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE _head bigint; _tip record; _n int := jsonb_array_length(_events);
    BEGIN
      PERFORM pg_advisory_xact_lock(7453010383018225511);
      SELECT version, hash INTO _tip FROM events WHERE stream = _stream ORDER BY version DESC LIMIT 1;
      IF coalesce(_tip.version, 0) <> _expected
         OR coalesce(_tip.hash, decode(repeat('00', 32), 'hex')) <> decode(_events->0->>'prev_hash', 'hex') THEN
        RAISE EXCEPTION 'expected version % of %, found %', _expected, _stream, coalesce(_tip.version, 0)
          USING ERRCODE = '23505', CONSTRAINT = 'events_stream_version', DETAIL = coalesce(_tip.version, 0)::text;
      END IF;
      SELECT coalesce(max(position), 0) INTO _head FROM events;
      INSERT INTO events (position, stream, version, event_id, type, schema_version, payload, metadata, actor,
                          correlation_id, causation_id, recorded_at, algorithm, prev_hash, hash)
      SELECT _head + e.n, _stream, _expected + e.n, (e.j->>'event_id')::uuid, e.j->>'type',
             (e.j->>'schema_version')::smallint, e.j->>'payload', e.j->>'metadata', e.j->>'actor',
             (e.j->>'correlation_id')::uuid, (e.j->>'causation_id')::uuid, (e.j->>'recorded_at')::bigint,
             e.j->>'algorithm', decode(e.j->>'prev_hash', 'hex'), decode(e.j->>'hash', 'hex')
      FROM jsonb_array_elements(_events) WITH ORDINALITY AS e(j, n) ORDER BY e.n;
      PERFORM pg_notify('events', (_head + _n)::text);
      RETURN _head + 1;
    END $$
    """,
]

SQLITE = [
    """
    CREATE TRIGGER events_no_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events is append-only'); END
    """,
    """
    CREATE TRIGGER events_no_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events is append-only'); END
    """,
    # INSERT OR REPLACE deletes without the DELETE trigger, so it is met at the door.
    """
    CREATE TRIGGER events_no_replace BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position OR event_id = NEW.event_id
                 OR (stream = NEW.stream AND version = NEW.version))
    BEGIN SELECT RAISE(ABORT, 'events is append-only: position, event_id or stream version taken'); END
    """,
    """
    CREATE TRIGGER events_in_order BEFORE INSERT ON events
    WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events)
      OR (NEW.version = 1 AND NEW.prev_hash <> zeroblob(32))
      OR (NEW.version > 1 AND NOT EXISTS (
            SELECT 1 FROM events WHERE stream = NEW.stream AND version = NEW.version - 1 AND hash = NEW.prev_hash))
    BEGIN SELECT RAISE(ABORT, 'events is append-only: position, version or hash does not follow'); END
    """,
]


def upgrade() -> None:
    _events()
    _commands_and_followers()
    _tree()
    _personal()
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", UUID, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema_version", SMALL, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("correlation_id", UUID, nullable=False),
        sa.Column("causation_id", UUID),
        sa.Column("recorded_at", BIG, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "version", name="events_stream_version"),
        sa.UniqueConstraint("event_id", name="events_event_id"),
        sa.CheckConstraint("position >= 1", name="events_position"),
        sa.CheckConstraint("version >= 1", name="events_version"),
        sa.CheckConstraint("schema_version >= 1", name="events_schema_version"),
        sa.CheckConstraint("length(prev_hash) = 32", name="events_prev_hash"),
        sa.CheckConstraint("length(hash) = 32", name="events_hash"),
        sqlite_strict=True,
    )
    op.create_index("events_type", "events", ["type", "position"])
    op.create_index("events_actor", "events", ["actor", "position"])
    op.create_index("events_correlation", "events", ["correlation_id"])


def _commands_and_followers() -> None:
    op.create_table(
        "command_keys",
        sa.Column("caller", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_ids", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="command_keys_key"),
        sqlite_strict=True,
    )
    op.create_index("command_keys_age", "command_keys", ["created_at"])
    op.create_table(
        "projections",
        sa.Column("name", sa.Text),
        sa.Column("revision", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("position", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("name", "revision", name="projections_key"),
        sa.CheckConstraint("state IN ('building', 'live', 'retired', 'failed')", name="projections_state"),
        sqlite_strict=True,
    )
    live = sa.text("state = 'live'")
    op.create_index(
        "projections_one_live", "projections", ["name"], unique=True, postgresql_where=live, sqlite_where=live
    )
    op.create_table(
        "checkpoints",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'live'")),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("fence", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("failed_position", BIG),
        sa.Column("last_error", sa.Text),
        sa.CheckConstraint("state IN ('live', 'failed')", name="checkpoints_state"),
        sqlite_strict=True,
    )


def _tree() -> None:
    op.create_table(
        "log_nodes",
        sa.Column("level", SMALL),
        sa.Column("idx", BIG),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name="log_nodes_key"),
        sa.CheckConstraint("level >= 8", name="log_nodes_level"),
        sqlite_strict=True,
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("tree_size", BIG, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", BIG, nullable=False),
        sqlite_strict=True,
    )


def _personal() -> None:
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "personal_data",
        sa.Column("commitment", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("algorithm", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("personal_data_stream", "personal_data", ["stream"])
    op.create_index("personal_data_subject", "personal_data", ["subject"])
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("offset_us", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name="clock_offset_one"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in (
        "clock_offset",
        "personal_data",
        "subject_keys",
        "log_checkpoints",
        "log_nodes",
        "checkpoints",
        "projections",
        "command_keys",
        "events",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_events(text, integer, jsonb)")
        op.execute("DROP FUNCTION events_in_order()")
        op.execute("DROP FUNCTION events_append_only()")
