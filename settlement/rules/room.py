"""How much of a yearly cap is left, and how much of a wish it can take (V12 cap, V12 hold)."""

from __future__ import annotations


def cap_room_fen(*, cap_fen: int, used_fen: int) -> int:
    """What may still be held, never below zero: an overhang left by merged groups gives no room (invariant 3)."""
    return max(0, cap_fen - used_fen)


def grantable_fen(*, wanted_fen: int, cap_fen: int, used_fen: int) -> int:
    """The lesser of what is wanted and what is left."""
    if wanted_fen < 0:
        raise ValueError("nobody can want less than nothing")
    return min(wanted_fen, cap_room_fen(cap_fen=cap_fen, used_fen=used_fen))


def overhang_fen(*, cap_fen: int, used_fen: int) -> int:
    """How far the use of merged groups is above the cap in force (invariant 3)."""
    return max(0, used_fen - cap_fen)
