"""Which positions somebody needs a signed head over: the site may sign none, the work behind it does."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "heads_asked", sa.Column("position", BIG, primary_key=True, autoincrement=False), sqlite_strict=True
    )


def downgrade() -> None:
    op.drop_table("heads_asked")
