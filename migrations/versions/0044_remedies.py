"""What two persons decide about a clawback: write-offs, instalments, and corrections of what came back."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, key, listed, one_of, refers, text
from migrations.helpers import admit, append_only, grant

revision = "0044"
down_revision = "0043"
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
)
KINDS = ("clawback_written_off", "recovery_reversed")
PUBLIC_MONEY = ("fund", "appropriation", "granted", "payable", "clawback_receivable", "unassigned", "suspense")
SUMS_BEFORE = "recovered_fen BETWEEN 0 AND amount_fen AND (state = 'recovered') = (recovered_fen = amount_fen)"
SUMS = (
    "recovered_fen BETWEEN 0 AND amount_fen AND written_off_fen BETWEEN 0 AND amount_fen - recovered_fen"
    " AND (state <> 'written_off' OR written_off_fen > 0)"
    " AND (state = 'open') = (recovered_fen + written_off_fen < amount_fen)"
)


def upgrade() -> None:
    admit(op, "ledger_transaction", "kind", (*KINDS_BEFORE, *KINDS))
    _books((*PUBLIC_MONEY, "written_off"))
    op.add_column("clawback", sa.Column("written_off_fen", sa.BigInteger, nullable=False, server_default="0"))
    _clawbacks(("open", "recovered", "written_off"), SUMS)
    op.drop_constraint("ck_recovery_amount_fen", "recovery")
    op.add_column("recovery", refers("corrects_id", "recovery", nullable=True))
    op.create_unique_constraint("uq_recovery_corrects_id", "recovery", ["corrects_id"])
    op.create_check_constraint(
        "amount_fen", "recovery", "amount_fen <> 0 AND (amount_fen < 0) = (corrects_id IS NOT NULL)"
    )
    _proposals()
    op.create_table(
        "instalment",
        key(),
        refers("proposal_id", "clawback_proposal"),
        sa.Column("number", sa.SmallInteger, nullable=False),
        day("due_on"),
        fen("amount_fen"),
        sa.UniqueConstraint("proposal_id", "number"),
        sa.CheckConstraint("number > 0 AND amount_fen > 0", name="sums"),
    )
    append_only(op, "instalment")


def downgrade() -> None:
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM clawback WHERE written_off_fen > 0)
               OR EXISTS (SELECT FROM recovery WHERE amount_fen < 0) THEN
                RAISE EXCEPTION 'clawbacks were written off or corrected: the ledger cannot be told without it';
            END IF;
        END $$
        """
    )
    op.drop_table("instalment")
    op.drop_table("clawback_proposal")
    op.drop_constraint("ck_recovery_amount_fen", "recovery")
    op.drop_column("recovery", "corrects_id")
    op.create_check_constraint("amount_fen", "recovery", "amount_fen > 0")
    _clawbacks(("open", "recovered"), SUMS_BEFORE)
    op.drop_column("clawback", "written_off_fen")
    _books(PUBLIC_MONEY)
    admit(op, "ledger_transaction", "kind", KINDS_BEFORE)


def _proposals() -> None:
    op.create_table(
        "clawback_proposal",
        key(),
        refers("clawback_id", "clawback"),
        text("remedy"),
        refers("recovery_id", "recovery", nullable=True),
        fen("amount_fen"),
        text("cause"),
        text("article"),
        text("state"),
        text("opinion"),
        refers("transaction_id", "ledger_transaction", nullable=True),
        refers("proposed_by", "user_account"),
        instant("proposed_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        one_of("remedy", ("write_off", "instalments", "correction")),
        one_of("state", ("proposed", "approved", "refused")),
        sa.CheckConstraint("amount_fen >= 0", name="amount_fen"),
        sa.CheckConstraint("(remedy = 'correction') = (recovery_id IS NOT NULL)", name="recovery"),
        sa.CheckConstraint(
            "(state = 'proposed') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)"
            " AND (state = 'proposed') = (opinion = '')",
            name="reviewed",
        ),
        sa.CheckConstraint("reviewed_by <> proposed_by", name="two_persons"),
    )
    op.create_index("ix_clawback_proposal_clawback_id_id", "clawback_proposal", ["clawback_id", "id"])
    op.create_index(
        "uq_clawback_proposal_open",
        "clawback_proposal",
        ["clawback_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    grant(op, "clawback_proposal", rights="SELECT, INSERT, UPDATE")


def _clawbacks(states: tuple[str, ...], sums: str) -> None:
    op.drop_constraint("ck_clawback_state", "clawback")
    op.drop_constraint("ck_clawback_recovered_fen", "clawback")
    op.create_check_constraint("state", "clawback", f"state IN ({listed(states)})")
    op.create_check_constraint("recovered_fen", "clawback", sums)


def _books(public_money: tuple[str, ...]) -> None:
    op.drop_constraint("ck_ledger_account_book", "ledger_account")
    op.create_check_constraint(
        "book",
        "ledger_account",
        "(book = 'entitlement' AND kind IN ('cap', 'cap_contra', 'aid_cap', 'aid_cap_contra'))"
        f" OR (book = 'public_money' AND kind IN ({listed(public_money)}))"
        " OR (book = 'trade' AND kind IN ('due_from_user', 'sales', 'received', 'subsidy_receivable',"
        " 'subsidy_assigned', 'shortfall'))",
    )
