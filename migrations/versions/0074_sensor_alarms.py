"""Alarms about mandatory instruments of which no sensor tells, and what their owners were told (S4)."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, instant, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

STANDING = "state IN ('open', 'answered')"


def upgrade() -> None:
    op.create_table(
        "sensor_alarm",
        key(),
        refers("instrument_id", "instrument"),
        text("state"),
        instant("since"),
        instant("opened_at"),
        text("reason", nullable=True),
        text("note"),
        day("back_on", nullable=True),
        *by("answered", nullable=True),
        day("reminded_on", nullable=True),
        text("ended_for", nullable=True),
        instant("closed_at", nullable=True),
        one_of("state", ("open", "answered", "closed")),
        one_of("reason", ("repair", "moved", "no_power", "network", "sensor_ordered", "other")),
        one_of("ended_for", ("reading", "exempted", "suspended", "retired", "not_demanded")),
        sa.CheckConstraint("since < opened_at", name="silence"),
        sa.CheckConstraint("num_nulls(reason, back_on, answered_by, answered_at) IN (0, 4)", name="answer"),
        sa.CheckConstraint("state <> 'answered' OR answered_by IS NOT NULL", name="answered"),
        sa.CheckConstraint(
            "num_nulls(ended_for, closed_at) = CASE state WHEN 'closed' THEN 0 ELSE 2 END", name="ending"
        ),
    )
    op.create_index("ix_sensor_alarm_instrument_id", "sensor_alarm", ["instrument_id"])
    op.create_index(
        "uq_sensor_alarm_standing",
        "sensor_alarm",
        ["instrument_id"],
        unique=True,
        postgresql_where=sa.text(STANDING),
    )
    changing = "state, reason, note, back_on, answered_by, answered_at, reminded_on, ended_for, closed_at"
    grant(op, "sensor_alarm", rights=f"SELECT, INSERT, UPDATE ({changing})")
    op.create_table(
        "alarm_reminder",
        key(),
        refers("provider_id", "organisation"),
        day("on"),
        sa.Column("opened", sa.Integer, nullable=False),
        sa.Column("standing", sa.Integer, nullable=False),
        instant("first_since"),
        instant("reminded_at"),
        sa.CheckConstraint("opened BETWEEN 0 AND standing AND standing > 0", name="counts"),
        sa.UniqueConstraint("provider_id", "on", name="uq_alarm_reminder_provider_id"),
    )
    append_only(op, "alarm_reminder")


def downgrade() -> None:
    op.drop_table("alarm_reminder")
    op.drop_table("sensor_alarm")
