"""Statements of the bank, and money on them that matched nothing until two persons say what it is."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import among, by, day, fen, instant, key, one_of, refers, text
from migrations.helpers import admit, append_only, grant

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None

MONEY_KINDS = ("fund", "appropriation", "granted", "payable", "clawback_receivable")
ENTITLEMENT_KINDS = ("cap", "cap_contra", "aid_cap", "aid_cap_contra")
TRADE_KINDS = ("due_from_user", "sales", "received", "subsidy_receivable", "subsidy_assigned", "shortfall")
ADDED_ACCOUNTS = ("unassigned", "suspense")
TRANSACTIONS = (
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
)
ADDED_TRANSACTIONS = ("suspense_opened", "suspense_cleared")
RESOLUTIONS = ("payout_return", "bank_charge", "interest", "recovery", "own_transfer", "sent_back", "other")
MOVES = "state, resolution, note, payout_name, proposed_by, proposed_at, settled_by, settled_at"


def upgrade() -> None:
    _limit_kinds((*MONEY_KINDS, *ADDED_ACCOUNTS), (*TRANSACTIONS, *ADDED_TRANSACTIONS))
    _statements()
    _suspense()
    op.add_column("bank_return", refers("suspense_id", "bank_suspense", nullable=True))
    op.drop_constraint("uq_bank_return_batch_id_sha256", "bank_return")
    op.create_index(
        "uq_bank_return_batch_id_sha256",
        "bank_return",
        ["batch_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("suspense_id IS NULL"),
    )
    op.create_index("uq_bank_return_suspense_id", "bank_return", ["suspense_id"], unique=True)
    append_only(op, "bank_statement")
    grant(op, "bank_suspense", rights=f"SELECT, INSERT, UPDATE ({MOVES})")


def downgrade() -> None:
    """What was taken into suspense is gone with its postings; where a payout came back by it, that stays."""
    op.drop_index("uq_bank_return_suspense_id", "bank_return")
    op.drop_index("uq_bank_return_batch_id_sha256", "bank_return")
    op.drop_column("bank_return", "suspense_id")
    op.create_unique_constraint("uq_bank_return_batch_id_sha256", "bank_return", ["batch_id", "sha256"])
    op.drop_table("bank_suspense")
    op.drop_table("bank_statement")
    for table in ("ledger_posting", "ledger_transaction", "ledger_account"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    opened = f"SELECT id FROM ledger_transaction WHERE {among('kind', ADDED_TRANSACTIONS)}"
    op.execute(f"DELETE FROM ledger_posting WHERE transaction_id IN ({opened})")
    op.execute(f"DELETE FROM ledger_transaction WHERE {among('kind', ADDED_TRANSACTIONS)}")
    op.execute(f"DELETE FROM ledger_account WHERE {among('kind', ADDED_ACCOUNTS)}")
    for table in ("ledger_posting", "ledger_transaction", "ledger_account"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    _limit_kinds(MONEY_KINDS, TRANSACTIONS)


def _limit_kinds(money: tuple[str, ...], transactions: tuple[str, ...]) -> None:
    op.drop_constraint("ck_ledger_account_book", "ledger_account")
    op.create_check_constraint(
        "book",
        "ledger_account",
        f"(book = 'entitlement' AND {among('kind', ENTITLEMENT_KINDS)})"
        f" OR (book = 'public_money' AND {among('kind', money)})"
        f" OR (book = 'trade' AND {among('kind', TRADE_KINDS)})",
    )
    admit(op, "ledger_transaction", "kind", transactions)


def _statements() -> None:
    op.create_table(
        "bank_statement",
        key(),
        text("kind"),
        text("sha256"),
        refers("file_id", "stored_file"),
        sa.Column("told_count", sa.Integer, nullable=False),
        sa.Column("suspense_count", sa.Integer, nullable=False),
        *by("recorded"),
        one_of("kind", ("camt.053", "camt.054")),
        sa.CheckConstraint("told_count >= 0 AND suspense_count >= 0", name="counts"),
        sa.UniqueConstraint("sha256", name="uq_bank_statement_sha256"),
    )


def _suspense() -> None:
    op.create_table(
        "bank_suspense",
        key(),
        refers("statement_id", "bank_statement"),
        sa.Column("line", sa.Integer, nullable=False),
        text("fingerprint"),
        text("programme"),
        sa.Column("credit", sa.Boolean, nullable=False),
        fen("amount_fen"),
        day("value_date"),
        text("end_to_end_id"),
        text("reference"),
        text("party_name"),
        text("party_account"),
        text("text"),
        text("state"),
        refers("transaction_id", "ledger_transaction"),
        instant("recorded_at"),
        text("resolution", nullable=True),
        text("note", nullable=True),
        text("payout_name", nullable=True),
        *by("proposed", nullable=True),
        *by("settled", nullable=True),
        one_of("state", ("open", "proposed", "settled")),
        one_of("resolution", RESOLUTIONS),
        sa.CheckConstraint("amount_fen > 0", name="amount_fen"),
        # Money is moved by two persons: what it is, is said by one and confirmed by another.
        sa.CheckConstraint("settled_by <> proposed_by", name="two_persons"),
        sa.CheckConstraint(
            "state = 'open' OR (resolution IS NOT NULL AND note IS NOT NULL AND proposed_by IS NOT NULL"
            " AND proposed_at IS NOT NULL)",
            name="proposal",
        ),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_by IS NOT NULL) AND (settled_by IS NULL) = (settled_at IS NULL)",
            name="settlement",
        ),
        sa.CheckConstraint(
            "(payout_name IS NOT NULL) = (resolution IS NOT DISTINCT FROM 'payout_return')", name="payout"
        ),
        sa.UniqueConstraint("fingerprint", name="uq_bank_suspense_fingerprint"),
        sa.UniqueConstraint("transaction_id", name="uq_bank_suspense_transaction_id"),
    )
    op.create_index("ix_bank_suspense_statement_id", "bank_suspense", ["statement_id"])
