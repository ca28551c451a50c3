"""Accounts: organisations, memberships, standing, users and tokens."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MEMBER_KINDS = ("enterprise", "team", "provider")
ORGANISATION_KINDS = (
    *MEMBER_KINDS,
    "incubator",
    "city_bureau",
    "city_finance",
    "province",
    "delegated_agency",
    "finance",
    "audit",
    "operator",
)
ROLES = (
    *MEMBER_KINDS,
    "incubator",
    "city_bureau",
    "city_finance",
    "province",
    "delegated_agency",
    "finance_maker",
    "finance_checker",
    "auditor",
    "admin",
)
INSTITUTION_KINDS = ("university", "institute", "laboratory", "platform_host", "enterprise", "other")
ADVERSE_KINDS = (
    "safety_accident",
    "quality_accident",
    "environmental_breach",
    "fraud",
    "research_misconduct",
    "abnormal_operations",
    "serious_illegality",
)
DOCUMENT_KINDS = (
    "licence",
    "financial_statement",
    "sharing_rules",
    "incubator_agreement",
    "bank_proof",
    "other",
)
CODE = "^[0-9]{6}$"
TABLES = (
    "sign_in_attempt",
    "api_token",
    "joint_establishment",
    "holding",
    "adverse_record",
    "controller_tenure",
    "controller",
    "membership_document",
    "membership",
    "bank_account",
    "beneficiary_figures",
    "user_account",
    "organisation",
)


def upgrade() -> None:
    _organisations()
    _users()
    _figures_and_banks()
    _memberships()
    _standing()
    _exclusions()
    grant(op, *TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _organisations() -> None:
    op.create_table(
        "organisation",
        key(),
        text("kind"),
        text("name"),
        text("uscc", nullable=True),
        text("county", nullable=True),
        text("city", nullable=True),
        sa.Column("in_province", sa.Boolean, nullable=False),
        text("institution_kind", nullable=True),
        text("incubator_level", nullable=True),
        refers("incubator_id", "organisation", nullable=True),
        text("legal_representative"),
        text("phone"),
        text("address"),
        sa.Column("has_sharing_rules", sa.Boolean, nullable=False),
        sa.Column("has_rd_base", sa.Boolean, nullable=False),
        sa.Column("fiscal", sa.Boolean, nullable=False),
        text("rd_need"),
        instant("created_at"),
        one_of("kind", ORGANISATION_KINDS),
        one_of("institution_kind", INSTITUTION_KINDS),
        one_of("incubator_level", ("national", "provincial", "city")),
        sa.CheckConstraint(f"county ~ '{CODE}'", name="county"),
        sa.CheckConstraint(f"city ~ '{CODE}'", name="city"),
        sa.CheckConstraint("name <> ''", name="name"),
        sa.CheckConstraint("uscc ~ '^[0-9A-Z]{18}$'", name="uscc"),
        sa.CheckConstraint("kind <> 'team' OR (incubator_id IS NOT NULL AND uscc IS NULL)", name="team"),
        sa.CheckConstraint("kind <> 'enterprise' OR uscc IS NOT NULL", name="enterprise"),
        sa.CheckConstraint("(kind = 'incubator') = (incubator_level IS NOT NULL)", name="incubator"),
        sa.CheckConstraint("(kind = 'provider') = (institution_kind IS NOT NULL)", name="provider"),
        sa.CheckConstraint(
            "city IS NOT NULL OR kind NOT IN ('enterprise', 'team', 'incubator', 'city_bureau', 'city_finance')",
            name="seat",
        ),
        sa.CheckConstraint("in_province OR (kind = 'provider' AND city IS NULL)", name="outside"),
        sa.UniqueConstraint("uscc", name="uq_organisation_uscc"),
    )
    op.create_index("ix_organisation_city_kind", "organisation", ["city", "kind"])
    op.create_index("ix_organisation_incubator_id", "organisation", ["incubator_id"])


def _users() -> None:
    op.create_table(
        "user_account",
        key(),
        text("username"),
        text("password_hash"),
        text("role"),
        refers("organisation_id", "organisation"),
        sa.Column("active", sa.Boolean, nullable=False),
        instant("created_at"),
        one_of("role", ROLES),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        sa.UniqueConstraint("username", name="uq_user_account_username"),
    )
    op.create_index("ix_user_account_organisation_id", "user_account", ["organisation_id"])
    op.create_table(
        "api_token",
        key(),
        refers("user_id", "user_account"),
        text("prefix"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        instant("created_at"),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        sa.CheckConstraint("octet_length(digest) = 32", name="digest"),
        sa.CheckConstraint("expires_at > created_at", name="expiry"),
        sa.UniqueConstraint("prefix", name="uq_api_token_prefix"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
    op.create_table(
        "sign_in_attempt",
        key(),
        text("username"),
        text("address"),
        instant("at"),
        sa.Column("succeeded", sa.Boolean, nullable=False),
    )
    op.create_index("ix_sign_in_attempt_username_at", "sign_in_attempt", ["username", "at"])
    op.create_index("ix_sign_in_attempt_address_at", "sign_in_attempt", ["address", "at"])


def _figures_and_banks() -> None:
    op.create_table(
        "beneficiary_figures",
        key(),
        refers("organisation_id", "organisation"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("staff", sa.Integer, nullable=False),
        fen("revenue_fen"),
        sa.Column("orderly_finances", sa.Boolean, nullable=False),
        refers("stated_by", "user_account"),
        instant("stated_at"),
        sa.CheckConstraint("year BETWEEN 1980 AND 2200", name="year"),
        sa.CheckConstraint("staff >= 0", name="staff"),
        sa.CheckConstraint("revenue_fen >= 0", name="revenue_fen"),
        sa.UniqueConstraint("organisation_id", "year", name="uq_beneficiary_figures_organisation_id_year"),
    )
    op.create_table(
        "bank_account",
        key(),
        refers("organisation_id", "organisation"),
        text("state"),
        text("holder_name"),
        text("bank_name"),
        text("cnaps_code"),
        text("account_number"),
        refers("named_by", "user_account"),
        instant("named_at"),
        refers("verified_by", "user_account", nullable=True),
        instant("verified_at", nullable=True),
        one_of("state", ("pending", "verified", "refused", "superseded")),
        sa.CheckConstraint("cnaps_code ~ '^[0-9]{12}$'", name="cnaps_code"),
        sa.CheckConstraint("account_number ~ '^[0-9]{8,32}$'", name="account_number"),
        sa.CheckConstraint("holder_name <> '' AND bank_name <> ''", name="names"),
        sa.CheckConstraint("verified_by <> named_by", name="two_people"),
        sa.CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verification"),
        sa.CheckConstraint("state NOT IN ('verified', 'refused') OR verified_by IS NOT NULL", name="decided"),
    )
    op.create_index("ix_bank_account_organisation_id", "bank_account", ["organisation_id"])
    op.create_index("ix_bank_account_account_number", "bank_account", ["account_number"])
    for state in ("pending", "verified"):
        op.create_index(
            f"uq_bank_account_{state}",
            "bank_account",
            ["organisation_id"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )


def _memberships() -> None:
    op.create_table(
        "membership",
        key(),
        refers("organisation_id", "organisation"),
        text("kind"),
        text("state"),
        text("declared_controller"),
        refers("submitted_by", "user_account"),
        instant("submitted_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("opinion"),
        json("defects"),
        one_of("kind", MEMBER_KINDS),
        one_of("state", ("draft", "submitted", "approved", "returned", "suspended")),
        sa.CheckConstraint("reviewed_by <> submitted_by", name="two_people"),
        sa.CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name="review"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'returned', 'suspended') OR reviewed_by IS NOT NULL", name="decided"
        ),
        sa.CheckConstraint("jsonb_typeof(defects) = 'array'", name="defects"),
        sa.UniqueConstraint("organisation_id", name="uq_membership_organisation_id"),
    )
    op.create_index("ix_membership_state_id", "membership", ["state", "id"])
    op.create_table(
        "membership_document",
        key(),
        refers("membership_id", "membership"),
        text("kind"),
        refers("file_id", "stored_file"),
        refers("added_by", "user_account"),
        instant("added_at"),
        one_of("kind", DOCUMENT_KINDS),
    )
    op.create_index("ix_membership_document_membership_id", "membership_document", ["membership_id"])


def _entry() -> tuple[sa.Column[Any], ...]:
    """Where a fact of standing comes from and who entered it; nobody where the service did by itself."""
    return (
        text("source"),
        refers("entered_by", "user_account", nullable=True),
        instant("entered_at"),
    )


def _standing() -> None:
    op.create_table(
        "controller",
        key(),
        text("name"),
        text("note"),
        refers("entered_by", "user_account", nullable=True),
        instant("entered_at"),
        sa.CheckConstraint("name <> ''", name="name"),
    )
    op.create_table(
        "controller_tenure",
        key(),
        refers("organisation_id", "organisation"),
        refers("controller_id", "controller"),
        day("since"),
        day("until", nullable=True),
        *_entry(),
        sa.CheckConstraint("until > since", name="period"),
    )
    op.create_index("ix_controller_tenure_organisation_id_since", "controller_tenure", ["organisation_id", "since"])
    op.create_index("ix_controller_tenure_controller_id", "controller_tenure", ["controller_id"])
    op.create_table(
        "adverse_record",
        key(),
        refers("organisation_id", "organisation"),
        text("kind"),
        day("since"),
        day("until", nullable=True),
        *_entry(),
        one_of("kind", ADVERSE_KINDS),
        sa.CheckConstraint("until >= since", name="period"),
        sa.CheckConstraint(
            "until IS NULL OR kind IN ('research_misconduct', 'abnormal_operations', 'serious_illegality')",
            name="dated_by_one_day",
        ),
    )
    op.create_index("ix_adverse_record_organisation_id_since", "adverse_record", ["organisation_id", "since"])
    op.create_table(
        "holding",
        key(),
        refers("holder_id", "organisation"),
        refers("held_id", "organisation"),
        sa.Column("percent", sa.Numeric(7, 4), nullable=False),
        day("since"),
        day("until", nullable=True),
        *_entry(),
        sa.CheckConstraint("holder_id <> held_id", name="two_parties"),
        sa.CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        sa.CheckConstraint("until > since", name="period"),
    )
    op.create_index("ix_holding_holder_id_held_id", "holding", ["holder_id", "held_id"])
    op.create_index("ix_holding_held_id", "holding", ["held_id"])
    op.create_table(
        "joint_establishment",
        key(),
        refers("a_id", "organisation"),
        refers("b_id", "organisation"),
        *_entry(),
        sa.CheckConstraint("a_id < b_id", name="order"),
        sa.UniqueConstraint("a_id", "b_id", name="uq_joint_establishment_a_id_b_id"),
    )
    op.create_index("ix_joint_establishment_b_id", "joint_establishment", ["b_id"])


def _exclusions() -> None:
    """No two controllers of one organisation on one day, no two holdings of one pair.

    Without a contrib extension there is no gist operator for equal numbers; a range of one number serves.
    """
    op.execute(
        """
        ALTER TABLE controller_tenure ADD CONSTRAINT ex_controller_tenure_during EXCLUDE USING gist (
            int8range(organisation_id, organisation_id, '[]') WITH &&,
            daterange(since, until, '[)') WITH &&
        )
        """
    )
    op.execute(
        """
        ALTER TABLE holding ADD CONSTRAINT ex_holding_during EXCLUDE USING gist (
            int8range(holder_id, holder_id, '[]') WITH &&,
            int8range(held_id, held_id, '[]') WITH &&,
            daterange(since, until, '[)') WITH &&
        )
        """
    )
