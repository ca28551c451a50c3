"""What the files of a batch are made of, read as they are written: nothing of it is ever held whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import select, text

from core import clock
from core.db import session
from settlement.models import BatchPayout, SettlementBatch
from settlement.payers import payer_of
from settlement.queries.batches import sent_count
from settlement.rules.exports import BatchContent
from settlement.rules.exports.content import BankTable, PayoutView, purpose
from settlement.rules.exports.delimited import columns_sql
from settlement.rules.exports.layout import BankLayout
from settlement.rules.payout_ids import end_to_end_id
from settlement.rules.seal import SEAL_OF_ITS_VERSION_SQL

_ROWS_AT_ONCE = 5000

_SEALED = text(f"SELECT b.content_sha256 = {SEAL_OF_ITS_VERSION_SQL} FROM settlement_batch b WHERE b.id = :batch_id")

_BANK_TABLE = """
    COPY (SELECT {columns} FROM batch_payout p CROSS JOIN (VALUES ({number})) b (number)
           WHERE p.batch_id = {batch_id} AND p.amount_fen > 0 ORDER BY p.payout_no)
      TO STDOUT (FORMAT csv, DELIMITER {delimiter}, ENCODING 'UTF8')"""


def seal_holds(batch: SettlementBatch) -> bool:
    """Whether a batch still is what it was sealed over."""
    return session().execute(_SEALED, {"batch_id": batch.id}).scalar_one() is True


def content_of(batch: SettlementBatch) -> BatchContent:
    """A sealed, approved batch as its files tell it; good for writing one file.

    Banks are asked to pay on the day of its approval, yet not before its cut-off. Raises
    :class:`settlement.payers.PayerUnknown`.
    """
    payer, layout = payer_of(batch.programme)
    return BatchContent(
        number=batch.number,
        programme=batch.programme,
        cutoff=batch.cutoff,
        pay_on=batch.cutoff if batch.approved_at is None else max(batch.cutoff, clock.today(batch.approved_at)),
        payout_count=sent_count(batch),
        total_fen=batch.total_fen,
        content_sha256=batch.content_sha256 or "",
        payer=payer,
        payouts=_payouts(batch),
        bank_table=BankTable(layout, _bank_rows(batch, layout)),
    )


def _payouts(batch: SettlementBatch) -> Iterator[PayoutView]:
    rows = session().execute(
        select(
            BatchPayout.payout_no,
            BatchPayout.holder_name,
            BatchPayout.bank_name,
            BatchPayout.cnaps_code,
            BatchPayout.account_number,
            BatchPayout.amount_fen,
            BatchPayout.line_count,
        )
        .where(BatchPayout.batch_id == batch.id, BatchPayout.amount_fen > 0)
        .order_by(BatchPayout.payout_no)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    number = batch.number
    for no, holder, bank, cnaps, account, fen, claims in rows:
        payment = end_to_end_id(number, no)
        yield PayoutView(no, payment, holder, bank, cnaps, account, fen, purpose(number, claims), claims)


def _bank_rows(batch: SettlementBatch, layout: BankLayout) -> Iterator[bytes]:
    connection = cast("psycopg.Connection[tuple[object, ...]]", session().connection().connection.driver_connection)
    statement = sql.SQL(_BANK_TABLE).format(
        columns=sql.SQL(columns_sql(layout)),
        batch_id=sql.Literal(batch.id),
        number=sql.Literal(batch.number),
        delimiter=sql.Literal(layout.delimiter.value),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        yield from cast("Iterator[bytes]", rows)
