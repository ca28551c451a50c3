"""Workbooks and the tables of banks: text stays text, account numbers stay whole, and sums are exact."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from core.money import in_capitals
from settlement.rules.exports import workbook
from settlement.rules.exports.characters import carried
from settlement.rules.exports.content import BatchContent, ExportFaulty
from settlement.rules.exports.delimited import write_csv
from settlement.rules.exports.layout import BankEncoding, BankField, BankLayout, Lacking
from settlement.rules.exports.workbook import HEADINGS, write_xlsx
from tests.unit.settlement.exports.batch import LONG_NUMBER, batch, layout, payout

texts = st.text(min_size=1, max_size=40) | st.text(alphabet="=+-@'\"&<>_x0041_ \t\r\n\x00\ufffe公𠮷", min_size=1)
sums = st.integers(1, 10**13)
FORMULA = '=HYPERLINK("http://example.invalid","x")'


def sheets_of(content: BatchContent) -> dict[str, list[list[Any]]]:
    target = io.BytesIO()
    write_xlsx(content, target)
    target.seek(0)
    book = CalamineWorkbook.from_filelike(target)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def csv_of(content: BatchContent) -> bytes:
    target = io.BytesIO()
    write_csv(content, target)
    return target.getvalue()


@given(st.lists(st.tuples(texts, sums), max_size=5))
@example([(FORMULA, 1), (" a ", 2), ("_x0041_", 3), ("a_x000d_b&<>", 10**13)])
def test_a_workbook_keeps_every_text_and_sum(given: list[tuple[str, int]]) -> None:
    payouts = [payout(no, name=name, fen=fen) for no, (name, fen) in enumerate(given, 1)]

    heading, *rows, total = sheets_of(batch(payouts))["兑付明细"]

    assert tuple(heading) == HEADINGS
    assert [(row[1], row[4], round(row[5] * 100)) for row in rows] == [
        (carried(each.holder_name), LONG_NUMBER, each.amount_fen) for each in payouts
    ]
    expected = sum(fen for _, fen in given)
    assert (total[0], round(total[5] * 100), total[6]) == ("合计", expected, in_capitals(expected))


def test_sums_stand_as_exact_decimals_and_no_cell_is_a_formula() -> None:
    target = io.BytesIO()
    write_xlsx(batch([payout(name=FORMULA, fen=12_345_678_901)]), target)

    sheet = zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")
    cells = etree.fromstring(sheet)

    assert b"<v>123456789.01</v>" in sheet
    assert not cells.findall(".//{*}f")


def test_more_payouts_than_a_sheet_holds_go_on_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_PAYOUTS", 2)
    sheets = sheets_of(batch([payout(no) for no in range(1, 6)]))

    assert list(sheets) == ["兑付明细", "兑付明细2", "兑付明细3", "批次"]
    numbers = [[row[0] for row in sheets[name][1:]] for name in list(sheets)[:3]]
    assert numbers == [[1, 2], [3, 4], [5, "合计"]]
    assert dict(row[:2] for row in sheets["批次"])["合计大写"] == "伍元整"


def test_nothing_of_a_workbook_depends_on_the_day(tmp_path: Path) -> None:
    target = io.BytesIO()
    write_xlsx(batch([payout()]), target)

    book = zipfile.ZipFile(target)
    assert {part.date_time[0] for part in book.infolist()} == {1980}
    assert b"2026-01-12T00:00:00Z" in book.read("docProps/core.xml")


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_bank_s_table_keeps_every_text_on_one_row(names: list[str]) -> None:
    storable = [name.encode("utf-8", "replace").decode() for name in names]
    payouts = [payout(no, name=name) for no, name in enumerate(storable, 1)]
    content = csv_of(batch(payouts, table=layout(BankField.HOLDER_NAME, BankField.ACCOUNT_NUMBER, BankField.AMOUNT)))

    heading, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))

    assert heading == ["holder_name", "account_number", "amount"]
    assert rows == [[_on_one_row(name), LONG_NUMBER, "1.00"] for name in storable]
    assert content.count(b"\n") == content.count(b"\r\n") == len(names) + 1


def _on_one_row(text: str) -> str:
    return "".join(
        " " if character != "\t" and (ord(character) < 32 or ord(character) == 127) else character for character in text
    )


@pytest.mark.parametrize(("encoding", "codec"), [(BankEncoding.GB18030, "gb18030"), (BankEncoding.GBK, "gbk")])
def test_a_bank_gets_its_encoding(encoding: BankEncoding, codec: str) -> None:
    content = csv_of(batch([payout()], table=_table(encoding)))

    assert content.decode(codec) == "holder_name,payout_no\r\n菏泽某公司,1\r\n"


def test_every_character_an_encoding_lacks_is_named_with_its_payout() -> None:
    payouts = [payout(1, name="𠮷田㐂"), payout(2), payout(3, name="𠮷")]

    with pytest.raises(ExportFaulty) as refused:
        csv_of(batch(payouts, table=_table(BankEncoding.GBK)))

    said = [(reason.code, reason.field, reason.text.en) for reason in refused.value.reasons]
    assert [(code, field) for code, field, _ in said] == [("export_unencodable", "holder_name")] * 2
    assert "payout 1" in said[0][2]
    assert "𠮷㐂" in said[0][2]
    assert "payout 3" in said[1][2]
    assert "𠮷" in csv_of(batch(payouts, table=_table(BankEncoding.GB18030))).decode("gb18030")


def test_a_layout_may_have_question_marks_for_what_its_encoding_lacks() -> None:
    content = csv_of(batch([payout(name="𠮷田")], table=_table(BankEncoding.GBK, Lacking.QUESTION_MARK)))

    assert content.decode("gbk").splitlines()[1] == "?田,1"


def _table(encoding: BankEncoding, lacking: Lacking = Lacking.REFUSE) -> BankLayout:
    return layout(BankField.HOLDER_NAME, BankField.PAYOUT_NO, encoding=encoding, lacking=lacking)
