"""Vouchers: frozen decisions, claims with materials and reviews, stamped summaries, spot checks."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

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
PAYMENT_MODES = ("direct_deduction", "full_payment")
CLAIM_STATES = (
    "draft",
    "submitted",
    "expired",
    "returned",
    "withdrawn",
    "rejected",
    "city_approved",
    "summarised",
    "sent_back",
    "confirmed",
    "revoked",
)
MATERIAL_KINDS = ("service_contract", "invoice", "result_proof", "innovation_relevance_proof", "other")
INVOICE_TYPES = ("vat_special", "vat_ordinary", "e_vat_special", "e_vat_ordinary", "receipt")
DECISIONS = ("approve", "return", "reject", "confirm", "send_back")
CITY = "^[0-9]{6}$"
TABLES = (
    "spot_check",
    "claim_invoice",
    "claim_material",
    "claim_review",
    "review_summary_claim",
    "claim",
    "review_summary",
    "entitlement_decision",
)


def upgrade() -> None:
    _decisions()
    _summaries()
    _claims()
    _reviews_and_lines()
    _materials()
    _spot_checks()
    _facts_stay()
    grant(op, "claim", "review_summary", "claim_material", "claim_invoice", rights="SELECT, INSERT, UPDATE")
    append_only(op, "entitlement_decision", "claim_review", "review_summary_claim", "spot_check")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION claim_facts_stay()")


def _decisions() -> None:
    op.create_table(
        "entitlement_decision",
        key(),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        refers("beneficiary_id", "organisation"),
        refers("provider_id", "organisation"),
        text("service_kind"),
        text("payment_mode"),
        day("judged_on"),
        text("policy_version", nullable=True),
        json("facts"),
        sa.Column("eligible", sa.Boolean, nullable=False),
        sa.Column("rate", sa.Numeric(5, 4)),
        fen("base_fen"),
        fen("entitlement_fen"),
        fen("cap_room_fen"),
        fen("held_fen"),
        text("cap_owner"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        json("reasons"),
        json("flags"),
        instant("decided_at"),
        sa.UniqueConstraint("order_id", name="uq_entitlement_decision_order_id"),
        one_of("service_kind", SERVICE_KINDS),
        one_of("payment_mode", PAYMENT_MODES),
        sa.CheckConstraint("rate BETWEEN 0 AND 1", name="rate"),
        sa.CheckConstraint(
            "0 <= held_fen AND held_fen <= entitlement_fen AND entitlement_fen <= base_fen AND cap_room_fen >= 0",
            name="sums",
        ),
        sa.CheckConstraint(
            "eligible = (jsonb_array_length(reasons) = 0) AND (eligible OR entitlement_fen = 0)", name="eligible"
        ),
        sa.CheckConstraint("NOT eligible OR (rate IS NOT NULL AND policy_version IS NOT NULL)", name="version"),
    )
    op.create_index("ix_entitlement_decision_beneficiary_id", "entitlement_decision", ["beneficiary_id"])
    op.create_index("ix_entitlement_decision_cap_owner_year", "entitlement_decision", ["cap_owner", "year"])


def _summaries() -> None:
    op.create_table(
        "review_summary",
        key(),
        text("city"),
        text("state"),
        fen("total_fen"),
        refers("created_by", "user_account"),
        instant("created_at"),
        refers("stamp_file_id", "stored_file", nullable=True),
        refers("stamped_by", "user_account", nullable=True),
        instant("stamped_at", nullable=True),
        refers("dispatched_by", "user_account", nullable=True),
        instant("dispatched_at", nullable=True),
        one_of("state", ("open", "stamped", "dispatched")),
        sa.CheckConstraint(f"city ~ '{CITY}'", name="city"),
        sa.CheckConstraint("total_fen >= 0", name="total_fen"),
        sa.CheckConstraint(
            "(state <> 'open') = (stamp_file_id IS NOT NULL AND stamped_by IS NOT NULL AND stamped_at IS NOT NULL)",
            name="stamped",
        ),
        sa.CheckConstraint(
            "(state = 'dispatched') = (dispatched_by IS NOT NULL AND dispatched_at IS NOT NULL)", name="dispatched"
        ),
    )
    op.create_index("ix_review_summary_city_id", "review_summary", ["city", "id"])


def _claims() -> None:
    op.create_table(
        "claim",
        key(),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        refers("decision_id", "entitlement_decision"),
        refers("beneficiary_id", "organisation"),
        refers("provider_id", "organisation"),
        refers("claimant_id", "organisation"),
        refers("payee_id", "organisation"),
        text("city"),
        text("service_kind"),
        text("payment_mode"),
        json("record"),
        text("state"),
        day("completed_on"),
        day("last_day"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        fen("contract_fen"),
        fen("actual_fen"),
        fen("base_fen"),
        fen("subsidy_fen"),
        fen("claimed_fen"),
        fen("approved_fen", nullable=True),
        fen("confirmed_fen", nullable=True),
        json("declarations"),
        json("flags"),
        instant("opened_at"),
        refers("submitted_by", "user_account", nullable=True),
        instant("first_submitted_at", nullable=True),
        instant("submitted_at", nullable=True),
        day("correct_by", nullable=True),
        refers("reviewed_by", "user_account", nullable=True),
        refers("summary_id", "review_summary", nullable=True),
        refers("confirmed_by", "user_account", nullable=True),
        instant("confirmed_at", nullable=True),
        sa.UniqueConstraint("order_id", name="uq_claim_order_id"),
        sa.UniqueConstraint("decision_id", name="uq_claim_decision_id"),
        one_of("service_kind", SERVICE_KINDS),
        one_of("payment_mode", PAYMENT_MODES),
        one_of("state", CLAIM_STATES),
        sa.CheckConstraint(f"city ~ '{CITY}'", name="city"),
        sa.CheckConstraint(
            "0 <= claimed_fen AND claimed_fen <= subsidy_fen AND subsidy_fen <= contract_fen "
            "AND base_fen <= least(contract_fen, actual_fen) "
            "AND (approved_fen IS NULL OR approved_fen BETWEEN 0 AND claimed_fen) "
            "AND (confirmed_fen IS NULL OR confirmed_fen BETWEEN 0 AND approved_fen)",
            name="sums_fall",
        ),
        sa.CheckConstraint(
            "submitted_by <> reviewed_by AND submitted_by <> confirmed_by AND reviewed_by <> confirmed_by",
            name="different_people",
        ),
        sa.CheckConstraint(
            "(state IN ('draft', 'expired')) = (submitted_by IS NULL) "
            "AND (submitted_by IS NULL) = (submitted_at IS NULL) "
            "AND (submitted_by IS NULL) = (first_submitted_at IS NULL)",
            name="submitted",
        ),
        sa.CheckConstraint("(state = 'returned') <= (correct_by IS NOT NULL)", name="returned"),
        sa.CheckConstraint(
            "state NOT IN ('city_approved', 'summarised', 'confirmed', 'revoked') "
            "OR (reviewed_by IS NOT NULL AND approved_fen IS NOT NULL)",
            name="reviewed",
        ),
        sa.CheckConstraint(
            "(state IN ('summarised', 'confirmed', 'revoked')) = (summary_id IS NOT NULL)", name="summary"
        ),
        sa.CheckConstraint(
            "(state IN ('confirmed', 'revoked')) = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL "
            "AND confirmed_fen IS NOT NULL)",
            name="confirmed",
        ),
    )
    op.create_index("ix_claim_city_state_id", "claim", ["city", "state", "id"])
    for column in ("beneficiary_id", "provider_id", "claimant_id", "summary_id"):
        op.create_index(f"ix_claim_{column}", "claim", [column])
    op.create_index("ix_claim_state_last_day", "claim", ["state", "last_day"])


def _reviews_and_lines() -> None:
    op.create_table(
        "claim_review",
        key(),
        refers("claim_id", "claim"),
        text("decision"),
        fen("amount_fen", nullable=True),
        text("opinion"),
        json("defects"),
        refers("reviewer_id", "user_account"),
        instant("at"),
        one_of("decision", DECISIONS),
        sa.CheckConstraint("amount_fen >= 0", name="amount_fen"),
        sa.CheckConstraint(
            "(decision = 'return') = (jsonb_array_length(defects) > 0)",
            name="defects",
        ),
    )
    op.create_index("ix_claim_review_claim_id", "claim_review", ["claim_id"])
    op.create_table(
        "review_summary_claim",
        sa.Column("summary_id", sa.BigInteger, sa.ForeignKey("review_summary.id"), primary_key=True),
        sa.Column("claim_id", sa.BigInteger, sa.ForeignKey("claim.id"), primary_key=True),
        fen("approved_fen"),
        sa.CheckConstraint("approved_fen >= 0", name="approved_fen"),
    )
    op.create_index("ix_review_summary_claim_claim_id", "review_summary_claim", ["claim_id"])


def _materials() -> None:
    op.create_table(
        "claim_material",
        key(),
        refers("claim_id", "claim"),
        text("kind"),
        refers("file_id", "stored_file"),
        day("completed_on", nullable=True),
        sa.Column("live", sa.Boolean, nullable=False),
        refers("added_by", "user_account"),
        instant("added_at"),
        one_of("kind", MATERIAL_KINDS),
    )
    op.create_index("ix_claim_material_claim_id", "claim_material", ["claim_id"])
    op.create_table(
        "claim_invoice",
        key(),
        refers("claim_id", "claim"),
        refers("material_id", "claim_material"),
        text("number"),
        text("type"),
        text("seller_uscc"),
        text("buyer_uscc", nullable=True),
        fen("amount_incl_tax_fen"),
        day("issued_on"),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.UniqueConstraint("material_id", name="uq_claim_invoice_material_id"),
        one_of("type", INVOICE_TYPES),
        sa.CheckConstraint("number <> ''", name="number"),
        sa.CheckConstraint("amount_incl_tax_fen >= 0", name="amount_incl_tax_fen"),
    )
    for name, column in (("number", "number"), ("claim", "claim_id")):
        op.create_index(
            f"uq_claim_invoice_live_{name}",
            "claim_invoice",
            [column],
            unique=True,
            postgresql_where=sa.text("live"),
        )


def _spot_checks() -> None:
    op.create_table(
        "spot_check",
        key(),
        text("seed"),
        sa.Column("size", sa.Integer, nullable=False),
        text("reason"),
        json("frame"),
        json("drawn"),
        refers("drawn_by", "user_account"),
        instant("drawn_at"),
        sa.CheckConstraint("seed <> ''", name="seed"),
        sa.CheckConstraint(
            "size > 0 AND jsonb_array_length(drawn) = least(size, jsonb_array_length(frame))", name="drawn"
        ),
    )


def _facts_stay() -> None:
    """The facts a claim was opened with never change, and its sums never rise (V12 facts, V12 hold)."""
    op.execute(
        """
        CREATE FUNCTION claim_facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.order_id, NEW.decision_id, NEW.beneficiary_id, NEW.provider_id, NEW.claimant_id, NEW.payee_id,
                NEW.city, NEW.service_kind, NEW.payment_mode, NEW.record, NEW.completed_on, NEW.last_day,
                NEW.contract_fen, NEW.actual_fen, NEW.subsidy_fen)
               IS DISTINCT FROM
               (OLD.order_id, OLD.decision_id, OLD.beneficiary_id, OLD.provider_id, OLD.claimant_id, OLD.payee_id,
                OLD.city, OLD.service_kind, OLD.payment_mode, OLD.record, OLD.completed_on, OLD.last_day,
                OLD.contract_fen, OLD.actual_fen, OLD.subsidy_fen)
               OR (OLD.first_submitted_at IS NOT NULL
                   AND NEW.first_submitted_at IS DISTINCT FROM OLD.first_submitted_at)
               OR NEW.claimed_fen > OLD.claimed_fen
            THEN
                RAISE EXCEPTION 'claim %: its facts are frozen and its sum never rises', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER claim_facts_stay BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION claim_facts_stay()"
    )
