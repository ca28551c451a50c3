"""Cut-offs may be put on another day, with a reason.

Revision ID: 0043
Revises: 0037
"""

from alembic import op

from migrations.columns import by, day, key, text
from migrations.helpers import append_only

revision = "0043"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("cutoff_change", key(), day("nominal"), day("day"), text("reason"), *by("changed"))
    op.create_index("ix_cutoff_change_nominal_id", "cutoff_change", ["nominal", "id"])
    append_only(op, "cutoff_change")


def downgrade() -> None:
    op.drop_table("cutoff_change")
