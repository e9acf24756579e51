"""What was found out about the bytes of received files: by their digest, whoever sent them and wherever they are attached."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "file_checks",
        sa.Column("sha256", CODE, primary_key=True),
        sa.Column("file_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'waiting'")),
        sa.Column("engine", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("signature", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("checked_at", BIG),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", BIG),
        sa.Column("last_error", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.CheckConstraint("state IN ('waiting', 'clean', 'infected')", name="file_checks_state"),
        sqlite_strict=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("file_checks_due", "file_checks", ["due_at"], postgresql_where=waiting, sqlite_where=waiting)


def downgrade() -> None:
    op.drop_table("file_checks")
