"""Draws in strata: all places are given, the dear weigh more, and anybody draws the same (V19)."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.policy import DEFAULT_PACK, load_pack
from vouchers.rules.draws import Bound, draw, draw_again, frame_digest, stratified
from vouchers.rules.supervision_policy import supervision_policy

BOUNDS = (Bound(0, 1), Bound(100, 2), Bound(1_000, 4))
SUMS = st.dictionaries(st.integers(1, 500), st.integers(0, 5_000), min_size=1, max_size=60)


@given(SUMS, st.integers(1, 80), st.text(min_size=1, max_size=10))
def test_every_place_is_given_within_the_strata_and_drawn_again_the_same(
    sums: dict[int, int], size: int, seed: str
) -> None:
    strata = stratified(sums, bounds=BOUNDS, size=size)
    assert sorted(member for part in strata for member in part.members) == sorted(sums)
    assert all(part.size <= len(part.members) for part in strata)
    stored = [part.as_json() for part in strata]
    drawn = draw_again(list(sums), strata=stored, seed=seed, size=size)
    assert len(drawn) == min(size, len(sums))
    assert drawn == draw_again(list(reversed(sums)), strata=stored, seed=seed, size=size)
    for part in strata:
        assert all(sums[member] >= part.bound.from_fen for member in part.members)


def test_dear_claims_are_drawn_more_often() -> None:
    """Ten claims in each stratum, seven places: one, two and four of them."""
    sums = {number: (0, 100, 1_000)[number % 3] for number in range(30)}
    assert [part.size for part in stratified(sums, bounds=BOUNDS, size=7)] == [1, 2, 4]


def test_without_strata_the_whole_frame_is_drawn() -> None:
    assert draw_again([3, 1, 2], strata=[], seed="s", size=2) == draw([1, 2, 3], seed="s", size=2)
    assert frame_digest([3, 1, 2]) == frame_digest([1, 2, 3]) != frame_digest([1, 2])


def test_the_longest_sanction_is_counted_in_years() -> None:
    figures = supervision_policy(load_pack(DEFAULT_PACK), date(2026, 3, 2))
    assert figures.last_sanction_day(date(2026, 3, 2)) == date(2031, 3, 2)
    assert figures.last_sanction_day(date(2028, 2, 29)) == date(2033, 2, 28)
    assert figures.strata[0].from_fen == 0
