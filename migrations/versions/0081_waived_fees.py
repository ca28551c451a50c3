"""Fees of bookings given up late that a provider waives."""

from alembic import op

from migrations.columns import by, text

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (*by("fee_waived", nullable=True), text("fee_waiver", nullable=True)):
        op.add_column("order", column)
    op.create_check_constraint(
        "fee_waived",
        "order",
        "num_nulls(fee_waived_by, fee_waived_at, fee_waiver) IN (0, 3)"
        " AND (fee_waiver IS NULL OR (fee_waiver <> '' AND fee_fen IS NOT NULL))",
    )


def downgrade() -> None:
    """That a fee was waived stays in the audit trail."""
    for name in ("fee_waiver", "fee_waived_at", "fee_waived_by"):
        op.drop_column("order", name)
