"""Who waits for a slot that somebody else has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import among, by, instant, key, one_of, refers, text
from migrations.helpers import grant

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

OPEN = ("waiting", "offered")


def upgrade() -> None:
    op.create_table(
        "slot_wait",
        key(),
        refers("instrument_id", "instrument"),
        refers("organisation_id", "organisation"),
        sa.Column("during", postgresql.TSTZRANGE, nullable=False),
        text("state"),
        instant("offered_at", nullable=True),
        instant("book_by", nullable=True),
        *by("asked"),
        one_of("state", (*OPEN, "booked", "passed", "withdrawn", "expired")),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)"
            " AND lower_inc(during) AND NOT upper_inc(during)",
            name="during",
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (offered_at IS NOT NULL AND book_by IS NOT NULL)"
            " AND (offered_at IS NULL) = (book_by IS NULL)",
            name="offer",
        ),
    )
    _exclude("offer", "", "state = 'offered'")
    _exclude("user", "int8range(organisation_id, organisation_id, '[]') WITH &&, ", among("state", OPEN))
    op.create_index(
        "ix_slot_wait_open", "slot_wait", ["instrument_id", "id"], postgresql_where=sa.text(among("state", OPEN))
    )
    op.create_index("ix_slot_wait_organisation_id", "slot_wait", ["organisation_id", "id"])
    grant(op, "slot_wait", rights="SELECT, INSERT, UPDATE (state, offered_at, book_by)")


def downgrade() -> None:
    op.drop_table("slot_wait")


def _exclude(name: str, also: str, where: str) -> None:
    op.execute(
        f"ALTER TABLE slot_wait ADD CONSTRAINT ex_slot_wait_{name} EXCLUDE USING gist"
        f" (int8range(instrument_id, instrument_id, '[]') WITH &&, {also}during WITH &&) WHERE ({where})"
    )
