"""A token says what of its person's it may do, and when it was last used. Those issued before may do all of it, as they could."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

EVERY = "read draft act money webhooks account audit people upkeep"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("scopes", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("tokens", sa.Column("used_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.execute(sa.text("UPDATE tokens SET scopes = :every").bindparams(every=EVERY))


def downgrade() -> None:
    op.drop_column("tokens", "used_at")
    op.drop_column("tokens", "scopes")
