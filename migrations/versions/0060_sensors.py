"""IoT sensors, where they were, the keys they report with, what they reported, and when instruments ran."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import by, day, instant, key, refers, text
from migrations.helpers import append_only, grant

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

TABLES = (
    "running_stretch",
    "sensor_day_due",
    "sensor_reading",
    "sensor_batch",
    "ingest_key",
    "sensor_placement",
    "iot_sensor",
)


def upgrade() -> None:
    _sensors()
    _keys()
    _readings()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _sensors() -> None:
    op.create_table(
        "iot_sensor",
        key(),
        refers("provider_id", "organisation"),
        text("serial"),
        sa.Column("running_from_w", sa.Numeric(12, 3)),
        *by("registered"),
        sa.CheckConstraint("serial <> '' AND running_from_w > 0", name="sound"),
        sa.UniqueConstraint("provider_id", "serial", name="uq_iot_sensor_provider_id_serial"),
    )
    grant(op, "iot_sensor", rights="SELECT, INSERT, UPDATE")
    op.create_table(
        "sensor_placement",
        key(),
        refers("sensor_id", "iot_sensor"),
        refers("instrument_id", "instrument"),
        sa.Column("during", postgresql.TSTZRANGE, nullable=False),
        *by("placed"),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND lower_inc(during) AND NOT upper_inc(during)",
            name="during",
        ),
    )
    op.execute(
        "ALTER TABLE sensor_placement ADD CONSTRAINT ex_sensor_placement_during EXCLUDE USING gist"
        " (int8range(sensor_id, sensor_id, '[]') WITH &&, during WITH &&)"
    )
    op.create_index("ix_sensor_placement_instrument_id", "sensor_placement", ["instrument_id"])
    grant(op, "sensor_placement", rights="SELECT, INSERT, UPDATE (during)")


def _keys() -> None:
    op.create_table(
        "ingest_key",
        key(),
        refers("provider_id", "organisation"),
        refers("instrument_id", "instrument", nullable=True),
        text("label"),
        text("prefix"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *by("issued"),
        instant("last_used_at", nullable=True),
        instant("ends_at", nullable=True),
        refers("replaces_id", "ingest_key", nullable=True),
        sa.UniqueConstraint("prefix", name="uq_ingest_key_prefix"),
    )
    op.create_index("ix_ingest_key_provider_id", "ingest_key", ["provider_id", "id"])
    grant(op, "ingest_key", rights="SELECT, INSERT, UPDATE (last_used_at, ends_at)")


def _readings() -> None:
    counts = ("taken", "duplicates", "late", "refused")
    op.create_table(
        "sensor_batch",
        key(),
        refers("key_id", "ingest_key"),
        instant("received_at"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        sa.CheckConstraint(" AND ".join(f"{name} >= 0" for name in counts) + " AND late <= taken", name="counts"),
    )
    op.create_index("ix_sensor_batch_key_id", "sensor_batch", ["key_id", "id"])
    append_only(op, "sensor_batch")
    op.create_table(
        "sensor_reading",
        sa.Column("sensor_id", sa.BigInteger, sa.ForeignKey("iot_sensor.id"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("running", sa.Boolean, nullable=False),
        sa.Column("power_w", sa.Numeric(12, 3)),
        sa.Column("run_seconds", sa.BigInteger),
        sa.Column("samples", sa.BigInteger),
        sa.Column("is_late", sa.Boolean, nullable=False),
        refers("batch_id", "sensor_batch"),
    )
    op.create_index(
        "uq_sensor_reading_sequence",
        "sensor_reading",
        ["sensor_id", "sequence"],
        unique=True,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )
    append_only(op, "sensor_reading")
    op.create_table(
        "sensor_day_due",
        sa.Column("sensor_id", sa.BigInteger, sa.ForeignKey("iot_sensor.id"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
    )
    grant(op, "sensor_day_due")
    op.create_table(
        "running_stretch",
        key(),
        refers("sensor_id", "iot_sensor"),
        refers("instrument_id", "instrument"),
        day("day"),
        instant("starts_at"),
        instant("ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="period"),
    )
    op.create_index("ix_running_stretch_instrument_id_starts_at", "running_stretch", ["instrument_id", "starts_at"])
    op.create_index("ix_running_stretch_sensor_id_day", "running_stretch", ["sensor_id", "day"])
    grant(op, "running_stretch")
