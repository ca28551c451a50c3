"""A payable whose account the files for the bank cannot tell waits for its correction without a batch."""

from alembic import op

revision = "0050"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _require(
        "CASE WHEN state IN ('due', 'cancelled') THEN batch_id IS NULL"
        " ELSE state = 'failed' OR batch_id IS NOT NULL END"
    )


def downgrade() -> None:
    _require("(state IN ('due', 'cancelled')) = (batch_id IS NULL)")


def _require(condition: str) -> None:
    op.drop_constraint("ck_payable_batch_id", "payable")
    op.create_check_constraint("batch_id", "payable", condition)
