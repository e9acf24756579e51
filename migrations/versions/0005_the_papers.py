"""The papers made from applications: one row for each rendering due."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the commit that brings the table."""


def downgrade() -> None:
    """The other way."""
