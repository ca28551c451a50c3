"""What the files of a batch are made of, read as they are written: nothing of it is ever held whole."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import select, text

from core import clock
from core.db import session
from settlement.models import BatchPayout, SettlementBatch
from settlement.queries.batches import sent_count
from settlement.queries.payers import payer_of_batch
from settlement.queries.programmes import programme_name
from settlement.rules.exports import BatchContent
from settlement.rules.exports.content import BankTable, PayoutView, TableBlock
from settlement.rules.exports.delimited import is_separated, rows_sql
from settlement.rules.exports.layout import BankLayout
from settlement.rules.payout_ids import end_to_end_id
from settlement.rules.seal import SEAL_OF_ITS_VERSION_SQL

_ROWS_AT_ONCE = 1000

_SEALED = text(f"SELECT b.content_sha256 = {SEAL_OF_ITS_VERSION_SQL} FROM settlement_batch b WHERE b.id = :batch_id")

_TABLE_ROWS_AT_ONCE = 1024
_BLOCKS_AT_ONCE = 4

_BANK_TABLE = """
    SELECT block.rows, block.row_count, no
      FROM settlement_batch b
     CROSS JOIN generate_series({first}::integer, {last}::integer) no
     CROSS JOIN LATERAL (
           SELECT {rows} AS rows, count(*)::integer AS row_count
             FROM batch_payout p
            WHERE p.batch_id = b.id AND p.amount_fen > 0
              AND p.payout_no BETWEEN no * {size} AND (no + 1) * {size} - 1) block
     WHERE b.id = {batch_id} AND block.row_count > 0
     ORDER BY no"""
"""The bank's table in blocks of payouts whose numbers follow one another, each read out of the primary key in order."""


def seal_holds(batch: SettlementBatch) -> bool:
    """Whether a batch still is what it was sealed over."""
    return session().execute(_SEALED, {"batch_id": batch.id}).scalar_one() is True


def content_of(batch: SettlementBatch) -> BatchContent:
    """A sealed, approved batch as its files tell it; good for writing one file.

    Banks are asked to pay on the day of its approval, yet not before its cut-off. Raises
    :class:`settlement.payers.PayerUnknown`.
    """
    payer, layout = payer_of_batch(batch)
    return BatchContent(
        number=batch.number,
        programme=batch.programme,
        programme_name=programme_name(batch.programme, on=batch.cutoff).zh,
        cutoff=batch.cutoff,
        pay_on=batch.cutoff if batch.approved_at is None else max(batch.cutoff, clock.today(batch.approved_at)),
        payout_count=sent_count(batch),
        total_fen=batch.total_fen,
        content_sha256=batch.content_sha256 or "",
        payer=payer,
        payouts=_payouts(batch, layout),
        bank_table=BankTable(layout, table_blocks(batch, layout)),
    )


def _payouts(batch: SettlementBatch, layout: BankLayout) -> Iterator[PayoutView]:
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
        yield PayoutView(no, payment, holder, bank, cnaps, account, fen, layout.purpose_of(number, claims), claims)


def table_blocks(batch: SettlementBatch, layout: BankLayout) -> Generator[TableBlock]:
    """Through the driver, which hands out bytes as the server sends them."""
    connection = cast("psycopg.Connection[tuple[Any, ...]]", session().connection().connection.driver_connection)
    last = batch.payout_count // _TABLE_ROWS_AT_ONCE
    with connection.cursor(name=f"table_of_{batch.id}") as cursor:
        cursor.itersize = _BLOCKS_AT_ONCE
        cursor.execute(_bank_table(batch, rows_sql(layout), 0, last), binary=True)
        for rows, row_count, no in cursor:
            block = TableBlock(rows, row_count)
            if is_separated(block, layout):
                yield block
            else:
                separated = _bank_table(batch, rows_sql(layout, separated=True), no, no)
                yield from (TableBlock(*found[:2]) for found in connection.execute(separated, binary=True))


def _bank_table(batch: SettlementBatch, rows: str, first: int, last: int) -> sql.Composed:
    return sql.SQL(_BANK_TABLE).format(
        rows=sql.SQL(rows),
        batch_id=sql.Literal(batch.id),
        size=sql.Literal(_TABLE_ROWS_AT_ONCE),
        first=sql.Literal(first),
        last=sql.Literal(last),
    )
