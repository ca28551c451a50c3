"""What a split carried is found by the hold it follows."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cap_carry_root", "cap_carry", ["root"], postgresql_where=sa.text("live"))


def downgrade() -> None:
    op.drop_index("ix_cap_carry_root", "cap_carry")
