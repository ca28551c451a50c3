"""Complaints, namings, restrictions, referrals, and the yearly evaluation."""

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
