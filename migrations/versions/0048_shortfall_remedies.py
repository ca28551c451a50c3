"""Shortfalls written off, paid in parts and refunded; payments and appropriations corrected by two persons."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import among, by, day, fen, key, listed, one_of, refers, text
from migrations.helpers import admit, append_only, grant

revision = "0048"
down_revision = "0050"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
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
    "appropriation_reduced",
    "fund_carried",
    "fund_lapsed",
    "clawback_written_off",
    "recovery_reversed",
)
KINDS = ("shortfall_refunded", "shortfall_payment_reversed", "shortfall_written_off", "appropriation_corrected")
PAYMENT_STATES = ("created", "succeeded", "failed", "unknown", "held", "refunded")
APPROPRIATIONS = ("granted", "reduced", "carried_out", "carried_in", "lapsed")
TAKING = "kind IN ('reduced', 'carried_out', 'lapsed')"
PAID_BEFORE = "paid_fen BETWEEN 0 AND amount_fen AND (state = 'paid') = (paid_fen = amount_fen)"
PAID = (
    "paid_fen BETWEEN 0 AND amount_fen AND written_off_fen BETWEEN 0 AND amount_fen - paid_fen"
    " AND (state <> 'written_off' OR written_off_fen > 0)"
    " AND (state = 'open') = (paid_fen + written_off_fen < amount_fen)"
)
REFERENCE = ["order_id", "method", "reference"]


def upgrade() -> None:
    admit(op, "ledger_transaction", "kind", (*KINDS_BEFORE, *KINDS))
    op.add_column("shortfall", sa.Column("written_off_fen", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("shortfall", day("due_on", nullable=True))
    _shortfalls(("open", "paid", "written_off"), PAID)
    op.add_column("payment", refers("corrects_id", "payment", nullable=True))
    op.create_unique_constraint("uq_payment_corrects_id", "payment", ["corrects_id"])
    op.drop_constraint("uq_payment_order_id_method_reference", "payment")
    op.create_index(
        "uq_payment_reference", "payment", REFERENCE, unique=True, postgresql_where=sa.text("state <> 'corrected'")
    )
    _payments((*PAYMENT_STATES, "corrected"), posted=("succeeded", "refunded", "corrected"))
    op.add_column("appropriation", refers("corrects_id", "appropriation", nullable=True))
    op.create_unique_constraint("uq_appropriation_corrects_id", "appropriation", ["corrects_id"])
    _appropriations((*APPROPRIATIONS, "corrected"), f"(amount_fen < 0) = ({TAKING}) OR kind = 'corrected'")
    op.create_check_constraint("corrects_id", "appropriation", "(kind = 'corrected') = (corrects_id IS NOT NULL)")
    _proposals(
        "shortfall_proposal",
        "shortfall",
        refers("shortfall_id", "shortfall"),
        text("remedy"),
        refers("payment_id", "payment", nullable=True),
        one_of("remedy", ("write_off", "instalments", "correction")),
        sa.CheckConstraint("(remedy = 'correction') = (payment_id IS NOT NULL)", name="payment"),
    )
    op.create_table(
        "shortfall_instalment",
        key(),
        refers("proposal_id", "shortfall_proposal"),
        sa.Column("number", sa.SmallInteger, nullable=False),
        day("due_on"),
        fen("amount_fen"),
        sa.UniqueConstraint("proposal_id", "number"),
        sa.CheckConstraint("number > 0 AND amount_fen > 0", name="sums"),
    )
    append_only(op, "shortfall_instalment")
    _proposals(
        "appropriation_correction",
        "fund",
        refers("fund_id", "fund"),
        refers("appropriation_id", "appropriation"),
    )


def downgrade() -> None:
    op.execute(
        f"""
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM ledger_transaction WHERE kind IN ({listed(KINDS)})) THEN
                RAISE EXCEPTION 'shortfalls were written off or refunded, or entries corrected: the ledger cannot be '
                    'told without it';
            END IF;
        END $$
        """
    )
    op.drop_table("appropriation_correction")
    op.drop_table("shortfall_instalment")
    op.drop_table("shortfall_proposal")
    op.drop_constraint("ck_appropriation_corrects_id", "appropriation")
    _appropriations(APPROPRIATIONS, f"(amount_fen < 0) = ({TAKING})")
    op.drop_column("appropriation", "corrects_id")
    _payments(PAYMENT_STATES, posted=("succeeded", "refunded"))
    op.drop_index("uq_payment_reference", "payment")
    op.create_unique_constraint("uq_payment_order_id_method_reference", "payment", REFERENCE)
    op.drop_column("payment", "corrects_id")
    _shortfalls(("open", "paid"), PAID_BEFORE)
    op.drop_column("shortfall", "due_on")
    op.drop_column("shortfall", "written_off_fen")
    admit(op, "ledger_transaction", "kind", KINDS_BEFORE)


def _proposals(table: str, about: str, *own: Any) -> None:
    """What one person proposes about a record and another decides; one at a time is open for each."""
    op.create_table(
        table,
        key(),
        *own,
        fen("amount_fen"),
        text("cause"),
        text("article"),
        text("state"),
        text("opinion"),
        refers("transaction_id", "ledger_transaction", nullable=True),
        *by("proposed"),
        *by("reviewed", nullable=True),
        one_of("state", ("proposed", "approved", "refused")),
        sa.CheckConstraint("amount_fen >= 0", name="amount_fen"),
        sa.CheckConstraint(
            "(state = 'proposed') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)"
            " AND (state = 'proposed') = (opinion = '')",
            name="reviewed",
        ),
        sa.CheckConstraint("reviewed_by <> proposed_by", name="two_persons"),
    )
    column = f"{about}_id"
    op.create_index(f"ix_{table}_{column}_id", table, [column, "id"])
    op.create_index(f"uq_{table}_open", table, [column], unique=True, postgresql_where=sa.text("state = 'proposed'"))
    grant(op, table, rights="SELECT, INSERT, UPDATE")


def _shortfalls(states: tuple[str, ...], paid: str) -> None:
    admit(op, "shortfall", "state", states)
    op.drop_constraint("ck_shortfall_paid_fen", "shortfall")
    op.create_check_constraint("paid_fen", "shortfall", paid)


def _payments(states: tuple[str, ...], *, posted: tuple[str, ...]) -> None:
    admit(op, "payment", "state", states)
    op.drop_constraint("ck_payment_posting", "payment")
    op.create_check_constraint(
        "posting", "payment", f"(transaction_id IS NOT NULL) = ({among('state', posted)}) OR state = 'created'"
    )


def _appropriations(kinds: tuple[str, ...], signs: str) -> None:
    admit(op, "appropriation", "kind", kinds)
    op.drop_constraint("ck_appropriation_amount_fen", "appropriation")
    op.create_check_constraint("amount_fen", "appropriation", f"amount_fen <> 0 AND ({signs})")
