"""What this package reads from the policy pack: places, and the limits a reviewer should see."""

from __future__ import annotations

from datetime import date

from accounts.rules.registration import Limits, Places
from core.policy import Edition, current

TERM = "vouchers.term"


def places(on: date) -> Places:
    """The province's divisions on a day, or on the nearest day of the measure's term (V23)."""
    edition = _edition(on)
    return Places(
        prefix=edition["places.province"],
        cities={each["code"]: each["city"] for each in edition["places.counties"]},
    )


def city_codes(on: date) -> frozenset[str]:
    """The codes of the province's cities."""
    return frozenset(each["code"] for each in _edition(on)["places.cities"])


def city_names(on: date) -> dict[str, str]:
    """The names of the province's cities by code."""
    return {each["code"]: each["name"] for each in _edition(on)["places.cities"]}


def county_names(on: date) -> dict[str, str]:
    """The names of the province's counties by code, each after that of its city."""
    edition = _edition(on)
    cities = city_names(on)
    return {each["code"]: f"{cities[each['city']]} {each['name']}" for each in edition["places.counties"]}


def limits(on: date) -> Limits:
    """The bounds of V8(1)."""
    edition = _edition(on)
    return Limits(
        staff_min=edition["vouchers.staff_min"],
        staff_max=edition["vouchers.staff_max"],
        revenue_max_fen=edition["vouchers.revenue_max_fen"],
    )


def _edition(on: date) -> Edition:
    return current().nearest(on, term=TERM)
