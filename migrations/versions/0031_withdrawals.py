"""An approved change whose day has not come is taken back, decided by another person than who asks for it."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import among, by, text
from migrations.helpers import APP_ROLE, admit

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLE = "member_change"
BEFORE = ("submitted", "approved", "refused", "withdrawn", "applied")
ADDED = "withdrawing"


def upgrade() -> None:
    for column in (*by("withdrawal_asked", nullable=True), text("withdrawal_reason", nullable=True)):
        op.add_column(TABLE, column)
    _limit((*BEFORE, ADDED), "submitted", "approved", ADDED)
    op.create_check_constraint(
        "reviewed",
        TABLE,
        "CASE state WHEN 'withdrawn' THEN num_nonnulls(reviewed_by, reviewed_at) IN (0, 2)"
        " ELSE (state <> 'submitted') = (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL) END",
    )
    op.create_check_constraint(
        "withdrawal",
        TABLE,
        "num_nonnulls(withdrawal_asked_by, withdrawal_asked_at, withdrawal_reason) IN (0, 3)"
        f" AND (state <> '{ADDED}' OR withdrawal_reason IS NOT NULL)",
    )
    op.execute(f"GRANT DELETE ON organisation_seat TO {APP_ROLE}")


def downgrade() -> None:
    """A withdrawal nobody decided is none; who had reviewed what was taken back is gone."""
    op.execute(f"REVOKE DELETE ON organisation_seat FROM {APP_ROLE}")
    op.drop_constraint("ck_member_change_withdrawal", TABLE)
    op.execute(f"UPDATE {TABLE} SET state = 'approved' WHERE state = '{ADDED}'")
    op.execute(f"UPDATE {TABLE} SET reviewed_by = NULL, reviewed_at = NULL WHERE state = 'withdrawn'")
    _limit(BEFORE, "submitted", "approved")
    op.create_check_constraint(
        "reviewed",
        TABLE,
        "(state IN ('approved', 'refused', 'applied')) = (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL)",
    )
    for column in ("withdrawal_asked_by", "withdrawal_asked_at", "withdrawal_reason"):
        op.drop_column(TABLE, column)


def _limit(states: tuple[str, ...], *waiting: str) -> None:
    """Which states there are, and in which a change keeps others out."""
    op.drop_constraint("ck_member_change_reviewed", TABLE)
    admit(op, TABLE, "state", states)
    op.drop_index("uq_member_change_open", TABLE)
    op.create_index(
        "uq_member_change_open",
        TABLE,
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text(among("state", waiting)),
    )
