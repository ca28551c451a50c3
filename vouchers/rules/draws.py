"""Drawing spot checks so that anybody with seed and frame draws the same (V19)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection


def draw(frame: Collection[int], *, seed: str, size: int) -> list[int]:
    """``size`` members of the frame: those whose SHA-256 over ``seed:member`` is least, in ascending order.

    The hash and not a generator's stream decides, so the draw needs no particular software to be repeated.
    """
    ranked = sorted(set(frame), key=lambda member: (hashlib.sha256(f"{seed}:{member}".encode()).digest(), member))
    return sorted(ranked[:size])
