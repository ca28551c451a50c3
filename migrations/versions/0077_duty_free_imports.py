"""What customs has on record of instruments imported free of duty, with its paper (S5)."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, key, one_of, refers, text
from migrations.helpers import grant

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_free_import",
        key(),
        refers("instrument_id", "instrument"),
        text("declaration_number"),
        day("released_on"),
        day("supervised_until"),
        text("leave"),
        text("leave_reference"),
        text("limits"),
        refers("file_id", "stored_file"),
        *by("recorded"),
        one_of("leave", ("allowed", "limited", "barred")),
        sa.UniqueConstraint("instrument_id", name="uq_duty_free_import_instrument_id"),
        sa.CheckConstraint("released_on < supervised_until", name="supervision"),
        sa.CheckConstraint("declaration_number <> ''", name="declaration"),
        sa.CheckConstraint("leave <> 'limited' OR limits <> ''", name="limits"),
    )
    op.create_index("ix_duty_free_import_file_id", "duty_free_import", ["file_id"])
    changing = (
        "declaration_number, released_on, supervised_until, leave, leave_reference, limits, file_id, recorded_by,"
        " recorded_at"
    )
    grant(op, "duty_free_import", rights=f"SELECT, INSERT, UPDATE ({changing})")


def downgrade() -> None:
    op.drop_table("duty_free_import")
