"""The hash that roots and nodes of the tree are made of is named beside them, as it is beside every event."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLES = ("log_nodes", "log_checkpoints")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("algorithm", sa.Text, nullable=False, server_default=sa.text("'SHA-256'")))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "algorithm")
