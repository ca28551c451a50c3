"""The lines of a price: each rounded once, and only what counts is shared (V12 base)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.kinds import ExtraKind
from instruments.rules.extras import OfferedExtra
from instruments.rules.pricing import price
from instruments.rules.terms import PriceGroup
from marketplace.rules.lines import counting_fen, extra_lines, kept_extras, same_prices, sum_fen

COUNTING = frozenset({ExtraKind.CONSUMABLE, ExtraKind.PREPARATION})


@st.composite
def offered(draw: st.DrawFn) -> list[OfferedExtra]:
    """Extras at any price and quantity."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        unit_price_fen = draw(st.integers(1, 10**10))
        quantity = draw(st.decimals("0.01", 1_000_000, places=2))
        extra = OfferedExtra(
            extra_id=number,
            price_id=number,
            title="耗材",
            unit="支",
            kind=draw(st.sampled_from(ExtraKind)),
            price_group=PriceGroup.IN_PROVINCE,
            unit_price_fen=unit_price_fen,
            quantity=quantity,
            sum_fen=price(unit_price_fen, quantity),
        )
        found.append(extra)
    return found


@given(offered())
def test_kept_lines_come_to_what_was_offered_and_count_by_their_kind(extras: list[OfferedExtra]) -> None:
    """To the fen, however they are kept."""
    lines = extra_lines(kept_extras(extras, counting=COUNTING))
    assert sum_fen(lines) == sum(each.sum_fen for each in extras)
    assert counting_fen(lines) == sum(each.sum_fen for each in extras if each.kind in COUNTING)


@given(offered(), st.data())
def test_v12_hold_less_used_costs_no_more(extras: list[OfferedExtra], data: st.DataObject) -> None:
    """And what is not said was used as ordered."""
    kept = kept_extras(extras, counting=COUNTING)
    used = {str(each.extra_id): str(data.draw(st.decimals(0, each.quantity, places=2))) for each in extras}
    assert sum_fen(extra_lines(kept, actual=used)) <= sum_fen(extra_lines(kept))
    assert extra_lines(kept, actual={}) == extra_lines(kept)


def test_v14_another_price_or_another_share_is_no_longer_what_was_quoted() -> None:
    """A new version at the same price is."""
    line: dict[str, Any] = {"extra_id": 1, "price_id": 1, "unit_price_fen": 5, "quantity": "1", "counts": True}
    assert same_prices([line], [{**line, "price_id": 2}])
    for changed in ({"unit_price_fen": 6}, {"counts": False}):
        assert not same_prices([line], [{**line, **changed}])
    assert not same_prices([line], [])
