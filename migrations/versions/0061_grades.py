"""Grades of providers' years in versions, awards, and what has to be put right (S24-S26)."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, fen, key, one_of, refers, text
from migrations.helpers import grant

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

GRADES = ("excellent", "good", "qualified", "unqualified")
DECIDED = "state, opinion, decided_by, decided_at"
AWARD_MOVES = f"{DECIDED}, document_number, document_on, revoked_why, revoked_by, revoked_at"
RECTIFICATION_MOVES = "state, report, reported_by, reported_at, finding, checked_by, checked_at"


def upgrade() -> None:
    _grades()
    _awards()
    _rectifications()
    grant(op, "evaluation_grade", rights=f"SELECT, INSERT, UPDATE ({DECIDED})")
    grant(op, "evaluation_award", rights=f"SELECT, INSERT, UPDATE ({AWARD_MOVES})")
    grant(op, "evaluation_rectification", rights=f"SELECT, INSERT, UPDATE ({RECTIFICATION_MOVES})")


def downgrade() -> None:
    for table in ("evaluation_rectification", "evaluation_award", "evaluation_grade"):
        op.drop_table(table)


def _grades() -> None:
    op.create_table(
        "evaluation_grade",
        key(),
        refers("line_id", "evaluation_line"),
        sa.Column("version", sa.SmallInteger, nullable=False),
        text("grade"),
        sa.Column("points", sa.Numeric(5, 2)),
        text("proposal", nullable=True),
        text("cause"),
        text("state"),
        *by("proposed"),
        text("opinion"),
        *by("decided", nullable=True),
        one_of("grade", GRADES),
        one_of("proposal", GRADES),
        one_of("state", ("proposed", "approved", "refused")),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name="points"),
        sa.CheckConstraint("grade IS NOT DISTINCT FROM proposal OR cause <> ''", name="cause"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decision"),
        sa.CheckConstraint("decided_by <> proposed_by", name="two_people"),
        sa.UniqueConstraint("line_id", "version", name="uq_evaluation_grade_version"),
    )
    op.create_index(
        "uq_evaluation_grade_open",
        "evaluation_grade",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index("ix_evaluation_grade_state_id", "evaluation_grade", ["state", "id"])


def _awards() -> None:
    op.create_table(
        "evaluation_award",
        key(),
        refers("grade_id", "evaluation_grade"),
        refers("organisation_id", "organisation"),
        sa.Column("year", sa.SmallInteger, nullable=False),
        fen("amount_fen"),
        fen("limit_fen"),
        text("article"),
        text("cause"),
        text("state"),
        *by("proposed"),
        text("opinion"),
        text("document_number", nullable=True),
        day("document_on", nullable=True),
        *by("decided", nullable=True),
        text("revoked_why", nullable=True),
        *by("revoked", nullable=True),
        one_of("state", ("proposed", "approved", "refused", "revoked")),
        sa.CheckConstraint("amount_fen > 0 AND amount_fen <= limit_fen", name="amount"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decision"),
        sa.CheckConstraint(
            "(state IN ('approved', 'revoked')) = (document_number IS NOT NULL) "
            "AND (document_number IS NULL) = (document_on IS NULL)",
            name="document",
        ),
        sa.CheckConstraint(
            "(state = 'revoked') = (revoked_at IS NOT NULL) AND (revoked_at IS NULL) = (revoked_why IS NULL)",
            name="revocation",
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name="two_people"),
    )
    op.create_index("ix_evaluation_award_organisation_id_year", "evaluation_award", ["organisation_id", "year"])
    op.create_index("ix_evaluation_award_state_id", "evaluation_award", ["state", "id"])


def _rectifications() -> None:
    op.create_table(
        "evaluation_rectification",
        key(),
        refers("grade_id", "evaluation_grade"),
        refers("organisation_id", "organisation"),
        text("demand"),
        day("due_on"),
        text("state"),
        *by("ordered"),
        text("report", nullable=True),
        *by("reported", nullable=True),
        text("finding", nullable=True),
        *by("checked", nullable=True),
        one_of("state", ("demanded", "reported", "closed", "failed")),
        sa.CheckConstraint("(reported_at IS NULL) = (report IS NULL)", name="report"),
        sa.CheckConstraint("(checked_at IS NULL) = (finding IS NULL)", name="finding"),
        sa.CheckConstraint("state NOT IN ('closed', 'failed') OR checked_at IS NOT NULL", name="check"),
    )
    op.create_index("uq_evaluation_rectification_grade_id", "evaluation_rectification", ["grade_id"], unique=True)
    op.create_index("ix_evaluation_rectification_organisation_id", "evaluation_rectification", ["organisation_id"])
    op.create_index("ix_evaluation_rectification_state_id", "evaluation_rectification", ["state", "id"])
