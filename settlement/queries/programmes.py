"""The programmes that pay: the province's voucher and, beside it, those of cities (V6). Each has funds of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core import policy
from core.errors import Refused
from core.texts import Text, catalogue

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


def programme_name(programme: str, *, on: date) -> Text:
    """What a programme is called on a day, by the name of its fund; that name where nobody called it anything."""
    of_city = (Text(row["zh"], row["en"]) for row in _of_cities(on) if row["fund"] == programme)
    return next(of_city, catalogue().get(f"programme.{programme}", Text(programme, programme)))


def _of_cities(on: date) -> Sequence[Mapping[str, Any]]:
    edition = policy.current().nearest(on, term=OWN)
    if OF_CITIES not in edition:
        return ()
    rows: Sequence[Mapping[str, Any]] = edition[OF_CITIES]
    return rows
