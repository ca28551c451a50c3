"""Findings, stops of payment, misconduct and appeals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import by, day, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "misconduct_appeal_file",
    "misconduct_appeal",
    "misconduct_decision",
    "inspection_finding",
    "inspection_evidence",
    "inspection_inspector",
    "inspection",
    "payment_stop",
)

INSPECTION_MOVES = (
    "state, visit_on, visited_on, account, checklist, assigned_by, assigned_at, visited_by, concluded_by, "
    "concluded_at, closed_by, closed_at"
)
FINDING_MOVES = (
    "state, notified_at, answer_by, answer, answer_file_id, answered_by, answered_at, opinion, decided_by, decided_at"
)
DECISION_MOVES = "state, record_id, sanction_until"
APPEAL_MOVES = "state, suspended_by, suspended_at, opinion, sanction_until, decided_by, decided_at"


def upgrade() -> None:
    _annulments()
    _stops()
    _draws()
    _inspections()
    _findings()
    _misconduct()
    _appeals()
    grant(op, "payment_stop", rights="SELECT, INSERT, UPDATE (state, ended_by, ended_at, ending)")
    grant(op, "inspection", rights=f"SELECT, INSERT, UPDATE ({INSPECTION_MOVES})")
    grant(op, "inspection_inspector", rights="SELECT, INSERT, DELETE")
    grant(op, "inspection_finding", rights=f"SELECT, INSERT, UPDATE ({FINDING_MOVES})")
    grant(op, "misconduct_decision", rights=f"SELECT, INSERT, UPDATE ({DECISION_MOVES})")
    grant(op, "misconduct_appeal", rights=f"SELECT, INSERT, UPDATE ({APPEAL_MOVES})")
    append_only(op, "inspection_evidence", "misconduct_appeal_file")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("spot_check", "strata")
    op.drop_column("spot_check", "criteria")
    op.drop_column("clawback", "due_on")
    op.drop_index("ix_clawback_occasion", "clawback")
    op.drop_column("clawback", "occasion")
    op.drop_column("payable", "stopped")
    for column in ("corrects_id", "annulled_why", "annulled_by", "annulled_at"):
        op.drop_column("adverse_record", column)


def _annulments() -> None:
    """A record that was wrong stays and says so; the one that takes its place names it."""
    op.add_column("adverse_record", instant("annulled_at", nullable=True))
    op.add_column("adverse_record", refers("annulled_by", "user_account", nullable=True))
    op.add_column("adverse_record", text("annulled_why", nullable=True))
    op.add_column("adverse_record", refers("corrects_id", "adverse_record", nullable=True))
    op.create_check_constraint("annulment", "adverse_record", "(annulled_at IS NULL) = (annulled_why IS NULL)")
    op.create_check_constraint("corrects_another", "adverse_record", "corrects_id < id")


def _stops() -> None:
    """While a payable is stopped it is no part of the queue; no batch can take it."""
    op.add_column("payable", sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_check_constraint("stopped", "payable", "NOT stopped OR state IN ('due', 'failed', 'returned')")
    op.create_table(
        "payment_stop",
        key(),
        refers("payable_id", "payable"),
        text("state"),
        text("cause"),
        text("occasion", nullable=True),
        text("article"),
        *by("ordered"),
        *by("ended", nullable=True),
        text("ending", nullable=True),
        one_of("state", ("standing", "lifted", "final")),
        sa.CheckConstraint("(state = 'standing') = (ended_at IS NULL)", name="ending"),
    )
    op.create_index("ix_payment_stop_payable_id", "payment_stop", ["payable_id"])
    op.create_index("ix_payment_stop_occasion", "payment_stop", ["occasion"])
    op.create_index(
        "uq_payment_stop_standing",
        "payment_stop",
        ["payable_id"],
        unique=True,
        postgresql_where=sa.text("state = 'standing'"),
    )
    op.add_column("clawback", text("occasion", nullable=True))
    op.add_column("clawback", day("due_on", nullable=True))
    op.create_index("ix_clawback_occasion", "clawback", ["occasion"])


def _draws() -> None:
    empty: dict[str, sa.TextClause] = {"criteria": sa.text("'{}'::jsonb"), "strata": sa.text("'[]'::jsonb")}
    for name, nothing in empty.items():
        op.add_column("spot_check", sa.Column(name, JSONB, nullable=False, server_default=nothing))
        op.alter_column("spot_check", name, server_default=None)


def _inspections() -> None:
    op.create_table(
        "inspection",
        key(),
        refers("spot_check_id", "spot_check"),
        refers("claim_id", "claim"),
        text("state"),
        instant("planned_at"),
        day("visit_on", nullable=True),
        day("visited_on", nullable=True),
        text("account", nullable=True),
        json("checklist"),
        *by("assigned", nullable=True),
        refers("visited_by", "user_account", nullable=True),
        *by("concluded", nullable=True),
        *by("closed", nullable=True),
        one_of("state", ("planned", "visited", "found_clean", "found_faulty", "refused_cooperation", "closed")),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closing"),
        sa.UniqueConstraint("spot_check_id", "claim_id", name="uq_inspection_spot_check_id_claim_id"),
    )
    op.create_index("ix_inspection_claim_id", "inspection", ["claim_id"])
    op.create_table(
        "inspection_inspector",
        sa.Column("inspection_id", sa.BigInteger, sa.ForeignKey("inspection.id"), primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("user_account.id"), primary_key=True),
        *by("assigned"),
    )
    op.create_index("ix_inspection_inspector_user_id", "inspection_inspector", ["user_id"])
    op.create_table(
        "inspection_evidence",
        key(),
        refers("inspection_id", "inspection"),
        refers("file_id", "stored_file"),
        text("title"),
        *by("added"),
    )
    op.create_index("ix_inspection_evidence_inspection_id", "inspection_evidence", ["inspection_id"])


def _findings() -> None:
    op.create_table(
        "inspection_finding",
        key(),
        refers("inspection_id", "inspection"),
        refers("organisation_id", "organisation"),
        text("severity"),
        text("article"),
        text("statement"),
        text("state"),
        *by("found"),
        instant("notified_at", nullable=True),
        day("answer_by", nullable=True),
        text("answer", nullable=True),
        refers("answer_file_id", "stored_file", nullable=True),
        *by("answered", nullable=True),
        text("opinion", nullable=True),
        *by("decided", nullable=True),
        one_of("severity", ("minor", "fraud", "refusal")),
        one_of("state", ("noted", "notified", "answered", "upheld", "dismissed")),
        sa.CheckConstraint("(state = 'noted') = (notified_at IS NULL)", name="notice"),
        sa.CheckConstraint("(state IN ('upheld', 'dismissed')) = (decided_at IS NOT NULL)", name="decision"),
        sa.CheckConstraint("decided_by <> found_by", name="two_people"),
    )
    op.create_index("ix_inspection_finding_inspection_id", "inspection_finding", ["inspection_id"])
    op.create_index("ix_inspection_finding_organisation_id", "inspection_finding", ["organisation_id", "id"])


def _misconduct() -> None:
    op.create_table(
        "misconduct_decision",
        key(),
        refers("organisation_id", "organisation"),
        refers("finding_id", "inspection_finding", nullable=True),
        text("kind"),
        text("seriousness"),
        day("occurred_on"),
        day("sanction_until", nullable=True),
        text("notice"),
        text("grounds"),
        text("state"),
        refers("record_id", "adverse_record", nullable=True),
        day("appeal_by"),
        *by("decided"),
        one_of("kind", ("fraud", "refusal", "other")),
        one_of("seriousness", ("general", "serious")),
        one_of("state", ("in_force", "suspended", "reduced", "annulled")),
        sa.CheckConstraint("(seriousness = 'serious') = (record_id IS NOT NULL)", name="record"),
        sa.CheckConstraint("(seriousness = 'serious') = (sanction_until IS NOT NULL)", name="sanction"),
        sa.CheckConstraint("sanction_until >= occurred_on", name="period"),
    )
    op.create_index("ix_misconduct_decision_organisation_id", "misconduct_decision", ["organisation_id", "id"])
    op.create_index(
        "uq_misconduct_decision_finding_id",
        "misconduct_decision",
        ["finding_id"],
        unique=True,
        postgresql_where=sa.text("finding_id IS NOT NULL"),
    )


def _appeals() -> None:
    op.create_table(
        "misconduct_appeal",
        key(),
        refers("decision_id", "misconduct_decision"),
        text("grounds"),
        text("state"),
        *by("filed"),
        *by("suspended", nullable=True),
        text("opinion", nullable=True),
        day("sanction_until", nullable=True),
        *by("decided", nullable=True),
        one_of("state", ("filed", "dismissed", "reduced", "annulled")),
        sa.CheckConstraint("(state = 'filed') = (decided_at IS NULL)", name="decision"),
        sa.CheckConstraint("(state = 'reduced') = (sanction_until IS NOT NULL)", name="reduction"),
        sa.UniqueConstraint("decision_id", name="uq_misconduct_appeal_decision_id"),
    )
    op.create_table(
        "misconduct_appeal_file",
        key(),
        refers("appeal_id", "misconduct_appeal"),
        refers("file_id", "stored_file"),
        *by("added"),
    )
    op.create_index("ix_misconduct_appeal_file_appeal_id", "misconduct_appeal_file", ["appeal_id"])
