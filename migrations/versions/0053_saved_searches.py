"""Searches that users keep, and the daily look for what newly answers them."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_search",
        key(),
        refers("user_id", "user_account"),
        text("name"),
        json("filters"),
        text("state"),
        instant("created_at"),
        instant("looked_until"),
        one_of("state", ("active", "paused", "deleted")),
        sa.CheckConstraint("state <> 'deleted' OR (name = '' AND filters = '{}')", name="deleted"),
    )
    kept = sa.text("state <> 'deleted'")
    op.create_index(
        "uq_saved_search_user_id_name", "saved_search", ["user_id", "name"], unique=True, postgresql_where=kept
    )
    op.create_index("ix_saved_search_active", "saved_search", ["id"], postgresql_where=sa.text("state = 'active'"))
    grant(op, "saved_search", rights="SELECT, INSERT, UPDATE (name, filters, state, looked_until)")
    op.create_table(
        "saved_search_look",
        sa.Column("saved_search_id", sa.BigInteger, sa.ForeignKey("saved_search.id"), nullable=False),
        day("looked_on"),
        instant("published_since"),
        instant("published_until"),
        sa.Column("found", sa.BigInteger, nullable=False),
        instant("looked_at"),
        sa.PrimaryKeyConstraint("saved_search_id", "looked_on"),
        sa.CheckConstraint("published_since < published_until AND found >= 0", name="window"),
    )
    append_only(op, "saved_search_look")
    # What was published in a few hours of a large catalogue is found without reading the rest of it.
    published = sa.text("state = 'published'")
    op.create_index("ix_instrument_published_at", "instrument", ["published_at"], postgresql_where=published)


def downgrade() -> None:
    op.drop_index("ix_instrument_published_at", "instrument")
    op.drop_table("saved_search_look")
    op.drop_table("saved_search")
