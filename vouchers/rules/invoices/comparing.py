"""An invoice beside its order, field by field: what refuses it, and what a reviewer must look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from core.errors import Reason, reason
from core.money import yuan_text
from core.texts import text
from vouchers.rules.claims import BASE, InvoiceFacts, InvoiceType, Parties
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.items import ItemPolicy
from vouchers.rules.invoices.numbers import canonical_number, number_faults

CREDIT = "V13"
CONTRACT = "S17"


class Concern(StrEnum):
    """What a difference does."""

    REFUSAL = "refusal"
    FLAG = "flag"


@dataclass(frozen=True)
class Compared:
    """One field of an invoice beside what the order says. ``expected`` is None where the order says nothing."""

    field: str
    stated: object
    expected: object
    fault: Reason | None
    concern: Concern | None = None

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.fault is None


@dataclass(frozen=True)
class OrderFacts:
    """What the order says of its invoice. ``since`` is the day on which it was placed."""

    parties: Parties
    seller_name: str
    buyer_names: frozenset[str]
    fee_fen: int
    since: date
    today: date


def compare(
    stated: ReadInvoice, order: OrderFacts, *, faults: Mapping[str | None, Reason], items: ItemPolicy
) -> list[Compared]:
    """Every field that the invoice names, in the order of a form; ``faults`` are refusals known already, by field."""
    return [_compared(each, faults) for each in _fields(stated, order, items)]


def refusals(compared: Sequence[Compared]) -> list[Reason]:
    """What stands against an invoice for good."""
    return [each.fault for each in compared if each.fault is not None and each.concern is Concern.REFUSAL]


def with_credits(compared: Sequence[Compared], *, credited_fen: int, counted_fen: int) -> list[Compared]:
    """The same with what credit invoices took back: a number whose invoice supports nothing any more does not agree,
    nor does a sum that is partly taken back."""
    if credited_fen == 0:
        return list(compared)
    gone = counted_fen == 0
    sums = {"credited": yuan_text(credited_fen), "left": yuan_text(counted_fen)}
    said = {
        "amount_incl_tax_fen": reason("invoice_credited_part", article=CREDIT, field="amount_incl_tax_fen", **sums),
        **({"invoice_number": reason("invoice_credited", article=CREDIT, field="invoice_number")} if gone else {}),
    }
    concern = Concern.REFUSAL if gone else Concern.FLAG
    return [
        replace(row, fault=said[row.field], concern=concern) if row.agrees and row.field in said else row
        for row in compared
    ]


def contradictions(typed: InvoiceFacts, read: ReadInvoice) -> list[Reason]:
    """Where somebody typed something else than the file says; what the file does not say may be typed freely."""
    pairs = [(name, getattr(typed, name), getattr(read, name)) for name in asdict(typed)]
    return [
        typed_otherwise(SHOWN.get(name, name), said, found)
        for name, said, found in pairs
        if found is not None and _plain(name, said) != found
    ]


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody typed of an invoice; None for what was left to the file."""

    number: str | None = None
    type: InvoiceType | None = None
    seller_uscc: str | None = None
    buyer_uscc: str | None = None
    amount_incl_tax_fen: int | None = None
    issued_on: date | None = None


def completed(typed: Typed, read: ReadInvoice) -> tuple[InvoiceFacts, list[Reason]]:
    """What the file says, with what was typed where it says nothing; every field that both leave out or that they say
    differently is a fault, and then the facts are not to be used."""
    faults = []
    merged: dict[str, Any] = {}
    for name in ("number", "type", "seller_uscc", "buyer_uscc", "amount_incl_tax_fen", "issued_on"):
        said, found = getattr(typed, name), getattr(read, name)
        merged[name] = said if found is None else found
        field = SHOWN.get(name, name)
        if said is not None and found is not None and _plain(name, said) != found:
            faults.append(typed_otherwise(field, said, found))
        elif merged[name] is None and name != _MAY_BE_MISSING:
            faults.append(reason("invoice_field_missing", article=CREDIT, field=field))
        elif name == "number" and found is None:
            faults += number_faults(said, field=field)
            merged[name] = _plain(name, said)
    return InvoiceFacts(**merged), faults


SHOWN = {"number": "invoice_number", "type": "invoice_type"}
"""Fields that the form calls otherwise."""
_MAY_BE_MISSING = "buyer_uscc"


def _plain(name: str, said: Any) -> Any:
    return canonical_number(said) or said if name == "number" and said is not None else said


def typed_otherwise(field: str, said: object, found: object) -> Reason:
    """Somebody typed something else of a field than the file says; sums in yuan, types by their names."""
    return reason("invoice_typed_otherwise", article=CREDIT, field=field, typed=_words(said), read=_words(found))


def _words(value: object) -> object:
    match value:
        case None | "":
            return "—"
        case InvoiceType():
            return text(f"term.InvoiceType.{value}")
        case int():
            return text("invoice.sum", yuan=yuan_text(value))
    return value


def _compared(row: Compared, faults: Mapping[str | None, Reason]) -> Compared:
    fault = faults.get(row.field)
    return row if fault is None else Compared(row.field, row.stated, row.expected, fault, Concern.REFUSAL)


def _fields(stated: ReadInvoice, order: OrderFacts, items: ItemPolicy) -> Iterator[Compared]:
    credit = reason("invoice_is_credit", article=CREDIT, field="invoice_number") if stated.is_credit else None
    yield _row("invoice_number", stated.number, None, credit, Concern.REFUSAL)
    if stated.type is not None:
        yield _row("invoice_type", stated.type, None)
    yield from _names("seller_name", stated.seller_name, {order.seller_name})
    yield _row("seller_uscc", stated.seller_uscc, order.parties.seller_uscc)
    yield from _names("buyer_name", stated.buyer_name, order.buyer_names)
    buyers = order.parties.buyer_usccs
    yield _row(
        "buyer_uscc", stated.buyer_uscc, stated.buyer_uscc if stated.buyer_uscc in buyers else _first(order.parties)
    )
    yield from _sums(stated, order)
    yield from _dates(stated, order, items)
    yield from _lines(stated, items)
    if stated.remark is not None:
        yield _row("remark", stated.remark, None)


def _names(field: str, said: str | None, expected: set[str] | frozenset[str]) -> Iterator[Compared]:
    if said is None:
        return
    differs = said not in expected
    shown = "、".join(sorted(expected))
    fault = reason("invoice_name_differs", article=BASE, field=field, said=said, expected=shown) if differs else None
    yield _row(field, said, shown, fault, Concern.FLAG)


def _sums(stated: ReadInvoice, order: OrderFacts) -> Iterator[Compared]:
    total_fen = stated.amount_incl_tax_fen
    if stated.amount_fen is not None and stated.tax_fen is not None and total_fen is not None:
        adds_up = stated.amount_fen + stated.tax_fen == total_fen
        fault = None if adds_up else reason("invoice_sums_differ", article=BASE, field="tax_fen")
        yield _row("amount_fen", stated.amount_fen, None)
        yield _row("tax_fen", stated.tax_fen, None, fault, Concern.REFUSAL)
    fault = None
    if total_fen is not None and total_fen != order.fee_fen:
        code = "invoice_below_fee" if total_fen < order.fee_fen else "invoice_above_fee"
        fault = reason(code, article=BASE, field="amount_incl_tax_fen")
    yield _row("amount_incl_tax_fen", total_fen, order.fee_fen, fault, Concern.FLAG)


def _dates(stated: ReadInvoice, order: OrderFacts, items: ItemPolicy) -> Iterator[Compared]:
    fault, concern, issued_on = None, Concern.FLAG, stated.issued_on
    days = items.days_before_order
    if issued_on is not None and days is not None and issued_on < order.since - timedelta(days=days):
        oldest = order.since - timedelta(days=days)
        fault, concern = reason("invoice_too_old", article=CONTRACT, field="issued_on", oldest=oldest), Concern.REFUSAL
    elif issued_on is not None and issued_on < order.since:
        fault = reason("invoice_before_order", article=CONTRACT, field="issued_on", since=order.since)
    yield _row("issued_on", issued_on, None if fault is None else order.since, fault, concern)


def _lines(stated: ReadInvoice, items: ItemPolicy) -> Iterator[Compared]:
    if not stated.lines:
        return
    sums = (sum(line.amount_fen for line in stated.lines), sum(line.tax_fen for line in stated.lines))
    differs = stated.amount_fen is not None and sums != (stated.amount_fen, stated.tax_fen)
    fault = reason("invoice_lines_differ", article=BASE, field="lines") if differs else None
    unlike = not any(line.category in items.service for line in stated.lines) if items.service else False
    if fault is None and unlike:
        fault = reason("invoice_lines_unlike_service", article="V11", field="lines")
    shown = "；".join(line.name for line in stated.lines[:SHOWN_LINES])
    yield _row("lines", shown, None, fault, Concern.FLAG)


SHOWN_LINES = 5


def _row(
    field: str, stated: object, expected: object, fault: Reason | None = None, concern: Concern | None = None
) -> Compared:
    return Compared(field, stated, expected, fault, None if fault is None else concern)


def _first(parties: Parties) -> str | None:
    return min((each for each in parties.buyer_usccs if each is not None), default=None)
