"""Facets of a search as links with counts, and the filters in force as links that take them away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from core.money import yuan_to_fen
from core.pages.language import t, term, yuan
from instruments.pages.asking import CLASSES, NARROWING, OF_TIME, SUMS, Asked
from instruments.pages.classes import class_named, class_said
from instruments.policy import city_names, county_names
from instruments.queries.classes import class_path
from instruments.rules.classes import ClassName
from instruments.rules.terms import Funding, InstrumentKind, PriceUnit, ValueBand

SHOWN_VALUES = 12
"""Values of a facet that are shown; the form takes the others."""
TERMS: Mapping[str, type[StrEnum]] = {
    "funding": Funding,
    "kind": InstrumentKind,
    "price_unit": PriceUnit,
    "value_band": ValueBand,
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: where it leads and how many instruments have it."""

    label: str
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of one field; of a tree those of one level, and above it the ``broader`` ones."""

    name: str
    values: Sequence[FacetValue]
    broader: Sequence[FacetValue] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in force, and the address without it."""

    label: str
    href: str


def facets(question: Asked, found: Mapping[str, list[dict[str, Any]]]) -> list[Facet]:
    """What the result may be narrowed by further; what is chosen already is left out."""
    return [
        Facet(CLASSES, *_classes(question, counted)) if name == CLASSES else Facet(name, values)
        for name, counted in found.items()
        if name == CLASSES or not question.typed[name]
        if (values := [_value(question, name, each) for each in counted if each["value"]][:SHOWN_VALUES])
    ]


def _classes(question: Asked, counted: Sequence[Mapping[str, Any]]) -> tuple[list[FacetValue], list[FacetValue]]:
    """The classes of one level, and those above: one step of the tree down or up."""
    path = class_path(question.typed["category"])
    broader = [FacetValue(class_named(*each), question.href(category=each[0]), 0) for each in path]
    deeper = [each for each in counted if each["value"] and each["value"] != question.typed["category"]]
    shown = [_value(question, CLASSES, each) for each in deeper[:SHOWN_VALUES]]
    return shown, [FacetValue(t("catalogue.all_classes"), question.href(category=""), 0), *broader] if path else []


def chosen(question: Asked, found: Mapping[str, list[dict[str, Any]]], *, on: date) -> list[Chosen]:
    """The filters in force."""
    return [
        Chosen(
            t("catalogue.in_force", name=t(f"filter.{name}"), value=_label(name, question.typed[name], found, on)),
            question.href(**{name: "", **({"county": ""} if name == "city" else {})}),
        )
        for name in _in_force(question)
    ]


def _in_force(question: Asked) -> Iterator[str]:
    return (name for name in NARROWING if question.typed[name] and name not in question.faults)


def _value(question: Asked, name: str, counted: Mapping[str, Any]) -> FacetValue:
    value, label = counted["value"], str(counted["label"])
    if name == CLASSES:
        shown = value if label == value else class_named(value, ClassName(label, counted["label_en"] or ""))
        return FacetValue(shown, question.href(category=value), counted["count"])
    return FacetValue(_worded(name, value) or label, question.href(**{name: value}), counted["count"])


def _label(name: str, typed: str, found: Mapping[str, list[dict[str, Any]]], on: date) -> str:
    """A value as people read it; where nothing was found the facets do not know its name."""
    if name == "city":
        return city_names(on).get(typed, typed)
    if name == "county":
        return county_names(on).get(typed, typed)
    if (worded := _worded(name, typed)) is not None:
        return worded
    if name == "category":
        return class_said(typed)
    if name == "provider":
        # Names come from the result alone: a number of the address may be anybody's.
        return next((each["label"] for each in found.get(name, []) if each["value"] == typed), typed)
    if name in SUMS:
        return yuan(yuan_to_fen(typed.removeprefix("¥")))
    return typed.replace("T", " ") if name in OF_TIME else typed


def _worded(name: str, value: str) -> str | None:
    """A value of a closed list in words."""
    if name in TERMS:
        return term(TERMS[name](value))
    if name in ("vouchers", "instant", "iot_sensor"):
        return t(f"instruments.{name}.{'true' if value in ('true', '1') else 'false'}")
    return None
