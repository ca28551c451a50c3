"""Changes of listed instruments that their listing does not tell yet, and the reminders of terms (S13, S14)."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, instant, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reported_change",
        key(),
        refers("instrument_id", "instrument"),
        text("kind"),
        day("changed_on"),
        text("note"),
        text("digest"),
        text("state"),
        refers("reporter_id", "organisation"),
        *by("reported"),
        *by("ended", nullable=True),
        one_of("kind", ("moved", "replaced", "upgraded", "condition", "opening", "other")),
        one_of("state", ("open", "followed", "withdrawn")),
        sa.CheckConstraint("num_nulls(ended_by, ended_at) = CASE state WHEN 'open' THEN 2 ELSE 0 END", name="ending"),
    )
    op.create_index("ix_reported_change_instrument_id", "reported_change", ["instrument_id"])
    op.create_index(
        "ix_reported_change_open", "reported_change", ["changed_on"], postgresql_where=sa.text("state = 'open'")
    )
    grant(op, "reported_change", rights="SELECT, INSERT, UPDATE (state, ended_by, ended_at)")
    op.create_table(
        "term_reminder",
        key(),
        refers("provider_id", "organisation"),
        day("on"),
        text("step"),
        sa.Column("listings", sa.Integer, nullable=False),
        sa.Column("updates", sa.Integer, nullable=False),
        day("first_due_on"),
        instant("reminded_at"),
        one_of("step", ("coming", "overdue")),
        sa.CheckConstraint("listings >= 0 AND updates >= 0 AND listings + updates > 0", name="counts"),
        sa.UniqueConstraint("provider_id", "on", "step", name="uq_term_reminder_provider_id"),
    )
    op.create_table(
        "term_reminder_line",
        refers("reminder_id", "term_reminder"),
        refers("instrument_id", "instrument"),
        text("term"),
        day("began_on"),
        text("step"),
        day("due_on"),
        one_of("term", ("listing", "update")),
        one_of("step", ("coming", "overdue")),
        sa.PrimaryKeyConstraint("instrument_id", "term", "began_on", "step"),
    )
    op.create_index("ix_term_reminder_line_reminder_id", "term_reminder_line", ["reminder_id"])
    append_only(op, "term_reminder", "term_reminder_line")


def downgrade() -> None:
    op.drop_table("term_reminder_line")
    op.drop_table("term_reminder")
    op.drop_table("reported_change")
