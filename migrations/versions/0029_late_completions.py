"""A completion stated long after the delivery is a flag."""

from alembic import op

from migrations.columns import among

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KIND = "ck_claim_flag_kind"
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
    "invoice_differs",
)
ADDED = "late_completion"


def upgrade() -> None:
    _allow((*BEFORE, ADDED))


def downgrade() -> None:
    """Flags are never deleted; what was found about a completion is gone with its kind all the same."""
    op.execute("ALTER TABLE claim_flag DISABLE TRIGGER USER")
    op.execute(f"DELETE FROM claim_flag WHERE kind = '{ADDED}'")
    op.execute("ALTER TABLE claim_flag ENABLE TRIGGER USER")
    _allow(BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(KIND, "claim_flag")
    op.create_check_constraint("kind", "claim_flag", among("kind", kinds))
