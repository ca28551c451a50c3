"""Statements of needs that the province may not meet, what offices propose instead, and the quotes that name one."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmet_need",
        key(),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        text("number"),
        refers("organisation_id", "organisation"),
        text("city", nullable=True),
        text("state"),
        text("subject"),
        text("methods"),
        day("needed_from", nullable=True),
        day("needed_until", nullable=True),
        text("why"),
        json("filters"),
        sa.Column("found_total", sa.BigInteger, nullable=False),
        json("found_first"),
        *by("stated"),
        text("opinion"),
        *by("answered", nullable=True),
        text("outcome", nullable=True),
        text("closing_note"),
        *by("closed", nullable=True),
        instant("withdrawn_at", nullable=True),
        one_of("state", ("stated", "answered", "closed", "withdrawn")),
        one_of("outcome", ("confirmed", "met")),
        sa.CheckConstraint("needed_until >= needed_from", name="dates"),
        sa.CheckConstraint("found_total >= jsonb_array_length(found_first)", name="found"),
        sa.CheckConstraint("num_nulls(answered_by, answered_at) IN (0, 2)", name="answer"),
        sa.CheckConstraint(
            "num_nulls(outcome, closed_by, closed_at) = CASE state WHEN 'closed' THEN 0 ELSE 3 END", name="closing"
        ),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawal"),
        sa.UniqueConstraint("year", "serial", name="uq_unmet_need_year"),
        sa.UniqueConstraint("number", name="uq_unmet_need_number"),
    )
    op.create_index("ix_unmet_need_organisation_id", "unmet_need", ["organisation_id"])
    op.create_index("ix_unmet_need_city_state", "unmet_need", ["city", "state"])
    changing = "state, opinion, answered_by, answered_at, outcome, closing_note, closed_by, closed_at, withdrawn_at"
    grant(op, "unmet_need", rights=f"SELECT, INSERT, UPDATE ({changing})")
    op.create_table(
        "unmet_need_proposal",
        key(),
        refers("unmet_need_id", "unmet_need"),
        refers("instrument_id", "instrument", nullable=True),
        refers("service_id", "service", nullable=True),
        *by("proposed"),
        sa.CheckConstraint("num_nonnulls(instrument_id, service_id) = 1", name="one"),
        sa.UniqueConstraint("unmet_need_id", "instrument_id", name="uq_unmet_need_proposal_instrument"),
        sa.UniqueConstraint("unmet_need_id", "service_id", name="uq_unmet_need_proposal_service"),
    )
    append_only(op, "unmet_need_proposal")
    op.add_column("quote", refers("unmet_need_id", "unmet_need", nullable=True))
    op.create_index(
        "ix_quote_unmet_need_id", "quote", ["unmet_need_id"], postgresql_where=sa.text("unmet_need_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_column("quote", "unmet_need_id")
    op.drop_table("unmet_need_proposal")
    op.drop_table("unmet_need")
