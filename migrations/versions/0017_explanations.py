"""Policy editions and the steps of every sum, kept for replay; quotes freeze their facts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.helpers import append_only

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STEP_KINDS = (
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
DECIDED = ("entitlement_decision", "quote")
"""What was decided by a kept policy; null on rows from before it was kept."""


def upgrade() -> None:
    _snapshots()
    _steps()
    for table in DECIDED:
        op.add_column(table, sa.Column("snapshot_id", sa.BigInteger, sa.ForeignKey("policy_snapshot.id")))
    op.add_column("quote", sa.Column("facts", postgresql.JSONB))
    op.create_check_constraint("frozen", "quote", "(facts IS NULL) = (snapshot_id IS NULL)")
    append_only(op, "policy_snapshot", "entitlement_step")


def downgrade() -> None:
    op.drop_constraint("frozen", "quote")
    op.drop_column("quote", "facts")
    for table in DECIDED:
        op.drop_column(table, "snapshot_id")
    op.drop_table("entitlement_step")
    op.drop_table("policy_snapshot")


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def _snapshots() -> None:
    op.create_table(
        "policy_snapshot",
        _key(),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("digest", name="uq_policy_snapshot_digest"),
        # What was kept is what its digest says, however it got there.
        sa.CheckConstraint("digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name="digest"),
    )
    op.create_index("ix_policy_snapshot_version", "policy_snapshot", ["version"])


def _steps() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in STEP_KINDS)
    op.create_table(
        "entitlement_step",
        _key(),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        sa.Column("claim_id", sa.BigInteger, sa.ForeignKey("claim.id")),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("before_fen", sa.BigInteger, nullable=False),
        sa.Column("after_fen", sa.BigInteger, nullable=False),
        sa.Column("inputs", postgresql.JSONB, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name="kind"),
        sa.CheckConstraint("before_fen >= 0 AND after_fen >= 0", name="sums"),
    )
    op.create_index("ix_entitlement_step_order_id_id", "entitlement_step", ["order_id", "id"])
    op.create_index("ix_entitlement_step_claim_id", "entitlement_step", ["claim_id"])
