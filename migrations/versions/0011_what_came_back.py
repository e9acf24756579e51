"""What came back: reports of mail that could not be delivered, addresses nothing is sent to, addresses that were corrected."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("letters", sa.Column("trouble_told", sa.Integer, nullable=False, server_default=sa.text("0")))
    untold = sa.text("state = 'dead' AND trouble_told = 0")
    op.create_index("letters_untold", "letters", ["finished_at"], postgresql_where=untold, sqlite_where=untold)
    op.create_table(
        "bounces",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("letter_id", sa.Text, sa.ForeignKey("letters.id", name="bounces_letter"), nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("came_at", BIG, nullable=False),
        sa.CheckConstraint("kind IN ('hard', 'soft', 'delayed')", name="bounces_kind"),
        sqlite_strict=True,
    )
    op.create_index("bounces_address", "bounces", ["address", "came_at"])
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.CheckConstraint("reason IN ('hard', 'soft', 'operator')", name="suppressions_reason"),
        sqlite_strict=True,
    )
    op.create_table(
        "corrections",
        sa.Column("application_id", sa.Text),
        sa.Column("wrong", sa.Text),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("corrected_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("application_id", "wrong", name="corrections_key"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("corrections", "suppressions", "bounces"):
        op.drop_table(table)
    op.drop_index("letters_untold", "letters")
    op.drop_column("letters", "trouble_told")
