"""Which layout a file has, and its rows one after the other: taken, repeated or refused, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.errors import Reason, Refused, reason
from core.tables.files import Record, TableFile
from core.texts import text
from instruments.rules.imports.cells import Cells
from instruments.rules.imports.layouts import LAYOUTS, OTHER_LISTS, Context, Layout
from instruments.rules.imports.layouts.base import normal_header, short_header
from instruments.rules.imports.rows import InstrumentRow, RefusedRow, RepeatedRow, ServiceRow

Row = InstrumentRow | ServiceRow
Result = Row | RefusedRow | RepeatedRow

HEADER_SEARCH_ROWS = 10
MOST_HEADERS_SHOWN = 60


class LayoutUnknown(Refused):
    """No sheet of the file has the headers of a list the import knows."""

    code = "import_layout_unknown"


class NothingToImport(Refused):
    """The list is known and holds no instruments."""

    code = "import_other_list"


@dataclass(frozen=True)
class Found:
    """One table of the file with its layout. ``ignored`` are headers that the layout does not know at all."""

    sheet: str
    header_line: int
    layout: Layout[Any]
    columns: dict[int, str]
    headers: tuple[str, ...]
    ignored: tuple[str, ...]

    @cached_property
    def headers_of(self) -> dict[str, str]:
        """The header that the file uses for a column."""
        return {column: self.headers[position].strip() for position, column in self.columns.items()}

    @cached_property
    def twins(self) -> dict[str, list[int]]:
        """Further positions of the very header that the file uses for a column."""
        normal = [normal_header(header) for header in self.headers]
        found = {
            column: [other for other, header in enumerate(normal) if other != position and header == normal[position]]
            for position, column in self.columns.items()
        }
        return {column: others for column, others in found.items() if others}

    @cached_property
    def normal_headers(self) -> list[tuple[int, str]]:
        """Where a column stands and how its header reads, normalised."""
        return [(position, normal_header(self.headers[position])) for position in self.columns]

    def is_header(self, record: Record) -> bool:
        """Whether a row says the headers again, as at the top of every printed page."""
        cells = record.cells
        return all(
            position < len(cells) and normal_header(cells[position]) == header
            for position, header in self.normal_headers
        )


def find_tables(file: TableFile) -> list[Found]:
    """Every table of instruments or of priced services; raises :class:`LayoutUnknown` or :class:`NothingToImport`."""
    tables: list[Found] = []
    others: list[str] = []
    seen_headers: list[str] = []
    for sheet in file.sheets():
        best: Found | None = None
        for record in _head(file, sheet):
            seen_headers = seen_headers or [cell.strip() for cell in record.cells if cell.strip()]
            others += _other_lists(record)
            for layout in LAYOUTS:
                table = _match(sheet, record, layout)
                if table and (best is None or len(table.columns) > len(best.columns)):
                    best = table
        if best is not None:
            tables.append(best)
    if tables:
        return tables
    if others:
        raise NothingToImport(list=text(f"instruments.layout.{others[0]}"))
    raise LayoutUnknown(reasons=_what_is_known(seen_headers))


def read(file: TableFile, found: Sequence[Found], context: Context) -> Iterator[Result]:
    """Every row of the found tables in file order; blank rows are passed over.

    An id may stand once in a file. A later row that says the same word for word is a :class:`RepeatedRow`; one that
    says something else is refused, because nobody can tell which of the two is right, and the first one stays.
    """
    seen: dict[str, tuple[int, str]] = {}
    for table in found:
        for record in _body(file, table):
            row = _row(record, table, context)
            if isinstance(row, RefusedRow):
                yield _repeated_refusal(row, record, seen) or row
                continue
            mark = row.mark
            earlier = seen.setdefault(row.external_id, (row.line, mark))
            if earlier[0] == row.line and earlier[1] == mark:
                yield row
            elif earlier[1] == mark:
                yield RepeatedRow(row.line, row.external_id, earlier[0])
            else:
                fault = reason("import_id_conflict", external_id=row.external_id, first_line=earlier[0])
                yield RefusedRow(row.line, row.external_id, (fault,))


def count_records(file: TableFile, found: Sequence[Found]) -> int:
    """How many rows :func:`read` will yield; reads the file to its end, so a broken one is refused before anything."""
    return sum(1 for table in found for _ in _body(file, table))


def _head(file: TableFile, sheet: str) -> Iterator[Record]:
    records = file.records(sheet)
    taken = 0
    for record in records:
        if record.is_blank:
            continue
        yield record
        taken += 1
        if taken == HEADER_SEARCH_ROWS:
            return


def _other_lists(record: Record) -> list[str]:
    headers = {short_header(cell) for cell in record.cells}
    return [other.name for other in OTHER_LISTS if {normal_header(name) for name in other.headers} <= headers]


def _match(sheet: str, record: Record, layout: Layout[Any]) -> Found | None:
    columns = layout.matched(list(record.cells))
    if not columns:
        return None
    known = layout.ignored | set(layout.columns)
    ignored = tuple(
        cell.strip()
        for position, cell in enumerate(record.cells)
        if cell.strip() and position not in columns and not {normal_header(cell), short_header(cell)} & known
    )
    return Found(sheet, record.line, layout, columns, record.cells, ignored)


def _what_is_known(headers: list[str]) -> list[Reason]:
    found = reason("import_headers_found", headers="、".join(headers[:MOST_HEADERS_SHOWN]) or "-")
    known = [
        reason(
            "import_layout_known",
            name=text(f"instruments.layout.{layout.name}"),
            headers=" | ".join(
                sorted(header for header, column in layout.columns.items() if column in layout.required)
            ),
        )
        for layout in LAYOUTS
    ]
    return [found, *known]


def _body(file: TableFile, table: Found) -> Iterator[Record]:
    for record in file.records(table.sheet):
        if record.line > table.header_line and not record.is_blank:
            yield record


def _row(record: Record, table: Found, context: Context) -> Row | RefusedRow:
    width = len(table.headers)
    cells_here = record.cells
    values = {
        column: cells_here[position].strip() for position, column in table.columns.items() if position < len(cells_here)
    }
    cells = Cells(record.line, values, table.headers_of)
    if len(cells_here) != width:
        cells.faults.append(reason("import_columns_wrong", found=len(cells_here), expected=width))
    if any("\x00" in cell for cell in cells_here):
        cells.faults.append(reason("import_cell_control"))
    if table.is_header(record):
        cells.faults.append(reason("import_header_again"))
    for column, others in table.twins.items():
        if any(said not in ("", cells.raw(column)) for said in _said_at(others, cells_here)):
            cells.fault("import_columns_disagree", column)
    if cells.faults:
        return RefusedRow(record.line, cells.raw("external_id").replace("\x00", ""), tuple(cells.faults))
    row: Row = table.layout.read(cells, context)
    return RefusedRow(record.line, row.external_id, tuple(cells.faults)) if cells.faults else row


def _said_at(positions: Sequence[int], cells: Sequence[str]) -> list[str]:
    return [cells[position].strip() for position in positions if position < len(cells)]


def _repeated_refusal(row: RefusedRow, record: Record, seen: dict[str, tuple[int, str]]) -> RepeatedRow | None:
    """A refused row that stood before, word for word, is a repeat: its faults are said once."""
    mark = "\x1f".join(record.cells)
    first_line, _ = seen.setdefault(f"refused\x1f{mark}", (row.line, mark))
    return None if first_line == row.line else RepeatedRow(row.line, row.external_id, first_line)
