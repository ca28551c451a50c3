"""Members: rounds of a registration with their defects, suspensions, seats by date, changes, renewals, residences."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def _refers(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _one_of(values: tuple[str, ...], *, column: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _together(*columns: str, name: str) -> sa.CheckConstraint:
    """All of them are known, or none is."""
    return sa.CheckConstraint(f"num_nulls({', '.join(columns)}) IN (0, {len(columns)})", name=name)


def _rounds() -> None:
    for column in OWED:
        op.add_column(
            "membership",
            sa.Column(column, postgresql.JSONB, nullable=False, server_default=sa.text("'[]'")),
        )
    op.add_column("membership", _day("owed_until", nullable=True))
    op.add_column("membership", _instant("owed_noted_at", nullable=True))
    op.create_check_constraint("owed", "membership", "(owed_until IS NULL) = (jsonb_array_length(owed_documents) = 0)")
    op.create_table(
        "membership_submission",
        _key(),
        _refers("membership_id", "membership"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        sa.Column("stated", postgresql.JSONB, nullable=False),
        _refers("submitted_by", "user_account"),
        _instant("submitted_at"),
        sa.CheckConstraint("round > 0", name="round"),
        sa.UniqueConstraint("membership_id", "round", name="uq_membership_submission_membership_id_round"),
    )
    op.create_table(
        "membership_defect",
        _key(),
        _refers("membership_id", "membership"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        _text("about"),
        _text("standard", nullable=True),
        _text("note"),
        _refers("raised_by", "user_account"),
        _instant("raised_at"),
        _one_of(SUBJECTS, column="about"),
        _one_of(STANDARD_DEFECTS, column="standard"),
        sa.CheckConstraint("standard IS NOT NULL OR note <> ''", name="said"),
    )
    op.create_index("ix_membership_defect_membership_id", "membership_defect", ["membership_id"])


def _suspensions() -> None:
    op.create_table(
        "suspension",
        _key(),
        _refers("membership_id", "membership"),
        _day("since"),
        _day("until", nullable=True),
        _text("article", nullable=True),
        _text("reason"),
        _refers("entered_by", "user_account"),
        _instant("entered_at"),
        _instant("began_at", nullable=True),
        _instant("ended_at", nullable=True),
        _refers("ended_by", "user_account", nullable=True),
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
        _key(),
        _refers("organisation_id", "organisation"),
        _text("state"),
        _day("effective_on"),
        _text("from_city", nullable=True),
        _text("city", nullable=True),
        _text("county", nullable=True),
        _text("name", nullable=True),
        _text("legal_representative", nullable=True),
        _text("phone", nullable=True),
        _text("address", nullable=True),
        _text("controller", nullable=True),
        _text("reason"),
        _refers("file_id", "stored_file"),
        _refers("requested_by", "user_account"),
        _instant("requested_at"),
        _refers("reviewed_by", "user_account", nullable=True),
        _instant("reviewed_at", nullable=True),
        _text("opinion"),
        _instant("applied_at", nullable=True),
        _one_of(("submitted", "approved", "refused", "withdrawn", "applied"), column="state"),
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
        _key(),
        _refers("organisation_id", "organisation"),
        _text("county"),
        _text("city", nullable=True),
        sa.Column("in_province", sa.Boolean, nullable=False),
        _day("since"),
        _day("until", nullable=True),
        _refers("change_id", "member_change", nullable=True),
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
        _key(),
        _refers("organisation_id", "organisation"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        _text("state"),
        _day("due_on"),
        _instant("opened_at"),
        _refers("file_id", "stored_file", nullable=True),
        _refers("handed_in_by", "user_account", nullable=True),
        _instant("handed_in_at", nullable=True),
        _refers("reviewed_by", "user_account", nullable=True),
        _instant("reviewed_at", nullable=True),
        _text("opinion"),
        _one_of(("open", "overdue", "waiting", "returned", "confirmed"), column="state"),
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
        _key(),
        _refers("enterprise_id", "organisation"),
        _refers("incubator_id", "organisation"),
        _text("state"),
        _day("since"),
        _day("until", nullable=True),
        _refers("asked_by", "user_account"),
        _instant("asked_at"),
        _refers("answered_by", "user_account", nullable=True),
        _instant("answered_at", nullable=True),
        _refers("ended_by", "user_account", nullable=True),
        _one_of(("asked", "accepted", "declined", "ended"), column="state"),
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
        _key(),
        _refers("residence_id", "residence"),
        _text("advice"),
        _refers("file_id", "stored_file", nullable=True),
        _refers("given_by", "user_account"),
        _instant("given_at"),
        sa.CheckConstraint("advice <> ''", name="advice"),
    )
    op.create_index("ix_residence_advice_residence_id", "residence_advice", ["residence_id"])


def _adverse_imports() -> None:
    op.create_table(
        "adverse_import",
        _key(),
        _refers("importer_id", "organisation"),
        _refers("file_id", "stored_file"),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("total_rows", "added_rows", "ended_rows", "known_rows")
        ),
        sa.Column("unknown", postgresql.JSONB, nullable=False),
        sa.Column("refused", postgresql.JSONB, nullable=False),
        _refers("imported_by", "user_account"),
        _instant("imported_at"),
        sa.CheckConstraint(
            "total_rows = added_rows + ended_rows + known_rows"
            " + jsonb_array_length(unknown) + jsonb_array_length(refused)",
            name="counts",
        ),
    )
    op.create_index("ix_adverse_import_importer_id", "adverse_import", ["importer_id"])
