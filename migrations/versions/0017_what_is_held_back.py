"""One row that says that nothing leaves: after a restore, until somebody says so."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("outside", BIG, nullable=False, server_default=sa.text("0")),
        sa.Column("released_at", BIG),
        sa.Column("released_by", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.CheckConstraint("id = 1", name="outgoing_one"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("outgoing")
