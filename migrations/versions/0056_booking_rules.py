"""What providers ask of bookings, the time kept free around one, and opening hours of a range of days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import day, key, refers, text
from migrations.helpers import grant

revision = "0056"
down_revision = "0055"
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
    _seasons()
    op.add_column("occupancy", sa.Column("booked", postgresql.TSTZRANGE))
    op.add_column("occupancy", sa.Column("series_id", sa.BigInteger))
    op.create_index(
        "ix_occupancy_series_id", "occupancy", ["series_id"], postgresql_where=sa.text("series_id IS NOT NULL")
    )
    op.create_check_constraint(
        "booked",
        "occupancy",
        "booked IS NULL OR (kind = 'booking' AND booked <@ during AND NOT isempty(booked)"
        " AND lower_inc(booked) AND NOT upper_inc(booked))",
    )


def _seasons() -> None:
    op.create_table(
        "opening_season",
        key(),
        refers("instrument_id", "instrument"),
        text("name"),
        day("first_day"),
        day("last_day"),
        sa.CheckConstraint("last_day >= first_day", name="days"),
    )
    op.execute(
        "ALTER TABLE opening_season ADD CONSTRAINT ex_opening_season_days EXCLUDE USING gist"
        " (int8range(instrument_id, instrument_id, '[]') WITH &&, daterange(first_day, last_day, '[]') WITH &&)"
    )
    op.create_index("ix_opening_season_instrument_id", "opening_season", ["instrument_id"])
    op.create_table(
        "season_hours",
        key(),
        refers("season_id", "opening_season"),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in ("weekday", "opens_minute", "closes_minute")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        sa.CheckConstraint(f"opens_minute BETWEEN 0 AND {A_DAY - 1}", name="opens"),
        sa.CheckConstraint(f"closes_minute > opens_minute AND closes_minute <= opens_minute + {A_DAY}", name="closes"),
        sa.UniqueConstraint(
            "season_id", "weekday", "opens_minute", name="uq_season_hours_season_id_weekday_opens_minute"
        ),
    )
    grant(op, "opening_season", "season_hours", rights="SELECT, INSERT, DELETE")


def downgrade() -> None:
    """What was booked stays; the time kept free around it is free again, and the plain week holds all year."""
    op.drop_table("season_hours")
    op.drop_table("opening_season")
    op.drop_constraint("ck_occupancy_booked", "occupancy")
    op.execute("UPDATE occupancy SET during = booked WHERE booked IS NOT NULL")
    op.drop_column("occupancy", "booked")
    op.drop_column("occupancy", "series_id")
    op.drop_table("booking_rule")
