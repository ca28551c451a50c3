"""Holds on a yearly cap (V12 cap, V12 hold)."""

import pytest
from flask import Flask

from core.db import transaction
from core.permissions import SYSTEM
from settlement import queries, steps
from settlement.models import CapHold
from settlement.states import HoldState
from settlement.steps import HoldExists, HoldMissing, HoldTooSmall
from tests.factories.settlement import CAP_FEN, JANUARY, hold, new_order_id


def room(*, year: int = 2026, cap_owner: str = "controller:1", cap_fen: int = CAP_FEN) -> int:
    return queries.cap_room(cap_owner=cap_owner, year=year, cap_fen=cap_fen)


def held(order_id: int) -> CapHold:
    found = queries.hold_of(order_id)
    assert found is not None
    return found


def consume(order_id: int, amount_fen: int) -> int:
    with transaction():
        return steps.consume_hold(order_id=order_id, amount_fen=amount_fen, actor=SYSTEM, now=JANUARY)


def release(order_id: int) -> int:
    with transaction():
        return steps.release_hold(order_id=order_id, actor=SYSTEM, now=JANUARY)


def reduce(order_id: int, to_fen: int) -> int:
    with transaction():
        return steps.reduce_hold(order_id=order_id, to_fen=to_fen, actor=SYSTEM, now=JANUARY)


def move(order_id: int, to_year: int) -> int:
    with transaction():
        return steps.move_hold(order_id=order_id, to_year=to_year, cap_fen=CAP_FEN, actor=SYSTEM, now=JANUARY)


def test_v12_cap_a_group_that_used_480000_gets_20000_of_60000(app: Flask) -> None:
    first = new_order_id()
    hold(first, 48_000_000)
    consume(first, 48_000_000)

    granted = hold(new_order_id(), 6_000_000)

    assert granted == 2_000_000
    assert room() == 0


def test_v12_cap_nothing_left_holds_nothing_and_leaves_no_trace(app: Flask) -> None:
    hold(new_order_id(), CAP_FEN)
    order_id = new_order_id()

    assert hold(order_id, 1) == 0
    assert queries.hold_of(order_id) is None


def test_v12_cap_each_owner_and_year_has_a_cap_of_its_own(app: Flask) -> None:
    hold(new_order_id(), CAP_FEN)

    assert hold(new_order_id(), 7, cap_owner="team:5") == 7
    assert hold(new_order_id(), 7, year=2027) == 7


def test_v12_hold_release_gives_everything_back_once(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 900)

    assert release(order_id) == 900
    assert release(order_id) == 0
    assert (held(order_id).state, room()) == (HoldState.RELEASED, CAP_FEN)


def test_v12_hold_a_smaller_fee_releases_the_difference(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 900)

    assert reduce(order_id, 600) == 300
    assert (held(order_id).held_fen, room()) == (600, CAP_FEN - 600)
    assert reduce(order_id, 0) == 600
    assert held(order_id).state is HoldState.RELEASED


def test_v12_hold_the_subsidy_never_rises(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 900)

    with pytest.raises(HoldTooSmall):
        reduce(order_id, 901)
    with pytest.raises(HoldTooSmall):
        consume(order_id, 901)


def test_v12_hold_confirmation_uses_up_what_was_approved_and_frees_the_rest(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 6_000)

    assert consume(order_id, 5_000) == 1_000
    assert (held(order_id).state, held(order_id).consumed_fen, room()) == (
        HoldState.CONSUMED,
        5_000,
        CAP_FEN - 5_000,
    )
    assert release(order_id) == 0


def test_v12_cap_a_hold_moves_to_the_year_of_submission(app: Flask) -> None:
    """Completed 2025-12-20, submitted 2026-01-08: counts for 2026."""
    order_id = new_order_id()
    hold(order_id, 6_000, year=2025)

    assert move(order_id, 2026) == 6_000
    assert (room(year=2025), room(year=2026)) == (CAP_FEN, CAP_FEN - 6_000)


def test_v12_cap_a_moved_hold_becomes_the_lesser_of_hold_and_room(app: Flask) -> None:
    hold(new_order_id(), CAP_FEN - 1_500, year=2026)
    order_id = new_order_id()
    hold(order_id, 6_000, year=2025)

    assert move(order_id, 2026) == 1_500
    assert (held(order_id).year, held(order_id).held_fen) == (2026, 1_500)
    assert (room(year=2025), room(year=2026)) == (CAP_FEN, 0)


def test_v12_cap_a_hold_moved_to_a_full_year_is_released(app: Flask) -> None:
    hold(new_order_id(), CAP_FEN, year=2026)
    order_id = new_order_id()
    hold(order_id, 6_000, year=2025)

    assert move(order_id, 2026) == 0
    assert (held(order_id).state, room(year=2025)) == (HoldState.RELEASED, CAP_FEN)


def test_moving_to_the_same_year_changes_nothing(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 6_000)
    before = held(order_id).transaction_id

    assert move(order_id, 2026) == 6_000
    assert held(order_id).transaction_id == before


def test_an_order_is_held_for_once(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 10)

    with pytest.raises(HoldExists):
        hold(order_id, 10)


def test_what_was_never_held_cannot_be_consumed(app: Flask) -> None:
    with pytest.raises(HoldMissing):
        consume(new_order_id(), 1)
    assert consume(new_order_id(), 0) == 0


def test_a_lowered_cap_leaves_an_overhang_without_room(app: Flask) -> None:
    """Invariant 3: while there is more used than the cap, no new hold."""
    hold(new_order_id(), 9_000)

    assert room(cap_fen=5_000) == 0
    assert hold(new_order_id(), 1, cap_fen=5_000) == 0


def test_a_raised_cap_gives_room(app: Flask) -> None:
    hold(new_order_id(), 9_000, cap_fen=9_000)

    assert hold(new_order_id(), 5_000, cap_fen=10_000) == 1_000
