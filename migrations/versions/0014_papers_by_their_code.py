"""Whoever scans the code of a step's instrument is told of it: renderings are found by the code that they bear."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("paper_jobs_code", "paper_jobs", ["code"])


def downgrade() -> None:
    op.drop_index("paper_jobs_code", "paper_jobs")
