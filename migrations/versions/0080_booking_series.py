"""Series of bookings: what was looked at slot by slot, and the quotes of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import by, day, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_series",
        key(),
        refers("beneficiary_id", "organisation"),
        refers("service_id", "service"),
        refers("instrument_id", "instrument"),
        text("state"),
        sa.Column("every_days", sa.SmallInteger, nullable=False),
        day("until"),
        text("choice", nullable=True),
        instant("expires_at"),
        *by("asked"),
        *by("placed", nullable=True),
        one_of("state", ("previewed", "placed")),
        one_of("choice", ("all", "bookable")),
        sa.CheckConstraint("every_days > 0", name="every_days"),
        sa.CheckConstraint(
            "num_nulls(choice, placed_by, placed_at) = CASE state WHEN 'placed' THEN 0 ELSE 3 END", name="placed"
        ),
    )
    op.create_index("ix_booking_series_beneficiary_id", "booking_series", ["beneficiary_id", "id"])
    grant(op, "booking_series", rights="SELECT, INSERT, UPDATE (state, choice, placed_by, placed_at)")
    op.add_column("quote", refers("series_id", "booking_series", nullable=True))
    op.create_index("ix_quote_series_id", "quote", ["series_id"], postgresql_where=sa.text("series_id IS NOT NULL"))
    op.create_table(
        "series_slot",
        key(),
        refers("series_id", "booking_series"),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("during", postgresql.TSTZRANGE, nullable=False),
        refers("quote_id", "quote", nullable=True),
        json("reasons"),
        sa.UniqueConstraint("series_id", "position", name="uq_series_slot_series_id"),
        sa.UniqueConstraint("quote_id", name="uq_series_slot_quote_id"),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during)"
            " AND NOT upper_inf(during)",
            name="during",
        ),
        sa.CheckConstraint("quote_id IS NOT NULL OR jsonb_array_length(reasons) > 0", name="answered"),
    )
    grant(op, "series_slot", rights="SELECT, INSERT, UPDATE (reasons)")


def downgrade() -> None:
    """The orders stay, each by itself."""
    op.drop_table("series_slot")
    op.drop_column("quote", "series_id")
    op.drop_table("booking_series")
