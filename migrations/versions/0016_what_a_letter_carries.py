"""What a letter carries besides its words: the trace of the request that caused it, the versions of the texts it was written
with, and why the house's own text stood in for one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = ("trace", "wording", "wording_fault")


def upgrade() -> None:
    for name in NEW:
        op.add_column("letters", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
    misworded = sa.text("wording_fault <> ''")
    op.create_index("letters_misworded", "letters", ["kind", "id"], postgresql_where=misworded, sqlite_where=misworded)


def downgrade() -> None:
    op.drop_index("letters_misworded", "letters")
    for name in reversed(NEW):
        op.drop_column("letters", name)
