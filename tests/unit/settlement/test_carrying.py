"""What counts on another cap when firms leave a group, and what a merge ends of it (V12 cap)."""

from __future__ import annotations

from settlement.rules.carrying import Carried, Standing, carried_along, carry_move, merge_move
from settlement.rules.chart import Cap

CAP, CAP_FEN = Cap("controller:1", 2026), 50
LEFT = Standing(owner="controller:1", own={"order:1": 30}, carried={"order:2": Carried(25, "controller:2")})


def test_v12_cap_who_leaves_takes_all_that_counts_and_gains_no_room() -> None:
    new = Standing(owner="", own={}, carried={})
    move = carry_move(LEFT, new, CAP, CAP_FEN)
    assert carried_along(LEFT, new) == {"order:1": Carried(30, "controller:1"), "order:2": Carried(25, "controller:2")}
    assert (move.used_after_fen, move.overhang_fen, move.room_fen, move.freed_fen) == (55, 5, 0, 0)
    assert carried_along(LEFT, LEFT) == {}


def test_i3_nothing_counts_twice_on_one_cap() -> None:
    home = Standing(owner="controller:2", own={"order:2": 25}, carried={"order:1": Carried(30, "controller:1")})
    assert carried_along(LEFT, home) == {}
    move = merge_move(LEFT, home, CAP, 60)
    assert (move.moved_fen, move.ended_fen, move.used_after_fen) == (30, 55, 55)
    assert (move.left_fen, move.room_fen, move.freed_fen) == (55, 5, 0)
    of_before = Standing(owner="controller:3", own={}, carried={"controller:9": Carried(40, "controller:9")})
    part = Standing(owner="controller:4", own={"order:4": 1}, carried={"controller:9": Carried(20, "controller:9")})
    assert merge_move(part, of_before, CAP, 60).used_after_fen == 41
