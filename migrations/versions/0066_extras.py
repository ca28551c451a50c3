"""Extras of services, priced by day, and what of them is quoted and was used."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

KINDS = ("consumable", "preparation", "express", "shipping", "other")
NOT_OFFERED = "price_fen IS NOT NULL OR (own_price_fen IS NULL AND outside_price_fen IS NULL AND cost_fen IS NULL)"


def upgrade() -> None:
    op.create_table(
        "service_extra",
        key(),
        refers("service_id", "service"),
        text("title"),
        text("unit"),
        text("kind"),
        refers("created_by", "user_account"),
        instant("created_at"),
        one_of("kind", KINDS),
    )
    op.create_index("ix_service_extra_service_id", "service_extra", ["service_id", "id"])
    op.create_table(
        "extra_price",
        key(),
        refers("extra_id", "service_extra"),
        day("valid_from"),
        fen("price_fen", nullable=True),
        fen("own_price_fen", nullable=True),
        fen("outside_price_fen", nullable=True),
        fen("cost_fen", nullable=True),
        text("cost_basis"),
        refers("set_by", "user_account"),
        instant("set_at"),
        refers("withdrawn_by", "user_account", nullable=True),
        instant("withdrawn_at", nullable=True),
        sa.CheckConstraint("price_fen > 0 AND own_price_fen > 0 AND outside_price_fen > 0", name="amounts"),
        sa.CheckConstraint(NOT_OFFERED, name="not_offered"),
        sa.CheckConstraint("valid_from >= (set_at AT TIME ZONE 'Asia/Shanghai')::date", name="ahead"),
        sa.CheckConstraint("(withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date < valid_from", name="withdrawal"),
    )
    op.create_index("ix_extra_price_extra_id", "extra_price", ["extra_id", "valid_from", "id"])
    grant(op, "service_extra", rights="SELECT, INSERT")
    grant(op, "extra_price", rights="SELECT, INSERT, UPDATE (withdrawn_by, withdrawn_at)")
    op.add_column("quote", sa.Column("extras", json("extras").type, nullable=False, server_default="[]"))
    op.add_column("order", json("actual_extras", nullable=True))


def downgrade() -> None:
    op.drop_column("order", "actual_extras")
    op.drop_column("quote", "extras")
    op.drop_table("extra_price")
    op.drop_table("service_extra")
