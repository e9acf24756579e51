"""The tables of parcels: one row for each parcel due, one for each attempt, one for each endpoint's health.

The migrations make these three; what stands of an endpoint is a projection and declared here too.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from eventstore.schema import BIG

metadata = MetaData()
projected = MetaData()
CODE = Text(collation="C").with_variant(Text(), "sqlite")


def _only(name: str, state: str, *columns: str) -> Index:
    """An index of the rows in one state."""
    said = text(f"state = '{state}'")
    return Index(name, *columns, postgresql_where=said, sqlite_where=said)


parcels = Table(
    "parcels",
    metadata,
    Column("id", CODE, primary_key=True),  # made of event and endpoint: the same two are never planned twice
    Column("endpoint", CODE, nullable=False),
    Column("event_id", CODE, nullable=False),
    Column("position", BIG, nullable=False),
    Column("type", CODE, nullable=False),
    Column("application", CODE, nullable=False),
    Column("call", CODE, nullable=False),
    Column("programme", CODE, nullable=False),
    Column("payload", Text, nullable=False),
    Column("trace", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("reason", CODE, nullable=False, server_default=text("''")),
    Column("due_at", BIG, nullable=False),
    Column("lease_token", CODE),
    Column("lease_until", BIG),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),  # of the round since it was last replayed
    Column("replays", Integer, nullable=False, server_default=text("0")),
    Column("created_at", BIG, nullable=False),
    Column("finished_at", BIG),
    Column("last_code", Integer),
    Column("last_error", Text, nullable=False, server_default=text("''")),
    CheckConstraint("state IN ('planned', 'leased', 'sent', 'dead', 'suppressed')", name="parcels_state"),
    _only("parcels_due", "planned", "due_at", "id"),
    _only("parcels_leased", "leased", "lease_until"),
    _only("parcels_dead", "dead", "endpoint", "reason", "last_code"),
    Index("parcels_endpoint", "endpoint", "position", "id"),
    Index("parcels_lane", "endpoint", "application", "position"),
    sqlite_strict=True,
)

parcel_attempts = Table(
    "parcel_attempts",
    metadata,
    Column("parcel", CODE, ForeignKey("parcels.id", name="parcel_attempts_parcel", ondelete="CASCADE")),
    Column("n", Integer),
    Column("ended_at", BIG, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("outcome", CODE, nullable=False),
    Column("code", Integer),
    Column("asked", Text, nullable=False),
    Column("answered", Text, nullable=False),
    Column("said", Text, nullable=False),
    PrimaryKeyConstraint("parcel", "n", name="parcel_attempts_key"),
    Index("parcel_attempts_ended_at", "ended_at"),
    sqlite_strict=True,
)

webhook_health = Table(
    "webhook_health",
    metadata,
    Column("endpoint", CODE, primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", BIG),
    Column("succeeded_at", BIG),
    Column("failed_at", BIG),
    Column("rests_until", BIG, nullable=False, server_default=text("0")),
    Column("warnings", Integer, nullable=False, server_default=text("0")),
    sqlite_strict=True,
)

endpoints = Table(
    "webhook_endpoints",
    projected,
    Column("id", CODE, primary_key=True),
    Column("kind", CODE, nullable=False),
    Column("owner", CODE, nullable=False),
    Column("name", Text, nullable=False),
    Column("host", CODE, nullable=False),
    Column("url", CODE, nullable=False),  # a commitment, as are the secrets: the values lie sealed in personal_data
    Column("types", Text, nullable=False),
    Column("programmes", Text, nullable=False),
    Column("ordered", Boolean, nullable=False),
    Column("language", CODE, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("public_key", CODE, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("why_disabled", CODE, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("created_by", CODE, nullable=False),
    Index("webhook_endpoints_owner", "owner", "id"),
)
