"""Lists as files: CSV and XLSX of the columns a page shows, with the rows it may show."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from flask import Response, request, send_file, stream_with_context
from xlsxwriter import Workbook

from core.clock import SHANGHAI
from core.errors import Refused
from core.money import fen_to_yuan
from core.pages.columns import Column
from core.pages.language import term, yes_no
from core.spreadsheets import BYTE_ORDER_MARK, WORKBOOK_OPTIONS, inert

EXPORT = "export"
LIST = "list"
"""Which of several lists of a page a file is asked of; left out, the one the page is about."""
MAX_SHEET_ROWS = 1_048_575
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetTooLong(Refused):
    """More rows match than one sheet holds."""

    code = "sheet_too_long"


def list_file(name: str, columns: Sequence[Column], rows: Iterable[Any], *, of: str | None = None) -> Response | None:
    """The file of a list that its page holds whole, where the request asks for one with ``export=csv|xlsx``.

    ``of`` names one of several lists of a page, as ``list=nettings`` does.
    """
    wanted = LIST_FILES.get(request.args.get(EXPORT, ""))
    return None if wanted is None or request.args.get(LIST) != of else wanted(name, columns, rows)


def export_links(of: str | None = None) -> list[tuple[str, str]]:
    """The files of a list of the page of this request, each with its address: the same parameters, and so the same
    rows."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in (EXPORT, LIST)]
    kept += [] if of is None else [(LIST, of)]
    return [(ending.upper(), f"{request.path}?{urlencode([*kept, (EXPORT, ending)])}") for ending in LIST_FILES]


def csv_file(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """UTF-8 with a byte-order mark; no cell is a formula."""

    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK + _line(column.label for column in columns)
        for row in rows:
            yield _line(_plain(column, column.value(row)) for column in columns)

    response = Response(stream_with_context(lines()), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


def xlsx_file(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """One sheet; sums are figures, text stays text."""
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (send_file closes it)
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        money = book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            sheet.write_string(0, number, column.label)
            sheet.set_column(number, number, 20)
        for line, row in enumerate(rows, start=1):
            for number, column in enumerate(columns):
                value = column.value(row)
                if column.kind == "money" and isinstance(value, int):
                    sheet.write_number(line, number, float(Decimal(fen_to_yuan(value))), money)
                elif column.kind == "number" and isinstance(value, int | Decimal):
                    sheet.write_number(line, number, float(value))
                else:
                    sheet.write_string(line, number, _plain(column, value))
    target.seek(0)
    return send_file(target, mimetype=_XLSX, as_attachment=True, download_name=f"{name}.xlsx")


def _line(cells: Iterable[str]) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\r\n").writerow([cell if _is_number(cell) else inert(cell) for cell in cells])
    return target.getvalue()


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdecimal()


def _plain(column: Column, value: Any) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if column.kind == "money" and isinstance(value, int):
        return fen_to_yuan(value)
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, StrEnum):
        return term(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


LIST_FILES: Mapping[str, Callable[[str, Sequence[Column], Iterable[Any]], Response]] = {
    "csv": csv_file,
    "xlsx": xlsx_file,
}
