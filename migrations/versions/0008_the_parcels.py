"""The parcels: one row for each webhook due, one for each attempt to deliver it, one for each endpoint's health."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
NOTHING, NONE = sa.text("''"), sa.text("0")


def upgrade() -> None:
    _parcels()
    op.create_table(
        "parcel_attempts",
        sa.Column("parcel", CODE, sa.ForeignKey("parcels.id", name="parcel_attempts_parcel", ondelete="CASCADE")),
        sa.Column("n", sa.Integer),
        sa.Column("ended_at", BIG, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("outcome", CODE, nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("answered", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("parcel", "n", name="parcel_attempts_key"),
        sqlite_strict=True,
    )
    op.create_index("parcel_attempts_ended_at", "parcel_attempts", ["ended_at"])
    op.create_table(
        "webhook_health",
        sa.Column("endpoint", CODE, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default=NONE),
        sa.Column("failing_since", BIG),
        sa.Column("succeeded_at", BIG),
        sa.Column("failed_at", BIG),
        sa.Column("rests_until", BIG, nullable=False, server_default=NONE),
        sa.Column("warnings", sa.Integer, nullable=False, server_default=NONE),
        sqlite_strict=True,
    )


def _parcels() -> None:
    op.create_table(
        "parcels",
        sa.Column("id", CODE, primary_key=True),
        sa.Column("endpoint", CODE, nullable=False),
        sa.Column("event_id", CODE, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("type", CODE, nullable=False),
        sa.Column("application", CODE, nullable=False),
        sa.Column("call", CODE, nullable=False),
        sa.Column("programme", CODE, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("trace", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("reason", CODE, nullable=False, server_default=NOTHING),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_token", CODE),
        sa.Column("lease_until", BIG),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=NONE),
        sa.Column("tries", sa.Integer, nullable=False, server_default=NONE),
        sa.Column("replays", sa.Integer, nullable=False, server_default=NONE),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("finished_at", BIG),
        sa.Column("last_code", sa.Integer),
        sa.Column("last_error", sa.Text, nullable=False, server_default=NOTHING),
        sa.CheckConstraint("state IN ('planned', 'leased', 'sent', 'dead', 'suppressed')", name="parcels_state"),
        sqlite_strict=True,
    )
    _index("parcels_due", ["due_at", "id"], "state = 'planned'")
    _index("parcels_leased", ["lease_until"], "state = 'leased'")
    op.create_index("parcels_endpoint", "parcels", ["endpoint", "position", "id"])
    op.create_index("parcels_lane", "parcels", ["endpoint", "application", "position"])


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "parcels", columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("webhook_health")
    op.drop_table("parcel_attempts")
    op.drop_table("parcels")
