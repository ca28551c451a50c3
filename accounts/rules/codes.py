"""One-time codes that people write down: sixteen letters and digits in groups of four, of which only a digest is kept.

They have 80 random bits, so a plain digest is enough, as for tokens.
"""

from __future__ import annotations

import hashlib
import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Base 32: nothing that is read as something else."""

LENGTH = 16
GROUP = 4
MAX_WRITTEN = 40
"""As people type them, with blanks and strokes between."""

_BETWEEN = re.compile(r"[\s-]+")


def normalised(code: str) -> str:
    """A code without what is written between its groups, in capitals."""
    return _BETWEEN.sub("", code).upper()


def written(code: str) -> str:
    """A code in its groups, as it is shown."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def digest(code: str) -> bytes:
    """What is stored of a code, however it was typed: 32 bytes."""
    return hashlib.sha256(normalised(code).encode()).digest()
