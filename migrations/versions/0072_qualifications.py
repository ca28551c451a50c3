"""Instruments for users whom their provider has trained or approved, and who is."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, key, one_of, refers, text
from migrations.helpers import grant

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

CHANGING = "state, first_day, last_day, opinion, grounds, decided_by, decided_at, revoked_by, revoked_at"


def upgrade() -> None:
    # The default is for code from before, which writes rules without naming it.
    op.add_column(
        "booking_rule", sa.Column("qualified_only", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.create_table(
        "qualification",
        key(),
        refers("organisation_id", "organisation"),
        refers("provider_id", "organisation"),
        text("state"),
        text("note"),
        refers("file_id", "stored_file", nullable=True),
        day("first_day", nullable=True),
        day("last_day", nullable=True),
        text("opinion"),
        text("grounds"),
        *by("asked"),
        *by("decided", nullable=True),
        *by("revoked", nullable=True),
        one_of("state", ("asked", "granted", "refused", "withdrawn", "revoked")),
        sa.CheckConstraint("last_day >= first_day", name="days"),
        sa.CheckConstraint("(first_day IS NOT NULL) = (state IN ('granted', 'revoked'))", name="granted"),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_at) = CASE WHEN state IN ('asked', 'withdrawn') THEN 2 ELSE 0 END",
            name="decided",
        ),
        sa.CheckConstraint("state <> 'refused' OR opinion <> ''", name="refused"),
        sa.CheckConstraint(
            "num_nulls(revoked_by, revoked_at) = CASE WHEN state = 'revoked' THEN 0 ELSE 2 END"
            " AND (state <> 'revoked' OR grounds <> '')",
            name="revoked",
        ),
    )
    op.create_index("ix_qualification_organisation_id", "qualification", ["organisation_id", "id"])
    op.create_index("ix_qualification_provider_id", "qualification", ["provider_id", "id"])
    op.create_index("ix_qualification_file_id", "qualification", ["file_id"])
    grant(op, "qualification", rights=f"SELECT, INSERT, UPDATE ({CHANGING})")
    op.create_table(
        "qualification_instrument",
        sa.Column("qualification_id", sa.BigInteger, sa.ForeignKey("qualification.id"), primary_key=True),
        sa.Column("instrument_id", sa.BigInteger, sa.ForeignKey("instrument.id"), primary_key=True),
    )
    op.create_index("ix_qualification_instrument_instrument_id", "qualification_instrument", ["instrument_id"])
    grant(op, "qualification_instrument", rights="SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.drop_table("qualification_instrument")
    op.drop_table("qualification")
    op.drop_column("booking_rule", "qualified_only")
