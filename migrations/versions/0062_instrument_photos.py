"""Photos of instruments, in the order their owner gives them."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, key, refers, text
from migrations.helpers import grant

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instrument_photo",
        key(),
        refers("instrument_id", "instrument"),
        refers("file_id", "stored_file"),
        sa.Column("position", sa.Integer, nullable=False),
        text("caption"),
        text("caption_en"),
        *by("added"),
        sa.CheckConstraint("position > 0", name="position"),
    )
    op.create_index("ix_instrument_photo_instrument_id_position", "instrument_photo", ["instrument_id", "position"])
    op.create_index("ix_instrument_photo_file_id", "instrument_photo", ["file_id"])
    grant(op, "instrument_photo", rights="SELECT, INSERT, DELETE, UPDATE (position, caption, caption_en)")


def downgrade() -> None:
    op.drop_table("instrument_photo")
