"""Numbers and balances of an account's statements, and the gaps between them."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, fen, instant, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_statement",
        key(),
        refers("statement_id", "bank_statement"),
        sa.Column("line", sa.Integer, nullable=False),
        text("account"),
        sa.Column("electronic_no", sa.BigInteger),
        sa.Column("legal_no", sa.BigInteger),
        sa.Column("page", sa.BigInteger, nullable=False),
        sa.Column("is_last", sa.Boolean, nullable=False),
        day("day"),
        instant("made_at", nullable=True),
        fen("opening_fen", nullable=True),
        fen("closing_fen", nullable=True),
        text("content"),
        sa.CheckConstraint(
            "num_nonnulls(electronic_no, legal_no, opening_fen, closing_fen) > 0 AND page > 0", name="place"
        ),
        sa.UniqueConstraint("content", name="uq_account_statement_content"),
    )
    op.create_index("ix_account_statement_statement_id", "account_statement", ["statement_id"])
    op.create_index("ix_account_statement_account", "account_statement", ["account"])
    append_only(op, "account_statement")
    op.create_table(
        "statement_gap",
        key(),
        text("account"),
        text("kind"),
        refers("before_id", "account_statement"),
        refers("after_id", "account_statement"),
        sa.Column("first_no", sa.BigInteger),
        sa.Column("last_no", sa.BigInteger),
        fen("expected_fen", nullable=True),
        fen("found_fen", nullable=True),
        text("state"),
        instant("opened_at"),
        instant("closed_at", nullable=True),
        text("note", nullable=True),
        *by("explained", nullable=True),
        one_of("kind", ("missing", "twice", "balance")),
        one_of("state", ("open", "closed", "explained")),
        sa.CheckConstraint(
            "num_nulls(first_no, last_no) = CASE kind WHEN 'missing' THEN 0 ELSE 2 END"
            " AND num_nulls(expected_fen, found_fen) = CASE kind WHEN 'balance' THEN 0 ELSE 2 END",
            name="told",
        ),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closing"),
        sa.CheckConstraint(
            "num_nulls(note, explained_by, explained_at) IN (0, 3) AND (state <> 'explained' OR note IS NOT NULL)",
            name="explanation",
        ),
        sa.UniqueConstraint("kind", "before_id", "after_id", name="uq_statement_gap_place"),
    )
    op.create_index("ix_statement_gap_account", "statement_gap", ["account"])
    op.create_index("ix_statement_gap_after_id", "statement_gap", ["after_id"])
    grant(op, "statement_gap", rights="SELECT, INSERT, UPDATE (state, closed_at, note, explained_by, explained_at)")


def downgrade() -> None:
    op.drop_table("statement_gap")
    op.drop_table("account_statement")
