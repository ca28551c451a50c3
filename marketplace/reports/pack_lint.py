"""Checking a policy pack before it is put in force: every fault of it at once, with the value it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any

from marshmallow import ValidationError, fields

from core.policy import ARTICLES, DatedValue, PolicyPack
from core.texts import Text, text
from marketplace.schemas.pack import AREA, OPTIONAL, SCHEMA
from vouchers.rules.policy import PROVINCE_AREA, TERM

DESIGN = "design decision"
TERMS = {"instruments": "instruments.term", "grading": "instruments.term"}
"""Whose term the values of a file must cover; the voucher measure's is that of all others."""
DIVISIONS = frozenset({"places.province", "places.cities", "places.counties"})
REFERRING = frozenset(
    {"vouchers.subsidy_rates", "vouchers.city_programmes", "vouchers.materials", "vouchers.out_of_province_modes"}
)
"""Values that name what others define; of a broken one the rest is checked all the same."""
NEEDED_MATERIAL = "invoice"
"""No claim without a tax invoice (V13)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value of the pack, in both languages."""

    key: str
    says: Text


def lint(pack: PolicyPack) -> list[Fault]:
    """Every fault of a pack that could be read: shape, gaps, places, materials, articles."""
    shapes: list[Fault] = []
    broken: dict[tuple[str, date], list[str]] = {}
    for entry in _known_entries(pack):
        for path, said in _shape(entry):
            shapes.append(Fault(f"{entry.key}[{entry.since}]{path}", said))
            broken.setdefault((entry.key, entry.since), []).append(path)
    return [*_unknown(pack), *shapes, *_gaps(pack), *_within(pack, broken), *_references(pack)]


def every_fault(pack: PolicyPack, unread: Sequence[str]) -> list[Fault]:
    """What reading a pack found wrong, and every fault of what could be read.

    Of a file or value that could not be read whole nothing else is told, as the rest would only follow from that.
    """
    named = [(key, what or key) for key, _, what in (each.partition(": ") for each in unread)]
    dark = {key.partition("[")[0].removesuffix(".yaml") for key, _ in named}
    seen = (each for each in lint(pack) if not {_value_of(each.key), each.key.partition(".")[0]} & dark)
    return [*(Fault(key, Text(what, what)) for key, what in named), *seen]


def _value_of(key: str) -> str:
    return key.partition("[")[0]


def _fault(key: str, what: str, /, **params: object) -> Fault:
    return Fault(key, text(f"policy.lint.{what}", **params))


def _unknown(pack: PolicyPack) -> Iterator[Fault]:
    for key in pack.history:
        if key not in SCHEMA and not key.startswith("places."):
            yield _fault(key, "unknown")
    for key in SCHEMA:
        if key not in pack.history and key not in OPTIONAL:
            yield _fault(key, "missing")


def _field(key: str) -> fields.Field[Any] | None:
    return SCHEMA.get(key, AREA if key.startswith("places.") else None)


def _known_entries(pack: PolicyPack) -> Iterator[DatedValue]:
    for key, entries in pack.history.items():
        if _field(key) is not None:
            yield from entries


def _shape(entry: DatedValue) -> Iterator[tuple[str, Text]]:
    """Where within an entry its shape is wrong, and how."""
    field = _field(entry.key)
    try:
        if field is not None:
            field.deserialize(_plain(entry.value))
    except ValidationError as wrong:
        for path, said in _flat(wrong.messages):
            zh, _, en = said.partition(" / ")
            yield path, Text(zh, en or zh)


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _flat(inner, f"{path}.{name}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, path)
    else:
        yield path, str(messages)


def _gaps(pack: PolicyPack) -> Iterator[Fault]:
    """Days of the measure's term on which a value has no entry."""
    for key, entries in pack.history.items():
        if key.startswith(ARTICLES):
            continue
        term = TERMS.get(key.partition(".")[0], TERM)
        for covered in pack.history.get(term, ()):
            for since, until in _uncovered(covered, entries):
                yield _fault(key, "gap", since=since, until=until)


def _uncovered(term: DatedValue, entries: tuple[DatedValue, ...]) -> Iterator[tuple[date, date]]:
    day, last = term.since, term.until or date.max
    for entry in entries:
        if entry.until is not None and entry.until < day:
            continue
        if entry.since > day:
            yield day, min(entry.since - timedelta(days=1), last)
        if entry.until is None or entry.until >= last:
            return
        day = entry.until + timedelta(days=1)
    if day <= last:
        yield day, last


def _within(pack: PolicyPack, broken: Mapping[tuple[str, date], Sequence[str]]) -> Iterator[Fault]:
    """What values say about each other, on every day on which anything changes.

    Of a ``broken`` entry only the sound parts are asked, and nothing is asked of what it should define, so that nothing
    is told that would only follow from its fault.
    """
    days = sorted({entry.since for entries in pack.history.values() for entry in entries})
    told: set[Fault] = set()
    for day in days:
        in_force = {}
        for key, entry in pack.at(day).entries.items():
            paths = broken.get((key, entry.since))
            if paths is None:
                in_force[key] = entry.value
            elif key in REFERRING:
                in_force[key] = reduce(_without, (path.strip(".").split(".") for path in reversed(paths)), entry.value)
            elif _is_area(key):
                in_force[key] = ()
        for found in (*_places(in_force), *_rates(in_force), *_claims(in_force)):
            if found not in told:
                told.add(found)
                yield found


def _without(value: Any, path: Sequence[str]) -> Any:
    """A value without the part a path leads to; a part that is missing is missing already."""
    head, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {
            name: _without(inner, rest) if name == head else inner
            for name, inner in value.items()
            if rest or name != head
        }
    if isinstance(value, tuple):
        return tuple(
            _without(inner, rest) if str(at) == head else inner
            for at, inner in enumerate(value)
            if rest or str(at) != head
        )
    return ()


def _is_area(key: str) -> bool:
    return key.startswith("places.") and key not in SCHEMA


def _places(values: Mapping[str, Any]) -> Iterator[Fault]:
    if not values.keys() >= DIVISIONS:
        return
    prefix = values["places.province"]
    cities = {row["code"] for row in values.get("places.cities", ())}
    counties = {row["code"]: row["city"] for row in values.get("places.counties", ())}
    for code in sorted({*cities, *counties}):
        if not code.startswith(prefix):
            yield _fault("places.counties", "outside", code=code, prefix=prefix)
    for code, city in counties.items():
        if city not in cities:
            yield _fault("places.counties", "city_unknown", code=code, city=city)
    for key, value in values.items():
        if _is_area(key):
            for code in value:
                if code not in cities and code not in counties:
                    yield _fault(key, "place_unknown", code=code)


def _rates(values: Mapping[str, Any]) -> Iterator[Fault]:
    if not values.keys() >= DIVISIONS:
        return
    divisions = {row["code"] for key in ("places.cities", "places.counties") for row in values.get(key, ())}
    for key in ("vouchers.subsidy_rates", "vouchers.city_programmes"):
        for row in values.get(key, ()):
            for area in (row[name] for name in ("beneficiary_in", "provider_in") if name in row):
                if area != PROVINCE_AREA and area not in divisions and f"places.{area}" not in values:
                    yield _fault(key, "area_unknown", area=area)


def _claims(values: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _materials(values)
    if "vouchers.claimants" in values:
        for mode in values.get("vouchers.out_of_province_modes", ()):
            if mode not in values["vouchers.claimants"]:
                yield _fault("vouchers.out_of_province_modes", "mode_unknown", mode=mode)
    bounds = [values[key] for key in ("vouchers.staff_min", "vouchers.staff_max") if key in values]
    if bounds != sorted(bounds):
        yield _fault("vouchers.staff_min", "reversed")


def _materials(values: Mapping[str, Any]) -> Iterator[Fault]:
    needed = values.get("vouchers.materials", {})
    if needed and "services.supported" in values:
        groups = {row["group"] for row in values["services.supported"]}
        for group in sorted(groups - set(needed)):
            yield _fault("vouchers.materials", "group_without_materials", group=group)
        for group in sorted(set(needed) - groups):
            yield _fault("vouchers.materials", "group_unknown", group=group)
    named = {row["code"] for row in values.get("materials.kinds", ())}
    for group, kinds in needed.items():
        for kind in kinds if named else ():
            if kind not in named:
                yield _fault("vouchers.materials", "material_unknown", kind=kind, group=group)
        if NEEDED_MATERIAL not in kinds:
            yield _fault("vouchers.materials", "no_invoice", group=group)


def _references(pack: PolicyPack) -> Iterator[Fault]:
    """Each value of a measure rests on articles that the pack explains, or is said to be a decision of one's own."""
    known = _articles(pack)
    for key, entries in pack.history.items():
        for entry in entries if not key.startswith("places.") else ():
            if DESIGN not in entry.reference and not _names_an_article(entry.reference, known):
                yield _fault(f"{key}[{entry.since}]", "reference_unknown", reference=entry.reference)


def _articles(pack: PolicyPack) -> set[str]:
    return {
        str(row["article"])
        for key, entries in pack.history.items()
        if key.startswith(ARTICLES)
        for entry in entries
        for row in (entry.value if isinstance(entry.value, tuple) else ())
        if isinstance(row, Mapping) and "article" in row
    }


def _names_an_article(reference: str, known: set[str]) -> bool:
    """Whether a reference begins with, or lists, an article that is known; a part of one (V17 return) counts."""
    parts = (part.strip() for part in re.split("[;,；，、]", reference))
    return any(part == number or re.match(f"{re.escape(number)}(?![0-9])", part) for part in parts for number in known)


def _plain(value: Any) -> Any:
    """Lists and mappings as marshmallow expects them."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
