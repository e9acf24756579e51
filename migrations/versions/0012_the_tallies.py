"""The figures of the calls: their tables are projections and make themselves; going down takes them away."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("tallied", "tallies", "tally_traces", "tally_place")


def upgrade() -> None:
    """Nothing to make: `vermilion db upgrade` builds the figures from the log that is there."""


def downgrade() -> None:
    """The rows can be computed from the log again, so nothing is lost."""
    db = op.get_bind()
    for table in sorted(sa.inspect(db).get_table_names()):
        name, _, revision_kept = table.rpartition("_r")
        if name in TABLES and revision_kept.isdigit():
            op.drop_table(table)
    op.execute(sa.text("DELETE FROM projections WHERE name = 'tallies'"))
