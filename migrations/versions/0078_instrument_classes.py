"""The national network's classes of instruments with their names; filled by a command."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text
from migrations.helpers import grant

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instrument_class",
        text("code"),
        text("name"),
        text("name_en"),
        sa.PrimaryKeyConstraint("code"),
        sa.CheckConstraint("code ~ '^[0-9]{6}$' AND name <> ''", name="code"),
    )
    grant(op, "instrument_class")


def downgrade() -> None:
    op.drop_table("instrument_class")
