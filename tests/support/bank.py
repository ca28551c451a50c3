"""A bank that answers what it was sent, in every form banks answer in: tables, pain.002, camt.054 and camt.053."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring
from xlsxwriter import Workbook

from core.money import fen_to_yuan, yuan_to_fen

HEADINGS = ("payout_no", "account_number", "amount", "status", "reason", "value_date")
VALUE_DATE = date(2026, 1, 13)
OURS = "0000000000000000000"
"""The paying account of the example file."""
CLOSED_ACCOUNT = "AC04 账户已销户"
_ISO = "urn:iso:std:iso:20022:tech:xsd:"
_STATUS = {"paid": "ACSC", "failed": "RJCT", "pending": "PDNG"}


@dataclass(frozen=True)
class Sent:
    """One payment the bank was sent."""

    payout_no: int
    end_to_end_id: str
    account_number: str
    amount_fen: int


@dataclass(frozen=True)
class Entry:
    """A booked entry that is about no payment, or one that a test bends."""

    amount_fen: int
    credit: bool = True
    end_to_end_id: str = ""
    account_number: str = ""
    name: str = "某公司"
    text: str = "来款"
    reference: str = "BK0001"
    status: str = "BOOK"
    reversal: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Bank:
    """What a bank says of payments: ``outcomes`` by payout number, the others as ``rest`` says (None: nothing)."""

    sent: Sequence[Sent]
    reference: str = "20260112-1-01"
    outcomes: Mapping[int, str] = field(default_factory=dict)
    rest: str | None = "paid"
    value_date: date = VALUE_DATE

    def said(self) -> Iterable[tuple[Sent, str]]:
        """Each payment that is spoken of, with its outcome."""
        for each in self.sent:
            outcome = self.outcomes.get(each.payout_no, self.rest)
            if outcome is not None:
                yield each, outcome

    def rows(self) -> list[list[str]]:
        """The rows of a table, headings first."""
        return [
            list(HEADINGS),
            *(
                [
                    str(each.payout_no),
                    each.account_number,
                    fen_to_yuan(each.amount_fen),
                    outcome,
                    "" if outcome == "paid" else CLOSED_ACCOUNT,
                    self.value_date.isoformat(),
                ]
                for each, outcome in self.said()
            ),
        ]

    def csv(self, encoding: str = "utf-8-sig") -> bytes:
        """A table as CSV."""
        return csv_of(self.rows(), encoding)

    def xlsx(self) -> bytes:
        """A table as a workbook, every cell text."""
        return xlsx_of(self.rows())

    def pain_002(self, *, version: str = "10", group: str | None = None, named: bool = True, count: int = 0) -> bytes:
        """A status report of every payment, or (``group`` without ``named``) of the message as a whole."""
        transactions = "".join(self._status(each, outcome) for each, outcome in self.said()) if named else ""
        total = fen_to_yuan(sum(each.amount_fen for each in self.sent))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_ISO}pain.002.001.{version}"><CstmrPmtStsRpt>\n'
            f"<GrpHdr><MsgId>S1</MsgId><CreDtTm>{self.value_date}T10:00:00+08:00</CreDtTm></GrpHdr>\n"
            f"<OrgnlGrpInfAndSts><OrgnlMsgId>{self.reference}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
            f"<OrgnlNbOfTxs>{count or len(self.sent)}</OrgnlNbOfTxs><OrgnlCtrlSum>{total}</OrgnlCtrlSum>"
            f"{f'<GrpSts>{group}</GrpSts>' if group else ''}</OrgnlGrpInfAndSts>\n"
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{self.reference}</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>\n"
            "</CstmrPmtStsRpt></Document>"
        ).encode()

    def camt(self, kind: str = "054", *, version: str = "08", others: Sequence[Entry] = ()) -> bytes:
        """A notification (054) or a statement (053): what left, what came back, and ``others``."""
        entries = []
        for each, outcome in self.said():
            left = Entry(each.amount_fen, False, each.end_to_end_id, each.account_number, text="科技创新券兑付")
            back = Entry(
                each.amount_fen, True, each.end_to_end_id, each.account_number, text="退汇", reason=CLOSED_ACCOUNT
            )
            entries += {"paid": [left], "returned": [left, back], "late": [back]}[outcome]
        return camt_of([*entries, *others], kind, version=version, day=self.value_date)

    def _status(self, sent: Sent, outcome: str) -> str:
        code, _, words = CLOSED_ACCOUNT.partition(" ")
        reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>{words}</AddtlInf></StsRsnInf>"
        return (
            f"\n<TxInfAndSts><OrgnlEndToEndId>{sent.end_to_end_id}</OrgnlEndToEndId><TxSts>{_STATUS[outcome]}</TxSts>"
            f'{reason if outcome == "failed" else ""}<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">'
            f"{fen_to_yuan(sent.amount_fen)}</InstdAmt></Amt><CdtrAcct><Id><Othr><Id>{sent.account_number}</Id></Othr>"
            "</Id></CdtrAcct></OrgnlTxRef></TxInfAndSts>"
        )


def read_pain_001(content: bytes) -> tuple[str, list[Sent]]:
    """The message's reference and its payments, as a bank reads them."""
    root = fromstring(content)
    sent = [
        Sent(
            payout_no=int(_text(each, "EndToEndId").rpartition("-")[2]),
            end_to_end_id=_text(each, "EndToEndId"),
            account_number=_text(each, "CdtrAcct/{*}Id/{*}Othr/{*}Id"),
            amount_fen=yuan_to_fen(_text(each, "InstdAmt")),
        )
        for each in root.iterfind(".//{*}CdtTrfTxInf")
    ]
    return _text(root, "MsgId"), sent


def _text(node: Element, path: str) -> str:
    found = node.find(f".//{{*}}{path}")
    assert found is not None, path
    assert found.text, path
    return found.text


def csv_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    """Rows as CSV."""
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    return target.getvalue().encode(encoding)


def xlsx_of(rows: Sequence[Sequence[object]]) -> bytes:
    """Rows as a workbook: text stays text, figures are figures."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                else:
                    sheet.write(at, column, cell)
    return target.getvalue()


def camt_of(
    entries: Sequence[Entry],
    kind: str = "053",
    *,
    version: str = "08",
    day: date = VALUE_DATE,
    summary: str = "",
    account: str = OURS,
) -> bytes:
    """Entries as a statement or notification of the version."""
    outer, inner = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}[kind]
    booked = "".join(_entry(each, version, day) for each in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_ISO}camt.{kind}.001.{version}"><{outer}>\n'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>{day}T18:00:00+08:00</CreDtTm></GrpHdr>\n"
        f"<{inner}><Id>1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{summary}{booked}\n"
        f"</{inner}></{outer}></Document>"
    ).encode()


def numbered(
    number: int | None,
    *entries: Entry,
    opening_fen: int | None = None,
    day: date = VALUE_DATE,
    pages: tuple[int, bool] | None = None,
    legal_no: int | None = None,
    account: str = OURS,
) -> bytes:
    """A statement with the bank's number and balances that its entries lead to; ``pages`` are number and last one."""
    paged = (
        ""
        if pages is None
        else (f"<StmtPgntn><PgNb>{pages[0]}</PgNb><LastPgInd>{str(pages[1]).lower()}</LastPgInd></StmtPgntn>")
    )
    numbers = "" if number is None else f"<ElctrncSeqNb>{number}</ElctrncSeqNb>"
    numbers += "" if legal_no is None else f"<LglSeqNb>{legal_no}</LglSeqNb>"
    balances = ""
    if opening_fen is not None:
        closing_fen = opening_fen + sum(each.amount_fen if each.credit else -each.amount_fen for each in entries)
        balances = _balance("OPBD", opening_fen, day) + _balance("CLBD", closing_fen, day)
    return camt_of(entries, summary=f"{paged}{numbers}{balances}", day=day, account=account)


def _balance(kind: str, fen: int, day: date) -> str:
    direction = "CRDT" if fen >= 0 else "DBIT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{fen_to_yuan(abs(fen))}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(entry: Entry, version: str, day: date) -> str:
    amount = f'<Amt Ccy="CNY">{fen_to_yuan(entry.amount_fen)}</Amt>'
    status = entry.status if version == "02" else f"<Cd>{entry.status}</Cd>"
    name = f"<Nm>{escape(entry.name)}</Nm>" if version in ("02", "04") else f"<Pty><Nm>{escape(entry.name)}</Nm></Pty>"
    party = "Dbtr" if entry.credit and not entry.end_to_end_id else "Cdtr"
    account = f"<{party}Acct><Id><Othr><Id>{entry.account_number}</Id></Othr></Id></{party}Acct>"
    own = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>" if version == "02" else amount
    code, _, words = entry.reason.partition(" ")
    returned = f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>{words}</AddtlInf></RtrInf>" if entry.reason else ""
    return (
        f"\n<Ntry>{amount}<CdtDbtInd>{'CRDT' if entry.credit else 'DBIT'}</CdtDbtInd>"
        f"{'<RvslInd>true</RvslInd>' if entry.reversal else ''}<Sts>{status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt>"
        f"<ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{entry.reference}</AcctSvcrRef><BkTxCd/><NtryDtls>\n<TxDtls><Refs>"
        f"<EndToEndId>{entry.end_to_end_id or 'NOTPROVIDED'}</EndToEndId></Refs>{own}"
        f"<RltdPties><{party}>{name}</{party}>{account if entry.account_number else ''}</RltdPties>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf>{returned}</TxDtls></NtryDtls></Ntry>"
    )
