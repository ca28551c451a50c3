"""Members: rounds of a registration with their defects, suspensions, seats by date, changes, renewals, residences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import day, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SUBJECTS = (
    "general",
    "name",
    "uscc",
    "county",
    "legal_representative",
    "phone",
    "address",
    "institution_kind",
    "has_sharing_rules",
    "fiscal",
    "has_rd_base",
    "rd_need",
    "controller",
    "figures",
    "bank_account",
    "document_licence",
    "document_financial_statement",
    "document_sharing_rules",
    "document_incubator_agreement",
    "document_bank_proof",
    "document_other",
)
STANDARD_DEFECTS = (
    "missing",
    "illegible",
    "expired",
    "differs",
    "incomplete",
    "unsealed",
    "wrong_document",
    "implausible",
    "unreachable",
)
CODE = "^[0-9]{6}$"
TABLES = (
    "adverse_import",
    "residence_advice",
    "residence",
    "figures_renewal",
    "organisation_seat",
    "member_change",
    "suspension",
    "membership_defect",
    "membership_submission",
)
OWED = ("required_documents", "owed_documents")


def upgrade() -> None:
    _rounds()
    _suspensions()
    _changes()
    _seats()
    _renewals()
    _residences()
    _adverse_imports()
    grant(
        op,
        "suspension",
        "member_change",
        "organisation_seat",
        "figures_renewal",
        "residence",
        rights="SELECT, INSERT, UPDATE",
    )
    append_only(op, "membership_submission", "membership_defect", "residence_advice", "adverse_import")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for column in ("owed_noted_at", "owed_until", *OWED):
        op.drop_column("membership", column)


def _together(*columns: str, name: str) -> sa.CheckConstraint:
    """All of them are known, or none is."""
    return sa.CheckConstraint(f"num_nulls({', '.join(columns)}) IN (0, {len(columns)})", name=name)


def _rounds() -> None:
    for column in OWED:
        op.add_column(
            "membership",
            sa.Column(column, postgresql.JSONB, nullable=False, server_default=sa.text("'[]'")),
        )
    op.add_column("membership", day("owed_until", nullable=True))
    op.add_column("membership", instant("owed_noted_at", nullable=True))
    op.create_check_constraint("owed", "membership", "(owed_until IS NULL) = (jsonb_array_length(owed_documents) = 0)")
    op.create_table(
        "membership_submission",
        key(),
        refers("membership_id", "membership"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        json("stated"),
        refers("submitted_by", "user_account"),
        instant("submitted_at"),
        sa.CheckConstraint("round > 0", name="round"),
        sa.UniqueConstraint("membership_id", "round", name="uq_membership_submission_membership_id_round"),
    )
    op.create_table(
        "membership_defect",
        key(),
        refers("membership_id", "membership"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        text("about"),
        text("standard", nullable=True),
        text("note"),
        refers("raised_by", "user_account"),
        instant("raised_at"),
        one_of("about", SUBJECTS),
        one_of("standard", STANDARD_DEFECTS),
        sa.CheckConstraint("standard IS NOT NULL OR note <> ''", name="said"),
    )
    op.create_index("ix_membership_defect_membership_id", "membership_defect", ["membership_id"])


def _suspensions() -> None:
    op.create_table(
        "suspension",
        key(),
        refers("membership_id", "membership"),
        day("since"),
        day("until", nullable=True),
        text("article", nullable=True),
        text("reason"),
        refers("entered_by", "user_account"),
        instant("entered_at"),
        instant("began_at", nullable=True),
        instant("ended_at", nullable=True),
        refers("ended_by", "user_account", nullable=True),
        sa.CheckConstraint("until > since", name="period"),
        sa.CheckConstraint("ended_at >= began_at", name="order"),
    )
    op.create_index("ix_suspension_membership_id", "suspension", ["membership_id"])
    op.create_index(
        "uq_suspension_running",
        "suspension",
        ["membership_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _changes() -> None:
    op.create_table(
        "member_change",
        key(),
        refers("organisation_id", "organisation"),
        text("state"),
        day("effective_on"),
        text("from_city", nullable=True),
        text("city", nullable=True),
        text("county", nullable=True),
        text("name", nullable=True),
        text("legal_representative", nullable=True),
        text("phone", nullable=True),
        text("address", nullable=True),
        text("controller", nullable=True),
        text("reason"),
        refers("file_id", "stored_file"),
        refers("requested_by", "user_account"),
        instant("requested_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("opinion"),
        instant("applied_at", nullable=True),
        one_of("state", ("submitted", "approved", "refused", "withdrawn", "applied")),
        sa.CheckConstraint(f"county ~ '{CODE}'", name="county"),
        sa.CheckConstraint("reviewed_by <> requested_by", name="two_people"),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused', 'applied')) = (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL)",
            name="reviewed",
        ),
        sa.CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied"),
        sa.CheckConstraint(
            "num_nonnulls(county, name, legal_representative, phone, address, controller) > 0", name="something"
        ),
    )
    op.create_index("ix_member_change_city_state", "member_change", ["city", "state"])
    op.create_index("ix_member_change_organisation_id", "member_change", ["organisation_id"])
    op.create_index(
        "uq_member_change_open",
        "member_change",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('submitted', 'approved')"),
    )


def _seats() -> None:
    op.create_table(
        "organisation_seat",
        key(),
        refers("organisation_id", "organisation"),
        text("county"),
        text("city", nullable=True),
        sa.Column("in_province", sa.Boolean, nullable=False),
        day("since"),
        day("until", nullable=True),
        refers("change_id", "member_change", nullable=True),
        sa.CheckConstraint(f"county ~ '{CODE}'", name="county"),
        sa.CheckConstraint(f"city ~ '{CODE}'", name="city"),
        sa.CheckConstraint("until > since", name="period"),
    )
    op.create_index("ix_organisation_seat_organisation_id_since", "organisation_seat", ["organisation_id", "since"])
    op.execute(
        """
        ALTER TABLE organisation_seat ADD CONSTRAINT ex_organisation_seat_during EXCLUDE USING gist (
            int8range(organisation_id, organisation_id, '[]') WITH &&,
            daterange(since, until, '[)') WITH &&
        )
        """
    )
    op.execute(
        """
        INSERT INTO organisation_seat (organisation_id, county, city, in_province, since)
        SELECT id, county, city, in_province, (created_at AT TIME ZONE 'Asia/Shanghai')::date
        FROM organisation
        WHERE county IS NOT NULL AND kind <> 'team'
        """
    )


def _renewals() -> None:
    op.create_table(
        "figures_renewal",
        key(),
        refers("organisation_id", "organisation"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        text("state"),
        day("due_on"),
        instant("opened_at"),
        refers("file_id", "stored_file", nullable=True),
        refers("handed_in_by", "user_account", nullable=True),
        instant("handed_in_at", nullable=True),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("opinion"),
        one_of("state", ("open", "overdue", "waiting", "returned", "confirmed")),
        _together("file_id", "handed_in_by", "handed_in_at", name="handed_in"),
        _together("reviewed_by", "reviewed_at", name="reviewed"),
        sa.CheckConstraint("(state IN ('open', 'overdue')) = (file_id IS NULL)", name="evidence"),
        sa.CheckConstraint("state NOT IN ('returned', 'confirmed') OR reviewed_by IS NOT NULL", name="decided"),
        sa.CheckConstraint("reviewed_by <> handed_in_by", name="two_people"),
        sa.UniqueConstraint("organisation_id", "year", name="uq_figures_renewal_organisation_id_year"),
    )
    op.create_index("ix_figures_renewal_state_due_on", "figures_renewal", ["state", "due_on"])


def _residences() -> None:
    op.create_table(
        "residence",
        key(),
        refers("enterprise_id", "organisation"),
        refers("incubator_id", "organisation"),
        text("state"),
        day("since"),
        day("until", nullable=True),
        refers("asked_by", "user_account"),
        instant("asked_at"),
        refers("answered_by", "user_account", nullable=True),
        instant("answered_at", nullable=True),
        refers("ended_by", "user_account", nullable=True),
        one_of("state", ("asked", "accepted", "declined", "ended")),
        _together("answered_by", "answered_at", name="answered"),
        sa.CheckConstraint("enterprise_id <> incubator_id", name="two_parties"),
        sa.CheckConstraint("until >= since", name="period"),
        sa.CheckConstraint("(state = 'ended') = (until IS NOT NULL AND ended_by IS NOT NULL)", name="ended"),
        sa.CheckConstraint("state NOT IN ('accepted', 'declined') OR answered_by IS NOT NULL", name="decided"),
    )
    op.create_index("ix_residence_incubator_id_state", "residence", ["incubator_id", "state"])
    op.create_index(
        "uq_residence_open",
        "residence",
        ["enterprise_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'accepted')"),
    )
    op.create_table(
        "residence_advice",
        key(),
        refers("residence_id", "residence"),
        text("advice"),
        refers("file_id", "stored_file", nullable=True),
        refers("given_by", "user_account"),
        instant("given_at"),
        sa.CheckConstraint("advice <> ''", name="advice"),
    )
    op.create_index("ix_residence_advice_residence_id", "residence_advice", ["residence_id"])


def _adverse_imports() -> None:
    op.create_table(
        "adverse_import",
        key(),
        refers("importer_id", "organisation"),
        refers("file_id", "stored_file"),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("total_rows", "added_rows", "ended_rows", "known_rows")
        ),
        json("unknown"),
        json("refused"),
        refers("imported_by", "user_account"),
        instant("imported_at"),
        sa.CheckConstraint(
            "total_rows = added_rows + ended_rows + known_rows"
            " + jsonb_array_length(unknown) + jsonb_array_length(refused)",
            name="counts",
        ),
    )
    op.create_index("ix_adverse_import_importer_id", "adverse_import", ["importer_id"])
