"""Which lines of an invoice count (V12 base: eligible items only)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from core.policy import Edition
from core.texts import Text, text
from vouchers.rules.invoices.facts import InvoiceLine

BASE = "V12 base"
DAYS_BEFORE_ORDER = "invoices.days_before_order"
UNKNOWN_CREDIT_MAX = "invoices.unknown_credit_max_fen"


@dataclass(frozen=True)
class ItemPolicy:
    """Tax categories of lines that supported services are invoiced under, and of those that never count; how many days
    before its order an invoice may be dated, and what credit invoices take back at most of one nobody here knows: None
    where the pack does not say."""

    service: frozenset[str]
    ineligible: frozenset[str]
    days_before_order: int | None = None
    unknown_credit_max_fen: int | None = None


@dataclass(frozen=True)
class LineMark:
    """Whether a line (from 1) counts, and why: the words of who marked it, or, ``by_rule``, its tax category."""

    line_no: int
    eligible: bool
    reason: str
    by_rule: bool = False

    @property
    def says(self) -> Text:
        """Why, in both languages; what somebody wrote stays as it is."""
        if self.by_rule:
            return text("invoice.line_by_category", category=self.reason)
        return Text(self.reason, self.reason)


@cache
def item_policy(edition: Edition) -> ItemPolicy:
    """The lists of an edition; a pack without them leaves every line to the reviewer."""

    def listed(name: str) -> frozenset[str]:
        return frozenset(edition[name]) if name in edition else frozenset()

    def figure(name: str) -> int | None:
        return edition[name] if name in edition else None  # noqa: SIM401

    return ItemPolicy(
        service=listed("invoices.service_items"),
        ineligible=listed("invoices.ineligible_items"),
        days_before_order=figure(DAYS_BEFORE_ORDER),
        unknown_credit_max_fen=figure(UNKNOWN_CREDIT_MAX),
    )


def default_marks(lines: Sequence[InvoiceLine], *, policy: ItemPolicy) -> list[LineMark]:
    """Lines that do not count by their category alone; whatever is not named counts."""
    return [
        LineMark(line_no=number, eligible=False, reason=line.category, by_rule=True)
        for number, line in enumerate(lines, 1)
        if line.category is not None and line.category in policy.ineligible
    ]


def eligible_fen(lines: Sequence[InvoiceLine], excluded: Collection[int]) -> int | None:
    """What the counting lines come to, with tax; None where nothing is left out, or no lines are known."""
    if not lines or not excluded:
        return None
    counted = sum(line.amount_incl_tax_fen for number, line in enumerate(lines, 1) if number not in excluded)
    return max(0, counted)


def standing(marks: Sequence[LineMark]) -> Mapping[int, LineMark]:
    """The last mark of each line."""
    return {mark.line_no: mark for mark in marks}
