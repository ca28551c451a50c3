"""Paying a debt back in parts: equal months, the rest in the last; the earliest part is paid first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.clock import add_months


@dataclass(frozen=True)
class Part:
    """One part of a plan: by when, how much."""

    number: int
    due_on: date
    amount_fen: int


@dataclass(frozen=True)
class Standing:
    """A part and what was paid of it, in fen."""

    part: Part
    paid_fen: int

    @property
    def open_fen(self) -> int:
        """What is still owed of it."""
        return self.part.amount_fen - self.paid_fen

    def is_overdue(self, today: date) -> bool:
        """Whether its day is over and something is owed."""
        return self.open_fen > 0 and self.part.due_on < today


def equal_parts(amount_fen: int, *, count: int, first_due_on: date) -> list[Part]:
    """A sum in ``count`` monthly parts, equal to the fen but for the last, which takes the rest."""
    each = amount_fen // count
    return [
        Part(number, add_months(first_due_on, number - 1), each if number < count else amount_fen - each * (count - 1))
        for number in range(1, count + 1)
    ]


def standings(parts: Sequence[Part], paid_fen: int) -> list[Standing]:
    """How each part stands once so much was paid of all, the earliest first."""
    found = []
    for part in parts:
        paid = min(part.amount_fen, max(0, paid_fen))
        found.append(Standing(part, paid))
        paid_fen -= paid
    return found


def next_due(parts: Sequence[Part], paid_fen: int) -> date | None:
    """The day of the earliest part that is not paid; None where all is."""
    return next((each.part.due_on for each in standings(parts, paid_fen) if each.open_fen > 0), None)
