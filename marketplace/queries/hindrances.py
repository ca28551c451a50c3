"""What keeps an order from being placed on a quote, although the quote stands: it may be gone tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core import policy
from core.errors import Reason, reason
from marketplace.models import Quote
from settlement.queries.trade import debtors_among
from vouchers.rules.facts import PaymentMode

SHORTFALLS_BLOCK = "settlement.unpaid_shortfall_blocks_direct_deduction"


@dataclass(frozen=True, slots=True)
class QuoteAnswer:
    """A quote and what keeps an order from being placed on it today."""

    quote: Quote
    hindrances: Sequence[Reason]


def shortfalls_block(day: date) -> bool:
    """Whether an unpaid shortfall blocks new orders in direct deduction (V16(1))."""
    found: bool = policy.current().nearest(day, term=SHORTFALLS_BLOCK)[SHORTFALLS_BLOCK]
    return found


def shortfall_hindrance() -> Reason:
    """The ground of V16(1)."""
    return reason("shortfall_unpaid", article="V16(1)")


def quote_answer(quote: Quote, *, on: date) -> QuoteAnswer:
    """A quote as its asker is answered."""
    return quote_answers([quote], on=on)[0]


def quote_answers(quotes: Sequence[Quote], *, on: date) -> list[QuoteAnswer]:
    """Quotes as their askers are answered, in the order given, in one query."""
    deducted = {each.beneficiary_id for each in quotes if each.payment_mode is PaymentMode.DIRECT_DEDUCTION}
    owing = debtors_among(deducted) if shortfalls_block(on) else set()
    return [
        QuoteAnswer(
            each,
            [shortfall_hindrance()]
            if each.payment_mode is PaymentMode.DIRECT_DEDUCTION and each.beneficiary_id in owing
            else [],
        )
        for each in quotes
    ]
