"""Reading a bank's answer to a batch: every fault with its line, or the outcome of every payout it names.

A file is taken in whole or refused in whole. Columns (English or Chinese headings, in any order): ``payout_no``,
``account_number``, ``amount`` (yuan, two decimals), ``status`` (paid, failed, returned), ``reason``, ``value_date``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import FEN_PER_YUAN
from settlement.states import PayoutOutcome

COLUMNS = ("payout_no", "account_number", "amount", "status", "reason", "value_date")

_HEADINGS = {
    "payout_no": "payout_no",
    "line_no": "payout_no",
    "序号": "payout_no",
    "account_number": "account_number",
    "收款账号": "account_number",
    "amount": "amount",
    "金额": "amount",
    "金额（元）": "amount",
    "status": "status",
    "状态": "status",
    "reason": "reason",
    "原因": "reason",
    "value_date": "value_date",
    "入账日期": "value_date",
}

_STATUSES = {
    "paid": PayoutOutcome.PAID,
    "成功": PayoutOutcome.PAID,
    "failed": PayoutOutcome.FAILED,
    "失败": PayoutOutcome.FAILED,
    "returned": PayoutOutcome.RETURNED,
    "退汇": PayoutOutcome.RETURNED,
}

_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")
_PAYOUT_NO = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_MAX_REASON = 200


class FaultCode(StrEnum):
    """What can be wrong with a bank return."""

    UNREADABLE = "return_unreadable"
    EMPTY = "return_empty"
    COLUMN_MISSING = "return_column_missing"
    COLUMN_UNKNOWN = "return_column_unknown"
    COLUMN_TWICE = "return_column_twice"
    CELLS = "return_cells"
    LINE_NO_MALFORMED = "return_line_no_malformed"
    AMOUNT_MALFORMED = "return_amount_malformed"
    STATUS_UNKNOWN = "return_status_unknown"
    DAY_MALFORMED = "return_day_malformed"
    DAY_AHEAD = "return_day_ahead"
    REASON_MISSING = "return_reason_missing"
    REASON_TOO_LONG = "return_reason_too_long"
    LINE_FOREIGN = "return_line_foreign"
    LINE_TWICE = "return_line_twice"
    ACCOUNT_DIFFERS = "return_account_differs"
    AMOUNT_DIFFERS = "return_amount_differs"
    ALREADY_REPORTED = "return_already_reported"
    CLAWED_BACK = "return_clawed_back"


@dataclass(frozen=True)
class Fault:
    """One fault; ``row`` is the line of the file (the heading is line 1), 0 for the file as a whole."""

    code: FaultCode
    row: int
    value: str = ""


@dataclass(frozen=True)
class SentPayout:
    """A payout as it was sent, with what the bank has said of it so far."""

    payout_no: int
    account_number: str
    amount_fen: int
    outcome: PayoutOutcome | None = None
    clawed_back: bool = False


@dataclass(frozen=True)
class ReturnLine:
    """What the bank says of one payout; ``late`` where it had been reported paid before."""

    row: int
    payout_no: int
    account_number: str
    amount_fen: int
    outcome: PayoutOutcome
    reason: str
    value_date: date
    late: bool = False


@dataclass(frozen=True)
class Reading:
    """Lines and faults; where there is any fault nothing of the file may be used."""

    lines: tuple[ReturnLine, ...]
    faults: tuple[Fault, ...]


def read(content: bytes, *, today: date) -> Reading:
    """The lines of a CSV in UTF-8 (with or without mark) or GB18030, and every fault of form."""
    rows = _rows(content)
    if isinstance(rows, Fault):
        return Reading((), (rows,))
    if not rows:
        return Reading((), (Fault(FaultCode.EMPTY, 0),))
    heading, faults = _heading(rows[0][1])
    if faults:
        return Reading((), tuple(faults))
    lines: list[ReturnLine] = []
    for row, cells in rows[1:]:
        if len(cells) != len(heading):
            faults.append(Fault(FaultCode.CELLS, row, str(len(cells))))
            continue
        line = _line(row, dict(zip(heading, cells, strict=True)), faults, today=today)
        if line is not None:
            lines.append(line)
    if not lines and not faults:
        faults.append(Fault(FaultCode.EMPTY, 0))
    return Reading(tuple(lines), tuple(faults))


def match(lines: Sequence[ReturnLine], sent: Mapping[int, SentPayout]) -> Reading:
    """The lines against what was sent: foreign, repeated, differing or already reported ones are faults."""
    matched: list[ReturnLine] = []
    faults: list[Fault] = []
    seen: set[int] = set()
    for line in lines:
        found = sent.get(line.payout_no)
        if line.payout_no in seen:
            faults.append(Fault(FaultCode.LINE_TWICE, line.row, str(line.payout_no)))
        elif found is None:
            faults.append(Fault(FaultCode.LINE_FOREIGN, line.row, str(line.payout_no)))
        else:
            late = found.outcome is PayoutOutcome.PAID and line.outcome is PayoutOutcome.RETURNED
            off = _differences(line, found, late=late)
            faults.extend(off)
            if not off:
                matched.append(replace(line, late=late))
        seen.add(line.payout_no)
    return Reading(tuple(matched), tuple(faults))


def _differences(line: ReturnLine, found: SentPayout, *, late: bool) -> list[Fault]:
    faults: list[Fault] = []
    if line.account_number != found.account_number:
        faults.append(Fault(FaultCode.ACCOUNT_DIFFERS, line.row, line.account_number))
    if line.amount_fen != found.amount_fen:
        faults.append(Fault(FaultCode.AMOUNT_DIFFERS, line.row, f"{Decimal(line.amount_fen).scaleb(-2)}"))
    if found.outcome is not None and not late:
        faults.append(Fault(FaultCode.ALREADY_REPORTED, line.row, found.outcome.value))
    if late and found.clawed_back:
        faults.append(Fault(FaultCode.CLAWED_BACK, line.row, str(line.payout_no)))
    return faults


def _rows(content: bytes) -> list[tuple[int, list[str]]] | Fault:
    """Rows with the file's line numbers, blank ones left out."""
    text = _decoded(content)
    if text is None or "\x00" in text:
        return Fault(FaultCode.UNREADABLE, 0)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                rows.append((reader.line_num, trimmed))
    except csv.Error:
        return Fault(FaultCode.UNREADABLE, reader.line_num)
    return rows


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _heading(cells: Sequence[str]) -> tuple[list[str], list[Fault]]:
    names = [_HEADINGS.get(cell.lower(), "") for cell in cells]
    faults = [Fault(FaultCode.COLUMN_UNKNOWN, 1, cell) for cell, name in zip(cells, names, strict=True) if not name]
    faults += [Fault(FaultCode.COLUMN_MISSING, 1, column) for column in COLUMNS if column not in names]
    faults += [Fault(FaultCode.COLUMN_TWICE, 1, column) for column in COLUMNS if names.count(column) > 1]
    return names, faults


def _line(row: int, cells: Mapping[str, str], faults: list[Fault], *, today: date) -> ReturnLine | None:
    found: list[Fault] = []
    if not _PAYOUT_NO.fullmatch(cells["payout_no"]):
        found.append(Fault(FaultCode.LINE_NO_MALFORMED, row, cells["payout_no"]))
    amount = cells["amount"].replace(",", "")
    if not _AMOUNT.fullmatch(amount):
        found.append(Fault(FaultCode.AMOUNT_MALFORMED, row, cells["amount"]))
    outcome = _STATUSES.get(cells["status"].lower())
    if outcome is None:
        found.append(Fault(FaultCode.STATUS_UNKNOWN, row, cells["status"]))
    elif outcome is not PayoutOutcome.PAID and not cells["reason"]:
        found.append(Fault(FaultCode.REASON_MISSING, row))
    if len(cells["reason"]) > _MAX_REASON:
        found.append(Fault(FaultCode.REASON_TOO_LONG, row, str(_MAX_REASON)))
    value_date = _day(cells["value_date"])
    if value_date is None:
        found.append(Fault(FaultCode.DAY_MALFORMED, row, cells["value_date"]))
    elif value_date > today:
        found.append(Fault(FaultCode.DAY_AHEAD, row, cells["value_date"]))
    faults.extend(found)
    if found or outcome is None or value_date is None:
        return None
    return ReturnLine(
        row=row,
        payout_no=int(cells["payout_no"]),
        account_number=cells["account_number"].removeprefix("'"),
        amount_fen=int(Decimal(amount) * FEN_PER_YUAN),
        outcome=outcome,
        reason=cells["reason"],
        value_date=value_date,
    )


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
