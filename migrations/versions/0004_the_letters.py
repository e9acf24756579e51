"""The letters: one row for each letter due, one for each attempt to deliver it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("dedupe_key", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_position", BIG, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("asks", sa.Text, nullable=False),
        sa.Column("deadline", BIG),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("stage", sa.Text, nullable=False, server_default=sa.text("'none'")),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", BIG),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("doubts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("subject", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.Column("body_sha256", sa.Text),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("finished_at", BIG),
        sa.Column("last_code", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.UniqueConstraint("dedupe_key", name="letters_dedupe_key"),
        sa.CheckConstraint(
            "state IN ('planned', 'leased', 'sent', 'unknown', 'dead', 'suppressed')", name="letters_state"
        ),
        sa.CheckConstraint("stage IN ('none', 'data_started', 'accepted')", name="letters_stage"),
        sqlite_strict=True,
    )
    _index("letters_due", ["due_at", "id"], "state = 'planned'")
    _index("letters_leased", ["lease_until"], "state = 'leased'")
    op.create_index("letters_recipient", "letters", ["recipient", "event_position", "id"])
    op.create_index("letters_application", "letters", ["application_id", "event_position", "id"])
    op.create_table(
        "letter_attempts",
        sa.Column("letter_id", sa.Text, sa.ForeignKey("letters.id", name="letter_attempts_letter")),
        sa.Column("n", sa.Integer),
        sa.Column("ended_at", BIG, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("said", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("letter_id", "n", name="letter_attempts_key"),
        sqlite_strict=True,
    )


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "letters", columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("letter_attempts")
    op.drop_table("letters")
