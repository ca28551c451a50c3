"""What may be done by two persons about a debt, or an entry that is wrong."""

from __future__ import annotations

from enum import StrEnum


class Remedy(StrEnum):
    """What one person proposes and another decides."""

    WRITE_OFF = "write_off"
    INSTALMENTS = "instalments"
    CORRECTION = "correction"
