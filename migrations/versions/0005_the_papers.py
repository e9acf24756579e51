"""The papers made from applications: one row for each rendering asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "paper_jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("at_version", BIG, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", BIG),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("sha256", sa.Text),
        sa.Column("size", BIG),
        sa.Column("pages", sa.Integer),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("done_at", BIG),
        sa.UniqueConstraint("application_id", "code", "format", name="paper_jobs_paper"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="paper_jobs_state"),
        sa.CheckConstraint("format IN ('pdf', 'docx', 'veiled')", name="paper_jobs_format"),
        sqlite_strict=True,
    )
    _index("paper_jobs_waiting", ["asked_at", "id"], "state = 'waiting'")
    _index("paper_jobs_running", ["lease_until"], "state = 'running'")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "paper_jobs", columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("paper_jobs")
