"""Lists that lie, by mistake or on purpose: nothing of them is taken for what it is not, and all of it is said."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from core.tables.files import FileUnreadable, open_table
from instruments.rules.imports.layouts import Context
from instruments.rules.imports.reading import LayoutUnknown, Result, find_tables, read
from instruments.rules.imports.rows import InstrumentRow, RefusedRow

HEADERS = ("外部编号", "仪器名称", "简介")


def rows_of(content: bytes | str) -> list[Result]:
    """Every row of a file."""
    file = open_table(io.BytesIO(content.encode() if isinstance(content, str) else content))
    return list(read(file, find_tables(file), Context()))


def sheet(fill: Callable[[Any, Any], None], *, header_row: int = 0) -> bytes:
    """A workbook with the headers in a row, and what ``fill`` writes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(header_row, 0, HEADERS)
        fill(page, book)
    return out.getvalue()


def codes(row: Result) -> list[str]:
    """Faults of a refused row."""
    assert isinstance(row, RefusedRow), row
    return [each.code for each in row.reasons]


def test_headers_that_come_again_are_no_instrument() -> None:
    """As lists printed page by page have them; what stands around them is taken."""
    rows = rows_of("外部编号,仪器名称\nA1,光谱仪\n 外部编号,仪器名称\nA2,质谱仪\n")
    assert [row.external_id for row in rows if isinstance(row, InstrumentRow)] == ["A1", "A2"]
    assert (codes(rows[1]), rows[1].line) == (["import_header_again"], 3)


def test_columns_of_one_header_may_not_say_different_things() -> None:
    """The same or nothing is fine; else nobody knows which is meant, and the row says so."""
    header = "外部编号,仪器名称,仪器名称"
    same, blank, other, hidden = rows_of(f"{header}\nA1,光谱仪,光谱仪\nA2,光谱仪,\nA3,光谱仪,质谱仪\nA4,,质谱仪\n")
    assert isinstance(same, InstrumentRow)
    assert isinstance(blank, InstrumentRow)
    assert codes(other) == ["import_columns_disagree"]
    assert codes(hidden) == ["import_columns_disagree"]


def test_a_list_without_headers_is_refused_whole() -> None:
    """Its first row is never taken for them."""
    with pytest.raises(LayoutUnknown):
        rows_of("A1,光谱仪\nA2,质谱仪\n")


def test_a_title_over_merged_cells_is_passed_over_and_a_merged_id_is_missing_below() -> None:
    """The second of two merged rows has no id of its own: refused and not given its neighbour's."""

    def fill(page: Any, book: Any) -> None:
        plain = book.add_format()
        page.merge_range(0, 0, 0, 2, "仪器清单", plain)
        page.merge_range(2, 0, 3, 0, "A1", plain)
        page.write(2, 1, "光谱仪")
        page.write(3, 1, "质谱仪")

    first, second = rows_of(sheet(fill, header_row=1))
    assert isinstance(first, InstrumentRow)
    assert (codes(second), second.line) == (["import_cell_missing"], 4)


def test_formulas_are_never_run() -> None:
    """Of a formula what the sheet showed is taken, of a failed one nothing; text that looks like one stays text."""

    def fill(page: Any, _book: Any) -> None:
        page.write_row(1, 0, ["A1"])
        page.write_formula(1, 1, '=HYPERLINK("http://example.com","x")', None, "光谱仪")
        page.write_formula(2, 0, "=1/0", None, "#DIV/0!")
        page.write(2, 1, "质谱仪")
        page.write_string(3, 0, "A3")
        page.write_string(3, 1, "=cmd|' /C calc'!A0")

    shown, failed, typed = rows_of(sheet(fill))
    assert isinstance(shown, InstrumentRow)
    assert shown.name == "光谱仪"
    assert codes(failed) == ["import_cell_missing"]
    assert isinstance(typed, InstrumentRow)
    assert typed.name == "=cmd|' /C calc'!A0"


def test_huge_cells_are_refused() -> None:
    """In a sheet by their row, with every fault; in a CSV beyond what a cell may hold the file is none."""
    (row,) = rows_of(sheet(lambda page, _book: page.write_row(1, 0, ["A1", "光" * 32_767, "y" * 32_767])))
    assert codes(row) == ["import_cell_too_long", "import_cell_too_long"]
    with pytest.raises(FileUnreadable) as refused:
        rows_of("外部编号,仪器名称\nA1," + "光" * 200_000 + "\n")
    assert [each.code for each in refused.value.reasons] == ["import_csv_broken"]


@pytest.mark.parametrize("header", ["外部编号,仪器名称", "external_id,name"])
def test_damaged_utf8_is_not_read_as_something_else(header: str) -> None:
    """One lost byte: as GB18030 every name would be one that nobody wrote."""
    whole = (header + "\n" + "".join(f"A{number},质谱仪\n" for number in range(20))).encode()
    with pytest.raises(FileUnreadable) as refused:
        rows_of(whole[:-2] + b"\n")
    assert [each.code for each in refused.value.reasons] == ["import_encoding_broken"]


def test_one_error_among_very_many_rows_is_named_by_its_line() -> None:
    """All the others are taken; rows are read one by one."""
    lines = (f"A{number},离心机,{'未知' if number == 31_415 else '否'}\n" for number in range(50_000))
    file = open_table(io.BytesIO(("外部编号,仪器名称,免税进口\n" + "".join(lines)).encode()))
    refused = [row for row in read(file, find_tables(file), Context()) if not isinstance(row, InstrumentRow)]
    assert [(row.line, codes(row)) for row in refused] == [(31_417, ["import_yes_no_malformed"])]
