"""A table kept from the log may be built anew at a button: who asked, how far it is, what was found. And when the clock last rang."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rebuilds",
        sa.Column("projection", sa.Text, primary_key=True),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("began_at", BIG),
        sa.Column("seen_at", BIG),
        sa.Column("ended_at", BIG),
        sa.Column("position", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("head", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("found", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("said", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.CheckConstraint("found IN ('', 'equal', 'mended', 'live', 'failed')", name="rebuilds_found"),
        sqlite_strict=True,
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", BIG, nullable=False),
        sa.Column("took_us", BIG, nullable=False),
        sa.Column("said", sa.Text, nullable=False, server_default=sa.text("''")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("chores")
    op.drop_table("rebuilds")
