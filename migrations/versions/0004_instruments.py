"""Instruments: catalogue, services, calendars with the exclusion constraint, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTRUMENT_KINDS = ("instrument", "facility", "service_unit")
FUNDINGS = ("fiscal", "partly_fiscal", "private", "unknown")
PRICE_UNITS = ("hour", "day", "time", "sample")
EXTERNAL_USES = ("open", "on_request", "closed", "unknown")
LISTING_STATES = ("draft", "submitted", "published", "returned", "suspended", "retired")
SERVICE_STATES = ("draft", "published", "withdrawn")
SERVICE_KINDS = (
    "industrial_design",
    "process_design",
    "ic_design",
    "joint_development",
    "commissioned_development",
    "technical_solution",
    "pilot_engineering",
    "product_inspection",
    "indicator_test",
    "performance_test",
    "standard_customisation",
    "ic_packaging_test",
    "commissioned_analysis",
    "commissioned_experiment",
    "machine_time",
)
OCCUPANCY_KINDS = ("booking", "closure", "maintenance")
IMPORT_STATES = ("queued", "running", "done", "refused")
DIVISION = "^([0-9]{6})?$"
TABLES = (
    "import_row_error",
    "import_job",
    "occupancy",
    "opening_hours",
    "service_instrument",
    "service",
    "instrument",
)


def upgrade() -> None:
    _instruments()
    _services()
    _calendars()
    _imports()
    grant(op, *TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [text(name) for name in names]


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _instruments() -> None:
    op.create_table(
        "instrument",
        key(),
        refers("provider_id", "organisation"),
        *_texts("external_id", "kind", "name", "name_en", "model", "maker", "category_code", "category"),
        fen("value_fen", nullable=True),
        *_texts("funding", "specifications", "functions", "description", "address", "county", "city"),
        day("acquired_on", nullable=True),
        day("accepted_on", nullable=True),
        day("changed_on", nullable=True),
        text("external_use"),
        _flag("iot_sensor"),
        _flag("duty_free"),
        text("duty_free_record"),
        day("secrecy_exempted_on", nullable=True),
        text("secrecy_reference"),
        fen("reference_price_fen", nullable=True),
        text("reference_price_unit", nullable=True),
        text("state"),
        refers("submitted_by", "user_account", nullable=True),
        instant("submitted_at", nullable=True),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("review_opinion"),
        json("review_defects"),
        instant("published_at", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        text("import_digest"),
        sa.Column("tokens", postgresql.ARRAY(sa.Text), nullable=False),
        one_of("kind", INSTRUMENT_KINDS),
        one_of("funding", FUNDINGS),
        one_of("external_use", EXTERNAL_USES),
        one_of("reference_price_unit", PRICE_UNITS),
        one_of("state", LISTING_STATES),
        sa.CheckConstraint("external_id <> '' AND name <> ''", name="named"),
        sa.CheckConstraint("value_fen >= 0 AND reference_price_fen >= 0", name="amounts"),
        sa.CheckConstraint(f"county ~ '{DIVISION}' AND city ~ '{DIVISION}'", name="place"),
        sa.CheckConstraint("(reference_price_fen IS NULL) = (reference_price_unit IS NULL)", name="reference_price"),
        sa.CheckConstraint("reviewed_by <> submitted_by", name="two_people"),
        sa.CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name="review"),
        sa.CheckConstraint("(submitted_by IS NULL) = (submitted_at IS NULL)", name="submission"),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned') OR (published_at IS NOT NULL AND reviewed_by IS NOT NULL)",
            name="reviewed_before_public",
        ),
        sa.CheckConstraint("state <> 'published' OR NOT duty_free OR duty_free_record <> ''", name="duty_free"),
        sa.CheckConstraint("jsonb_typeof(review_defects) = 'array'", name="review_defects"),
        sa.UniqueConstraint("provider_id", "external_id", name="uq_instrument_provider_id_external_id"),
    )
    op.create_index("ix_instrument_tokens", "instrument", ["tokens"], postgresql_using="gin")
    op.create_index("ix_instrument_provider_id_id", "instrument", ["provider_id", "id"])
    op.create_index("ix_instrument_state_id", "instrument", ["state", "id"])
    op.create_index("ix_instrument_accepted_on", "instrument", ["accepted_on"])
    for name, column in (
        ("city", "city"),
        ("county", "county"),
        ("category", "category"),
        ("category_code", "category_code"),
        ("funding", "funding"),
        ("value", "value_fen"),
        ("name", "name"),
    ):
        op.create_index(
            f"ix_instrument_published_{name}",
            "instrument",
            [column, "id"],
            postgresql_where=sa.text("state = 'published'"),
        )


def _services() -> None:
    op.create_table(
        "service",
        key(),
        refers("provider_id", "organisation"),
        *_texts("external_id", "kind", "title", "content", "process", "equipment", "standard"),
        fen("price_fen", nullable=True),
        text("price_unit", nullable=True),
        text("phone"),
        sa.Column("turnaround_days", sa.Integer),
        text("state"),
        instant("created_at"),
        instant("updated_at"),
        text("import_digest"),
        sa.Column("tokens", postgresql.ARRAY(sa.Text), nullable=False),
        one_of("kind", SERVICE_KINDS),
        one_of("price_unit", PRICE_UNITS),
        one_of("state", SERVICE_STATES),
        sa.CheckConstraint("external_id <> '' AND title <> ''", name="named"),
        sa.CheckConstraint("price_fen > 0 AND turnaround_days > 0", name="amounts"),
        sa.CheckConstraint(
            "state <> 'published' OR (content <> '' AND process <> '' AND equipment <> '' AND phone <> ''"
            " AND price_fen IS NOT NULL AND price_unit IS NOT NULL AND turnaround_days IS NOT NULL)",
            name="complete_when_published",
        ),
        sa.UniqueConstraint("provider_id", "external_id", name="uq_service_provider_id_external_id"),
    )
    op.create_index("ix_service_tokens", "service", ["tokens"], postgresql_using="gin")
    op.create_index("ix_service_state_kind_id", "service", ["state", "kind", "id"])
    op.create_table(
        "service_instrument",
        sa.Column("service_id", sa.BigInteger, sa.ForeignKey("service.id"), primary_key=True),
        sa.Column("instrument_id", sa.BigInteger, sa.ForeignKey("instrument.id"), primary_key=True),
    )
    op.create_index("ix_service_instrument_instrument_id", "service_instrument", ["instrument_id"])


def _calendars() -> None:
    op.create_table(
        "opening_hours",
        key(),
        refers("instrument_id", "instrument"),
        sa.Column("weekday", sa.SmallInteger, nullable=False),
        sa.Column("opens_minute", sa.SmallInteger, nullable=False),
        sa.Column("closes_minute", sa.SmallInteger, nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        sa.CheckConstraint("opens_minute BETWEEN 0 AND 1439", name="opens"),
        sa.CheckConstraint("closes_minute > opens_minute AND closes_minute <= opens_minute + 1440", name="closes"),
        sa.UniqueConstraint(
            "instrument_id", "weekday", "opens_minute", name="uq_opening_hours_instrument_id_weekday_opens_minute"
        ),
    )
    op.create_table(
        "occupancy",
        key(),
        refers("instrument_id", "instrument"),
        text("kind"),
        sa.Column("during", postgresql.TSTZRANGE, nullable=False),
        _flag("live"),
        sa.Column("order_id", sa.BigInteger),
        refers("organisation_id", "organisation", nullable=True),
        text("note"),
        refers("created_by", "user_account", nullable=True),
        instant("created_at"),
        instant("ended_at", nullable=True),
        one_of("kind", OCCUPANCY_KINDS),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)"
            " AND lower_inc(during) AND NOT upper_inc(during)",
            name="during",
        ),
        sa.CheckConstraint(
            "(kind = 'booking') = (order_id IS NOT NULL) AND (kind = 'booking') = (organisation_id IS NOT NULL)",
            name="booking",
        ),
        sa.CheckConstraint("live = (ended_at IS NULL)", name="live"),
    )
    op.execute(
        "ALTER TABLE occupancy ADD CONSTRAINT ex_occupancy_during EXCLUDE USING gist"
        " (int8range(instrument_id, instrument_id, '[]') WITH &&, during WITH &&) WHERE (live)"
    )
    op.create_index("ix_occupancy_order_id", "occupancy", ["order_id"])
    op.create_index("uq_occupancy_order_id", "occupancy", ["order_id"], unique=True, postgresql_where=sa.text("live"))


def _imports() -> None:
    counts = ("total_rows", "done_rows", "new_rows", "changed_rows", "unchanged_rows", "repeated_rows", "refused_rows")
    op.create_table(
        "import_job",
        key(),
        refers("provider_id", "organisation"),
        refers("file_id", "stored_file"),
        _flag("dry_run"),
        text("state"),
        text("layout"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        json("problem", nullable=True),
        refers("requested_by", "user_account"),
        instant("created_at"),
        instant("started_at", nullable=True),
        instant("finished_at", nullable=True),
        one_of("state", IMPORT_STATES),
        sa.CheckConstraint(" AND ".join(f"{name} >= 0" for name in counts), name="counts"),
        sa.CheckConstraint(
            "done_rows = new_rows + changed_rows + unchanged_rows + repeated_rows + refused_rows", name="sum"
        ),
        sa.CheckConstraint("(state = 'refused') = (problem IS NOT NULL)", name="problem"),
        sa.CheckConstraint("(state IN ('done', 'refused')) = (finished_at IS NOT NULL)", name="finished"),
    )
    op.create_index("ix_import_job_provider_id_id", "import_job", ["provider_id", "id"])
    op.create_index("ix_import_job_state_id", "import_job", ["state", "id"])
    op.create_table(
        "import_row_error",
        key(),
        refers("job_id", "import_job"),
        sa.Column("line", sa.Integer, nullable=False),
        text("external_id"),
        json("reasons"),
        sa.CheckConstraint("jsonb_typeof(reasons) = 'array' AND reasons <> '[]'", name="reasons"),
    )
    op.create_index("ix_import_row_error_job_id_id", "import_row_error", ["job_id", "id"])
