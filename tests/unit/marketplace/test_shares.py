"""Who pays what of an order's price, as its claim stands. No database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.rules.shares import Shares, shares

SUM = st.integers(0, 10**9)


def test_v16_1_a_partial_approval_leaves_the_user_a_shortfall() -> None:
    granted = shares(agreed=(32000, 0), stands=(20000, 0), self_pay_fen=48000, shortfall_fen=12000, is_deducted=True)
    reviewed = shares(agreed=(32000, 0), stands=(20000, 0), self_pay_fen=48000, shortfall_fen=0, is_deducted=True)
    dead = shares(agreed=(32000, 500), stands=(0, 0), self_pay_fen=47500, shortfall_fen=0, is_deducted=True)

    assert granted == Shares(20000, 0, 48000, 12000, 0)
    assert reviewed == Shares(20000, 0, 48000, 0, 12000)
    assert dead == Shares(0, 0, 47500, 0, 32500)


def test_v16_2_who_paid_in_full_bears_what_is_not_granted() -> None:
    paid = shares(agreed=(32000, 800), stands=(20000, 500), self_pay_fen=47200, shortfall_fen=0, is_deducted=False)

    assert paid == Shares(20000, 500, 59500, 0, 0)


@given(SUM, SUM, SUM, SUM, st.booleans(), st.data())
def test_the_parts_are_the_price(
    subsidy: int, aid: int, own: int, shortfall: int, is_deducted: bool, data: st.DataObject
) -> None:
    stands = (data.draw(st.integers(0, subsidy)), data.draw(st.integers(0, aid)))
    split = shares(
        agreed=(subsidy, aid), stands=stands, self_pay_fen=own, shortfall_fen=shortfall, is_deducted=is_deducted
    )
    parts = (split.voucher_fen, split.other_aid_fen, split.self_pay_fen, split.shortfall_fen, split.not_granted_fen)

    assert sum(parts) == subsidy + aid + own
    assert min(parts) >= 0
