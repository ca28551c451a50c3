"""PDFs: the same bytes for the same data, whatever people typed, with the fonts inside."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader

from core import pdf
from core.config import PROJECT
from core.pdf import FONTS, PdfFontsMissing, render_pdf
from core.pdf_fonts import in_print

HOSTILE = (
    '#import "@preview/cetz:0.3.1"',
    '#read("/core/config.py")',
    "$x^2$ *bold* _it_ `raw` <label> @ref // no comment /* nor this */",
    "[#panic(1)] ] \\u{41} \\ ~ -- ...  = heading",
    "\u202e<script>\"'\u200b",
)

LEVEL_1 = (*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FF0))
STANDARD = (
    "𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀"
    "𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷"
    "𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮"
    "𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)
"""The 196 of 通用规范汉字表 that lie beyond the basic plane."""


def specimen(names: list[str], **changed: Any) -> dict[str, Any]:
    rows = [[str(index + 1), name, 100_000_001 + index] for index, name in enumerate(names)]
    return {
        "title": "科技创新券兑付审核汇总表",
        "marks": "鲁科券〔2026〕济南 12号",
        "facts": [["设区市", "济南市"], ["期间", "2026年1月"]],
        "heads": ["序号", "单位", "金额（元）"],
        "rows": rows,
        "page_total": "本页小计",
        "places": ["经办人", "审核人"],
        "seal": "（盖章）",
        "day": "年  月  日",
    } | changed


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_the_same_data_give_the_same_bytes() -> None:
    """Nothing of the moment, the machine or the order of keys goes in; other data give another file."""
    data = specimen(["济南精密仪器有限公司"])
    first = render_pdf("tests/specimen", data)
    assert first == render_pdf("tests/specimen", data)
    assert first != render_pdf("tests/specimen", specimen(["济南精密仪器有限公司"], day="2026年1月9日"))
    assert PdfReader(io.BytesIO(first)).metadata.get("/CreationDate") is None  # type: ignore[union-attr]


def test_pages_are_a4_and_numbered_with_a_total_each() -> None:
    """Chinese can be read back, the head and the sum of its own rows stand on every page, fonts are inside."""
    names = [f"济南第{index}检测技术研究院" for index in range(1, 81)]
    content = render_pdf("tests/specimen", specimen(names))
    texts = pages_of(content)
    reader = PdfReader(io.BytesIO(content))
    assert len(texts) > 2
    assert len(content) < 200_000
    assert [(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in reader.pages] == [
        (595, 842)
    ] * len(texts)
    totals = 0
    for number, text in enumerate(texts, start=1):
        assert f"第 {number} 页，共 {len(texts)} 页" in text
        assert "鲁科券〔2026〕济南 12号" in text
        listed = [index for index, name in enumerate(names) if name in text]
        if listed:
            fen = sum(100_000_001 + index for index in listed)
            assert f"{fen // 100:,}.{fen % 100:02d}" in text
            totals += fen
    assert totals == sum(100_000_001 + index for index in range(80))
    fonts: Any = [
        font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        for page in cast(Any, reader.pages)
        for font in (each.get_object() for each in page["/Resources"]["/Font"].values())
    ]
    assert {str(font["/FontName"]).partition("+")[2][:10] for font in fonts} == {"NotoSansSC"}
    assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_typed_is_never_markup(hostile: str) -> None:
    """It is set as it is: nothing is imported, read, computed or formatted."""
    content = render_pdf("tests/specimen", specimen([hostile], title=hostile))
    visible = "".join(hostile.split()).replace("\u202e", "").replace("\u200b", "")
    assert "".join("".join(pages_of(content)).split()).count(visible) == 2  # as the title and in the table
    assert "class Config" not in "".join(pages_of(content))


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither fonts nor packages come from elsewhere at run time."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a PDF asks for nothing")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert render_pdf("tests/specimen", specimen(["一"])).startswith(b"%PDF-")
    sources = [path.read_text("utf-8") for path in PROJECT.glob("*/templates/pdf/*.typ")]
    assert sources
    assert [source for source in sources if "@preview" in source] == []


def test_without_fonts_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """make setup builds them."""
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    pdf._fonts.cache_clear()
    try:
        with pytest.raises(PdfFontsMissing, match="make setup"):
            render_pdf("tests/specimen", specimen([]))
    finally:
        pdf._fonts.cache_clear()


def test_a_character_that_no_font_of_ours_has_is_named_by_its_number() -> None:
    """An empty box in a list that is signed would hide whose account it is."""
    (page,) = pages_of(render_pdf("tests/specimen", specimen(["菏泽𠮷龘某公司"])))

    assert "菏泽〔U+20BB7〕龘某公司" in page


def test_the_fonts_have_what_gb_18030_demands_of_names_up_to_level_2() -> None:
    """Every hanzi of levels 1 (in the basic plane) and, beyond it, of the table of standard ones."""
    for font in sorted(FONTS.glob("*.ttf")):
        lacking = set(map(chr, LEVEL_1)) | set(STANDARD)
        assert in_print("".join(sorted(lacking)), (font,)) == "".join(sorted(lacking)), font.name
