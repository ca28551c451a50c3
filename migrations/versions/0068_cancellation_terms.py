"""What providers publish for cancellations and no-shows, as parts of a price's version, and what came due of it."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import fen, one_of, text

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

PUBLISHED = ("service", "service_price", "quote")
TERMS = ("free_cancellation_hours", "late_cancellation_percent", "no_show_percent")
BOUNDS = (
    "free_cancellation_hours >= 0 AND late_cancellation_percent BETWEEN 1 AND 100 AND no_show_percent BETWEEN 1 AND 100"
)
PAIRED = "(free_cancellation_hours IS NULL) = (late_cancellation_percent IS NULL)"
KINDS = ("late_cancellation", "no_show")


def upgrade() -> None:
    for table in PUBLISHED:
        for name in TERMS:
            op.add_column(table, sa.Column(name, sa.SmallInteger))
        op.create_check_constraint("cancellation", table, f"{BOUNDS} AND {PAIRED}")
    op.add_column("order", text("fee_kind", nullable=True))
    op.add_column("order", fen("fee_fen", nullable=True))
    op.create_check_constraint("fee_kind", "order", one_of("fee_kind", KINDS).sqltext)
    op.create_check_constraint(
        "fee",
        "order",
        "(fee_kind IS NULL) = (fee_fen IS NULL) AND (fee_fen IS NULL OR (fee_fen > 0 AND state = 'cancelled'))",
    )


def downgrade() -> None:
    """What came due stays in the audit trail."""
    for name in ("fee_fen", "fee_kind"):
        op.drop_column("order", name)
    for table in PUBLISHED:
        for name in TERMS:
            op.drop_column(table, name)
