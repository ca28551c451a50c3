"""Electronic invoices as they were read, lines that count, and credit invoices."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
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


def _readings() -> None:
    op.create_table(
        "invoice_reading",
        key(),
        refers("claim_id", "claim"),
        refers("file_id", "stored_file"),
        text("source_sha256"),
        text("format"),
        text("reader_version"),
        json("facts", nullable=True),
        refers("read_by", "user_account"),
        instant("read_at"),
        one_of("format", FORMATS),
        sa.CheckConstraint("source_sha256 ~ '^[0-9a-f]{64}$'", name="source_sha256"),
    )
    op.create_index("ix_invoice_reading_claim_id", "invoice_reading", ["claim_id"])


def _invoices() -> None:
    """One file supports one live claim, as one number does."""
    op.add_column("claim_invoice", refers("reading_id", "invoice_reading", nullable=True))
    op.add_column("claim_invoice", text("source_sha256", nullable=True))
    op.add_column("claim_invoice", fen("eligible_fen", nullable=True))
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
        key(),
        refers("invoice_id", "claim_invoice"),
        sa.Column("line_no", sa.Integer, nullable=False),
        sa.Column("eligible", sa.Boolean, nullable=False),
        text("reason"),
        refers("marked_by", "user_account", nullable=True),
        instant("marked_at"),
        sa.CheckConstraint("line_no > 0", name="line_no"),
        sa.CheckConstraint("reason <> ''", name="reason"),
    )
    op.create_index("ix_invoice_line_mark_invoice_id", "invoice_line_mark", ["invoice_id"])


def _credits() -> None:
    op.create_table(
        "credit_invoice",
        key(),
        text("number"),
        text("original_number"),
        fen("amount_incl_tax_fen"),
        day("issued_on"),
        text("opinion"),
        refers("file_id", "stored_file", nullable=True),
        refers("claim_id", "claim", nullable=True),
        text("effect"),
        refers("registered_by", "user_account"),
        refers("registered_by_organisation", "organisation"),
        instant("registered_at"),
        one_of("effect", EFFECTS),
        sa.CheckConstraint("amount_incl_tax_fen > 0", name="amount_incl_tax_fen"),
        sa.CheckConstraint("number <> '' AND original_number <> '' AND number <> original_number", name="number"),
        sa.CheckConstraint("(effect = 'recorded') = (claim_id IS NULL)", name="claim"),
    )
    op.create_index("uq_credit_invoice_number", "credit_invoice", ["number"], unique=True)
    op.create_index("ix_credit_invoice_original_number", "credit_invoice", ["original_number"])
