"""Payments through the gateway: attempts, refunds, disputes, providers' accounts, and the gateway's calls."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.columns import fen, instant, json, key, listed, one_of, refers, text
from migrations.helpers import grant

revision = "0023"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = ("gateway_event", "gateway_account", "gateway_dispute", "gateway_refund", "gateway_payment")
METHODS = ("bank_transfer", "card", "alipay", "wechat_pay")
METHODS_BEFORE = ("bank_transfer",)
PAYMENT_STATES = ("created", "succeeded", "failed", "unknown", "held", "refunded")
PAYMENT_STATES_BEFORE = ("created", "succeeded", "failed", "unknown", "refunded")
DISPUTE_STATES = (
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "prevented",
)
PAYMENT_MOVES = (
    "intent_id, session_id, charge_id, status, received_fen, failure, next_url, qr_data, first_sent_at, asks, ask_at, "
    "given_up_at, held_for, flagged_at"
)
REFUND_MOVES = "state, tries, refund_id, status, failure, first_sent_at, asks, ask_at, flagged_at"
ACCOUNT_MOVES = "account, state, submitted, methods, missing, checked_at"


def upgrade() -> None:
    _payments(METHODS, PAYMENT_STATES)
    op.create_index("ix_payment_payer_id_id", "payment", ["payer_id", "id"])
    op.create_index("ix_payment_payee_id_id", "payment", ["payee_id", "id"])
    op.create_index(
        "uq_payment_attempt",
        "payment",
        ["order_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("method <> 'bank_transfer' AND state IN ('created', 'unknown', 'held')"),
    )
    # What is posted has an outcome, and what has none is not posted.
    op.execute(
        "ALTER TABLE payment ADD CONSTRAINT ck_payment_posting CHECK"
        " ((transaction_id IS NOT NULL) = (state IN ('succeeded', 'refunded')) OR state = 'created')"
    )
    _attempts()
    _refunds()
    _disputes()
    _accounts()
    _events()
    grant(op, "gateway_payment", rights=f"SELECT, INSERT, UPDATE ({PAYMENT_MOVES})")
    grant(op, "gateway_refund", rights=f"SELECT, INSERT, UPDATE ({REFUND_MOVES})")
    grant(op, "gateway_dispute", rights="SELECT, INSERT, UPDATE (amount_fen, reason, state, due_by, changed_at)")
    grant(op, "gateway_account", rights=f"SELECT, INSERT, UPDATE ({ACCOUNT_MOVES})")
    grant(op, "gateway_event", rights="SELECT, INSERT, UPDATE (asks, ask_at, processed_at, outcome)")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("ALTER TABLE payment DROP CONSTRAINT ck_payment_posting")
    for index in ("uq_payment_attempt", "ix_payment_payee_id_id", "ix_payment_payer_id_id"):
        op.drop_index(index, "payment")
    _payments(METHODS_BEFORE, PAYMENT_STATES_BEFORE)


def _payments(methods: tuple[str, ...], states: tuple[str, ...]) -> None:
    for column, values in (("method", methods), ("state", states)):
        op.execute(f"ALTER TABLE payment DROP CONSTRAINT ck_payment_{column}")
        op.execute(f"ALTER TABLE payment ADD CONSTRAINT ck_payment_{column} CHECK ({column} IN ({listed(values)}))")


def _asking() -> tuple[sa.Column[Any], ...]:
    """When another machine is asked again, and how often it was."""
    return (
        sa.Column("asks", sa.SmallInteger, nullable=False),
        instant("ask_at", nullable=True),
    )


def _attempts() -> None:
    op.create_table(
        "gateway_payment",
        sa.Column("payment_id", sa.BigInteger, sa.ForeignKey("payment.id"), primary_key=True, autoincrement=False),
        text("gateway"),
        text("account"),
        text("return_url"),
        instant("expires_at"),
        text("intent_id", nullable=True),
        text("session_id", nullable=True),
        text("charge_id", nullable=True),
        text("status", nullable=True),
        fen("received_fen"),
        text("failure", nullable=True),
        text("next_url", nullable=True),
        text("qr_data", nullable=True),
        instant("first_sent_at", nullable=True),
        *_asking(),
        instant("given_up_at", nullable=True),
        json("held_for", nullable=True),
        instant("flagged_at", nullable=True),
        sa.CheckConstraint("received_fen >= 0", name="received_fen"),
        sa.CheckConstraint("(intent_id IS NULL AND session_id IS NULL) OR first_sent_at IS NOT NULL", name="sent"),
    )
    op.create_index(
        "ix_gateway_payment_ask_at", "gateway_payment", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL")
    )
    op.create_index("uq_gateway_payment_intent_id", "gateway_payment", ["intent_id"], unique=True)
    op.create_index("uq_gateway_payment_session_id", "gateway_payment", ["session_id"], unique=True)


def _refunds() -> None:
    op.create_table(
        "gateway_refund",
        key(),
        refers("payment_id", "payment"),
        fen("amount_fen"),
        text("state"),
        refers("transaction_id", "ledger_transaction", nullable=True),
        text("reference"),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        text("refund_id", nullable=True),
        text("status", nullable=True),
        text("failure", nullable=True),
        instant("first_sent_at", nullable=True),
        *_asking(),
        instant("flagged_at", nullable=True),
        instant("requested_at"),
        one_of("state", ("created", "unknown", "succeeded", "failed", "transferred")),
        sa.CheckConstraint("amount_fen > 0", name="amount_fen"),
        sa.CheckConstraint("state <> 'succeeded' OR refund_id IS NOT NULL", name="success"),
        sa.UniqueConstraint("reference", name="uq_gateway_refund_reference"),
    )
    op.create_index("ix_gateway_refund_payment_id", "gateway_refund", ["payment_id"])
    op.create_index(
        "ix_gateway_refund_ask_at", "gateway_refund", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL")
    )
    op.create_index("uq_gateway_refund_refund_id", "gateway_refund", ["refund_id"], unique=True)
    op.create_index("uq_gateway_refund_transaction_id", "gateway_refund", ["transaction_id"], unique=True)


def _disputes() -> None:
    op.create_table(
        "gateway_dispute",
        key(),
        refers("payment_id", "payment"),
        text("dispute_id"),
        fen("amount_fen"),
        text("currency"),
        text("reason"),
        text("state"),
        instant("due_by", nullable=True),
        instant("opened_at"),
        instant("changed_at"),
        one_of("state", DISPUTE_STATES),
        sa.UniqueConstraint("dispute_id", name="uq_gateway_dispute_dispute_id"),
    )
    op.create_index("ix_gateway_dispute_payment_id", "gateway_dispute", ["payment_id"])


def _accounts() -> None:
    op.create_table(
        "gateway_account",
        key(),
        refers("organisation_id", "organisation"),
        text("gateway"),
        text("reference"),
        text("account", nullable=True),
        text("state"),
        sa.Column("submitted", sa.Boolean, nullable=False),
        sa.Column("methods", ARRAY(sa.Text), nullable=False),
        sa.Column("missing", ARRAY(sa.Text), nullable=False),
        instant("opened_at"),
        instant("checked_at", nullable=True),
        one_of("state", ("created", "pending", "ready", "restricted")),
        sa.CheckConstraint("(state = 'created') = (account IS NULL)", name="account"),
        sa.UniqueConstraint("organisation_id", name="uq_gateway_account_organisation_id"),
        sa.UniqueConstraint("reference", name="uq_gateway_account_reference"),
        sa.UniqueConstraint("account", name="uq_gateway_account_account"),
    )


def _events() -> None:
    op.create_table(
        "gateway_event",
        key(),
        text("event_id"),
        text("kind"),
        text("subject"),
        text("object_id"),
        text("intent_id", nullable=True),
        text("reference", nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        instant("received_at"),
        *_asking(),
        instant("processed_at", nullable=True),
        text("outcome", nullable=True),
        one_of("subject", ("payment", "refund", "dispute", "account", "other")),
        sa.CheckConstraint("(processed_at IS NULL) = (outcome IS NULL)", name="outcome"),
        sa.UniqueConstraint("event_id", name="uq_gateway_event_event_id"),
    )
    op.create_index(
        "ix_gateway_event_ask_at", "gateway_event", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL")
    )
