"""What was found out about the bytes of received files.:"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the commit that brings the table."""


def downgrade() -> None:
    """The other way."""
