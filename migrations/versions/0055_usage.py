"""What instruments were really used for: the log, and who came to a booking and left it when."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, instant, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instrument_use",
        key(),
        refers("instrument_id", "instrument"),
        text("purpose"),
        sa.Column("order_id", sa.BigInteger),
        refers("occupancy_id", "occupancy", nullable=True),
        instant("starts_at"),
        instant("ends_at"),
        text("operator"),
        sa.Column("samples", sa.Integer),
        text("remarks"),
        sa.Column("is_late", sa.Boolean, nullable=False),
        refers("corrects_id", "instrument_use", nullable=True),
        text("why"),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        *by("logged"),
        one_of("purpose", ("order", "own", "teaching", "maintenance")),
        sa.CheckConstraint("(purpose = 'order') = (order_id IS NOT NULL)", name="order"),
        sa.CheckConstraint("occupancy_id IS NULL OR order_id IS NOT NULL", name="occupancy"),
        sa.CheckConstraint("ends_at > starts_at", name="period"),
        sa.CheckConstraint("samples >= 0", name="samples"),
        sa.CheckConstraint("operator <> ''", name="operator"),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (why = '') AND (NOT withdrawn OR corrects_id IS NOT NULL)", name="correction"
        ),
        sa.UniqueConstraint("corrects_id", name="uq_instrument_use_corrects_id"),
    )
    op.create_index("ix_instrument_use_instrument_id_starts_at", "instrument_use", ["instrument_id", "starts_at"])
    op.create_index("ix_instrument_use_order_id", "instrument_use", ["order_id"])
    append_only(op, "instrument_use")
    op.create_table(
        "attendance",
        key(),
        refers("occupancy_id", "occupancy"),
        text("kind"),
        instant("at"),
        *by("noted"),
        one_of("kind", ("check_in", "check_out")),
        sa.UniqueConstraint("occupancy_id", "kind", name="uq_attendance_occupancy_id_kind"),
    )
    append_only(op, "attendance")
    op.create_table(
        "attendance_rule",
        key(),
        refers("instrument_id", "instrument"),
        sa.Column("users_check_in", sa.Boolean, nullable=False),
        *by("set"),
        sa.UniqueConstraint("instrument_id", name="uq_attendance_rule_instrument_id"),
    )
    grant(op, "attendance_rule", rights="SELECT, INSERT, UPDATE (users_check_in, set_by, set_at)")
    op.create_index("ix_occupancy_organisation_id", "occupancy", ["organisation_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_occupancy_organisation_id", "occupancy")
    for table in ("attendance_rule", "attendance", "instrument_use"):
        op.drop_table(table)
