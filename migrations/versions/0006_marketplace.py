"""Quotes, orders and deliveries.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.helpers import grant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MODES = "payment_mode IN ('direct_deduction', 'full_payment')"
STATES = (
    "state IN ('placed', 'accepted', 'declined', 'lapsed', 'contracted', 'in_service', 'delivered', 'completed',"
    " 'cancelled')"
)


def upgrade() -> None:
    op.create_table(
        "quote",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("beneficiary_id", sa.BigInteger, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("provider_id", sa.BigInteger, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("service_id", sa.BigInteger, sa.ForeignKey("service.id"), nullable=False),
        sa.Column("instrument_id", sa.BigInteger, sa.ForeignKey("instrument.id")),
        sa.Column("during", postgresql.TSTZRANGE),
        sa.Column("quantity", sa.Numeric(12, 2), nullable=False),
        sa.Column("service_kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_unit", sa.Text, nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger, nullable=False),
        sa.Column("payment_mode", sa.Text, nullable=False),
        sa.Column("unmet_need", sa.Text),
        sa.Column("excluded", sa.Text),
        sa.Column("public_project_number", sa.Text),
        sa.Column("restricted_industry", sa.Boolean, nullable=False),
        sa.Column("expected_completion", sa.Date, nullable=False),
        sa.Column("price_fen", sa.BigInteger, nullable=False),
        sa.Column("rate", sa.Numeric(5, 4)),
        sa.Column("eligible", sa.Boolean, nullable=False),
        sa.Column("entitlement_fen", sa.BigInteger, nullable=False),
        sa.Column("cap_room_fen", sa.BigInteger, nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger, nullable=False),
        sa.Column("self_pay_fen", sa.BigInteger, nullable=False),
        sa.Column("policy_version", sa.Text),
        sa.Column("reasons", postgresql.JSONB, nullable=False),
        sa.Column("flags", postgresql.JSONB, nullable=False),
        sa.Column("created_by", sa.BigInteger, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(MODES, name="payment_mode"),
        sa.CheckConstraint("subsidy_fen >= 0 AND self_pay_fen >= 0", name="sums"),
        sa.CheckConstraint("subsidy_fen + self_pay_fen = price_fen", name="split"),
    )
    op.create_index("ix_quote_beneficiary_id_id", "quote", ["beneficiary_id", "id"])
    # A quote is an answer once given: it is never changed.
    grant(op, "quote", rights="SELECT, INSERT")
    op.create_table(
        "order",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("quote_id", sa.BigInteger, sa.ForeignKey("quote.id"), nullable=False, unique=True),
        sa.Column("beneficiary_id", sa.BigInteger, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("provider_id", sa.BigInteger, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("payment_mode", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("eligible", sa.Boolean, nullable=False),
        sa.Column("quantity", sa.Numeric(12, 2), nullable=False),
        sa.Column("contract_fen", sa.BigInteger, nullable=False),
        sa.Column("price_fen", sa.BigInteger, nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger, nullable=False),
        sa.Column("other_aid_fen", sa.BigInteger, nullable=False),
        sa.Column("self_pay_fen", sa.BigInteger, nullable=False),
        sa.Column("expected_completion", sa.Date, nullable=False),
        sa.Column("placed_by", sa.BigInteger, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_by", sa.Date, nullable=False),
        sa.Column("ended_reason", sa.Text),
        sa.Column("contract_terms", postgresql.JSONB),
        sa.Column("beneficiary_signed_by", sa.BigInteger, sa.ForeignKey("user_account.id")),
        sa.Column("beneficiary_signed_at", sa.DateTime(timezone=True)),
        sa.Column("provider_signed_by", sa.BigInteger, sa.ForeignKey("user_account.id")),
        sa.Column("provider_signed_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("actual_quantity", sa.Numeric(12, 2)),
        sa.Column("completed_on", sa.Date),
        sa.Column("service_record", postgresql.JSONB),
        sa.CheckConstraint(MODES, name="payment_mode"),
        sa.CheckConstraint(STATES, name="state"),
        sa.CheckConstraint(
            "subsidy_fen >= 0 AND other_aid_fen >= 0 AND self_pay_fen >= 0 AND contract_fen >= 0", name="sums"
        ),
        sa.CheckConstraint("subsidy_fen + other_aid_fen + self_pay_fen = price_fen", name="split"),
        sa.CheckConstraint("eligible OR subsidy_fen = 0", name="ineligible_without_subsidy"),
        sa.CheckConstraint(
            "state NOT IN ('contracted', 'in_service', 'delivered', 'completed')"
            " OR (beneficiary_signed_at IS NOT NULL AND provider_signed_at IS NOT NULL)",
            name="signed_before_service",
        ),
        sa.CheckConstraint(
            "(state = 'completed') = (completed_on IS NOT NULL AND service_record IS NOT NULL)", name="completed"
        ),
    )
    op.create_index("ix_order_beneficiary_id_id", "order", ["beneficiary_id", "id"])
    op.create_index("ix_order_provider_id_id", "order", ["provider_id", "id"])
    op.create_index("ix_order_state_respond_by", "order", ["state", "respond_by"])
    grant(op, '"order"', rights="SELECT, INSERT, UPDATE")
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("order_id", sa.BigInteger, sa.ForeignKey("order.id"), nullable=False, unique=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("delivered_by", sa.BigInteger, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
    )
    grant(op, "delivery", rights="SELECT, INSERT")


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("order")
    op.drop_table("quote")
