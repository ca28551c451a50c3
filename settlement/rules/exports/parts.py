"""What a workbook has around its rows, as ECMA-376 wants it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

SHEET_FOOT = "</sheetData></worksheet>"

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_ROOT = f"""{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_DOCUMENT}/relationships/officeDocument" Target="xl/workbook.xml"/>\
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>\
</Relationships>"""

_STYLES = f"""{_DECLARATION}<styleSheet xmlns="{_MAIN}">\
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
"""Style 1 shows sums with separators and two decimals."""


def around(sheets: Sequence[str], *, title: str, made: datetime) -> Iterator[tuple[str, str]]:
    """Everything but the sheets: paths and texts. The names of the sheets and the title are escaped already."""
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/{sheet_path(number)}" ContentType="{_CONTENT}.worksheet+xml"/>' for number in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/>'
            '<Override PartName="/docProps/core.xml" '
            f'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>{overrides}</Types>'
        ),
    )
    yield "_rels/.rels", _ROOT
    yield (
        "docProps/core.xml",
        (
            f'{_DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>'
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{made:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>'
            "</cp:coreProperties>"
        ),
    )
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, sheets, strict=True)
    )
    yield (
        "xl/workbook.xml",
        (
            f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}/relationships">'
            f"<sheets>{listed}</sheets></workbook>"
        ),
    )
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/relationships/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
            f'<Relationship Id="rId{len(sheets) + 1}" Type="{_DOCUMENT}/relationships/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
    )
    yield "xl/styles.xml", _STYLES


def sheet_path(number: int) -> str:
    """Where a sheet stands in the archive; the first is 1."""
    return f"xl/worksheets/sheet{number}.xml"


def sheet_head(widths: Sequence[int], *, frozen_rows: int = 0) -> str:
    """Everything of a sheet above its rows. ``widths`` are those of its columns, in characters."""
    pane = (
        f'<pane ySplit="{frozen_rows}" topLeftCell="A{frozen_rows + 1}" activePane="bottomLeft" state="frozen"/>'
        if frozen_rows
        else ""
    )
    columns = "".join(
        f'<col min="{column}" max="{column}" width="{width}" customWidth="1"/>'
        for column, width in enumerate(widths, start=1)
    )
    return (
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView>'
        f"</sheetViews><cols>{columns}</cols><sheetData>"
    )
