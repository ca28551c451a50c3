"""Who pays what of an order's price, as its claim stands. No database."""

from __future__ import annotations

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from marketplace.rules.shares import Shares, shares

SUM = st.integers(0, 10**9)


def _shares(
    agreed: tuple[int, int],
    stands: tuple[int, int],
    own: int,
    *,
    owed: int = 0,
    back: int = 0,
    is_deducted: bool = True,
) -> Shares:
    return shares(
        agreed=agreed,
        stands=stands,
        self_pay_fen=own,
        shortfall_fen=owed,
        taken_back_fen=back,
        is_deducted=is_deducted,
    )


def test_v16_1_a_partial_approval_leaves_the_user_a_shortfall() -> None:
    granted = _shares((32000, 0), (20000, 0), 48000, owed=12000)
    reviewed = _shares((32000, 0), (20000, 0), 48000)
    dead = _shares((32000, 500), (0, 0), 47500)

    assert granted == Shares(20000, 0, 48000, 12000, 0, 0)
    assert reviewed == Shares(20000, 0, 48000, 0, 0, 12000)
    assert dead == Shares(0, 0, 47500, 0, 0, 32500)


def test_v16_2_who_paid_in_full_bears_what_is_not_granted() -> None:
    paid = _shares((32000, 800), (20000, 500), 47200, is_deducted=False)

    assert paid == Shares(20000, 500, 59500, 0, 0, 0)


def test_v16_1_v21_what_is_revoked_unpaid_is_the_users_debt_and_what_was_paid_comes_back_from_the_provider() -> None:
    """Deducted 320.00 and 5.00 of a city; 120.00 were refused at the confirmation."""
    unpaid = _shares((32000, 500), (0, 0), 47500, owed=32500)
    paid = _shares((32000, 500), (0, 0), 47500, owed=12000, back=20500)
    only_the_city_paid = _shares((32000, 500), (0, 0), 47500, owed=32000, back=500)
    in_part = _shares((32000, 500), (15000, 500), 47500, owed=12000, back=5000)

    assert unpaid == Shares(0, 0, 47500, 32500, 0, 0)
    assert paid == Shares(0, 0, 47500, 12000, 20500, 0)
    assert only_the_city_paid == Shares(0, 0, 47500, 32000, 500, 0)
    assert in_part == Shares(15000, 500, 47500, 12000, 5000, 0)


@given(SUM, SUM, SUM, SUM, SUM, st.booleans(), st.data())
def test_the_parts_are_the_price(
    subsidy: int, aid: int, own: int, shortfall: int, back: int, is_deducted: bool, data: st.DataObject
) -> None:
    stands = (data.draw(st.integers(0, subsidy)), data.draw(st.integers(0, aid)))
    split = _shares((subsidy, aid), stands, own, owed=shortfall, back=back, is_deducted=is_deducted)
    parts = astuple(split)

    assert sum(parts) == subsidy + aid + own
    assert min(parts) >= 0
