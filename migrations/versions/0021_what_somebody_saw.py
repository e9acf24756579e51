"""Which sealed text an officer saw last, and which before: what changed since is shown against it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("application", CODE, nullable=False),
        sa.Column("person", CODE, nullable=False),
        sa.Column("seal", sa.Integer, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("looked_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("application", "person", name="looks_key"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("looks")
