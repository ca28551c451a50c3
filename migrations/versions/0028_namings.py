"""A firm's controller is named by a proposal, too."""

import sqlalchemy as sa
from alembic import op

from migrations.helpers import admit

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OF_GROUPS = (
    "WHEN 'merge' THEN into_id IS NOT NULL AND cardinality(organisation_ids) = 0"
    " ELSE cardinality(organisation_ids) > 0 AND new_name <> '' END"
)


def upgrade() -> None:
    op.alter_column("controller_change", "controller_id", nullable=True)
    _limit("merge", "split", "naming")
    op.create_check_constraint(
        "parties",
        "controller_change",
        "CASE kind WHEN 'naming' THEN controller_id IS NULL AND cardinality(organisation_ids) = 1"
        f" AND (into_id IS NOT NULL OR new_name <> '') {OF_GROUPS} AND (kind = 'naming' OR controller_id IS NOT NULL)",
    )
    op.create_index(
        "uq_controller_change_naming",
        "controller_change",
        ["organisation_ids"],
        unique=True,
        postgresql_where=sa.text("kind = 'naming' AND state = 'proposed'"),
    )


def downgrade() -> None:
    op.drop_index("uq_controller_change_naming", "controller_change")
    op.execute(
        "UPDATE controller_tenure SET change_id = NULL WHERE change_id IN"
        " (SELECT id FROM controller_change WHERE kind = 'naming')"
    )
    op.execute("DELETE FROM controller_change WHERE kind = 'naming'")
    _limit("merge", "split")
    op.create_check_constraint("parties", "controller_change", f"CASE kind {OF_GROUPS}")
    op.alter_column("controller_change", "controller_id", nullable=False)


def _limit(*kinds: str) -> None:
    op.drop_constraint("ck_controller_change_parties", "controller_change")
    admit(op, "controller_change", "kind", kinds)
