"""Reminders with their time, bundles of letters that become one, and what people chose about their letters."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in ("bundle", "asked_by", "resends"):
        op.add_column("letters", sa.Column(column, sa.Text, nullable=False, server_default=sa.text("''")))
    bundled = sa.text("bundle <> ''")
    op.create_index("letters_bundle", "letters", ["bundle"], postgresql_where=bundled, sqlite_where=bundled)
    op.create_table(
        "reminders",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("deadline", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'rung', 'passed', 'cancelled')", name="reminders_state"),
        sqlite_strict=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("reminders_due", "reminders", ["due_at"], postgresql_where=waiting, sqlite_where=waiting)
    op.create_index("reminders_application", "reminders", ["application_id"])
    op.create_index("reminders_subject", "reminders", ["rule", "subject"])
    op.create_table(
        "bundles",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'open'")),
        sa.CheckConstraint("state IN ('open', 'closed')", name="bundles_state"),
        sqlite_strict=True,
    )
    opened = sa.text("state = 'open'")
    op.create_index("bundles_due", "bundles", ["due_at"], postgresql_where=opened, sqlite_where=opened)
    op.create_index("bundles_base", "bundles", ["base"])
    op.create_index("bundles_recipient", "bundles", ["recipient"])
    op.create_table(
        "letter_choices",
        sa.Column("recipient", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("cadence", sa.Text, nullable=False),
        sa.Column("chosen_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("recipient", "kind", name="letter_choices_key"),
        sa.CheckConstraint("cadence IN ('immediate', 'hourly', 'daily', 'off')", name="letter_choices_cadence"),
        sqlite_strict=True,
    )
    op.create_table(
        "quiet_hours",
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("begins", sa.Integer, nullable=False),
        sa.Column("ends", sa.Integer, nullable=False),
        sa.CheckConstraint("begins BETWEEN 0 AND 1439 AND ends BETWEEN 0 AND 1439", name="quiet_hours_minutes"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("quiet_hours", "letter_choices", "bundles", "reminders"):
        op.drop_table(table)
    op.drop_index("letters_bundle", "letters")
    for column in ("resends", "asked_by", "bundle"):
        op.drop_column("letters", column)
