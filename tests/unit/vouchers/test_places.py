"""The division list of the pack: 16 cities, 136 counties and 15 county-level zones."""

from datetime import date

import pytest

from core import policy
from vouchers.rules.policy import PlaceUnknown, judging

PLACES = judging(policy.current(), date(2026, 1, 1)).policy.places


def test_the_list_is_complete() -> None:
    counties = policy.current().at(date(2026, 1, 1))["places.counties"]
    assert len(PLACES.cities) == 16
    assert sum(row["kind"] == "county" for row in counties) == 136
    assert sum(row["kind"] == "zone" for row in counties) == 15
    assert set(PLACES.counties.values()) == set(PLACES.cities)


def test_a_county_lies_in_the_city_its_code_begins_with() -> None:
    assert all(county[:4] == city[:4] for county, city in PLACES.counties.items())


def test_zones_have_the_codes_71_to_80() -> None:
    counties = policy.current().at(date(2026, 1, 1))["places.counties"]
    assert all((71 <= int(row["code"][4:]) <= 80) == (row["kind"] == "zone") for row in counties)


def test_every_named_area_is_made_of_known_places() -> None:
    for codes in PLACES.areas.values():
        assert codes <= set(PLACES.counties) | set(PLACES.cities)


def test_the_province_managed_counties_are_outside_the_cities_of_the_raised_rate() -> None:
    """RULES.md lists only those where the list makes a difference."""
    cities = PLACES.areas["raised_rate_cities"]
    assert not {PLACES.city_of(county) for county in PLACES.areas["province_managed_counties"]} & cities


@pytest.mark.parametrize("code", ["370000", "370100", "371200", "371202", "379999"])
def test_a_code_of_the_province_that_is_no_county_is_unknown(code: str) -> None:
    assert not PLACES.is_known(code)
    with pytest.raises(PlaceUnknown):
        PLACES.city_of(code)


def test_codes_outside_are_not_judged() -> None:
    assert PLACES.is_known("110101")
    assert not PLACES.in_province("110101")
