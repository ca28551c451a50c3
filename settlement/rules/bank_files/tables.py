"""Answers as CSV, XLSX or XLS, in the layout that the headings tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import BinaryIO

from core.tables.files import CsvFile, Record, TableFile, open_table
from settlement.rules.bank_files.answers import MAX_REASON, Answer, BankFileKind, Fault, FaultCode, Reading
from settlement.rules.bank_files.figures import count_of, day_of, fen_of_fen, fen_of_yuan, sums_told
from settlement.rules.bank_files.layouts import LAYOUTS, NAMING, OWN, REQUIRED, Column, Layout, Unit
from settlement.states import PayoutOutcome

HEADING_WITHIN = 20
"""Banks put titles and dates above the headings; further down there are none."""
ENCODINGS = ("utf-8-sig", "gb18030")
"""What money is read in; a guessed encoding might change an account's digits or a reason's words."""

_PAYOUT_NO = re.compile(r"[0-9]{1,9}", re.ASCII)
_COUNTED = re.compile(r"([0-9]{1,9})\s*笔?", re.ASCII)


def read_table(stream: BinaryIO, *, today: date) -> Reading:
    """The answers of a table, and every fault of form.

    Raises what :func:`core.tables.files.open_table` raises for a file that cannot be opened at all.
    """
    table = open_table(stream)
    if isinstance(table, CsvFile) and table.encoding not in ENCODINGS:
        return _refused(Fault(FaultCode.ENCODING, 0))
    rows = _rows(table)
    head = list(islice(rows, HEADING_WITHIN))
    if not head:
        return _refused(Fault(FaultCode.EMPTY, 0))
    layout, at, columns = _heading(head)
    faults = _heading_faults(layout, head[at], columns)
    if faults:
        return _refused(*faults)
    return _Body(layout, columns, today).read(_chained(head[at + 1 :], rows))


def _rows(table: TableFile) -> Iterator[Record]:
    """Rows of the first sheet that has any, blank ones left out; cells without blanks around."""
    for sheet in table.sheets():
        filled = (record for record in table.records(sheet) if not record.is_blank)
        first = next(filled, None)
        if first is not None:
            yield _trimmed(first)
            yield from map(_trimmed, filled)
            return


def _trimmed(record: Record) -> Record:
    if record.line == 1 and record.cells:
        # The mark of UTF-8 is no part of the first heading.
        record = Record(1, (record.cells[0].removeprefix("\ufeff"), *record.cells[1:]))
    return Record(record.line, tuple(cell.strip() for cell in record.cells))


def _chained(first: Sequence[Record], rest: Iterator[Record]) -> Iterator[Record]:
    yield from first
    yield from rest


def _columns(layout: Layout, record: Record) -> list[Column | None]:
    return [layout.headings.get(cell.lower()) for cell in record.cells]


def _heading(head: Sequence[Record]) -> tuple[Layout, int, list[Column | None]]:
    """The layout and row that know the most headings; the earliest and the first of LAYOUTS where they are even."""
    found = [
        (len(set(columns) - {None}), -at, -rank, layout, columns)
        for rank, layout in enumerate(LAYOUTS)
        for at, record in enumerate(head)
        for columns in [_columns(layout, record)]
    ]
    known, at, _rank, layout, columns = max(found, key=lambda each: each[:3])
    return (layout, -at, columns) if known else (OWN, 0, _columns(OWN, head[0]))


def _heading_faults(layout: Layout, record: Record, columns: Sequence[Column | None]) -> list[Fault]:
    known = [column for column in columns if column is not None]
    faults = [
        Fault(FaultCode.COLUMN_UNKNOWN, record.line, cell)
        for cell, column in zip(record.cells, columns, strict=True)
        if column is None and cell and layout.closed
    ]
    missing = [column for column in REQUIRED if column not in known]
    if not any(column in known for column in NAMING):
        missing.insert(0, Column.PAYOUT_NO)
    faults += [Fault(FaultCode.COLUMN_MISSING, record.line, _shown(layout, column)) for column in missing]
    faults += [
        Fault(FaultCode.COLUMN_TWICE, record.line, _shown(layout, column))
        for column in Column
        if known.count(column) > 1
    ]
    return faults


def _shown(layout: Layout, column: Column) -> str:
    """The heading a layout has for a column; our own word where it has none."""
    return next((heading for heading, known in layout.headings.items() if known is column), column.value)


def _refused(*faults: Fault) -> Reading:
    return Reading(BankFileKind.TABLE, faults=faults)


class _Body:
    """What stands below the headings."""

    def __init__(self, layout: Layout, columns: Sequence[Column | None], today: date) -> None:
        self.layout = layout
        self.columns = columns
        self.today = today
        self.answers: list[Answer] = []
        self.faults: list[Fault] = []
        self.undecided = 0
        self.rows = 0
        self.total_fen: int | None = 0

    def read(self, records: Iterator[Record]) -> Reading:
        for record in records:
            if record.cells[0].lower().rstrip("：:") in self.layout.totals:
                self._check_total(record)
            elif len(record.cells) < len(self.columns) or any(record.cells[len(self.columns) :]):
                self.faults.append(Fault(FaultCode.CELLS, record.line, str(len(record.cells))))
            else:
                self._take(record.line, self._named(record))
        if not self.answers and not self.faults and not self.undecided:
            self.faults.append(Fault(FaultCode.EMPTY, 0))
        return Reading(
            BankFileKind.TABLE, answers=tuple(self.answers), undecided=self.undecided, faults=tuple(self.faults)
        )

    def _named(self, record: Record) -> dict[Column, str]:
        return {
            column: cell
            for column, cell in zip(self.columns, record.cells[: len(self.columns)], strict=True)
            if column is not None
        }

    def _take(self, line: int, cells: Mapping[Column, str]) -> None:
        found: list[Fault] = []
        number = cells.get(Column.PAYOUT_NO, "")
        end_to_end_id = cells.get(Column.END_TO_END_ID) or None
        if not _PAYOUT_NO.fullmatch(number) and (number or end_to_end_id is None):
            found.append(Fault(FaultCode.PAYOUT_NO_MALFORMED, line, number))
        amount_fen = self._fen(cells[Column.AMOUNT])
        if amount_fen is None:
            found.append(Fault(FaultCode.AMOUNT_MALFORMED, line, cells[Column.AMOUNT]))
        status, reason = cells[Column.STATUS], cells[Column.REASON]
        outcome = self.layout.outcomes.get(status.lower())
        waits = outcome is None and status.lower() in self.layout.outcomes
        if status.lower() not in self.layout.outcomes:
            found.append(Fault(FaultCode.STATUS_UNKNOWN, line, status))
        elif outcome not in (None, PayoutOutcome.PAID) and not reason:
            found.append(Fault(FaultCode.REASON_MISSING, line))
        if len(reason) > MAX_REASON:
            found.append(Fault(FaultCode.REASON_TOO_LONG, line, str(MAX_REASON)))
        value_date = day_of(cells[Column.VALUE_DATE], self.layout.day_formats)
        if value_date is None and (not waits or cells[Column.VALUE_DATE]):
            found.append(Fault(FaultCode.DAY_MALFORMED, line, cells[Column.VALUE_DATE]))
        elif value_date is not None and value_date > self.today:
            found.append(Fault(FaultCode.DAY_AHEAD, line, cells[Column.VALUE_DATE]))
        self.faults.extend(found)
        self.rows += 1
        # A sum that cannot be read leaves nothing to compare a total with.
        if self.total_fen is not None:
            self.total_fen = None if amount_fen is None else self.total_fen + amount_fen
        if found:
            return
        if outcome is None or value_date is None:
            self.undecided += 1
            return
        self.answers.append(
            Answer(
                line=line,
                outcome=outcome,
                value_date=value_date,
                payout_no=int(number) if number else None,
                end_to_end_id=end_to_end_id,
                accounts=(cells[Column.ACCOUNT_NUMBER].removeprefix("'"),),
                amount_fen=amount_fen,
                reason=reason,
            )
        )

    def _check_total(self, record: Record) -> None:
        """A row of control sums: the sum in the column of sums, the number of rows in any other cell."""
        at = self.columns.index(Column.AMOUNT)
        for place, cell in enumerate(record.cells[1:], start=1):
            counted = _COUNTED.fullmatch(cell)
            if place == at and cell:
                if self.total_fen is not None and self._fen(cell) != self.total_fen:
                    self.faults.append(Fault(FaultCode.SUM_DIFFERS, record.line, *self._told(cell, self.total_fen)))
            elif counted is not None and count_of(counted[1]) != self.rows:
                self.faults.append(Fault(FaultCode.COUNT_DIFFERS, record.line, counted[1], str(self.rows)))

    def _fen(self, cell: str) -> int | None:
        return fen_of_yuan(cell) if self.layout.unit is Unit.YUAN else fen_of_fen(cell)

    def _told(self, cell: str, fen: int) -> tuple[str, str]:
        """What the file says and what it should say, in the unit of the file."""
        return sums_told(cell, self._fen(cell), fen) if self.layout.unit is Unit.YUAN else (cell, str(fen))
