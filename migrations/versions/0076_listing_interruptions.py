"""Instruments out of service: since when, why and until about when; those that are so now by what the trail says."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, key, one_of, refers, text
from migrations.helpers import grant

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_interruption",
        key(),
        refers("instrument_id", "instrument"),
        text("kind"),
        text("note"),
        day("expected_back_on", nullable=True),
        instant("began_at"),
        instant("ended_at", nullable=True),
        one_of("kind", ("suspended", "retired")),
        sa.CheckConstraint("ended_at >= began_at", name="period"),
    )
    op.create_index("ix_listing_interruption_instrument_id", "listing_interruption", ["instrument_id"])
    op.create_index(
        "uq_listing_interruption_open",
        "listing_interruption",
        ["instrument_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(
        """
        INSERT INTO listing_interruption (instrument_id, kind, note, began_at)
        SELECT i.id, i.state, '',
               coalesce((SELECT max(e.at) FROM audit_entry e
                          WHERE e.subject_kind = 'instrument' AND e.subject_id = i.id AND e.to_state = i.state),
                        i.updated_at)
          FROM instrument i WHERE i.state IN ('suspended', 'retired')
        """
    )
    grant(op, "listing_interruption", rights="SELECT, INSERT, UPDATE (ended_at)")


def downgrade() -> None:
    op.drop_table("listing_interruption")
