"""Certified documents and what a claim's parties see."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, key, one_of, refers, text
from migrations.helpers import admit, grant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FORMER_MATERIAL_KINDS = ("service_contract", "invoice", "result_proof", "innovation_relevance_proof", "other")
FORMER_DOCUMENT_KINDS = (
    "licence",
    "financial_statement",
    "sharing_rules",
    "incubator_agreement",
    "bank_proof",
    "other",
)
DOCUMENT_KINDS = (*FORMER_DOCUMENT_KINDS, "standard_contract", "qualification")
STATES = ("pending", "certified", "refused", "superseded")
CODE = "^[a-z][a-z0-9_]{0,59}$"


def upgrade() -> None:
    admit(op, "membership_document", "kind", DOCUMENT_KINDS)
    _documents()
    op.drop_constraint("kind", "claim_material", type_="check")
    op.create_check_constraint("kind", "claim_material", f"kind ~ '{CODE}'")
    op.add_column("claim_material", refers("document_id", "organisation_document", nullable=True))
    _documents_stay()
    grant(op, "organisation_document", rights="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.execute("DROP TRIGGER claim_material_stays ON claim_material")
    op.drop_column("claim_material", "document_id")
    admit(op, "claim_material", "kind", FORMER_MATERIAL_KINDS)
    op.drop_table("organisation_document")
    op.execute("DROP FUNCTION organisation_document_stays()")
    op.execute("DROP FUNCTION claim_material_stays()")
    admit(op, "membership_document", "kind", FORMER_DOCUMENT_KINDS)


def _documents() -> None:
    op.create_table(
        "organisation_document",
        key(),
        refers("organisation_id", "organisation"),
        text("kind"),
        text("title"),
        refers("file_id", "stored_file"),
        day("valid_until", nullable=True),
        text("state"),
        refers("added_by", "user_account"),
        instant("added_at"),
        refers("decided_by", "user_account", nullable=True),
        instant("decided_at", nullable=True),
        text("opinion"),
        one_of("kind", DOCUMENT_KINDS),
        one_of("state", STATES),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decision"),
        sa.CheckConstraint("state NOT IN ('certified', 'refused') OR decided_by IS NOT NULL", name="decided"),
        sa.CheckConstraint("decided_by <> added_by", name="two_people"),
    )
    op.create_index("ix_organisation_document_organisation_id", "organisation_document", ["organisation_id"])
    for state in ("pending", "certified"):
        op.create_index(
            f"uq_organisation_document_{state}",
            "organisation_document",
            ["organisation_id", "kind", "title"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )


def _documents_stay() -> None:
    """What was handed in stays what it is: only a document's certification moves, and whether a material counts."""
    op.execute(
        """
        CREATE FUNCTION organisation_document_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.organisation_id, NEW.kind, NEW.title, NEW.file_id, NEW.added_by, NEW.added_at)
               IS DISTINCT FROM
               (OLD.organisation_id, OLD.kind, OLD.title, OLD.file_id, OLD.added_by, OLD.added_at)
            THEN
                RAISE EXCEPTION 'organisation_document %: a newer one takes its place, it is never changed', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER organisation_document_stays BEFORE UPDATE ON organisation_document "
        "FOR EACH ROW EXECUTE FUNCTION organisation_document_stays()"
    )
    op.execute(
        """
        CREATE FUNCTION claim_material_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.claim_id, NEW.kind, NEW.file_id, NEW.document_id, NEW.completed_on, NEW.added_by, NEW.added_at)
               IS DISTINCT FROM
               (OLD.claim_id, OLD.kind, OLD.file_id, OLD.document_id, OLD.completed_on, OLD.added_by, OLD.added_at)
            THEN
                RAISE EXCEPTION 'claim_material %: a newer one takes its place, it is never changed', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER claim_material_stays BEFORE UPDATE ON claim_material "
        "FOR EACH ROW EXECUTE FUNCTION claim_material_stays()"
    )
