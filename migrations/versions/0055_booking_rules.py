"""What providers ask of bookings, and the time kept free around one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import key, refers
from migrations.helpers import grant

revision = "0055"
down_revision = "0056"
branch_labels = None
depends_on = None

A_DAY = 1440
SMALL = ("before_minutes", "after_minutes")
ASKED = ("step_minutes", "horizon_days", "week_hours", "month_hours", "open_bookings")


def upgrade() -> None:
    op.create_table(
        "booking_rule",
        key(),
        refers("provider_id", "organisation"),
        refers("instrument_id", "instrument", nullable=True),
        sa.Column("min_minutes", sa.Integer),
        sa.Column("max_minutes", sa.Integer),
        *(sa.Column(name, sa.SmallInteger) for name in ASKED),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in SMALL),
        sa.Column("lead_minutes", sa.Integer, nullable=False),
        sa.Column("closed_on_holidays", sa.Boolean, nullable=False),
        sa.Column("makeup_weekday", sa.SmallInteger),
        sa.CheckConstraint(
            " AND ".join(f"{name} > 0" for name in ("min_minutes", "max_minutes", *ASKED))
            + " AND max_minutes >= min_minutes",
            name="asked",
        ),
        sa.CheckConstraint(
            " AND ".join([*(f"{name} BETWEEN 0 AND {A_DAY}" for name in SMALL), "lead_minutes >= 0"]), name="kept_free"
        ),
        sa.CheckConstraint("makeup_weekday BETWEEN 1 AND 7", name="makeup_weekday"),
        sa.UniqueConstraint("instrument_id", name="uq_booking_rule_instrument_id"),
    )
    op.create_index(
        "uq_booking_rule_provider_id",
        "booking_rule",
        ["provider_id"],
        unique=True,
        postgresql_where=sa.text("instrument_id IS NULL"),
    )
    grant(op, "booking_rule")
    op.add_column("occupancy", sa.Column("booked", postgresql.TSTZRANGE))
    op.create_check_constraint(
        "booked",
        "occupancy",
        "booked IS NULL OR (kind = 'booking' AND booked <@ during AND NOT isempty(booked)"
        " AND lower_inc(booked) AND NOT upper_inc(booked))",
    )


def downgrade() -> None:
    """What was booked stays; the time kept free around it is free again."""
    op.drop_constraint("ck_occupancy_booked", "occupancy")
    op.execute("UPDATE occupancy SET during = booked WHERE booked IS NOT NULL")
    op.drop_column("occupancy", "booked")
    op.drop_table("booking_rule")
