"""The programmes that pay: the province's voucher and, beside it, those of cities (V6). Each has funds of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core import policy
from core.errors import Refused
from core.texts import Text

OWN = "settlement.programme"
OF_CITIES = "vouchers.city_programmes"
"""Where a pack lists the programmes of cities; of these only the name and the fund are read here."""


class ProgrammeUnknown(Refused):
    """No programme of this name pays anything that day."""

    code = "programme_unknown"


def own_programme(on: date) -> str:
    """The province's programme on a day, by the policy in force or nearest to it."""
    programme: str = policy.current().nearest(on, term=OWN)[OWN]
    return programme


def programmes(on: date) -> list[str]:
    """All programmes that pay on a day, the province's own first."""
    return [own_programme(on), *dict.fromkeys(row["fund"] for row in _of_cities(on))]


def chosen_programme(wanted: str | None, *, on: date) -> str:
    """The programme asked for, the province's own where none is; raises :class:`ProgrammeUnknown`."""
    if wanted is None:
        return own_programme(on)
    if wanted not in programmes(on):
        raise ProgrammeUnknown(programme=wanted)
    return wanted


def city_programme_name(fund: str, *, on: date) -> Text | None:
    """What the programme of a city is called, by the name of its fund; None for any other."""
    return next((Text(row["zh"], row["en"]) for row in _of_cities(on) if row["fund"] == fund), None)


def _of_cities(on: date) -> Sequence[Mapping[str, Any]]:
    edition = policy.current().nearest(on, term=OWN)
    if OF_CITIES not in edition:
        return ()
    rows: Sequence[Mapping[str, Any]] = edition[OF_CITIES]
    return rows
