"""Prices of services as versions by day, with prices for groups, least charge and rounding of hours."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, key, one_of, refers, text
from migrations.helpers import grant

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

UNITS = ("hour", "day", "time", "sample")
TERMS = "price_fen, price_unit, turnaround_days, cost_fen, cost_basis"
SUMS = "own_price_fen > 0 AND outside_price_fen > 0 AND minimum_charge_fen > 0"
STEPS = "billing_step_minutes IS NULL OR (billing_step_minutes IN (6, 15, 30, 60) AND price_unit = 'hour')"


def _step() -> sa.Column[int]:
    return sa.Column("billing_step_minutes", sa.SmallInteger)


def upgrade() -> None:
    op.create_table(
        "service_price",
        key(),
        refers("service_id", "service"),
        day("valid_from"),
        fen("price_fen"),
        text("price_unit"),
        fen("own_price_fen", nullable=True),
        fen("outside_price_fen", nullable=True),
        fen("minimum_charge_fen", nullable=True),
        _step(),
        sa.Column("turnaround_days", sa.Integer, nullable=False),
        fen("cost_fen", nullable=True),
        text("cost_basis"),
        refers("set_by", "user_account", nullable=True),
        instant("set_at"),
        refers("withdrawn_by", "user_account", nullable=True),
        instant("withdrawn_at", nullable=True),
        one_of("price_unit", UNITS),
        sa.CheckConstraint(f"price_fen > 0 AND turnaround_days > 0 AND {SUMS}", name="amounts"),
        sa.CheckConstraint(STEPS, name="step"),
        sa.CheckConstraint("valid_from >= (set_at AT TIME ZONE 'Asia/Shanghai')::date", name="ahead"),
        sa.CheckConstraint("(withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date < valid_from", name="withdrawal"),
    )
    op.create_index("ix_service_price_service_id", "service_price", ["service_id", "valid_from", "id"])
    grant(op, "service_price", rights="SELECT, INSERT, UPDATE (withdrawn_by, withdrawn_at)")
    for column in (
        fen("own_price_fen", nullable=True),
        fen("outside_price_fen", nullable=True),
        fen("minimum_charge_fen", nullable=True),
        _step(),
        day("priced_on", nullable=True),
    ):
        op.add_column("service", column)
    op.create_check_constraint("group_amounts", "service", SUMS)
    op.create_check_constraint("step", "service", STEPS)
    _first_versions()
    for column in (
        refers("price_id", "service_price", nullable=True),
        text("price_group", nullable=True),
        fen("minimum_charge_fen", nullable=True),
        _step(),
        sa.Column("turnaround_days", sa.Integer),
    ):
        op.add_column("quote", column)
    op.create_check_constraint("price_group", "quote", "price_group IN ('own', 'in_province', 'outside')")


def downgrade() -> None:
    for name in ("price_id", "price_group", "minimum_charge_fen", "billing_step_minutes", "turnaround_days"):
        op.drop_column("quote", name)
    for name in ("priced_on", "billing_step_minutes", "minimum_charge_fen", "outside_price_fen", "own_price_fen"):
        op.drop_column("service", name)
    op.drop_table("service_price")


def _first_versions() -> None:
    """What is published holds at least since its last change."""
    since = "(updated_at AT TIME ZONE 'Asia/Shanghai')::date"
    op.execute(
        f"INSERT INTO service_price (service_id, valid_from, {TERMS}, set_at)"
        f" SELECT id, {since}, {TERMS}, updated_at FROM service"
        " WHERE state <> 'draft' AND price_fen > 0 AND price_unit IS NOT NULL AND turnaround_days > 0 ORDER BY id"
    )
    op.execute(
        f"UPDATE service SET priced_on = {since}"
        " WHERE EXISTS (SELECT FROM service_price p WHERE p.service_id = service.id)"
    )
