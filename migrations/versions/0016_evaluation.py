"""Annual reports of cities with what was submitted of them; applications for disclosure with consultations."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

REPORT_STATES = ("open", "overdue", "submitted", "returned", "accepted")
APPLICATION_STATES = ("received", "granted", "partly_granted", "refused", "withdrawn")
TABLES = ("disclosure_consultation", "disclosure_application", "annual_report_edition", "annual_report")


def upgrade() -> None:
    _annual_reports()
    _editions()
    _applications()
    _consultations()
    grant(
        op,
        "annual_report",
        "disclosure_application",
        "disclosure_consultation",
        rights="SELECT, INSERT, UPDATE",
    )
    append_only(op, "annual_report_edition")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _annual_reports() -> None:
    op.create_table(
        "annual_report",
        key(),
        text("city"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        text("state"),
        day("due_on"),
        instant("opened_at"),
        text("work_done"),
        text("problems"),
        text("suggestions"),
        refers("edited_by", "user_account", nullable=True),
        instant("edited_at", nullable=True),
        day("reminded_on", nullable=True),
        instant("first_submitted_at", nullable=True),
        refers("submitted_by", "user_account", nullable=True),
        instant("submitted_at", nullable=True),
        refers("returned_by", "user_account", nullable=True),
        instant("returned_at", nullable=True),
        text("return_reason"),
        refers("accepted_by", "user_account", nullable=True),
        instant("accepted_at", nullable=True),
        one_of("state", REPORT_STATES),
        sa.CheckConstraint("(first_submitted_at IS NULL) = (state IN ('open', 'overdue'))", name="submitted"),
        sa.CheckConstraint("(returned_at IS NULL) = (return_reason = '')", name="returned"),
        sa.CheckConstraint("(accepted_at IS NOT NULL) = (state = 'accepted')", name="accepted"),
        sa.CheckConstraint("state <> 'returned' OR returned_at IS NOT NULL", name="return_reason"),
        sa.UniqueConstraint("city", "year"),
    )
    op.create_index("ix_annual_report_state_due_on", "annual_report", ["state", "due_on"])


def _editions() -> None:
    op.create_table(
        "annual_report_edition",
        key(),
        refers("report_id", "annual_report"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        text("number"),
        json("content"),
        text("digest"),
        refers("document_file_id", "stored_file"),
        refers("workbook_file_id", "stored_file"),
        refers("submitted_by", "user_account"),
        instant("submitted_at"),
        sa.CheckConstraint("round > 0", name="round"),
        sa.CheckConstraint("length(digest) = 64", name="digest"),
        sa.UniqueConstraint("report_id", "round"),
        sa.UniqueConstraint("number"),
    )


def _applications() -> None:
    op.create_table(
        "disclosure_application",
        key(),
        text("city", nullable=True),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        text("number"),
        text("state"),
        refers("user_id", "user_account"),
        refers("organisation_id", "organisation"),
        text("applicant_kind"),
        text("applicant_name"),
        text("contact"),
        text("wanted"),
        text("about_kind", nullable=True),
        sa.Column("about_id", sa.BigInteger),
        instant("received_at"),
        day("due_on"),
        refers("extended_by", "user_account", nullable=True),
        instant("extended_at", nullable=True),
        text("extension_reason"),
        day("paused_on", nullable=True),
        sa.Column("paused_working_days", sa.SmallInteger, nullable=False),
        day("reminded_on", nullable=True),
        json("grounds"),
        text("opinion"),
        refers("answer_file_id", "stored_file", nullable=True),
        refers("decided_by", "user_account", nullable=True),
        instant("decided_at", nullable=True),
        instant("withdrawn_at", nullable=True),
        one_of("state", APPLICATION_STATES),
        one_of("applicant_kind", ("person", "organisation")),
        one_of("about_kind", ("claim", "review_summary", "annual_report")),
        sa.CheckConstraint("(about_kind IS NULL) = (about_id IS NULL)", name="about"),
        sa.CheckConstraint(
            "(extended_at IS NULL) = (extended_by IS NULL) AND (extended_at IS NULL) = (extension_reason = '')",
            name="extended",
        ),
        sa.CheckConstraint("paused_working_days >= 0", name="paused_working_days"),
        sa.CheckConstraint(
            "(decided_at IS NOT NULL) = (state IN ('granted', 'partly_granted', 'refused')) "
            "AND (decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (opinion = '')",
            name="decided",
        ),
        sa.CheckConstraint(
            "(jsonb_array_length(grounds) > 0) = (state IN ('partly_granted', 'refused'))",
            name="grounds",
        ),
        sa.CheckConstraint(
            "(answer_file_id IS NOT NULL) = (state IN ('granted', 'partly_granted'))",
            name="answer",
        ),
        sa.CheckConstraint("(withdrawn_at IS NOT NULL) = (state = 'withdrawn')", name="withdrawn"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("city", "year", "serial", postgresql_nulls_not_distinct=True),
    )
    op.create_index("ix_disclosure_application_city_state", "disclosure_application", ["city", "state"])
    op.create_index("ix_disclosure_application_organisation_id", "disclosure_application", ["organisation_id"])


def _consultations() -> None:
    op.create_table(
        "disclosure_consultation",
        key(),
        refers("application_id", "disclosure_application"),
        refers("organisation_id", "organisation"),
        text("question"),
        refers("asked_by", "user_account"),
        instant("asked_at"),
        day("answer_by"),
        sa.Column("consents", sa.Boolean),
        text("statement"),
        refers("answered_by", "user_account", nullable=True),
        instant("answered_at", nullable=True),
        instant("lapsed_at", nullable=True),
        sa.CheckConstraint(
            "(consents IS NULL) = (answered_at IS NULL) AND (answered_by IS NULL) = (answered_at IS NULL)",
            name="answered",
        ),
        sa.CheckConstraint("num_nonnulls(answered_at, lapsed_at) < 2", name="one_end"),
        sa.UniqueConstraint("application_id", "organisation_id"),
    )
    op.create_index("ix_disclosure_consultation_organisation_id", "disclosure_consultation", ["organisation_id"])
