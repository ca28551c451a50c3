"""Facets as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from accounts.queries.names import organisation_names
from core.texts import text
from instruments.policy import city_names, county_names
from instruments.queries.searching.asked import FACET_VALUES

Counted = Sequence[tuple[Any, int]]
"""Values of a facet with how many instruments have each, in no order."""
_WORDS = {
    "funding": "instruments.funding.{}",
    "value_band": "term.ValueBand.{}",
    "kind": "term.InstrumentKind.{}",
    "iot_sensor": "instruments.iot_sensor.{}",
    "vouchers": "instruments.vouchers.{}",
    "instant": "instruments.instant.{}",
}


def labelled(facets: Mapping[str, Counted], on: date) -> dict[str, list[dict[str, Any]]]:
    """The most frequent values of each facet with what to show and how many have them."""
    return {name: _facet(name, top(found), on) for name, found in facets.items()}


def top(found: Counted) -> list[tuple[Any, int]]:
    """The most frequent values; among equally frequent ones the order of their text decides."""
    return sorted(found, key=lambda pair: (-pair[1], str(pair[0])))[:FACET_VALUES]


def _facet(name: str, found: list[tuple[Any, int]], on: date) -> list[dict[str, Any]]:
    labels = _labels(name, [value for value, _ in found], on)
    return [{"value": str(value), "label": labels.get(value) or str(value), "count": count} for value, count in found]


def _labels(name: str, found: list[Any], on: date) -> Mapping[Any, str]:
    if name == "city":
        return city_names(on)
    if name == "county":
        return county_names(on)
    if name == "provider":
        return organisation_names(found)
    if name in _WORDS:
        return {value: text(_WORDS[name].format(value)).zh for value in found}
    return {}
