"""What a statement tells of itself: its account, its numbers, its pages and its balances."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from settlement.rules.bank_files.answers import Answer, Fault, FaultCode, Owned, Whole
from settlement.rules.bank_files.documents import (
    Node,
    amount_of,
    day_at,
    first_text,
    line_of,
    nodes_of,
    shortened,
    text_of,
)
from settlement.rules.bank_files.figures import instant_of_iso, number_of
from settlement.rules.bank_files.suspense import spelled_out

CREDIT, DEBIT = "CRDT", "DBIT"
OPENING, PREVIOUS_CLOSING, CLOSING = "OPBD", "PRCD", "CLBD"
"""Booked balances: at the beginning of the statement, at the end of the one before, at its end."""
TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class Balances:
    """The booked balances in fen, negative where the account is overdrawn, with line and day of the closing one and
    the day of the one that it opened with."""

    opening_fen: int | None
    closing_fen: int | None
    line: int
    day: date | None
    opened_on: date | None


def balances_of(node: Node, *, currency: str, is_whole: bool, faults: list[Fault]) -> Balances:
    """The balances of a statement; the first of each kind counts.

    One that cannot be read is none. It is a fault only where the entries are to lead from one to the other: both are
    told, and ``is_whole`` says that all entries are on this page.
    """
    told = {text_of(each, "Tp/CdOrPrtry/Cd"): each for each in reversed(nodes_of(node, "Bal"))}
    opening, closing = told.get(OPENING, told.get(PREVIOUS_CLOSING)), told.get(CLOSING)
    unread: list[Fault] = []
    balances = Balances(
        opening_fen=_fen(opening, currency=currency, faults=unread),
        closing_fen=_fen(closing, currency=currency, faults=unread),
        line=line_of(node) if closing is None else line_of(closing),
        day=None if closing is None else day_at(closing, "Dt"),
        opened_on=day_at(told[OPENING], "Dt") if OPENING in told else None,
    )
    if is_whole and opening is not None and closing is not None:
        faults.extend(unread)
    return balances


def bare_head(node: Node) -> Owned:
    """Whose statement it is."""
    account = nodes_of(node, "Acct")
    return Owned(line_of(account[0] if account else node), "".join(account_of(node, "Acct").split()))


def head_of(node: Node, balances: Balances, *, made_on: date | None) -> Owned:
    """Whose statement it is, and its place among the others; ``made_on`` is the day of the file.

    A number or a page that cannot be read is none: nothing of it may keep the money on the statement out.
    """
    page = number_of(text_of(node, "StmtPgntn/PgNb"))
    made_at = instant_of_iso(text_of(node, "CreDtTm"))
    head = replace(
        bare_head(node),
        electronic_no=number_of(text_of(node, "ElctrncSeqNb")),
        legal_no=number_of(text_of(node, "LglSeqNb")),
        page=page or 1,
        is_last=page is None or text_of(node, "StmtPgntn/LastPgInd") in TRUE,
        day=balances.day or day_at(node, "FrToDt/ToDtTm") or day_at(node, "CreDtTm") or made_on,
        made_at=made_at,
        opening_fen=balances.opening_fen,
        closing_fen=balances.closing_fen,
    )
    return _in_its_year(head, day_at(node, "FrToDt/FrDtTm") or balances.opened_on)


def with_content(head: Owned, booked: Iterable[Answer | Whole]) -> Owned:
    """The same with the digest of it and of what was booked, in whatever order the bank writes it.

    One that is numbered is told again by its number in its year, any other by its day.
    """
    entries = sorted(spelled_out(each, each.movement) for each in booked if each.movement is not None)
    facts = (
        head.account,
        head.electronic_no,
        head.legal_no,
        head.page,
        head.opening_fen,
        head.closing_fen,
        None if head.day is None else head.day.year if head.number is not None else head.day.isoformat(),
        entries,
    )
    return replace(head, content=hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest())


def account_of(node: Node, account: str) -> str:
    """The number of an account below a path; "" where there is none."""
    return shortened(first_text(node, f"{account}/Id/Othr/Id", f"{account}/Id/IBAN"))


def _in_its_year(head: Owned, begun_on: date | None) -> Owned:
    """The same, on the day it began where it reaches over the end of a year: its number is one of the year before.

    Number 1 is of the new year, though its week, or the balance it opens with, may be of the old one.
    """
    if head.number in (None, 1) or head.day is None or begun_on is None or begun_on.year + 1 != head.day.year:
        return head
    return replace(head, day=begun_on)


def _fen(node: Node | None, *, currency: str, faults: list[Fault]) -> int | None:
    if node is None:
        return None
    direction, amounts = text_of(node, "CdtDbtInd"), nodes_of(node, "Amt")
    if direction not in (CREDIT, DEBIT) or not amounts:
        faults.append(Fault(FaultCode.ELEMENT_MISSING, line_of(node), "Bal/CdtDbtInd" if amounts else "Bal/Amt"))
        return None
    fen = amount_of(amounts[0], currency=currency, faults=faults)
    return fen if fen is None or direction == CREDIT else -fen
