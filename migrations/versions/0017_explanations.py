"""Policy editions and the steps of every sum, kept for replay; quotes freeze their facts."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import fen, instant, json, key, one_of, refers, text
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
        op.add_column(table, refers("snapshot_id", "policy_snapshot", nullable=True))
    op.add_column("quote", json("facts", nullable=True))
    op.create_check_constraint("frozen", "quote", "(facts IS NULL) = (snapshot_id IS NULL)")
    append_only(op, "policy_snapshot", "entitlement_step")


def downgrade() -> None:
    op.drop_constraint("frozen", "quote", type_="check")
    op.drop_column("quote", "facts")
    for table in DECIDED:
        op.drop_column(table, "snapshot_id")
    op.drop_table("entitlement_step")
    op.drop_table("policy_snapshot")


def _snapshots() -> None:
    op.create_table(
        "policy_snapshot",
        key(),
        text("digest"),
        text("version"),
        text("content"),
        instant("kept_at"),
        sa.UniqueConstraint("digest", name="uq_policy_snapshot_digest"),
        # What was kept is what its digest says, however it got there.
        sa.CheckConstraint("digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name="digest"),
    )
    op.create_index("ix_policy_snapshot_version", "policy_snapshot", ["version"])


def _steps() -> None:
    op.create_table(
        "entitlement_step",
        key(),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        refers("claim_id", "claim", nullable=True),
        text("kind"),
        text("article"),
        fen("before_fen"),
        fen("after_fen"),
        json("inputs"),
        instant("at"),
        one_of("kind", STEP_KINDS),
        sa.CheckConstraint("before_fen >= 0 AND after_fen >= 0", name="sums"),
    )
    op.create_index("ix_entitlement_step_order_id_id", "entitlement_step", ["order_id", "id"])
    op.create_index("ix_entitlement_step_claim_id", "entitlement_step", ["claim_id"])
