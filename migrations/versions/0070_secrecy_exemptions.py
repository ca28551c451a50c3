"""Exemptions from listing for secrecy, from the request with its document to the filing and its end (S23)."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, key, one_of, refers, text
from migrations.helpers import grant

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "secrecy_exemption",
        key(),
        refers("instrument_id", "instrument"),
        text("state"),
        text("ground"),
        refers("file_id", "stored_file"),
        day("until"),
        *by("asked"),
        *by("reviewed", nullable=True),
        text("review_opinion"),
        *by("decided", nullable=True),
        text("opinion"),
        text("reference"),
        day("filed_on", nullable=True),
        day("reminded_on", nullable=True),
        *by("ended", nullable=True),
        text("ending_note"),
        one_of("state", ("asked", "endorsed", "in_force", "refused", "withdrawn", "ended")),
        sa.CheckConstraint("num_nulls(reviewed_by, reviewed_at) IN (0, 2)", name="review"),
        sa.CheckConstraint("num_nulls(decided_by, decided_at) IN (0, 2)", name="decision"),
        sa.CheckConstraint("decided_by <> reviewed_by", name="two_persons"),
        sa.CheckConstraint("state <> 'endorsed' OR reviewed_by IS NOT NULL", name="endorsed"),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'ended')"
            " OR (reviewed_by IS NOT NULL AND decided_by IS NOT NULL AND filed_on IS NOT NULL AND reference <> '')",
            name="filed",
        ),
    )
    op.create_index("ix_secrecy_exemption_instrument_id", "secrecy_exemption", ["instrument_id"])
    op.create_index("ix_secrecy_exemption_file_id", "secrecy_exemption", ["file_id"])
    op.create_index(
        "uq_secrecy_exemption_in_force",
        "secrecy_exemption",
        ["instrument_id"],
        unique=True,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index(
        "uq_secrecy_exemption_waiting",
        "secrecy_exemption",
        ["instrument_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'endorsed')"),
    )
    changing = (
        "state, reviewed_by, reviewed_at, review_opinion, decided_by, decided_at, opinion, reference, filed_on,"
        " reminded_on, ended_by, ended_at, ending_note"
    )
    grant(op, "secrecy_exemption", rights=f"SELECT, INSERT, UPDATE ({changing})")


def downgrade() -> None:
    op.drop_table("secrecy_exemption")
