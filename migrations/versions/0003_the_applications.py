"""The applications: their tables are projections and make themselves; going down takes them away."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PROJECTIONS = ("applications", "bank_references", "assignments", "attached_files")


def upgrade() -> None:
    """Nothing to make: `eventstore.projection.install` makes the tables of the revision that the code keeps."""


def downgrade() -> None:
    """The rows can be computed from the log again, so nothing is lost."""
    db = op.get_bind()
    tables = set(sa.inspect(db).get_table_names())
    for name in PROJECTIONS:
        for table in sorted(tables):
            if table.startswith(f"{name}_r") and table.removeprefix(f"{name}_r").isdigit():
                op.drop_table(table)
        op.execute(sa.text("DELETE FROM projections WHERE name = :name").bindparams(name=name))
