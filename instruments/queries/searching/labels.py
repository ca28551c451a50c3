"""Facets as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from accounts.queries.names import organisation_names
from core.texts import text
from instruments.policy import city_names, county_names
from instruments.queries.classes import class_names
from instruments.queries.searching.asked import FACET_VALUES
from instruments.rules.classes import ClassName, whole

Counted = Sequence[tuple[Any, int]]
"""Values of a facet with how many instruments have each, in no order."""


class Label(NamedTuple):
    """What is shown for a value; ``en`` is empty where there is no English."""

    zh: str
    en: str = ""


_WORDS = {
    "funding": "instruments.funding.{}",
    "value_band": "term.ValueBand.{}",
    "kind": "term.InstrumentKind.{}",
    "iot_sensor": "instruments.iot_sensor.{}",
    "vouchers": "instruments.vouchers.{}",
    "instant": "instruments.instant.{}",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names of providers by number, and of classes by six digits."""

    providers: Mapping[int, str]
    classes: Mapping[str, ClassName]


def shown(facets: Mapping[str, Counted]) -> dict[str, list[tuple[Any, int]]]:
    """The most frequent values of each facet; among equally frequent ones the order of their text decides."""
    return {
        name: sorted(found, key=lambda pair: (-pair[1], str(pair[0])))[:FACET_VALUES] for name, found in facets.items()
    }


def to_name(facets: Mapping[str, Counted]) -> tuple[list[int], list[str]]:
    """The numbers of providers and the six digits of classes that facets show."""
    return (
        [value for value, _ in facets.get("provider", ())],
        [whole(digits) for digits, _ in facets.get("category_code", ()) if digits],
    )


def names_of(facets: Mapping[str, Counted]) -> Names:
    """The names of what facets show."""
    providers, classes = to_name(facets)
    return Names(organisation_names(providers), class_names(classes))


def labelled(facets: Mapping[str, Counted], names: Names, on: date) -> dict[str, list[dict[str, Any]]]:
    """What facets show as people read it, with how many have each."""
    return {name: _facet(name, found, names, on) for name, found in facets.items()}


def _facet(name: str, found: Counted, names: Names, on: date) -> list[dict[str, Any]]:
    labels = _labels(name, [value for value, _ in found], names, on)
    plain = [(value, labels.get(value) or Label(str(value)), count) for value, count in found]
    return [
        {"value": str(value), "label": label.zh, "label_en": label.en or None, "count": count}
        for value, label, count in plain
    ]


def _labels(name: str, found: list[Any], names: Names, on: date) -> Mapping[Any, Label]:
    if name == "category_code":
        called = {digits: names.classes.get(whole(digits)) for digits in found if digits}
        return {digits: Label(each.name, each.name_en) for digits, each in called.items() if each is not None}
    if name in _WORDS:
        texts = {value: text(_WORDS[name].format(value)) for value in found}
        return {value: Label(said.zh, said.en) for value, said in texts.items()}
    places = city_names(on) if name == "city" else county_names(on) if name == "county" else {}
    plain = names.providers if name == "provider" else places
    return {value: Label(plain[value]) for value in found if plain.get(value)}
