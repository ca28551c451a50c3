"""Payouts of a batch: one payment an account with its claims beneath, less the clawbacks that are netted.

Lines of before were payments of their own and become payouts of one claim; their batches keep the seal they have.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import fen, text
from migrations.helpers import append_only

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_BANK = ("holder_name", "bank_name", "cnaps_code", "account_number")
_CHANGED = ("batch_line", "bank_return", "bank_return_line", "settlement_batch")
_SEALED = """NEW.number, NEW.programme, NEW.cutoff, NEW.sequence, NEW.fund_id, NEW.line_count, NEW.total_fen,
        NEW.content_sha256, NEW.transaction_id, NEW.prepared_at"""
_SEALED_NOW = f"{_SEALED}, NEW.payout_count, NEW.gross_fen, NEW.netted_fen, NEW.seal_version"

_LINES_SEAL = """
    encode(sha256(string_agg(sha256(convert_to(json_build_array(
        l.line_no, l.payable_id, l.source, l.order_id, l.payee_id, l.holder_name, l.bank_name, l.cnaps_code,
        l.account_number, l.amount_fen)::text, 'UTF8')), ''::bytea ORDER BY l.line_no)), 'hex')"""


def upgrade() -> None:
    _triggers("DISABLE")
    _make_payouts()
    _make_nettings()
    _lines_stand_beneath_payouts()
    _banks_answer_payouts()
    _batches_count_payouts()
    _triggers("ENABLE")
    for table in ("batch_payout", "batch_netting"):
        append_only(op, table)
        op.execute(
            f"CREATE TRIGGER {table}_before_seal AFTER INSERT ON {table} "
            "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse_lines_after_seal()"
        )


def downgrade() -> None:
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM batch_netting) OR EXISTS (SELECT FROM batch_payout WHERE amount_fen = 0) THEN
                RAISE EXCEPTION 'clawbacks were netted: without payouts the ledger could not be told';
            END IF;
        END $$
        """
    )
    _triggers("DISABLE")
    _banks_answer_lines()
    _lines_carry_accounts()
    _batches_count_lines()
    op.drop_table("batch_netting")
    op.drop_table("batch_payout")
    op.execute("ALTER TABLE clawback DROP CONSTRAINT ck_clawback_netting_fen")
    op.drop_column("clawback", "netting_fen")
    _triggers("ENABLE")


def _make_payouts() -> None:
    op.create_table(
        "batch_payout",
        sa.Column("batch_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("payout_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("payee_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        *(text(column) for column in _BANK),
        sa.Column("first_line_no", sa.Integer, nullable=False),
        sa.Column("line_count", sa.Integer, nullable=False),
        fen("gross_fen"),
        fen("netted_fen"),
        fen("amount_fen"),
        sa.CheckConstraint(
            "line_count > 0 AND gross_fen > 0 AND netted_fen BETWEEN 0 AND gross_fen"
            " AND amount_fen = gross_fen - netted_fen",
            name="sums",
        ),
    )
    op.execute(
        f"""
        INSERT INTO batch_payout (batch_id, payout_no, payee_id, account_id, {", ".join(_BANK)},
                                  first_line_no, line_count, gross_fen, netted_fen, amount_fen)
        SELECT batch_id, line_no, payee_id, account_id, {", ".join(_BANK)}, line_no, 1, amount_fen, 0, amount_fen
          FROM batch_line
        """
    )


def _make_nettings() -> None:
    op.create_table(
        "batch_netting",
        sa.Column("batch_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("payout_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("clawback_id", sa.BigInteger, sa.ForeignKey("clawback.id"), primary_key=True, autoincrement=False),
        fen("amount_fen"),
        sa.ForeignKeyConstraint(
            ["batch_id", "payout_no"],
            ["batch_payout.batch_id", "batch_payout.payout_no"],
            name="fk_batch_netting_payout",
        ),
        sa.CheckConstraint("amount_fen > 0", name="amount_fen"),
    )
    op.create_index("ix_batch_netting_clawback_id", "batch_netting", ["clawback_id"])
    op.add_column("clawback", sa.Column("netting_fen", sa.BigInteger, nullable=False, server_default="0"))
    op.create_check_constraint("netting_fen", "clawback", "netting_fen BETWEEN 0 AND amount_fen - recovered_fen")


def _lines_stand_beneath_payouts() -> None:
    op.add_column("batch_line", sa.Column("payout_no", sa.Integer))
    op.execute("UPDATE batch_line SET payout_no = line_no")
    op.alter_column("batch_line", "payout_no", nullable=False)
    for column in ("payee_id", "account_id", *_BANK):
        op.drop_column("batch_line", column)


def _lines_carry_accounts() -> None:
    op.add_column("batch_line", sa.Column("payee_id", sa.BigInteger))
    op.add_column("batch_line", sa.Column("account_id", sa.BigInteger))
    for column in _BANK:
        op.add_column("batch_line", sa.Column(column, sa.Text))
    columns = ("payee_id", "account_id", *_BANK)
    op.execute(
        f"""
        UPDATE batch_line l SET ({", ".join(columns)}) = ROW ({", ".join(f"p.{column}" for column in columns)})
          FROM batch_payout p WHERE p.batch_id = l.batch_id AND p.payout_no = l.payout_no
        """
    )
    for column in columns:
        op.alter_column("batch_line", column, nullable=False)
    op.drop_column("batch_line", "payout_no")


def _banks_answer_payouts() -> None:
    op.drop_index("ix_bank_return_line_payable_id", "bank_return_line")
    op.drop_column("bank_return_line", "payable_id")
    op.alter_column("bank_return_line", "line_no", new_column_name="payout_no")
    op.execute(
        "ALTER TABLE bank_return_line RENAME CONSTRAINT uq_bank_return_line_batch_id_line_no_late"
        " TO uq_bank_return_line_batch_id_payout_no_late"
    )


def _banks_answer_lines() -> None:
    """What was said of a payout is said of each of its lines."""
    op.execute(
        """
        CREATE TEMPORARY TABLE said ON COMMIT DROP AS
        SELECT r.bank_return_id, l.line_no, r.batch_id, l.payable_id, r.outcome, r.late, l.amount_fen, r.reason,
               r.value_date
          FROM bank_return_line r JOIN batch_line l ON l.batch_id = r.batch_id AND l.payout_no = r.payout_no
        """
    )
    op.execute("DELETE FROM bank_return_line")
    op.execute(
        "ALTER TABLE bank_return_line RENAME CONSTRAINT uq_bank_return_line_batch_id_payout_no_late"
        " TO uq_bank_return_line_batch_id_line_no_late"
    )
    op.alter_column("bank_return_line", "payout_no", new_column_name="line_no")
    op.add_column("bank_return_line", sa.Column("payable_id", sa.BigInteger, nullable=False))
    op.execute(
        """
        INSERT INTO bank_return_line (bank_return_id, line_no, batch_id, payable_id, outcome, late, amount_fen, reason,
                                      value_date)
        SELECT bank_return_id, line_no, batch_id, payable_id, outcome, late, amount_fen, reason, value_date FROM said
        """
    )
    op.create_index("ix_bank_return_line_payable_id", "bank_return_line", ["payable_id"])
    op.execute(
        """
        UPDATE bank_return r
           SET paid_count = s.paid, failed_count = s.failed, returned_count = s.returned
          FROM (SELECT bank_return_id, count(*) FILTER (WHERE outcome = 'paid') AS paid,
                       count(*) FILTER (WHERE outcome = 'failed') AS failed,
                       count(*) FILTER (WHERE outcome = 'returned') AS returned
                  FROM bank_return_line GROUP BY bank_return_id) s
         WHERE s.bank_return_id = r.id
        """
    )


def _batches_count_payouts() -> None:
    for column in ("payout_count", "gross_fen", "netted_fen"):
        kind = sa.Integer if column == "payout_count" else sa.BigInteger
        op.add_column("settlement_batch", sa.Column(column, kind, nullable=False, server_default="0"))
    op.add_column("settlement_batch", sa.Column("seal_version", sa.SmallInteger, nullable=False, server_default="1"))
    op.execute("UPDATE settlement_batch SET payout_count = line_count, gross_fen = total_fen")
    for column in ("payout_count", "gross_fen", "netted_fen", "seal_version"):
        op.alter_column("settlement_batch", column, server_default=None)
    op.execute("ALTER TABLE settlement_batch DROP CONSTRAINT ck_settlement_batch_sums")
    op.create_check_constraint(
        "sums",
        "settlement_batch",
        "waiting_count >= 0 AND waiting_fen >= 0 AND total_fen = gross_fen - netted_fen AND total_fen >= 0"
        " AND netted_fen >= 0 AND (content_sha256 IS NULL OR (line_count >= payout_count AND payout_count > 0"
        " AND gross_fen > 0 AND transaction_id IS NOT NULL))",
    )
    _keep_sealed(_SEALED_NOW)


def _batches_count_lines() -> None:
    _keep_sealed(_SEALED)
    op.execute("ALTER TABLE settlement_batch DROP CONSTRAINT ck_settlement_batch_sums")
    op.create_check_constraint(
        "sums",
        "settlement_batch",
        "waiting_count >= 0 AND waiting_fen >= 0"
        " AND (content_sha256 IS NULL OR (line_count > 0 AND total_fen > 0 AND transaction_id IS NOT NULL))",
    )
    op.execute(
        f"""
        UPDATE settlement_batch b SET content_sha256 = s.seal
          FROM (SELECT l.batch_id, {_LINES_SEAL} AS seal FROM batch_line l GROUP BY l.batch_id) s
         WHERE s.batch_id = b.id AND b.seal_version > 1
        """
    )
    for column in ("payout_count", "gross_fen", "netted_fen", "seal_version"):
        op.drop_column("settlement_batch", column)


def _keep_sealed(new: str) -> None:
    old = new.replace("NEW.", "OLD.")
    op.execute(
        f"""CREATE OR REPLACE FUNCTION keep_batch_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.content_sha256 IS NOT NULL AND
       ({new}) IS DISTINCT FROM
       ({old}) THEN
        RAISE EXCEPTION 'settlement batch % is sealed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$"""
    )


def _triggers(how: str) -> None:
    for table in _CHANGED:
        op.execute(f"ALTER TABLE {table} {how} TRIGGER USER")
