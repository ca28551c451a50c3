"""Complaints, namings, restrictions, referrals, and the yearly evaluation."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = (
    "evaluation_publication",
    "evaluation_reply",
    "evaluation_comment",
    "evaluation_line",
    "evaluation_snapshot",
    "referral",
    "naming",
    "complaint",
    "provider_restriction",
)
COMPLAINT_MOVES = "state, opinion, decided_by, decided_at"
NAMING_MOVES = "state, answer, answered_by, answered_at, opinion, notice, decided_by, decided_at"
REFERRAL_MOVES = "state, sent_on, sent_by, sent_at, reply, replied_on, answered_by, answered_at"


def upgrade() -> None:
    _restrictions()
    _namings()
    _referrals()
    _snapshots()
    grant(op, "provider_restriction", rights="SELECT, INSERT, UPDATE (lifted_by, lifted_at, lifted_why)")
    grant(op, "complaint", rights=f"SELECT, INSERT, UPDATE ({COMPLAINT_MOVES})")
    grant(op, "naming", rights=f"SELECT, INSERT, UPDATE ({NAMING_MOVES})")
    grant(op, "referral", rights=f"SELECT, INSERT, UPDATE ({REFERRAL_MOVES})")
    append_only(
        op,
        "evaluation_snapshot",
        "evaluation_line",
        "evaluation_comment",
        "evaluation_reply",
        "evaluation_publication",
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _restrictions() -> None:
    op.create_table(
        "provider_restriction",
        key(),
        refers("organisation_id", "organisation"),
        text("kind"),
        day("since"),
        day("until"),
        text("source"),
        *by("imposed"),
        *by("lifted", nullable=True),
        text("lifted_why", nullable=True),
        one_of("kind", ("new_orders", "direct_deduction", "new_listings")),
        sa.CheckConstraint("until >= since", name="period"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_why IS NULL)", name="lifting"),
    )
    op.create_index(
        "ix_provider_restriction_organisation_id_since", "provider_restriction", ["organisation_id", "since"]
    )
    op.create_index("ix_provider_restriction_source", "provider_restriction", ["source"])


def _namings() -> None:
    op.create_table(
        "complaint",
        key(),
        refers("order_id", "order"),
        refers("provider_id", "organisation"),
        refers("complainant_id", "organisation"),
        text("account"),
        text("state"),
        *by("filed"),
        text("opinion", nullable=True),
        *by("decided", nullable=True),
        one_of("state", ("filed", "taken_up", "dismissed")),
        sa.CheckConstraint("(state = 'filed') = (decided_at IS NULL)", name="decision"),
        sa.UniqueConstraint("order_id", name="uq_complaint_order_id"),
    )
    op.create_index("ix_complaint_provider_id", "complaint", ["provider_id"])
    op.create_index("ix_complaint_state_id", "complaint", ["state", "id"])
    op.create_table(
        "naming",
        key(),
        refers("organisation_id", "organisation"),
        text("cause"),
        refers("order_id", "order", nullable=True),
        refers("complaint_id", "complaint", nullable=True),
        text("facts"),
        text("state"),
        day("answer_by"),
        *by("opened"),
        text("answer", nullable=True),
        *by("answered", nullable=True),
        text("opinion", nullable=True),
        text("notice", nullable=True),
        *by("decided", nullable=True),
        one_of("cause", ("refusal", "not_publishing", "not_sharing")),
        one_of("state", ("notified", "answered", "named", "dismissed")),
        sa.CheckConstraint("(state IN ('named', 'dismissed')) = (decided_at IS NOT NULL)", name="decision"),
        sa.CheckConstraint("(state = 'named') = (notice IS NOT NULL)", name="notice"),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answer"),
        sa.CheckConstraint("decided_by <> opened_by", name="two_people"),
        sa.UniqueConstraint("complaint_id", name="uq_naming_complaint_id"),
    )
    op.create_index("ix_naming_organisation_id", "naming", ["organisation_id"])
    op.create_index("ix_naming_state_id", "naming", ["state", "id"])


def _referrals() -> None:
    op.create_table(
        "referral",
        key(),
        refers("organisation_id", "organisation"),
        refers("naming_id", "naming", nullable=True),
        text("department"),
        text("facts"),
        text("state"),
        refers("document_file_id", "stored_file"),
        *by("prepared"),
        day("sent_on", nullable=True),
        *by("sent", nullable=True),
        text("reply", nullable=True),
        day("replied_on", nullable=True),
        *by("answered", nullable=True),
        one_of("state", ("prepared", "sent", "answered")),
        sa.CheckConstraint("(state = 'prepared') = (sent_at IS NULL)", name="sending"),
        sa.CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answer"),
        sa.CheckConstraint("replied_on >= sent_on", name="order"),
    )
    op.create_index("ix_referral_organisation_id", "referral", ["organisation_id"])


def _snapshots() -> None:
    op.create_table(
        "evaluation_snapshot",
        key(),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("definitions", sa.SmallInteger, nullable=False),
        json("inputs"),
        text("digest"),
        day("comment_by"),
        *by("taken"),
        sa.UniqueConstraint("year", name="uq_evaluation_snapshot_year"),
    )
    op.create_table(
        "evaluation_line",
        key(),
        refers("snapshot_id", "evaluation_snapshot"),
        refers("organisation_id", "organisation", nullable=True),
        text("city", nullable=True),
        json("figures"),
        sa.CheckConstraint("(organisation_id IS NULL) <> (city IS NULL)", name="one_owner"),
        sa.UniqueConstraint("snapshot_id", "organisation_id", name="uq_evaluation_line_organisation"),
        sa.UniqueConstraint("snapshot_id", "city", name="uq_evaluation_line_city"),
    )
    op.create_index("ix_evaluation_line_organisation_id", "evaluation_line", ["organisation_id"])
    op.create_table(
        "evaluation_comment",
        key(),
        refers("line_id", "evaluation_line"),
        text("text"),
        *by("filed"),
    )
    op.create_index("ix_evaluation_comment_line_id", "evaluation_comment", ["line_id"])
    op.create_table(
        "evaluation_reply",
        key(),
        refers("comment_id", "evaluation_comment"),
        text("text"),
        *by("replied"),
        sa.UniqueConstraint("comment_id", name="uq_evaluation_reply_comment_id"),
    )
    op.create_table(
        "evaluation_publication",
        sa.Column(
            "snapshot_id", sa.BigInteger, sa.ForeignKey("evaluation_snapshot.id"), primary_key=True, autoincrement=False
        ),
        *by("published"),
    )
