"""Who is writing in which draft just now: one row a person and draft, forgotten after a minute and a half."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("application", CODE, nullable=False),
        sa.Column("person", CODE, nullable=False),
        sa.Column("section", CODE, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("application", "person", name="presence_key"),
        sqlite_strict=True,
    )
    op.create_index("presence_seen_at", "presence", ["seen_at"])


def downgrade() -> None:
    op.drop_table("presence")
