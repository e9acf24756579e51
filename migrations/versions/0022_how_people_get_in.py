"""Passwords, second factors, recovery codes, passkeys, accounts elsewhere, how often somebody tried, and what a session was opened with."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "factor_resets",
    "outside_accounts",
    "challenges",
    "passkeys",
    "recovery_codes",
    "authenticators",
    "tries",
    "former_passwords",
    "passwords",
    "waiting",
)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("method", sa.Text, nullable=False, server_default="link"))
    op.add_column("sessions", sa.Column("proved_at", BIG))
    op.create_table(
        "waiting",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("waiting_age", "waiting", ["opened_at"])
    _passwords()
    _second_factors()
    op.create_table(
        "factor_resets",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "outside_accounts",
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="outside_accounts_key"),
        sqlite_strict=True,
    )
    op.create_index("outside_accounts_person", "outside_accounts", ["person"])


def _passwords() -> None:
    op.create_table(
        "passwords",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("set_at", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "former_passwords",
        sa.Column("person", sa.Text),
        sa.Column("set_at", BIG),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person", "set_at", name="former_passwords_key"),
        sqlite_strict=True,
    )
    op.create_table(
        "tries",
        sa.Column("door", sa.Text),
        sa.Column("key", sa.LargeBinary),
        sa.Column("tried", sa.Integer, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("closings", sa.Integer, nullable=False),
        sa.Column("until", BIG),
        sa.PrimaryKeyConstraint("door", "key", name="tries_key"),
        sqlite_strict=True,
    )
    op.create_index("tries_age", "tries", ["since"])


def _second_factors() -> None:
    op.create_table(
        "authenticators",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("added_at", BIG),
        sa.Column("last_step", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sqlite_strict=True,
    )
    op.create_index("recovery_codes_person", "recovery_codes", ["person"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", BIG, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sa.UniqueConstraint("handle", name="passkeys_handle"),
        sqlite_strict=True,
    )
    op.create_index("passkeys_person", "passkeys", ["person"])
    op.create_table(
        "challenges",
        sa.Column("challenge", sa.LargeBinary, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("made_at", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("challenges_age", "challenges", ["made_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("sessions", "proved_at")
    op.drop_column("sessions", "method")
