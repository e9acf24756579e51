"""Letters in trouble and parcels given up are found in indexes that hold them alone, so that they can be counted at any time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("letters_troubled", "letters", ["state", "last_code"], "state IN ('unknown', 'dead') AND reason = ''")
    _index("parcels_dead", "parcels", ["endpoint", "reason", "last_code"], "state = 'dead'")


def downgrade() -> None:
    op.drop_index("parcels_dead", "parcels")
    op.drop_index("letters_troubled", "letters")


def _index(name: str, table: str, columns: list[str], rows: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(rows), sqlite_where=sa.text(rows))
