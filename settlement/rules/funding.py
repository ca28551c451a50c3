"""What puts money into a year's fund and takes it out again, beside paying (V3)."""

from __future__ import annotations

from enum import StrEnum


class AppropriationKind(StrEnum):
    """Why a fund's appropriation changed. What takes money out is written as a negative sum; a correction is either."""

    GRANTED = "granted"
    REDUCED = "reduced"
    CARRIED_OUT = "carried_out"
    CARRIED_IN = "carried_in"
    LAPSED = "lapsed"
    CORRECTED = "corrected"


TAKING = frozenset({AppropriationKind.REDUCED, AppropriationKind.CARRIED_OUT, AppropriationKind.LAPSED})
"""Kinds that take money out of the fund."""

ENTERED = frozenset({AppropriationKind.GRANTED, AppropriationKind.REDUCED})
"""Kinds somebody typed in from a document, and so may have entered wrongly."""
