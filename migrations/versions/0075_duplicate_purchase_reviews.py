"""Reviews of dear purchases against the catalogue, each round with the search that is kept as evidence (S27)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import by, day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duplicate_purchase_review",
        key(),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        text("number"),
        refers("organisation_id", "organisation"),
        text("city", nullable=True),
        text("state"),
        text("name"),
        text("category"),
        text("specifications"),
        fen("value_fen"),
        fen("provincial_fen"),
        text("funding_source"),
        text("county"),
        text("why"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        *by("asked"),
        text("decision", nullable=True),
        *by("decided", nullable=True),
        text("opinion"),
        sa.Column("share_ids", postgresql.ARRAY(sa.BigInteger), nullable=False),
        one_of("state", ("asked", "returned", "justified", "sharing_advised", "withdrawn")),
        one_of("decision", ("justified", "share", "return")),
        sa.UniqueConstraint("year", "serial", name="uq_duplicate_purchase_review_year"),
        sa.UniqueConstraint("number", name="uq_duplicate_purchase_review_number"),
        sa.CheckConstraint("0 < provincial_fen AND provincial_fen <= value_fen", name="money"),
        sa.CheckConstraint("num_nulls(decision, decided_by, decided_at) IN (0, 3)", name="decided"),
        sa.CheckConstraint("state <> 'asked' OR decision IS NULL", name="waiting"),
        sa.CheckConstraint("state <> 'justified' OR decision = 'justified'", name="justified"),
        sa.CheckConstraint(
            "(state = 'sharing_advised') = (cardinality(share_ids) > 0)"
            " AND (state <> 'sharing_advised' OR decision = 'share')",
            name="sharing",
        ),
    )
    op.create_index("ix_duplicate_purchase_review_organisation_id", "duplicate_purchase_review", ["organisation_id"])
    op.create_index("ix_duplicate_purchase_review_city_state", "duplicate_purchase_review", ["city", "state"])
    changing = (
        "state, name, category, specifications, value_fen, provincial_fen, funding_source, county, why, round,"
        " asked_by, asked_at, decision, decided_by, decided_at, opinion, share_ids"
    )
    grant(op, "duplicate_purchase_review", rights=f"SELECT, INSERT, UPDATE ({changing})")
    op.create_table(
        "purchase_search",
        key(),
        refers("review_id", "duplicate_purchase_review"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        instant("made_at"),
        json("asked"),
        json("looks"),
        json("comparables"),
        day("used_from"),
        day("used_until"),
        day("free_until"),
        sa.UniqueConstraint("review_id", "round", name="uq_purchase_search_review_id"),
    )
    grant(op, "purchase_search", rights="SELECT, INSERT")


def downgrade() -> None:
    op.drop_table("purchase_search")
    op.drop_table("duplicate_purchase_review")
