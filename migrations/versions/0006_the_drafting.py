"""Who is writing in which draft just now.:"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the commit that brings the table."""


def downgrade() -> None:
    """The other way."""
