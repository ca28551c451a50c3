"""Credit invoices wait, are taken, rejected and annulled; while it is reviewed a sum may rise up to what is held."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import among, by, text
from migrations.helpers import APP_ROLE, admit, append_only, withdraw_kind

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "credit_invoice"
FACTS = (
    "number, original_number, amount_incl_tax_fen, issued_on, opinion, file_id, registered_by,"
    " registered_by_organisation, registered_at"
)
MOVES = "state, effect, claim_id, decided_by, decided_at, decision, annulled_by, annulled_at, annulled_why, undone"
STATES = ("waiting", "in_force", "rejected", "annulled")
IN_FORCE = among("state", ("in_force", "annulled"))
UNDONE = ("freed", "brought_back", "raised", "cleared", "resumed")
STEPS = (
    "entitlement",
    "hold",
    "release",
    "completion",
    "year",
    "invoice",
    "approval",
    "return",
    "send_back",
    "confirmation",
    "rejection",
    "withdrawal",
    "expiry",
    "revocation",
)
UNDER_REVIEW = ("draft", "submitted", "returned", "sent_back")

CLAIM_FACTS = """
        CREATE OR REPLACE FUNCTION claim_facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
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
               OR {rises}
            THEN
                RAISE EXCEPTION 'claim %: its facts are frozen and its sum never rises', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
"""The facts of a claim stay, and its sum falls only but for the case named."""


def upgrade() -> None:
    op.execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}")
    op.add_column(TABLE, sa.Column("state", sa.Text, nullable=False, server_default="in_force"))
    op.alter_column(TABLE, "state", server_default=None)
    for column in (
        *by("decided", nullable=True),
        text("decision", nullable=True),
        *by("annulled", nullable=True),
        text("annulled_why", nullable=True),
        text("undone", nullable=True),
    ):
        op.add_column(TABLE, column)
    op.alter_column(TABLE, "effect", nullable=True)
    op.drop_constraint(f"ck_{TABLE}_claim", TABLE)
    op.create_check_constraint("claim", TABLE, "(effect IS NULL OR effect = 'recorded') = (claim_id IS NULL)")
    op.create_check_constraint("state", TABLE, among("state", STATES))
    op.create_check_constraint("effective", TABLE, f"({IN_FORCE}) = (effect IS NOT NULL)")
    op.create_check_constraint(
        "decided",
        TABLE,
        "num_nonnulls(decided_by, decided_at, decision) IN (0, 3)"
        " AND (state <> 'waiting' OR decided_at IS NULL) AND (state <> 'rejected' OR decided_at IS NOT NULL)",
    )
    op.create_check_constraint("decided_by_another", TABLE, "decided_by <> registered_by")
    op.create_check_constraint(
        "annulment",
        TABLE,
        "num_nonnulls(annulled_by, annulled_at, annulled_why, undone) = CASE state WHEN 'annulled' THEN 4 ELSE 0 END",
    )
    op.create_check_constraint(
        "annulled_by_another", TABLE, "annulled_by <> registered_by AND annulled_by <> decided_by"
    )
    op.create_check_constraint("undone", TABLE, among("undone", UNDONE))
    op.drop_index("uq_credit_invoice_number", TABLE)
    _unique("uq_credit_invoice_number", ["number"], "in_force")
    _unique("uq_credit_invoice_waiting", ["number", "registered_by_organisation"], "waiting")
    _facts_stay()
    op.execute(f"GRANT UPDATE ({MOVES}) ON {TABLE} TO {APP_ROLE}")
    admit(op, "entitlement_step", "kind", (*STEPS, "restoration"))
    rises = f"(NEW.claimed_fen > OLD.claimed_fen AND NOT OLD.{among('state', UNDER_REVIEW)})"
    op.execute(CLAIM_FACTS.replace("{rises}", f"{rises} OR NEW.claimed_fen > OLD.subsidy_fen"))


def downgrade() -> None:
    """What waits, was rejected or annulled is gone, and the steps by which sums rose; the sums stay as they are."""
    op.execute(CLAIM_FACTS.replace("{rises}", "NEW.claimed_fen > OLD.claimed_fen"))
    withdraw_kind(op, "entitlement_step", "restoration", left=STEPS)
    op.execute(f"REVOKE UPDATE ({MOVES}) ON {TABLE} FROM {APP_ROLE}")
    for name in ("stays", "never_deleted"):
        op.execute(f"DROP TRIGGER {TABLE}_{name} ON {TABLE}")
    op.execute(f"DROP FUNCTION {TABLE}_stays")
    op.execute(f"DELETE FROM {TABLE} WHERE state <> 'in_force'")
    op.drop_index("uq_credit_invoice_waiting", TABLE)
    op.drop_index("uq_credit_invoice_number", TABLE)
    for name in ("effective", "decided", "decided_by_another", "annulment", "annulled_by_another", "undone", "claim"):
        op.drop_constraint(f"ck_{TABLE}_{name}", TABLE)
    for column in (
        "state",
        "decided_by",
        "decided_at",
        "decision",
        "annulled_by",
        "annulled_at",
        "annulled_why",
        "undone",
    ):
        op.drop_column(TABLE, column)
    op.alter_column(TABLE, "effect", nullable=False)
    op.create_check_constraint("claim", TABLE, "(effect = 'recorded') = (claim_id IS NULL)")
    op.create_index("uq_credit_invoice_number", TABLE, ["number"], unique=True)
    append_only(op, TABLE)


def _unique(name: str, columns: list[str], state: str) -> None:
    op.create_index(name, TABLE, columns, unique=True, postgresql_where=sa.text(f"state = '{state}'"))


def _facts_stay() -> None:
    """What a credit invoice says never changes, nor what it did; one that was rejected or annulled not at all."""
    new, old = (f"({', '.join(f'{row}.{name.strip()}' for name in FACTS.split(','))})" for row in ("NEW", "OLD"))
    op.execute(
        f"""
        CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '% on {TABLE}: rows of this table are never taken away', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF {new} IS DISTINCT FROM {old}
               OR OLD.state IN ('rejected', 'annulled')
               OR OLD.state <> 'waiting' AND (NEW.effect, NEW.claim_id, NEW.decided_at, NEW.decided_by, NEW.decision)
                  IS DISTINCT FROM (OLD.effect, OLD.claim_id, OLD.decided_at, OLD.decided_by, OLD.decision)
            THEN
                RAISE EXCEPTION '{TABLE} %: what it says and what was decided never changes', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()")
    op.execute(
        f"CREATE TRIGGER {TABLE}_never_deleted BEFORE DELETE OR TRUNCATE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_stays()"
    )
