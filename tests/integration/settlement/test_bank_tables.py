"""The table of a bank out of the database beside a plain ``csv.writer`` over the same payouts: the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from flask import Flask

from core.db import session
from core.money import fen_to_yuan
from core.spreadsheets import inert
from settlement.queries import exports
from settlement.queries.batches import find_batch
from settlement.queries.exports import content_of
from settlement.rules.exports import BatchContent
from settlement.rules.exports.content import BankTable, ExportFaulty, PayoutView
from settlement.rules.exports.delimited import write_csv
from settlement.rules.exports.layout import (
    AmountUnit,
    BankColumn,
    BankEncoding,
    BankField,
    BankLayout,
    Delimiter,
    Lacking,
)
from tests.databases import Database
from tests.factories.settlement import make_fund, make_payable, prepare

ODD = (
    "菏泽某公司", "=1+1", "+86", "-5", "@x", "\tx", "\rx", "'x", '"', '""', 'a"b', "a,b", "a;b", "a|b", "a\tb", "a\nb",
    "a\r\nb", "", " ", " a ", "\x01", "a\x7fb", "\x1d", "\x1da", "a\x1db", "\x1e", "a\x1eb", "\x1f", "a\x1fb", "\x1f=1",
    "=\x1e\x1f,", "0", "9", "A", "?", "𠮷田", "\\.", "\\N", "{0}", "%s", "%(x)s", "\ufeff", "\u2028",
)  # fmt: skip
CONTROLS = dict.fromkeys((*range(9), *range(10, 32), 127), " ")
FIELDS = (tuple(BankField), (BankField.HOLDER_NAME,), (BankField.AMOUNT, BankField.BANK_NAME))
CODECS = {BankEncoding.UTF_8_BOM: "utf-8", BankEncoding.GB18030: "gb18030"}


@pytest.fixture
def batch_id(committed_app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """A batch with each of the texts in each column that may hold one, and a payout of nothing; in several blocks."""
    monkeypatch.setattr(exports, "_TABLE_ROWS_AT_ONCE", 16)
    make_fund(1_000)
    make_payable(100)
    batch = prepare()
    rows = [(batch.id, no, odd, 10**no % 9_999_999_999) for no, odd in enumerate(ODD, 2)]
    rows.append((batch.id, len(ODD) + 2, "nothing", 0))
    with database.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.cursor().executemany(_ADD, [dict(zip(("batch", "no", "odd", "fen"), row, strict=True)) for row in rows])
        owner.execute(
            """UPDATE settlement_batch SET payout_count = %(count)s, line_count = %(count)s, gross_fen = total_fen + 1,
                                               netted_fen = 1""",
            {"count": len(rows) + 1},
        )
    session().expire_all()
    return batch.id


def test_a_bank_s_table_is_what_a_plain_writer_makes_of_it(batch_id: int) -> None:
    for delimiter, encoding, fields in product(Delimiter, CODECS, FIELDS):
        amount = AmountUnit.FEN if delimiter is Delimiter.BAR else AmountUnit.YUAN
        columns = tuple(BankColumn(field, f"{field},") for field in fields)
        layout = BankLayout(columns, delimiter, amount, encoding, Lacking.REFUSE)

        assert _written(_content(batch_id, layout)) == b"".join(_plainly(_content(batch_id, layout)))


def test_every_payout_with_a_character_that_the_encoding_lacks_is_named(batch_id: int) -> None:
    columns = (BankColumn(BankField.PAYOUT_NO, "no"), BankColumn(BankField.HOLDER_NAME, "name"))
    layout = BankLayout(columns, Delimiter.COMMA, AmountUnit.YUAN, BankEncoding.GBK, Lacking.REFUSE)

    with pytest.raises(ExportFaulty) as refused:
        _written(_content(batch_id, layout))

    lacking = [no for no, odd in enumerate(ODD, 2) if odd.encode("gbk", "ignore").decode("gbk") != odd]
    said = [reason.text.en for reason in refused.value.reasons]
    assert len(said) == len(lacking) == 3
    assert all(f"payout {no}" in each for no, each in zip(lacking, said, strict=True))
    asking = replace(layout, lacking=Lacking.QUESTION_MARK)
    assert "?田" in _written(_content(batch_id, asking)).decode("gbk")


_ADD = """
    INSERT INTO batch_payout (batch_id, payout_no, payee_id, account_id, holder_name, bank_name, cnaps_code,
                              account_number, first_line_no, line_count, gross_fen, netted_fen, amount_fen)
    VALUES (%(batch)s, %(no)s, 1, 1, %(odd)s, %(odd)s, %(odd)s, %(odd)s, %(no)s, 1, %(fen)s + 1, 1, %(fen)s)"""


def _content(batch_id: int, layout: BankLayout) -> BatchContent:
    batch = find_batch(batch_id)
    return replace(content_of(batch), bank_table=BankTable(layout, exports.table_blocks(batch, layout)))


def _written(content: BatchContent) -> bytes:
    target = io.BytesIO()
    write_csv(content, target)
    return target.getvalue()


def _plainly(content: BatchContent) -> Iterator[bytes]:
    """Each line by itself: fields are quoted for what they were before their controls became spaces."""
    layout = content.bank_table.layout
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=layout.delimiter, lineterminator="\r\n")
    writer.writerow([inert(column.heading) for column in layout.columns])
    codec = CODECS[layout.encoding]
    mark = "\ufeff" if layout.encoding is BankEncoding.UTF_8_BOM else ""
    yield (mark + line.getvalue()).encode(codec)
    for payout in content.payouts:
        cells = []
        for column in layout.columns:
            line = io.StringIO(newline="")
            csv.writer(line, delimiter=layout.delimiter, lineterminator="\r\n").writerow(
                [_cell(payout, column.field, layout.amount)]
            )
            cells.append(line.getvalue().removesuffix("\r\n").translate(CONTROLS))
        yield (layout.delimiter.join(cells) + "\r\n").encode(codec)


def _cell(payout: PayoutView, field: BankField, amount: AmountUnit) -> str:
    if field is BankField.AMOUNT:
        return fen_to_yuan(payout.amount_fen) if amount is AmountUnit.YUAN else str(payout.amount_fen)
    return inert(str(getattr(payout, field)))
