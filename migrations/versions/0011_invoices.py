"""Electronic invoices as they were read, lines that count, and credit invoices."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.helpers import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FORMATS = ("xml", "ofd", "pdf", "picture")
EFFECTS = ("recorded", "dropped", "lowered", "held_back", "payment_stopped", "clawback_due")
TABLES = ("credit_invoice", "invoice_line_mark", "invoice_reading")
COLUMNS = ("credited_fen", "eligible_fen", "source_sha256", "reading_id")


def upgrade() -> None:
    _readings()
    _invoices()
    _marks()
    _credits()
    append_only(op, *TABLES)


def downgrade() -> None:
    op.drop_index("uq_claim_invoice_live_source", table_name="claim_invoice")
    for column in COLUMNS:
        op.drop_column("claim_invoice", column)
    for table in TABLES:
        op.drop_table(table)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def _refers(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _instant(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _one_of(values: tuple[str, ...], *, column: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _readings() -> None:
    op.create_table(
        "invoice_reading",
        _key(),
        _refers("claim_id", "claim"),
        _refers("file_id", "stored_file"),
        _text("source_sha256"),
        _text("format"),
        _text("reader_version"),
        sa.Column("facts", postgresql.JSONB),
        _refers("read_by", "user_account"),
        _instant("read_at"),
        _one_of(FORMATS, column="format"),
        sa.CheckConstraint("source_sha256 ~ '^[0-9a-f]{64}$'", name="source_sha256"),
    )
    op.create_index("ix_invoice_reading_claim_id", "invoice_reading", ["claim_id"])


def _invoices() -> None:
    """One file supports one live claim, as one number does."""
    op.add_column("claim_invoice", _refers("reading_id", "invoice_reading", nullable=True))
    op.add_column("claim_invoice", sa.Column("source_sha256", sa.Text))
    op.add_column("claim_invoice", sa.Column("eligible_fen", sa.BigInteger))
    op.add_column(
        "claim_invoice", sa.Column("credited_fen", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    op.create_check_constraint("counts", "claim_invoice", "eligible_fen >= 0 AND credited_fen >= 0")
    op.create_index(
        "uq_claim_invoice_live_source",
        "claim_invoice",
        ["source_sha256"],
        unique=True,
        postgresql_where=sa.text("live"),
    )


def _marks() -> None:
    op.create_table(
        "invoice_line_mark",
        _key(),
        _refers("invoice_id", "claim_invoice"),
        sa.Column("line_no", sa.Integer, nullable=False),
        sa.Column("eligible", sa.Boolean, nullable=False),
        _text("reason"),
        _refers("marked_by", "user_account", nullable=True),
        _instant("marked_at"),
        sa.CheckConstraint("line_no > 0", name="line_no"),
        sa.CheckConstraint("reason <> ''", name="reason"),
    )
    op.create_index("ix_invoice_line_mark_invoice_id", "invoice_line_mark", ["invoice_id"])


def _credits() -> None:
    op.create_table(
        "credit_invoice",
        _key(),
        _text("number"),
        _text("original_number"),
        sa.Column("amount_incl_tax_fen", sa.BigInteger, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        _text("opinion"),
        _refers("file_id", "stored_file", nullable=True),
        _refers("claim_id", "claim", nullable=True),
        _text("effect"),
        _refers("registered_by", "user_account"),
        _refers("registered_by_organisation", "organisation"),
        _instant("registered_at"),
        _one_of(EFFECTS, column="effect"),
        sa.CheckConstraint("amount_incl_tax_fen > 0", name="amount_incl_tax_fen"),
        sa.CheckConstraint("number <> '' AND original_number <> '' AND number <> original_number", name="number"),
        sa.CheckConstraint("(effect = 'recorded') = (claim_id IS NULL)", name="claim"),
    )
    op.create_index("uq_credit_invoice_number", "credit_invoice", ["number"], unique=True)
    op.create_index("ix_credit_invoice_original_number", "credit_invoice", ["original_number"])
