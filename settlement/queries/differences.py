"""Where ledger, batches, bank answers and the gateway tell different sums: the statements of ``verify`` about them."""

from __future__ import annotations

from enum import StrEnum

from core.invariants import Invariant, Offence, verify
from settlement.queries.invariants import batches, funds, gateway, ledger, payouts, statement_gaps, suspense, trade

MONEY_NUMBERS = (1, 2, 4, 6, 8, 15, 17)
"""Statements that compare sums; the others are about states, rights and histories."""


class Comparison(StrEnum):
    """What is compared with what."""

    BALANCES = "balances"
    FUNDS = "funds"
    BATCHES = "batches"
    PAYABLES = "payables"
    TRADE = "trade"
    GATEWAY = "gateway"
    SUSPENSE = "suspense"
    STATEMENTS = "statements"


_STATEMENTS: dict[Comparison, list[Invariant]] = {
    Comparison.BALANCES: ledger.INVARIANTS,
    Comparison.FUNDS: funds.INVARIANTS,
    Comparison.BATCHES: batches.INVARIANTS,
    Comparison.PAYABLES: payouts.INVARIANTS,
    Comparison.TRADE: trade.INVARIANTS,
    Comparison.GATEWAY: gateway.INVARIANTS,
    Comparison.SUSPENSE: suspense.INVARIANTS,
    Comparison.STATEMENTS: [*statement_gaps.INVARIANTS, statement_gaps.FOLLOWING],
}


def statements_of(comparison: Comparison) -> list[Invariant]:
    """What a comparison asks."""
    return [each for each in _STATEMENTS[comparison] if each.number in MONEY_NUMBERS]


def differences(comparison: Comparison) -> list[Offence]:
    """Every row that differs; each leads to its record."""
    return verify(statements_of(comparison))
