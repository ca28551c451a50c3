"""camt.053 and camt.054: booked entries of an account, each transaction of them by itself where the bank tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from core.money import yuan_text
from settlement.rules.bank_files.answers import (
    MAX_REASON,
    Answer,
    BankFileKind,
    Fault,
    FaultCode,
    Movement,
    Owned,
    Reading,
    Whole,
)
from settlement.rules.bank_files.documents import (
    Node,
    amount_of,
    day_at,
    ended,
    first_text,
    line_of,
    nodes_of,
    shortened,
    text_of,
)
from settlement.rules.bank_files.figures import count_of, day_of_iso, fen_of_decimal, sums_told
from settlement.rules.bank_files.heads import (
    CREDIT,
    DEBIT,
    TRUE,
    Balances,
    account_of,
    balances_of,
    bare_head,
    head_of,
    with_content,
)
from settlement.states import PayoutOutcome

BOOKED = "BOOK"
NOT_PROVIDED = "NOTPROVIDED"
"""What ISO 20022 has banks write where there is no end-to-end id."""

_STATUSES = frozenset({BOOKED, "PDNG", "INFO", "FUTR"})
_STATEMENTS = {BankFileKind.CAMT_053: "Stmt", BankFileKind.CAMT_054: "Ntfctn"}


@dataclass(slots=True)
class _Part:
    """One transaction of an entry; what it does not say is as the entry says."""

    line: int
    amount_fen: int | None
    direction: str
    end_to_end_id: str
    reference: str
    returned: bool
    reason: str
    parties: tuple[str, str, str, str]
    text: str


@dataclass
class _Sums:
    """Counts and sums of the entries of a statement, by direction."""

    count: dict[str, int] = field(default_factory=lambda: {CREDIT: 0, DEBIT: 0})
    fen: dict[str, int] = field(default_factory=lambda: {CREDIT: 0, DEBIT: 0})
    booked_fen: int = 0
    """What booked entries moved the account by; what left counts negative."""


def read_statement(stream: BinaryIO, kind: BankFileKind, *, today: date, currency: str) -> Reading:
    """What was booked. Debits answer that a payout left, credits and reversals that it came back; whether an answer is
    about a payout at all is told by its end-to-end id, elsewhere."""
    return _Statement(kind, today, currency).read(stream)


class _Statement:
    def __init__(self, kind: BankFileKind, today: date, currency: str) -> None:
        self.kind = kind
        self.today = today
        self.currency = currency
        self.parts: list[_Part] = []
        self.sums = _Sums()
        self.answers: list[Answer] = []
        self.wholes: list[Whole] = []
        self.faults: list[Fault] = []
        self.accounts: list[Owned] = []
        self.seen = (0, 0)
        self.undecided = 0
        self.statements = 0
        self.made_on: date | None = None
        self.account = ""

    def read(self, stream: BinaryIO) -> Reading:
        statement = _STATEMENTS[self.kind]
        for name, node in ended(stream, frozenset({"GrpHdr", "TxDtls", "Ntry", statement})):
            if name == "GrpHdr":
                self.made_on = day_of_iso(text_of(node, "CreDtTm"))
            elif name == "TxDtls":
                self._part(node)
            elif name == "Ntry":
                self._entry(node)
                self.parts = []
            else:
                self._statement(node)
        if not self.statements:
            self._fault(FaultCode.ELEMENT_MISSING, 0, statement)
        return Reading(
            self.kind,
            answers=tuple(self.answers),
            wholes=tuple(self.wholes),
            accounts=tuple(self.accounts),
            undecided=self.undecided,
            faults=tuple(sorted(self.faults, key=lambda fault: fault.row)),
        )

    def _part(self, node: Node) -> None:
        # A sum in another currency is what was instructed; the account's own stands beside it, or on the entry.
        sums = [*nodes_of(node, "Amt"), *nodes_of(node, "AmtDtls/TxAmt/Amt")]
        own = [each for each in sums if each.get("Ccy") == self.currency]
        end_to_end_id = text_of(node, "Refs/EndToEndId")
        returns = nodes_of(node, "RtrInf")
        self.parts.append(
            _Part(
                line=line_of(node),
                amount_fen=amount_of(own[0], currency=self.currency, faults=self.faults) if own else None,
                direction=text_of(node, "CdtDbtInd"),
                end_to_end_id="" if end_to_end_id == NOT_PROVIDED else shortened(end_to_end_id),
                reference=shortened(first_text(node, "Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId", "Refs/UETR")),
                returned=bool(returns),
                reason=_reason(returns),
                parties=(
                    _name(node, "RltdPties/Cdtr"),
                    account_of(node, "RltdPties/CdtrAcct"),
                    _name(node, "RltdPties/Dbtr"),
                    account_of(node, "RltdPties/DbtrAcct"),
                ),
                text=_remittance(node),
            )
        )

    def _entry(self, node: Node) -> None:
        line = line_of(node)
        status = first_text(node, "Sts/Cd", "Sts/Prtry", "Sts")
        direction = text_of(node, "CdtDbtInd")
        amounts = nodes_of(node, "Amt")
        fen = amount_of(amounts[0], currency=self.currency, faults=self.faults) if amounts else None
        if not amounts:
            self._fault(FaultCode.ELEMENT_MISSING, line, "Ntry/Amt")
        if status not in _STATUSES:
            self._fault(FaultCode.STATUS_UNKNOWN, line, status)
        if direction not in (CREDIT, DEBIT):
            self._fault(FaultCode.DIRECTION_UNKNOWN, line, direction)
            return
        self.sums.count[direction] += 1
        self.sums.fen[direction] += fen or 0
        if status != BOOKED:
            self.undecided += 1
            return
        self.sums.booked_fen += (fen or 0) if direction == CREDIT else -(fen or 0)
        day = self._day(node, line)
        if fen is not None and day is not None:
            self._booked(node, fen=fen, direction=direction, day=day)

    def _day(self, node: Node, line: int) -> date | None:
        day = day_at(node, "ValDt") or day_at(node, "BookgDt") or self.made_on
        if day is None:
            self._fault(FaultCode.DAY_MALFORMED, line, first_text(node, "ValDt/Dt", "ValDt/DtTm", "BookgDt/Dt"))
        elif day > self.today:
            self._fault(FaultCode.DAY_AHEAD, line, day.isoformat())
            return None
        return day

    def _booked(self, node: Node, *, fen: int, direction: str, day: date) -> None:
        self.account = account_of(node.getparent(), "Acct")
        reversal = text_of(node, "RvslInd") in TRUE
        batches = nodes_of(node, "NtryDtls/Btch")
        if batches:
            self._check_batch(batches[0], fen)
        if not self.parts and batches and text_of(batches[0], "PmtInfId"):
            self._whole(node, batches[0], fen=fen, returned=direction == CREDIT, day=day)
            return
        if not self.parts:
            self.parts.append(_bare(node))
        if len(self.parts) == 1:
            # The account moved by the entry's sum, whatever was instructed.
            self.parts[0].amount_fen = fen
        self._check_parts(line_of(node), fen)
        shared = shortened(first_text(node, "AcctSvcrRef", "NtryRef"))
        note = shortened(text_of(node, "AddtlNtryInf"))
        for part in self.parts:
            self._answer(part, credit=direction == CREDIT, reversal=reversal, day=day, reference=shared, note=note)

    def _answer(self, part: _Part, *, credit: bool, reversal: bool, day: date, reference: str, note: str) -> None:
        if part.amount_fen is None:
            return
        came_back = credit or part.returned
        creditor, creditor_account, debtor, debtor_account = part.parties
        # What was sent and came back names the payee as creditor still, or as debtor; what was received, who sent it.
        ours = not credit or reversal or part.returned
        reason = part.reason or note or part.text
        self.answers.append(
            Answer(
                line=part.line,
                outcome=PayoutOutcome.RETURNED if came_back else PayoutOutcome.PAID,
                value_date=day,
                end_to_end_id=part.end_to_end_id or None,
                accounts=tuple(filter(None, (creditor_account, debtor_account if came_back else ""))),
                amount_fen=part.amount_fen,
                reason=reason[:MAX_REASON] if came_back else "",
                movement=Movement(
                    account=self.account,
                    credit=credit,
                    reference=part.reference or reference,
                    party_name=creditor if ours else debtor or creditor,
                    party_account=creditor_account if ours else debtor_account or creditor_account,
                    text=shortened(part.text or part.reason or note),
                ),
            )
        )

    def _whole(self, node: Node, batch: Node, *, fen: int, returned: bool, day: date) -> None:
        """A batch booked as one sum without its payouts: all of them left."""
        outcome = PayoutOutcome.RETURNED if returned else PayoutOutcome.PAID
        note = shortened(text_of(node, "AddtlNtryInf"))
        reference = shortened(first_text(node, "AcctSvcrRef", "NtryRef"))
        self.wholes.append(
            Whole(
                line=line_of(node),
                reference=shortened(text_of(batch, "PmtInfId")),
                outcome=outcome,
                value_date=day,
                reason=note[:MAX_REASON] if returned else "",
                amount_fen=fen,
                movement=Movement(self.account, returned, reference, party_name="", party_account="", text=note),
            )
        )

    def _check_batch(self, batch: Node, fen: int) -> None:
        """``Btch`` against the transactions that stand beside it and the entry's own sum."""
        counted, line = text_of(batch, "NbOfTxs"), line_of(batch)
        if counted and self.parts and count_of(counted) != len(self.parts):
            self._fault(FaultCode.COUNT_DIFFERS, line, counted, str(len(self.parts)))
        for total in nodes_of(batch, "TtlAmt"):
            found = amount_of(total, currency=self.currency, faults=self.faults)
            if found is not None and found != fen:
                self._fault(FaultCode.SUM_DIFFERS, line, yuan_text(found), yuan_text(fen))

    def _check_parts(self, line: int, fen: int) -> None:
        sums = [part.amount_fen for part in self.parts]
        if None in sums:
            self._fault(FaultCode.ELEMENT_MISSING, line, "TxDtls/Amt")
            return
        total = sum(each for each in sums if each is not None)
        if total != fen:
            self._fault(FaultCode.SUM_DIFFERS, line, yuan_text(fen), yuan_text(total))

    def _statement(self, node: Node) -> None:
        self.statements += 1
        is_whole = _complete(node)
        balances = balances_of(node, currency=self.currency, is_whole=is_whole, faults=self.faults)
        self.accounts.append(self._owned(node, balances))
        if is_whole:
            self._check_balances(balances)
            for name, directions in (
                ("TtlNtries", (CREDIT, DEBIT)),
                ("TtlCdtNtries", (CREDIT,)),
                ("TtlDbtNtries", (DEBIT,)),
            ):
                for each in nodes_of(node, f"TxsSummry/{name}"):
                    self._check_summary(each, directions)
        self.sums = _Sums()

    def _owned(self, node: Node, balances: Balances) -> Owned:
        if self.kind is not BankFileKind.CAMT_053:
            return bare_head(node)
        booked: list[Answer | Whole] = [*self.answers[self.seen[0] :], *self.wholes[self.seen[1] :]]
        self.seen = len(self.answers), len(self.wholes)
        return with_content(head_of(node, balances, made_on=self.made_on), booked)

    def _check_balances(self, balances: Balances) -> None:
        """The opening balance and what was booked come to the closing one."""
        before, after = balances.opening_fen, balances.closing_fen
        if before is not None and after is not None and before + self.sums.booked_fen != after:
            expected = yuan_text(before + self.sums.booked_fen)
            self._fault(FaultCode.BALANCE_DIFFERS, balances.line, yuan_text(after), expected)

    def _check_summary(self, node: Node, directions: tuple[str, ...]) -> None:
        counted, total, line = text_of(node, "NbOfNtries"), text_of(node, "Sum"), line_of(node)
        count = sum(self.sums.count[each] for each in directions)
        fen = sum(self.sums.fen[each] for each in directions)
        if counted and count_of(counted) != count:
            self._fault(FaultCode.COUNT_DIFFERS, line, counted, str(count))
        if total and fen_of_decimal(total) != fen:
            self._fault(FaultCode.SUM_DIFFERS, line, *sums_told(total, fen_of_decimal(total), fen))

    def _fault(self, code: FaultCode, line: int, value: str = "", expected: str = "") -> None:
        self.faults.append(Fault(code, line, shortened(value), shortened(expected)))


def _bare(node: Node) -> _Part:
    """An entry that tells nothing of its transactions."""
    return _Part(line_of(node), None, "", "", "", returned=False, reason="", parties=("", "", "", ""), text="")


def _reason(returns: list[Node]) -> str:
    told = []
    for each in returns:
        words = [(found.text or "").strip() for found in nodes_of(each, "AddtlInf")]
        told.append(" ".join(filter(None, [first_text(each, "Rsn/Cd", "Rsn/Prtry"), *words])))
    return "；".join(filter(None, told))[:MAX_REASON]


def _name(node: Node, party: str) -> str:
    return shortened(first_text(node, f"{party}/Nm", f"{party}/Pty/Nm", f"{party}/Agt/FinInstnId/Nm"))


def _remittance(node: Node) -> str:
    words = [(found.text or "").strip() for found in nodes_of(node, "RmtInf/Ustrd")]
    references = [(found.text or "").strip() for found in nodes_of(node, "RmtInf/Strd/CdtrRefInf/Ref")]
    return shortened(" ".join(filter(None, [*words, *references, text_of(node, "AddtlTxInf")])))


def _complete(node: Node) -> bool:
    """Whether the statement is all on this page, so that its summary is about what was read."""
    pages = [*nodes_of(node, "StmtPgntn"), *nodes_of(node, "NtfctnPgntn")]
    return all(text_of(each, "PgNb") == "1" and text_of(each, "LastPgInd") in TRUE for each in pages)
