"""Secret addresses of calendars."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, key, refers, text
from migrations.helpers import grant

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_address",
        key(),
        refers("user_id", "user_account"),
        refers("instrument_id", "instrument", nullable=True),
        text("prefix"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        instant("issued_at"),
        instant("ended_at", nullable=True),
        instant("last_read_at", nullable=True),
        instant("reads_from"),
        sa.Column("reads", sa.Integer, nullable=False),
        sa.CheckConstraint("reads >= 0", name="reads"),
        sa.CheckConstraint("ended_at >= issued_at", name="ended_at"),
        sa.UniqueConstraint("prefix", name="uq_calendar_address_prefix"),
    )
    op.create_index(
        "uq_calendar_address_live",
        "calendar_address",
        ["user_id", "instrument_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_calendar_address_user_id", "calendar_address", ["user_id", "id"])
    rights = "SELECT, INSERT, UPDATE (ended_at, last_read_at, reads_from, reads)"
    grant(op, "calendar_address", rights=rights)


def downgrade() -> None:
    op.drop_table("calendar_address")
