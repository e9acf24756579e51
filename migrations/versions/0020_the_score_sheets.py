"""Score sheets while they are filled in: a row an expert and application. The tables of marks and results make themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
TABLES = ("sheets", "results")


def upgrade() -> None:
    """`vermilion db upgrade` builds marks and results from the log that is there."""
    op.create_table(
        "sheet_drafts",
        sa.Column("application", CODE, nullable=False),
        sa.Column("expert", CODE, nullable=False),
        sa.Column("typed", sa.Text, nullable=False),
        sa.Column("saved_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("application", "expert", name="sheet_drafts_key"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Marks and results can be computed from the log again; sheets that were not submitted are gone."""
    op.drop_table("sheet_drafts")
    db = op.get_bind()
    for table in sorted(sa.inspect(db).get_table_names()):
        name, _, revision_kept = table.rpartition("_r")
        if name in TABLES and revision_kept.isdigit():
            op.drop_table(table)
    op.execute(sa.text("DELETE FROM projections WHERE name = 'judgements'"))
