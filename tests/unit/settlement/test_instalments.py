"""A debt in parts: to the fen, by the month, the earliest paid first."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.instalments import equal_parts, next_due, standings

Plan = st.tuples(st.integers(1, 60), st.integers(60, 10**9))


@given(Plan, st.integers(0, 10**9))
def test_parts_add_up_and_so_does_what_is_paid(plan: tuple[int, int], paid_fen: int) -> None:
    count, amount_fen = plan
    parts = equal_parts(amount_fen, count=count, first_due_on=date(2026, 1, 31))
    assert sum(each.amount_fen for each in parts) == amount_fen
    assert all(each.amount_fen > 0 for each in parts)
    found = standings(parts, paid_fen)
    assert sum(each.paid_fen for each in found) == min(paid_fen, amount_fen)
    unpaid = [each for each in found if each.open_fen]
    assert all(each.paid_fen == 0 for each in unpaid[1:])
    assert next_due(parts, paid_fen) == (unpaid[0].part.due_on if unpaid else None)


def test_a_month_without_the_day_takes_its_last() -> None:
    parts = equal_parts(10_001, count=3, first_due_on=date(2026, 1, 31))
    assert [(each.due_on, each.amount_fen) for each in parts] == [
        (date(2026, 1, 31), 3_333),
        (date(2026, 2, 28), 3_333),
        (date(2026, 3, 31), 3_335),
    ]
    second = standings(parts, 3_333)[1]
    assert (second.is_overdue(date(2026, 2, 28)), second.is_overdue(date(2026, 3, 1))) == (False, True)
