"""Closing a year's fund: what of its rest goes to the next year, what lapses; appropriations that are reduced."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import among, fen, instant, key, one_of, refers, text
from migrations.helpers import admit, grant

revision = "0037"
down_revision = "0040"
branch_labels = None
depends_on = None

KINDS = ("granted", "reduced", "carried_out", "carried_in", "lapsed")
TAKING = "kind IN ('reduced', 'carried_out', 'lapsed')"
BEFORE = (
    "hold_granted",
    "hold_released",
    "hold_consumed",
    "appropriated",
    "payable_confirmed",
    "payable_cancelled",
    "batch_committed",
    "batch_discarded",
    "payout_settled",
    "payout_returned",
    "clawback_opened",
    "clawback_recovered",
    "order_charged",
    "charge_adjusted",
    "payment_received",
    "payment_refunded",
    "subsidy_assigned",
    "subsidy_forgone",
    "shortfall_opened",
    "shortfall_paid",
    "cap_merged",
    "cap_carried",
    "carry_ended",
    "suspense_opened",
    "suspense_cleared",
)
MOVES = ("appropriation_reduced", "fund_carried", "fund_lapsed")


def upgrade() -> None:
    op.add_column("appropriation", sa.Column("kind", sa.Text, nullable=False, server_default="granted"))
    op.alter_column("appropriation", "kind", server_default=None)
    op.drop_constraint("ck_appropriation_amount_fen", "appropriation")
    op.create_check_constraint("kind", "appropriation", among("kind", KINDS))
    op.create_check_constraint("amount_fen", "appropriation", f"amount_fen <> 0 AND (amount_fen < 0) = ({TAKING})")
    op.drop_constraint("uq_appropriation_transaction_id", "appropriation")
    op.create_unique_constraint(
        "uq_appropriation_transaction_id_fund_id", "appropriation", ["transaction_id", "fund_id"]
    )
    op.create_table(
        "fund_closing",
        key(),
        refers("fund_id", "fund"),
        fen("carried_fen"),
        fen("lapsed_fen"),
        text("reference"),
        text("cause"),
        text("article"),
        text("state"),
        text("opinion"),
        refers("proposed_by", "user_account"),
        instant("proposed_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        one_of("state", ("proposed", "approved", "refused")),
        sa.CheckConstraint("carried_fen >= 0 AND lapsed_fen >= 0", name="sums"),
        sa.CheckConstraint(
            "(state = 'proposed') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)"
            " AND (state = 'proposed') = (opinion = '')",
            name="reviewed",
        ),
        sa.CheckConstraint("reviewed_by <> proposed_by", name="two_persons"),
    )
    op.create_index("ix_fund_closing_fund_id_id", "fund_closing", ["fund_id", "id"])
    op.create_index(
        "uq_fund_closing_open", "fund_closing", ["fund_id"], unique=True, postgresql_where=sa.text("state = 'proposed'")
    )
    grant(op, "fund_closing", rights="SELECT, INSERT, UPDATE")
    admit(op, "ledger_transaction", "kind", (*BEFORE, *MOVES))


def downgrade() -> None:
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM appropriation WHERE kind <> 'granted') THEN
                RAISE EXCEPTION 'money was carried, reduced or lapsed: the ledger cannot be told without it';
            END IF;
        END $$
        """
    )
    admit(op, "ledger_transaction", "kind", BEFORE)
    op.drop_table("fund_closing")
    op.drop_constraint("uq_appropriation_transaction_id_fund_id", "appropriation")
    op.create_unique_constraint("uq_appropriation_transaction_id", "appropriation", ["transaction_id"])
    op.drop_constraint("ck_appropriation_amount_fen", "appropriation")
    op.create_check_constraint("amount_fen", "appropriation", "amount_fen > 0")
    op.drop_constraint("ck_appropriation_kind", "appropriation")
    op.drop_column("appropriation", "kind")
