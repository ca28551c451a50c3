"""What stands on a yearly cap, and what of it counts on another when groups merge or firms leave one (V12 cap)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from settlement.rules.chart import Cap
from settlement.rules.room import cap_room_fen, overhang_fen


@dataclass(frozen=True, slots=True)
class Carried:
    """Use that counts on a cap though it stands on another: how much, in fen, and the owner of that other cap."""

    amount_fen: int
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands on one cap of one year: the sums of its own holds and what it carries, both by root, in fen."""

    owner: str
    own: Mapping[str, int]
    carried: Mapping[str, Carried]

    @property
    def own_fen(self) -> int:
        """What its own holds hold and used."""
        return sum(self.own.values())

    @property
    def used_fen(self) -> int:
        """What counts against the cap."""
        return self.own_fen + sum(each.amount_fen for each in self.carried.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CapMove:
    """What a change does to one cap of one year, in fen.

    ``left_fen`` is what counted on the cap left; ``moved_fen`` comes onto the other one, ``ended_fen`` counted there
    and here before and counts once from then on.
    """

    programme: str | None
    year: int
    cap_fen: int
    left_fen: int
    before_fen: int
    moved_fen: int
    ended_fen: int
    used_after_fen: int

    @property
    def overhang_fen(self) -> int:
        """How far the cap reached is above the one in force then."""
        return overhang_fen(cap_fen=self.cap_fen, used_fen=self.used_after_fen)

    @property
    def room_fen(self) -> int:
        """What the firms that move may still hold then."""
        return cap_room_fen(cap_fen=self.cap_fen, used_fen=self.used_after_fen)

    @property
    def freed_fen(self) -> int:
        """How much more that is than they might have held before."""
        return max(0, self.room_fen - cap_room_fen(cap_fen=self.cap_fen, used_fen=self.left_fen))


def carried_along(left: Standing, heir: Standing) -> dict[str, Carried]:
    """What comes to count on the heir's cap, by root: all that stands on the cap left, as far as it does not yet.

    What stands on the heir's own cap is no use of another. It may be more than the cap: cut to it, a sum given back
    later would give room.
    """
    if left.owner == heir.owner:
        return {}
    every = {root: Carried(fen, left.owner) for root, fen in left.own.items()} | dict(left.carried)
    found = {}
    for root, each in every.items():
        known = heir.carried.get(root)
        more_fen = each.amount_fen - (0 if known is None else known.amount_fen)
        if each.home != heir.owner and more_fen > 0:
            found[root] = Carried(more_fen, each.home)
    return found


def ended_by_merge(absorbed: Standing, into: Standing) -> tuple[set[str], set[str]]:
    """The roots either cap carries no more once both are one: what stands there itself, and what both carry.

    Of two carries of one root only the larger remains: the smaller is a part of it.
    """
    owners = {absorbed.owner, into.owner}
    of_absorbed, of_into = (
        {root for root, each in standing.carried.items() if each.home in owners} for standing in (absorbed, into)
    )
    for root in (absorbed.carried.keys() & into.carried.keys()) - of_absorbed:
        is_part = absorbed.carried[root].amount_fen <= into.carried[root].amount_fen
        (of_absorbed if is_part else of_into).add(root)
    return of_absorbed, of_into


def carry_move(left: Standing, heir: Standing, cap: Cap, cap_fen: int) -> CapMove:
    """What leaving a group does to the cap of the one that is joined or new."""
    moved_fen = sum(each.amount_fen for each in carried_along(left, heir).values())
    return CapMove(
        programme=cap.programme,
        year=cap.year,
        cap_fen=cap_fen,
        left_fen=left.used_fen,
        before_fen=heir.used_fen,
        moved_fen=moved_fen,
        ended_fen=0,
        used_after_fen=heir.used_fen + moved_fen,
    )


def merge_move(absorbed: Standing, into: Standing, cap: Cap, cap_fen: int) -> CapMove:
    """What a merge does to the cap of the group that goes on."""
    of_absorbed, of_into = ended_by_merge(absorbed, into)
    ended_fen = sum(absorbed.carried[root].amount_fen for root in of_absorbed)
    ended_fen += sum(into.carried[root].amount_fen for root in of_into)
    return CapMove(
        programme=cap.programme,
        year=cap.year,
        cap_fen=cap_fen,
        left_fen=absorbed.used_fen,
        before_fen=into.used_fen,
        moved_fen=absorbed.own_fen,
        ended_fen=ended_fen,
        used_after_fen=absorbed.used_fen + into.used_fen - ended_fen,
    )
