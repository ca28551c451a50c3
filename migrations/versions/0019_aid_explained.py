"""Steps of what programmes of cities add beside the voucher, their part in a summary; notices to one person."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Null is the province's voucher; what was written before knew no other.
    op.add_column("entitlement_step", sa.Column("programme", sa.Text))
    op.add_column(
        "review_summary_claim", sa.Column("aid_fen", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    # Null is everybody of the organisation and role.
    op.add_column("notice", sa.Column("user_id", sa.BigInteger, sa.ForeignKey("user_account.id")))


def downgrade() -> None:
    op.drop_column("notice", "user_id")
    op.drop_column("review_summary_claim", "aid_fen")
    op.drop_column("entitlement_step", "programme")
