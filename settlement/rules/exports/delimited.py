"""CSV as the paying bank wants it: its columns, headings, order, delimiter, unit of sums and encoding.

The database puts rows together in blocks (:func:`rows_sql`), which no loop over payouts could do in the time of a
COPY; here blocks become CSV. What a block has nothing of, none of its fields is looked at for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import BinaryIO

from core.errors import Reason, reason
from core.spreadsheets import BYTE_ORDER_MARK, FORMULA_STARTS, inert
from settlement.rules.exports.content import BatchContent, ExportFaulty, PayoutView, TableBlock
from settlement.rules.exports.layout import AmountUnit, BankEncoding, BankField, BankLayout, Delimiter, Lacking

_CODECS = {BankEncoding.UTF_8_BOM: "utf-8", BankEncoding.GB18030: "gb18030", BankEncoding.GBK: "gbk"}
_LINE_END = b"\r\n"
_QUOTE = b'"'
EMPTY, ROW_END, FIELD_END = b"\x1d", b"\x1e", b"\x1f"
"""The separators of groups, records and units."""


def write_csv(content: BatchContent, target: BinaryIO) -> None:
    """The batch as its bank's table with Windows line ends.

    Raises :class:`settlement.rules.exports.content.ExportFaulty` with every character that the encoding lacks, where
    the layout says so; the payouts are read for it, which otherwise are not.
    """
    layout = content.bank_table.layout
    codec = _CODECS[layout.encoding]
    errors = "replace" if layout.lacking is Lacking.QUESTION_MARK else "strict"
    target.write(_head(layout).encode(codec, errors))
    try:
        with closing(content.bank_table.blocks) as blocks:
            count = 0
            spelling = _Spelling(layout.delimiter)
            for block in blocks:
                rows = spelling.of(block.rows)
                is_encoded = layout.encoding is BankEncoding.UTF_8_BOM
                target.write(rows if is_encoded else rows.decode().encode(codec, errors))
                count += block.row_count
    except UnicodeEncodeError as lacking:
        raise ExportFaulty(number=content.number, reasons=list(_lacking(content.payouts, layout))) from lacking
    content.require(count)


def _head(layout: BankLayout) -> str:
    mark = BYTE_ORDER_MARK if layout.encoding is BankEncoding.UTF_8_BOM else ""
    line = io.StringIO(newline="")
    line.write(mark)
    csv.writer(line, delimiter=layout.delimiter, lineterminator=_LINE_END.decode()).writerow(
        [inert(column.heading) for column in layout.columns]
    )
    return line.getvalue()


class _Spelling:
    """How the blocks of one table become CSV, quoted as COPY does it; control characters become spaces."""

    def __init__(self, delimiter: Delimiter) -> None:
        self._quoted = (_QUOTE, delimiter.encode(), b"\r", b"\n")
        signs = bytearray(32 if sign < 32 or sign == 127 else sign for sign in range(256))
        signs[ord("\t")] = ord("\t")
        signs[ord(ROW_END)] = ord(ROW_END)
        signs[ord(FIELD_END)] = ord(delimiter)
        self._signs = bytes(signs)

    def of(self, rows: bytes) -> bytes:
        if self._is_odd(rows):
            rows = ROW_END.join(map(self._row, rows.split(ROW_END)))
        return rows.translate(self._signs).replace(ROW_END, _LINE_END) + _LINE_END

    def _row(self, row: bytes) -> bytes:
        return FIELD_END.join(map(self._field, row.split(FIELD_END))) if self._is_odd(row) else row

    def _field(self, field: bytes) -> bytes:
        if field == EMPTY:
            return _QUOTE + _QUOTE
        if any(sign in field for sign in self._quoted):
            return _QUOTE + field.replace(_QUOTE, _QUOTE + _QUOTE) + _QUOTE
        return field

    def _is_odd(self, part: bytes) -> bool:
        return EMPTY in part or any(sign in part for sign in self._quoted)


def lacking_characters(text: str, encoding: BankEncoding) -> str:
    """The characters of a text that an encoding lacks, each once."""
    codec = _CODECS[encoding]
    return "".join(character for character in dict.fromkeys(text) if not _encodes(character, codec))


def _lacking(payouts: Iterable[PayoutView], layout: BankLayout) -> Iterator[Reason]:
    fields = [column.field for column in layout.columns if column.field is not BankField.AMOUNT]
    for payout in payouts:
        for field in fields:
            missing = lacking_characters(str(getattr(payout, field)), layout.encoding)
            if missing:
                yield reason(
                    "export_unencodable",
                    field=field,
                    payout=payout.payout_no,
                    characters=missing,
                    encoding=layout.encoding,
                )


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


END_TO_END_SQL = "b.number || '-' || lpad(p.payout_no::text, greatest(6, length(p.payout_no::text)), '0')"
"""The same as :func:`settlement.rules.payout_ids.end_to_end_id`."""

_COLUMN_SQL: Mapping[BankField, str] = {
    BankField.PAYOUT_NO: "p.payout_no",
    BankField.END_TO_END_ID: END_TO_END_SQL,
    BankField.CLAIM_COUNT: "p.line_count",
}
_TEXT_COLUMNS = (BankField.HOLDER_NAME, BankField.BANK_NAME, BankField.CNAPS_CODE, BankField.ACCOUNT_NUMBER)
_PLACES_SQL = {"{batch}": "b.number", "{claims}": "p.line_count"}
_PLACE = re.compile(f"({'|'.join(map(re.escape, _PLACES_SQL))})")
_APOSTROPHE = "'"
_AMOUNT_SQL = {AmountUnit.YUAN: "p.amount_fen * 0.01", AmountUnit.FEN: "p.amount_fen"}


def rows_sql(layout: BankLayout, *, separated: bool = False) -> str:
    """The rows of a :class:`settlement.rules.exports.content.TableBlock`, made of rows ``p`` of ``batch_payout`` in a
    batch ``b``. ``separated`` takes out of texts what separates, which only those with control characters need."""
    texts = {field: f"p.{field}" for field in _TEXT_COLUMNS}
    if separated:
        texts = {field: f"translate({text}, {_sql(ROW_END + FIELD_END)}, '  ')" for field, text in texts.items()}
    spelled = {
        **_COLUMN_SQL,
        **{field: _text_sql(text) for field, text in texts.items()},
        BankField.AMOUNT: _AMOUNT_SQL[layout.amount],
        BankField.PURPOSE: _purpose_sql(layout.purpose),
    }
    row = f"concat_ws({_sql(FIELD_END)}, {', '.join(spelled[column.field] for column in layout.columns)})"
    return f"convert_to(string_agg({row}, {_sql(ROW_END)} ORDER BY p.payout_no), 'UTF8')"


def is_separated(block: TableBlock, layout: BankLayout) -> bool:
    """Whether no field of a block holds what separates."""
    fields = block.row_count * (len(layout.columns) - 1)
    return (block.rows.count(ROW_END), block.rows.count(FIELD_END)) == (block.row_count - 1, fields)


def _text_sql(text: str) -> str:
    """A text as it stands in a block; no spreadsheet takes it for a formula (:func:`core.spreadsheets.inert`)."""
    starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
    return f"""CASE WHEN ascii({text}) NOT IN (0, {ord(EMPTY)}, {starts}) THEN {text}
                    WHEN {text} = '' THEN {_sql(EMPTY)}
                    WHEN ascii({text}) = {ord(EMPTY)} THEN ' ' || substr({text}, 2)
                    ELSE '''' || {text} END"""


def _purpose_sql(purpose: str) -> str:
    """The same as :meth:`settlement.rules.exports.layout.BankLayout.purpose_of`."""
    parts = _PLACE.split(inert(purpose))
    return " || ".join(_PLACES_SQL.get(part) or f"'{part.replace(_APOSTROPHE, _APOSTROPHE * 2)}'" for part in parts)


def _sql(signs: bytes) -> str:
    return "E'" + "".join(f"\\x{sign:02x}" for sign in signs) + "'"
