"""The directory: sign-in links, sessions and tokens. The register's own tables are projections and make themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signin_links",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sqlite_strict=True,
    )
    op.create_index("signin_links_address", "signin_links", ["address", "made_at"])
    op.create_index("signin_links_age", "signin_links", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.UniqueConstraint("handle", name="sessions_handle"),
        sqlite_strict=True,
    )
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_index("sessions_age", "sessions", ["opened_at"])
    op.create_table(
        "tokens",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("issued_at", BIG, nullable=False),
        sa.Column("expires_at", BIG),
        sa.Column("revoked_at", BIG),
        sa.UniqueConstraint("handle", name="tokens_handle"),
        sqlite_strict=True,
    )
    op.create_index("tokens_person", "tokens", ["person"])


def downgrade() -> None:
    for table in ("tokens", "sessions", "signin_links"):
        op.drop_table(table)
