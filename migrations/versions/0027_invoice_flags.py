"""Differences between an invoice and its order are flags."""

from alembic import op

from migrations.helpers import admit, withdraw_kind

revision = "0027"
down_revision = "0023"
branch_labels = None
depends_on = None

BEFORE = (
    "one_way_holding",
    "mutual_holding",
    "subsidiary",
    "co_built",
    "common_control",
    "shared_phone",
    "shared_bank_account",
    "shared_address",
    "split_orders",
    "price_deviation",
    "price_above_cost",
    "hours_deviation",
    "same_document",
    "burst",
)
ADDED = "invoice_differs"


def upgrade() -> None:
    admit(op, "claim_flag", "kind", (*BEFORE, ADDED))


def downgrade() -> None:
    """Flags are never deleted; what was found about an invoice is gone with its kind all the same."""
    withdraw_kind(op, "claim_flag", ADDED, left=BEFORE)
