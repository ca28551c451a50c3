"""Invoices have one number though their code was filled up with zeros; lines left out by rule keep their category."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("claim_invoice", "credit_invoice", "invoice_reading", "payment_stop", "invoice_line_mark")

PADDED = "00[1-9][0-9]0[0-9]{15}"
"""A code of ten digits filled up to twelve, and its number of eight."""

ZH, EN = ("税收分类“", "”不计入服务费用"), ("the tax category ", " is no cost of a service")
BY_RULE = "marked_by IS NULL"


def upgrade() -> None:
    """Of two that are the same invoice and both support a claim, or both are in force, the filled-up one stays as it
    is: `flask verify` names them, and people decide."""
    _triggers("DISABLE")
    _unfilled("claim_invoice", "number", unless="t.live AND o.live")
    _unfilled("credit_invoice", "number", unless="t.state = o.state AND t.state IN ('in_force', 'waiting')")
    _unfilled("credit_invoice", "original_number")
    for name in ("number", "original_number"):
        op.execute(
            f"UPDATE invoice_reading SET facts ="
            f" jsonb_set(facts, '{{{name}}}', to_jsonb(substr(facts ->> '{name}', 3)))"
            f" WHERE facts ->> '{name}' ~ '^{PADDED}$'"
        )
    op.execute(
        "UPDATE payment_stop SET occasion = 'credit' || chr(58) || substr(occasion, 10)"
        f" WHERE occasion ~ '^credit.{PADDED}$'"
    )
    op.execute(
        f"UPDATE invoice_line_mark SET reason = substring(reason FROM '^{ZH[0]}(.*){ZH[1]} / {EN[0]}') WHERE {BY_RULE}"
        f" AND reason ~ '^{ZH[0]}.*{ZH[1]} / {EN[0]}'"
    )
    _triggers("ENABLE")


def downgrade() -> None:
    """Numbers stay: they were as good before."""
    _triggers("DISABLE")
    op.execute(
        f"UPDATE invoice_line_mark SET reason = '{ZH[0]}' || reason || '{ZH[1]} / {EN[0]}' || reason || '{EN[1]}'"
        f" WHERE {BY_RULE}"
    )
    _triggers("ENABLE")


def _unfilled(table: str, column: str, *, unless: str = "false") -> None:
    op.execute(
        f"UPDATE {table} t SET {column} = substr({column}, 3) WHERE {column} ~ '^{PADDED}$'"
        f" AND NOT EXISTS (SELECT FROM {table} o WHERE o.{column} = substr(t.{column}, 3) AND {unless})"
    )


def _triggers(verb: str) -> None:
    """What was said of invoices never changes; the same said in another writing is the same."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} {verb} TRIGGER USER")
