"""Public lists of what stands against firms (经营异常名录 …): their headers, dates and kinds as they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.kinds import AdverseKind
from accounts.rules import adverse, uscc
from core.errors import Reason, Refused, reason
from core.tables.files import Record, TableFile

HEADER_SEARCH_ROWS = 10
MOST_ROWS = 5_000
"""Rows of one file; a longer list is sent in parts. Engineering limit, no policy."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "uscc": ("统一社会信用代码", "社会信用代码", "信用代码", "uscc"),
    "name": ("企业名称", "单位名称", "主体名称", "名称", "name"),
    "kind": ("名录类型", "记录类型", "类型", "kind"),
    "since": ("列入日期", "列入时间", "发生日期", "认定日期", "since", "listed_on"),
    "until": ("移出日期", "移出时间", "移除日期", "结束日期", "until", "removed_on"),
    "reason": ("列入原因", "列入事由", "事由", "原因", "reason"),
    "source": ("作出决定机关", "列入机关", "来源", "source"),
}
"""How a column may be headed; blanks and case do not matter."""

REQUIRED = ("uscc",)
DATES = ("since", "until")

KIND_WORDS: Mapping[str, AdverseKind] = {
    "经营异常": AdverseKind.ABNORMAL_OPERATIONS,
    "严重违法": AdverseKind.SERIOUS_ILLEGALITY,
    "安全": AdverseKind.SAFETY_ACCIDENT,
    "质量": AdverseKind.QUALITY_ACCIDENT,
    "环境": AdverseKind.ENVIRONMENTAL_BREACH,
    "科研失信": AdverseKind.RESEARCH_MISCONDUCT,
    "弄虚作假": AdverseKind.FRAUD,
}
"""Words by which a kind is told, the first that stands in the cell."""

_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_DATES = tuple(
    re.compile(written + _TIME)
    for written in (
        r"(?P<year>[0-9]{4})(?P<between>[-/.])(?P<month>[0-9]{1,2})(?P=between)(?P<day>[0-9]{1,2})",
        "(?P<year>[0-9]{4})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日",
        "(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    )
)
"""How a day is written: one separator between its parts, 年月日, or eight digits; perhaps with a time, nothing else."""


class ListUnknown(Refused):
    """No table of the file has a column of credit codes and one of dates."""

    code = "adverse_list_unknown"


class ListTooLong(Refused):
    """The list has more rows than are taken at once."""

    code = "adverse_list_too_long"


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row that can be taken: ``since`` is None where the list only says when a listing ended."""

    line: int
    uscc: str
    name: str
    kind: AdverseKind
    since: date | None
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be read, with every reason."""

    line: int
    uscc: str
    reasons: tuple[Reason, ...]


Row = ListedRow | RefusedRow


def read_list(file: TableFile, *, kind: AdverseKind | None, source: str, today: date) -> list[Row]:
    """Every row of the first table that is such a list.

    ``kind`` is that of rows which name none, ``source`` what is written where a row names none. Raises
    :class:`ListUnknown` and :class:`ListTooLong`.
    """
    for sheet in file.sheets():
        found = _columns(file, sheet)
        if found is not None:
            line, columns = found
            return [
                _row(record, columns, kind=kind, source=source, today=today)
                for record in _body(file, sheet, after=line)
            ]
    raise ListUnknown(
        reasons=[
            reason("adverse_list_headers", headers="、".join(HEADERS["uscc"])),
            reason("adverse_list_headers", headers="、".join((*HEADERS["since"], *HEADERS["until"]))),
        ]
    )


def _columns(file: TableFile, sheet: str) -> tuple[int, dict[str, int]] | None:
    """The line of the headers and which column is what."""
    for number, record in enumerate(file.records(sheet)):
        if number == HEADER_SEARCH_ROWS:
            return None
        cells = [_plain(cell) for cell in record.cells]
        columns = {
            name: cells.index(_plain(header))
            for name, headers in HEADERS.items()
            for header in reversed(headers)
            if _plain(header) in cells
        }
        if all(name in columns for name in REQUIRED) and any(name in columns for name in DATES):
            return record.line, columns
    return None


def _body(file: TableFile, sheet: str, *, after: int) -> Iterator[Record]:
    taken = 0
    for record in file.records(sheet):
        if record.line <= after or record.is_blank:
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise ListTooLong(limit=MOST_ROWS)
        yield record


def _row(record: Record, columns: Mapping[str, int], *, kind: AdverseKind | None, source: str, today: date) -> Row:
    def cell(name: str) -> str:
        position = columns.get(name)
        return "" if position is None or position >= len(record.cells) else record.cells[position].strip()

    faults: list[Reason] = []
    code = uscc.normalised(cell("uscc"))
    if code is None:
        faults.append(reason("uscc_invalid", field="uscc", uscc=cell("uscc")))
    named = _kind(cell("kind")) if cell("kind") else kind
    if named is None:
        faults.append(reason("adverse_kind_unknown", field="kind", written=cell("kind")))
    since, until = _date(cell("since")), _date(cell("until"))
    faults += [
        reason("adverse_date_unreadable", field=name, written=cell(name))
        for name, found in (("since", since), ("until", until))
        if found is None and cell(name)
    ]
    if since is None and until is None and not faults:
        faults.append(reason("adverse_date_missing", field="since"))
    if named is not None and since is not None:
        faults += adverse.faults(kind=named, since=since, until=until, today=today)
    if until is not None and until > today:
        faults.append(reason("adverse_in_future", field="until"))
    if any(not character.isprintable() for name in ("name", "reason", "source") for character in cell(name)):
        faults.append(reason("import_cell_control"))
    if faults or code is None or named is None:
        return RefusedRow(record.line, cell("uscc") if cell("uscc").isprintable() else "", tuple(faults))
    said = "；".join(part for part in (cell("source") or source, cell("reason")) if part)
    return ListedRow(record.line, code, cell("name"), named, since, until, said)


def _kind(written: str) -> AdverseKind | None:
    if written in set(AdverseKind):
        return AdverseKind(written)
    return next((kind for word, kind in KIND_WORDS.items() if word in written), None)


def _date(written: str) -> date | None:
    """The date a cell means, or None where it is none."""
    plain = unicodedata.normalize("NFKC", written).strip()
    found = next((match for match in (each.fullmatch(plain) for each in _DATES) if match is not None), None)
    if found is None:
        return None
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day")))
    except ValueError:
        return None


def _plain(header: str) -> str:
    return "".join(header.split()).casefold().lstrip("\ufeff")
