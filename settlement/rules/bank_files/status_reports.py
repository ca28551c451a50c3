"""pain.002: what the bank says of a pain.001, as a whole, for a payment instruction, or for each payout."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from settlement.rules.bank_files.answers import (
    MAX_REASON,
    Answer,
    BankFileKind,
    Control,
    Fault,
    FaultCode,
    Reading,
    Whole,
)
from settlement.rules.bank_files.documents import (
    Node,
    amount_of,
    day_paths,
    ended,
    first_text,
    line_of,
    nodes_of,
    parts_of,
    shortened,
    text_at,
    text_of,
)
from settlement.rules.bank_files.figures import count_of, day_of_iso, fen_of_decimal, sums_told
from settlement.states import PayoutOutcome

OUTCOMES: dict[str, PayoutOutcome | None] = {
    "ACSC": PayoutOutcome.PAID,
    "ACCC": PayoutOutcome.PAID,
    "RJCT": PayoutOutcome.FAILED,
    "CANC": PayoutOutcome.FAILED,
    "ACTC": None,
    "ACCP": None,
    "ACSP": None,
    "ACWC": None,
    "ACWP": None,
    "ACFC": None,
    "PATC": None,
    "PART": None,
    "PDNG": None,
    "PRES": None,
    "RCVD": None,
}
"""Accepted, in process and pending are no outcome: only settled, rejected and cancelled are the end of a payment."""

PART = "PART"
"""Said of a message or instruction that has different outcomes beneath."""

_INSTRUCTED, _SETTLED = "OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt"
_ACCOUNTS = ("OrgnlTxRef/CdtrAcct/Id/Othr/Id", "OrgnlTxRef/CdtrAcct/Id/IBAN")
_ACCEPTED = day_paths("AccptncDtTm")
_PARTS = ("TxSts", "OrgnlEndToEndId", "StsRsnInf", _INSTRUCTED, _SETTLED, *_ACCOUNTS, *_ACCEPTED)
"""Everything that is asked of a transaction."""

_NAMES = frozenset({"GrpHdr", "OrgnlGrpInfAndSts", "TxInfAndSts", "OrgnlPmtInfAndSts"})


@dataclass
class _Level:
    """A message or a payment instruction: its own status, and the statuses beneath it."""

    line: int = 0
    reference: str = ""
    status: str = ""
    reason: str = ""
    beneath: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Transaction:
    """A payout as the report names it, before the levels above are known."""

    line: int
    end_to_end_id: str
    status: str
    reason: str
    value_date: date | None
    amount_fen: int | None
    accounts: tuple[str, ...]


def read_status_report(stream: BinaryIO, *, today: date, currency: str) -> Reading:
    """The outcomes of a pain.002, inherited from the level above where a payout has none of its own."""
    return _Report(today, currency).read(stream)


class _Report:
    def __init__(self, today: date, currency: str) -> None:
        self.today = today
        self.currency = currency
        self.made_on: date | None = None
        self.group = _Level()
        self.waiting: list[_Transaction] = []
        self.answers: list[Answer] = []
        self.wholes: list[Whole] = []
        self.controls: list[Control] = []
        self.faults: list[Fault] = []
        self.undecided = 0

    def read(self, stream: BinaryIO) -> Reading:
        for name, node in ended(stream, _NAMES):
            match name:
                case "GrpHdr":
                    self._head(node)
                case "OrgnlGrpInfAndSts":
                    self._group(node)
                case "TxInfAndSts":
                    self._transaction(node)
                case _:
                    self._instruction(node)
        self._finish()
        return Reading(
            BankFileKind.PAIN_002,
            answers=tuple(self.answers),
            wholes=tuple(self.wholes),
            controls=tuple(self.controls),
            undecided=self.undecided,
            faults=tuple(sorted(self.faults, key=lambda fault: fault.row)),
        )

    def _head(self, node: Node) -> None:
        text = text_of(node, "CreDtTm")
        self.made_on = day_of_iso(text)
        if self.made_on is None:
            self._fault(FaultCode.DAY_MALFORMED, line_of(node), text)
        elif self.made_on > self.today:
            self._fault(FaultCode.DAY_AHEAD, line_of(node), self.made_on.isoformat())

    def _group(self, node: Node) -> None:
        self.group = self._level(node, reference="OrgnlMsgId", status="GrpSts")

    def _level(self, node: Node, *, reference: str, status: str) -> _Level:
        level = _Level(line_of(node), text_of(node, reference), text_of(node, status), _reason(node))
        if not level.reference:
            self._fault(FaultCode.ELEMENT_MISSING, level.line, reference)
        if level.status and level.status not in OUTCOMES:
            self._fault(FaultCode.STATUS_UNKNOWN, level.line, level.status)
        self._control(node, level)
        return level

    def _control(self, node: Node, level: _Level) -> None:
        count, total = text_of(node, "OrgnlNbOfTxs"), text_of(node, "OrgnlCtrlSum")
        counted, fen = count_of(count), fen_of_decimal(total)
        if (count and counted is None) or (total and fen is None):
            self._fault(FaultCode.AMOUNT_MALFORMED, level.line, f"{count} {total}".strip())
        elif count or total:
            self.controls.append(Control(level.line, level.reference, counted, fen))

    def _transaction(self, node: Node) -> None:
        line, parts = line_of(node), parts_of(node, _PARTS)
        status = text_at(parts, "TxSts")
        if status and status not in OUTCOMES:
            self._fault(FaultCode.STATUS_UNKNOWN, line, status)
        end_to_end_id = text_at(parts, "OrgnlEndToEndId")
        if not end_to_end_id:
            self._fault(FaultCode.ELEMENT_MISSING, line, "OrgnlEndToEndId")
        told = parts.get(_INSTRUCTED, parts.get(_SETTLED))
        account, accepted = text_at(parts, *_ACCOUNTS), text_at(parts, *_ACCEPTED)
        self.waiting.append(
            _Transaction(
                line=line,
                end_to_end_id=shortened(end_to_end_id),
                status=status,
                reason=_reason(node) if "StsRsnInf" in parts else "",
                value_date=day_of_iso(accepted) if accepted else None,
                amount_fen=None if told is None else amount_of(told, currency=self.currency, faults=self.faults),
                accounts=(shortened(account),) if account else (),
            )
        )

    def _instruction(self, node: Node) -> None:
        level = self._level(node, reference="OrgnlPmtInfId", status="PmtInfSts")
        self._check_counts(node, self.waiting, level.status or self.group.status)
        self._close(level, self.waiting, above=self.group)
        self.group.beneath |= level.beneath or {level.status} - {""}
        self.waiting = []

    def _close(self, level: _Level, transactions: list[_Transaction], *, above: _Level | None = None) -> None:
        """The payouts of a level with the status they have, or the level as a whole where none is named."""
        status = level.status or (above.status if above else "")
        reason = level.reason or (above.reason if above else "")
        for each in transactions:
            own = each.status or status
            level.beneath.add(own)
            self._answer(each, own, each.reason or ("" if each.status else reason))
        if transactions:
            self._check_agreement(level)
        elif level.status:
            self._whole(level, reason)

    def _answer(self, each: _Transaction, status: str, reason: str) -> None:
        outcome = OUTCOMES.get(status)
        value_date = each.value_date or self.made_on
        if status == PART or not status:
            self._fault(FaultCode.STATUS_UNKNOWN, each.line, status)
        elif outcome is None or value_date is None:
            self.undecided += 1
        elif value_date > self.today:
            self._fault(FaultCode.DAY_AHEAD, each.line, value_date.isoformat())
        else:
            self.answers.append(
                Answer(
                    line=each.line,
                    outcome=outcome,
                    value_date=value_date,
                    end_to_end_id=each.end_to_end_id,
                    accounts=each.accounts,
                    amount_fen=each.amount_fen,
                    reason=_told(outcome, reason, status),
                )
            )

    def _whole(self, level: _Level, reason: str) -> None:
        outcome = OUTCOMES.get(level.status)
        if outcome is None or self.made_on is None:
            self.undecided += 1
            return
        self.wholes.append(
            Whole(level.line, level.reference, outcome, self.made_on, _told(outcome, reason, level.status))
        )

    def _check_agreement(self, level: _Level) -> None:
        """A final status of a level is that of everything beneath it."""
        outcome = OUTCOMES.get(level.status)
        others = sorted(status for status in level.beneath if OUTCOMES.get(status) is not outcome)
        if outcome is not None and others:
            self._fault(FaultCode.STATUS_CONTRADICTS, level.line, level.status, ", ".join(others))

    def _check_counts(self, node: Node, transactions: list[_Transaction], inherited: str) -> None:
        """``NbOfTxsPerSts`` against the payouts that are named with a status; banks that name rejected ones only still
        count the others."""
        for each in nodes_of(node, "NbOfTxsPerSts"):
            status = text_of(each, "DtldSts")
            named = [known for known in transactions if (known.status or inherited) == status]
            if not named:
                continue
            counted = text_of(each, "DtldNbOfTxs")
            if count_of(counted) != len(named):
                self._fault(FaultCode.COUNT_DIFFERS, line_of(each), counted, str(len(named)))
            total, sums = text_of(each, "DtldCtrlSum"), [known.amount_fen for known in named]
            fen = sum(known for known in sums if known is not None)
            if total and None not in sums and fen_of_decimal(total) != fen:
                self._fault(FaultCode.SUM_DIFFERS, line_of(each), *sums_told(total, fen_of_decimal(total), fen))

    def _finish(self) -> None:
        if self.made_on is None and not self.faults:
            self._fault(FaultCode.ELEMENT_MISSING, 0, "GrpHdr/CreDtTm")
        if not self.group.line:
            self._fault(FaultCode.ELEMENT_MISSING, 0, "OrgnlGrpInfAndSts")
        elif self.waiting:
            # Payouts named outside an instruction stand beneath the message itself.
            self._close(self.group, self.waiting)
        elif self.group.beneath:
            self._check_agreement(self.group)
        elif self.group.status:
            # No instruction beneath has a word of its own.
            self._whole(self.group, self.group.reason)

    def _fault(self, code: FaultCode, line: int, value: str = "", expected: str = "") -> None:
        self.faults.append(Fault(code, line, shortened(value), shortened(expected)))


def _reason(node: Node) -> str:
    """Codes and words of every reason the bank gives, such as ``AC04 账户已销户``."""
    told = []
    for each in nodes_of(node, "StsRsnInf"):
        words = [(found.text or "").strip() for found in nodes_of(each, "AddtlInf")]
        told.append(" ".join(filter(None, [first_text(each, "Rsn/Cd", "Rsn/Prtry"), *words])))
    return "；".join(filter(None, told))[:MAX_REASON]


def _told(outcome: PayoutOutcome, reason: str, status: str) -> str:
    """A reason for what was not paid: the status itself where the bank gives none."""
    return "" if outcome is PayoutOutcome.PAID else reason or status
