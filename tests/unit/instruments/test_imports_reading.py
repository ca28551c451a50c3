"""Reading lists: encodings, kinds of file, layouts, hostile archives, line numbers, repeats."""

from __future__ import annotations

import io

import pytest
import xlsxwriter
import xlwt

from core.errors import DomainError
from core.tables.files import (
    CsvFile,
    FileLimits,
    FileOverLimit,
    FileUnreadable,
    NotATable,
    cell_text,
    open_table,
)
from core.uploads.archives import ArchiveLimits, ArchiveRefused, check_archive
from instruments.rules.imports.layouts import LAYOUTS, Context, Places
from instruments.rules.imports.layouts.own import INSTRUMENT_COLUMNS, SERVICE_COLUMNS
from instruments.rules.imports.reading import (
    LayoutUnknown,
    NothingToImport,
    Result,
    count_records,
    find_tables,
    read,
)
from instruments.rules.imports.rows import InstrumentRow, RefusedRow, RepeatedRow, ServiceRow
from instruments.rules.terms import Funding, InstrumentKind, PriceUnit
from tests.support.hostile import archive, lying_archive

PLACES = Places(codes={"370102": "370100"}, names={("济南市", "历下区"): "370102"}, prefix="37", province="山东省")
NATIONAL = (
    "所在单位仪器编号,仪器设备名称,仪器分类编码,原值（单位万元、保留小数点后两位）,主要购置经费来源（中央财政资金）,"
    "主要学科领域（如有多个）,安放地址-省,安放地址-市,安放地址-区县,是否在海关监管年限内（是/否）,进口报关单编号（18位）"
)


def rows_of(content: bytes | str) -> list[Result]:
    """Every row of a file."""
    raw = content.encode() if isinstance(content, str) else content
    file = open_table(io.BytesIO(raw))
    found = find_tables(file)
    rows = list(read(file, found, Context(places=PLACES)))
    assert count_records(file, found) == len(rows)
    return rows


def codes(row: Result) -> list[str]:
    """Faults of a refused row."""
    assert isinstance(row, RefusedRow), row
    return [each.code for each in row.reasons]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_is_read_in_whatever_encoding_it_came(encoding: str) -> None:
    """UTF-8 with or without mark, GB18030 with GBK within, else guessed."""
    text = "外部编号,仪器名称\n" + "".join(f"{n},电感耦合等离子体质谱仪\n" for n in range(30))
    rows = rows_of(text.encode(encoding))
    assert len(rows) == 30
    assert isinstance(rows[0], InstrumentRow)
    assert rows[0].name == "电感耦合等离子体质谱仪"


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_cells_may_be_separated_otherwise(separator: str) -> None:
    """Comma, tab, semicolon."""
    rows = rows_of(f"external_id{separator}name\nA{separator}离心机\n")
    assert [row.external_id for row in rows] == ["A"]


def test_a_line_number_is_the_physical_line_of_the_file() -> None:
    """Line breaks within cells, blank lines and titles above the header count."""
    text = '仪器清单,\n\n外部编号,仪器名称\nA,"多\n行\n名"\n\nB,\nC,好\n'
    rows = rows_of(text)
    assert [row.line for row in rows] == [4, 8, 9]
    assert codes(rows[1]) == ["import_cell_missing"]


@pytest.mark.parametrize(
    "content",
    ['a,b\n1,"open\n2,3\n', 'a,b\n1,"x"y\n', "", "  \n ", b"\xff\xfe\xfd\xfc\xfb,\x80\x81\n"],
    ids=["unclosed", "after quote", "empty", "blank", "no encoding"],
)
def test_a_broken_csv_is_refused_as_a_whole(content: bytes | str) -> None:
    """With the line where it breaks."""
    with pytest.raises(DomainError) as refused:
        rows_of(content)
    assert isinstance(refused.value, FileUnreadable | LayoutUnknown | NotATable)
    assert refused.value.reasons


def test_the_line_of_a_broken_record_is_said() -> None:
    """The record's first line, where a person has to look."""
    with pytest.raises(FileUnreadable) as refused:
        rows_of('外部编号,仪器名称\nA,好\nB,"开口\n还有\n')
    assert "第 3 行" in refused.value.reasons[0].text.zh


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4 x", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08\x00", b"MZ\x00\x00\x00", b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_table_is_refused_by_its_content(content: bytes) -> None:
    """Whatever its name may be."""
    with pytest.raises(NotATable):
        open_table(io.BytesIO(content))


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    """413 at the edge."""
    with pytest.raises(FileOverLimit):
        open_table(io.BytesIO(b"a,b\n" * 100), limits=FileLimits(size_bytes=100))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (archive(("a.xml", b" " * (8 << 20))), "archive_ratio"),
        (archive(*((f"{n}.xml", b"x") for n in range(12))), "archive_entries"),
        (archive(("a.xml", bytes(range(256)) * (1 << 14))), "archive_total"),
        (
            archive(("xl/worksheets/sheet1.xml", b'<sheetData><c r="XFD1048576"><v>1</v></c></sheetData>')),
            "archive_cells",
        ),
        (b"PK\x03\x04 and nothing else", "archive_broken"),
    ],
    ids=["ratio", "entries", "total", "corner", "broken"],
)
def test_hostile_archives_are_refused_before_they_unpack(content: bytes, code: str) -> None:
    """Ratio, number, total size, one cell in the last corner, a broken directory."""
    limits = ArchiveLimits(entries=10, total_bytes=1 << 20 if "total" in code else 1 << 30)
    with pytest.raises(ArchiveRefused) as refused:
        check_archive(io.BytesIO(content), limits)
    assert code in [each.code for each in refused.value.reasons]


def test_an_archive_whose_directory_lies_is_refused() -> None:
    """It says 10 bytes and holds two million."""
    with pytest.raises(ArchiveRefused) as refused:
        check_archive(io.BytesIO(lying_archive(2_000_000)), ArchiveLimits())
    assert [each.code for each in refused.value.reasons] == ["archive_broken"]


def test_a_zip_that_is_no_workbook_is_no_table() -> None:
    """An OFD, for instance."""
    with pytest.raises(NotATable):
        open_table(io.BytesIO(archive(("OFD.xml", b"<ofd/>"))))


def test_numbers_and_dates_of_a_sheet_read_as_a_csv_would_say_them() -> None:
    """12.0 is 12; 64.49 stays 64.49."""
    assert [cell_text(cell) for cell in (12.0, 64.49, 1e15, True, "x", 0.1)] == [
        "12",
        "64.49",
        "1000000000000000",
        "1",
        "x",
        "0.1",
    ]


def test_every_table_of_a_workbook_is_read() -> None:
    """Facilities and instruments on two sheets, headers on the second row; rows are numbered by sheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        first = book.add_worksheet("重大科研基础设施清单")
        first.write_row(0, 0, ["仪器基本信息"])
        first.write_row(1, 0, ["所属单位科学装置编号", "装置名称（中文）", "建设经费（单位为万元，保留2位小数）"])
        first.write_row(2, 0, ["F-1", "大科学装置", 1234.56])
        second = book.add_worksheet("核心仪器设备清单")
        second.write_row(
            1, 0, ["所在单位仪器编号", "仪器设备名称", "仪器分类编码", "原值（单位万元、保留小数点后两位）"]
        )
        second.write_row(2, 0, ["I-1", "质谱仪", "010101", 30])
        book.add_worksheet("空表")
    rows = rows_of(content.getvalue())
    assert [(row.external_id, row.kind, row.value_fen) for row in rows if isinstance(row, InstrumentRow)] == [
        ("F-1", InstrumentKind.FACILITY, 1_234_560_000),
        ("I-1", InstrumentKind.INSTRUMENT, 30_000_000),
    ]
    assert [row.line for row in rows] == [3, 3]


def test_field_rules_of_the_national_template_are_kept() -> None:
    """Two decimals in 万元, six-digit class, closed words, four subjects, customs numbers, counties by name."""
    good = "N-1,质谱仪,010101,64.49,中央财政资金，单位自有资金,化学,山东省,济南市,历下区,是,123456789012345678"
    bad = 'N-2,质谱仪,0101,64.491,国债,"化学,物理,生物,医学,数学",山东省,济南市,无此区,也许,12'
    rows = rows_of(f"{NATIONAL}\n{good}\n{bad}\n")
    first = rows[0]
    assert isinstance(first, InstrumentRow)
    assert (first.value_fen, first.funding, first.county) == (64_490_000, Funding.PARTLY_FISCAL, "370102")
    assert (first.duty_free, first.duty_free_record) == (True, "123456789012345678")
    assert sorted(codes(rows[1])) == sorted(
        [
            "import_too_many",
            "import_digits_wrong",
            "import_class_malformed",
            "import_price_decimals",
            "import_choice_unknown",
            "import_county_unknown",
            "import_yes_no_malformed",
        ]
    )


def test_lists_that_hold_no_instruments_are_known_and_said_so() -> None:
    """The national income summary."""
    with pytest.raises(NothingToImport) as refused:
        rows_of("日期,凭证编号,经办人,摘  要,金额（元）,设备名称,付款单位\n,,,,,,\n")
    assert "收入汇总表" in refused.value.text.zh


def test_an_unknown_layout_names_every_known_one() -> None:
    """And the headers found."""
    with pytest.raises(LayoutUnknown) as refused:
        rows_of("alpha,beta\n1,2\n")
    assert len(refused.value.reasons) == 1 + len(LAYOUTS)


def test_a_site_export_reads_prices_in_words_and_refuses_bare_numbers() -> None:
    """360万元 is a value; 57 could be yuan or 万元; names without Chinese are test entries."""
    header = "id,name,original_price,firm_model,parameter,functional_use,status,publisher_id,price_value,price_type"
    rows = rows_of(
        f"{header}\n1,质谱,360万元,日本日立公司；H-7650,a,b,enable,1,402,day\n2,核磁,94.94 万元,,,,enable,1,,\n"
        '3,核磁,57,"日立公司\n_Z-5000",,,enable,1,,\n4,dd,11,,,,enable,1,66,times\n5,色谱,5元,AS3000,,,enable,1,66,\n'
    )
    first = rows[0]
    assert isinstance(first, InstrumentRow)
    assert (first.external_id, first.value_fen, first.maker, first.model) == (
        "site:1",
        360_000_000,
        "日本日立公司",
        "H-7650",
    )
    assert (first.reference_price_fen, first.reference_price_unit) == (40_200, PriceUnit.DAY)
    assert isinstance(rows[1], InstrumentRow)
    assert rows[1].value_fen == 94_940_000
    assert codes(rows[2]) == ["import_price_unit_missing"]
    assert codes(rows[3]) == ["import_name_implausible", "import_price_unit_missing"]
    assert codes(rows[4]) == ["import_price_without_unit"]


def test_a_laboratorys_invalid_and_nameless_rows_are_refused() -> None:
    """An id of its own prefix; a missing model is none of the reader's business."""
    header = "id,codename,inscode,insname,standard,measue_range,grade,product,recent_correct_date,validflag"
    rows = rows_of(f"{header}\n1,,SB,天平,,,,,2009-02-12,1\n2,,SB,冰箱,,,,,,0\n3,,SB,,,,,,不详,1\n")
    assert isinstance(rows[0], InstrumentRow)
    assert (rows[0].external_id, rows[0].model) == ("lab:1", "")
    assert codes(rows[1]) == ["import_marked_invalid"]
    assert codes(rows[2]) == ["import_date_malformed", "import_cell_missing"]


def test_a_repeat_is_skipped_and_a_contradiction_refused() -> None:
    """An id stands once in a file; the first row stays."""
    rows = rows_of("external_id,name\nA,甲\nB,乙\nA,甲\nA,丙\n")
    assert [type(row) for row in rows] == [InstrumentRow, InstrumentRow, RepeatedRow, RefusedRow]
    assert isinstance(rows[2], RepeatedRow)
    assert rows[2].first_line == 2
    assert codes(rows[3]) == ["import_id_conflict"]


def test_a_price_list_refuses_zero_and_names_that_are_none() -> None:
    """V14; one code may stand for several conditions; repeats are skipped even where the first was refused."""
    header = "test_item_name,test_condition,unit_price,department_id,test_code,test_standard,group_id"
    rows = rows_of(
        f'{header}\n拉伸（T）,室温,100.00,3,LMT01,/,m\n拉伸（T）,"高\n温",200.00,3,LMT01,/,m\n其他,其他,0.00,3,X,/,m\n'
        "-,-,0.00,,,/,\n-,-,0.00,,,/,\n拉伸（T）,室温,100.00,3,LMT01,/,m\n拉伸（T）,室温,300.00,3,LMT01,/,m\n"
        "弯曲,,-5,3,L2,/,m\n弯曲,,1.234,3,L3,/,m\n"
    )
    kinds = [type(row).__name__ for row in rows]
    assert kinds == ["ServiceRow"] * 2 + ["RefusedRow"] * 2 + ["RepeatedRow"] * 2 + ["RefusedRow"] * 3
    first = rows[0]
    assert isinstance(first, ServiceRow)
    assert (first.title, first.price_fen, first.price_unit, first.standard) == (
        "拉伸（T） 室温",
        10_000,
        PriceUnit.SAMPLE,
        "",
    )
    assert codes(rows[2]) == ["import_price_zero"]
    assert codes(rows[3]) == ["import_name_implausible", "import_price_zero"]
    assert codes(rows[6]) == ["import_id_conflict"]
    assert codes(rows[7]) == ["import_price_negative"]
    assert codes(rows[8]) == ["import_price_decimals"]


def test_the_own_templates_are_read_in_both_languages() -> None:
    """Every column by either header."""
    for template in (INSTRUMENT_COLUMNS, SERVICE_COLUMNS):
        for headers in (template.keys(), template.values()):
            file = CsvFile(io.BytesIO((",".join(headers) + "\n").encode()))
            table = find_tables(file)[0]
            assert set(table.columns.values()) == set(template)
            assert table.ignored == ()


def test_columns_without_a_meaning_are_reported() -> None:
    """Nothing is dropped in silence."""
    table = find_tables(CsvFile(io.BytesIO("external_id,name,颜色\n".encode())))[0]
    assert table.ignored == ("颜色",)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("1.234", "import_price_decimals"),
        ("-1", "import_price_negative"),
        ("abc", "import_price_malformed"),
        ("1e3", "import_price_malformed"),
        ("NaN", "import_price_malformed"),
        ("1,23", "import_price_malformed"),
        ("99999999999999", "import_price_too_large"),
    ],
)
def test_values_that_are_no_sum_of_money(given: str, fault: str) -> None:
    """Three decimals, negative, no number, beyond reason."""
    rows = rows_of(f'external_id,name,value_yuan\nA,甲,"{given}"\n')
    assert codes(rows[0]) == [fault]


@pytest.mark.parametrize(
    ("given", "fen"), [("300000", 30_000_000), ("1,234,567.89", 123_456_789), ("０.０１", 1), ("¥5元", 500), ("", None)]
)
def test_values_as_people_write_them(given: str, fen: int | None) -> None:
    """Thousands, full width, signs of the currency, or nothing."""
    rows = rows_of(f'external_id,name,value_yuan\nA,甲,"{given}"\n')
    assert isinstance(rows[0], InstrumentRow)
    assert rows[0].value_fen == fen


def test_an_old_workbook_is_read_too() -> None:
    """XLS."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    rows_written: list[list[str | float]] = [["external_id", "name", "value_yuan"], ["A", "甲", 12.5]]
    for line, row in enumerate(rows_written):
        for position, cell in enumerate(row):
            sheet.write(line, position, cell)
    content = io.BytesIO()
    book.save(content)
    rows = rows_of(content.getvalue())
    assert isinstance(rows[0], InstrumentRow)
    assert rows[0].value_fen == 1_250


def test_a_truncated_old_workbook_is_refused() -> None:
    """Not a crash."""
    with pytest.raises(FileUnreadable):
        open_table(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600))


def test_wrong_credit_codes_and_dates_are_faults() -> None:
    """The checksum is checked; 2025-02-30 is no day."""
    rows = rows_of("external_id,name,provider_uscc,acquired_on\nA,甲,913700000000000001,2025-02-30\n")
    assert codes(rows[0]) == ["import_uscc_wrong", "import_date_malformed"]


def test_a_row_with_characters_no_database_stores_is_refused() -> None:
    """NUL far behind the beginning of the file."""
    filler = "".join(f"{n},离心机\n" for n in range(1000))
    rows = rows_of(f"external_id,name,颜色\n{filler.replace(chr(10), ',' + chr(10))}X,甲,红\x00\n")
    assert codes(rows[-1]) == ["import_cell_control"]
