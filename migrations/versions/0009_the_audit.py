"""The log as it is searched, what was last found out about its integrity, and subjects whose values nobody may read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
EMPTY = sa.text("''")
LEADS = ("kind", "type", "actor", "application", "unit", "call", "city")


def upgrade() -> None:
    op.create_table(
        "log_index",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("stream", CODE, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("type", CODE, nullable=False),
        sa.Column("actor", CODE, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("application", CODE, nullable=False, server_default=EMPTY),
        sa.Column("unit", CODE, nullable=False, server_default=EMPTY),
        sa.Column("call", CODE, nullable=False, server_default=EMPTY),
        sa.Column("region", CODE, nullable=False, server_default=EMPTY),
        sa.Column("city", CODE, nullable=False, server_default=EMPTY),
        sa.Column("words", sa.Text, nullable=False, server_default=EMPTY),
        sa.Column("shown", sa.Integer, nullable=False, server_default=sa.text("1")),
        sqlite_strict=True,
    )
    for name in LEADS:
        op.create_index(f"log_index_{name}", "log_index", [name, "position"])
    op.create_table(
        "log_streams",
        sa.Column("application", CODE, primary_key=True),
        sa.Column("number", CODE, nullable=False),
        sa.Column("unit", CODE, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("call", CODE, nullable=False),
        sa.Column("definition", CODE, nullable=False),
        sa.Column("direction", CODE, nullable=False),
        sa.Column("region", CODE, nullable=False),
        sa.Column("sealed", sa.Integer, nullable=False, server_default=sa.text("0")),
        sqlite_strict=True,
    )
    op.create_index("log_streams_number", "log_streams", ["number"])
    op.create_table(
        "log_days",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("first", BIG, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "integrity",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("at", BIG, nullable=False),
        sa.Column("sound", sa.Integer, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("position", BIG),
        sa.Column("said", sa.Text, nullable=False, server_default=EMPTY),
        sqlite_strict=True,
    )
    small = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("subject_keys", sa.Column("restricted", small, nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    op.drop_column("subject_keys", "restricted")
    for table in ("integrity", "log_days", "log_streams", "log_index"):
        op.drop_table(table)
