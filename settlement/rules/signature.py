"""The signature of a gateway's call: HMAC-SHA256 over the time and the exact bytes that came."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE_SECONDS = 300
"""How far the time in a signature may lie from ours, against calls that were recorded and are played again."""
SCHEME = "v1"


def sign(body: bytes, *, secret: str, at: int) -> str:
    """The signature of ``body`` at the Unix time ``at``."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str, *, secrets: Iterable[str], at: int) -> bool:
    """Whether ``header`` (``t=…,v1=…``, perhaps several v1) signs ``body`` with one of ``secrets``, near ``at``."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == SCHEME]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdecimal()) or len(times[0]) > 12:
        return False
    told = int(times[0])
    if abs(told - at) > TOLERANCE_SECONDS:
        return False
    expected = [sign(body, secret=secret, at=told) for secret in secrets]
    # Each is compared in constant time, and all of them, so that nothing is told by how long it takes.
    matches = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in given]
    return any(matches)
