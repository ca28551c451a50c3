"""Drawing spot checks so that anybody with seed and frame draws the same (V19)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a stratum of sums begins, in fen, and what each claim in it weighs."""

    from_fen: int
    weight: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of a frame that is drawn for itself: its members, and how many of them are drawn."""

    bound: Bound
    members: tuple[int, ...]
    size: int

    def as_json(self) -> dict[str, Any]:
        """As it is stored with the draw."""
        return {
            "from_fen": self.bound.from_fen,
            "weight": self.bound.weight,
            "size": self.size,
            "members": list(self.members),
        }


def draw(frame: Collection[int], *, seed: str, size: int) -> list[int]:
    """``size`` members of the frame: those whose SHA-256 over ``seed:member`` is least, in ascending order.

    The hash and not a generator's stream decides, so the draw needs no particular software to be repeated.
    """
    ranked = sorted(set(frame), key=lambda member: (hashlib.sha256(f"{seed}:{member}".encode()).digest(), member))
    return sorted(ranked[:size])


def draw_again(frame: Collection[int], *, strata: Sequence[Mapping[str, Any]], seed: str, size: int) -> list[int]:
    """The draw out of what is stored: each stratum for itself, or the whole frame where there are none."""
    if not strata:
        return draw(frame, seed=seed, size=size)
    return sorted(member for part in strata for member in draw(part["members"], seed=seed, size=int(part["size"])))


def stratified(sums_fen: Mapping[int, int], *, bounds: Sequence[Bound], size: int) -> list[Stratum]:
    """The frame (member to sum in fen) in strata of sums, with the places of the draw shared out among them.

    Each place goes to the stratum that weighs most for the places it has (weight × members over 2 × places + 1, the
    dearer one where two weigh the same), and to none that has no more members. Nothing is lost: all places are
    given, as long as there are members.
    """
    ordered = sorted(bounds, key=lambda bound: bound.from_fen)
    members: list[list[int]] = [[] for _ in ordered]
    for member, sum_fen in sorted(sums_fen.items()):
        (*_, place) = [number for number, bound in enumerate(ordered) if bound.from_fen <= sum_fen]
        members[place].append(member)
    sizes = [0] * len(ordered)
    for _ in range(min(size, len(sums_fen))):
        open_strata = [number for number in range(len(ordered)) if sizes[number] < len(members[number])]
        best = max(
            open_strata,
            key=lambda number: (Fraction(ordered[number].weight * len(members[number]), 2 * sizes[number] + 1), number),
        )
        sizes[best] += 1
    return [
        Stratum(bound, tuple(inside), places) for bound, inside, places in zip(ordered, members, sizes, strict=True)
    ]


def frame_digest(frame: Collection[int]) -> str:
    """The SHA-256 over the numbers of the frame in ascending order, separated by commas."""
    return hashlib.sha256(",".join(map(str, sorted(frame))).encode()).hexdigest()
