"""The policy in force as a readable table: every value with its article, and every article in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import policy
from core.money import yuan_text
from core.policy import ARTICLES, DatedValue
from core.texts import Text, catalogue, text

_FEN = "_fen"
_ARTICLE = r"[VS][0-9]+(?:\([0-9]\))?(?: (?:x|base|cap|hold|facts|out|files|team|return|order|pay|report)\b)?"
_DESIGN = "design decision"
_WORDS = (
    "term.AdverseKind.{}",
    "term.Relation.{}",
    "term.IncubatorLevel.{}",
    "term.PaymentMode.{}",
    "term.InvoiceType.{}",
    "term.Declaration.{}",
    "term.DocumentKind.{}",
    "term.ContractPoint.{}",
    "flag.{}",
    "policy.word.{}",
    "term.IndicatorGroup.{}",
    "term.ReadAs.{}",
    "term.Grade.{}",
    "measure.providers.{}",
)
"""Where the words for the values of a pack stand."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One value in force: what it is, what it says, since and until when, and the articles it rests on.

    ``decided_here``: the article leaves it open, so that it is a decision of this service, in part or in whole.
    """

    key: str
    section: str
    name: Text
    value: Text
    since: date
    until: date | None
    articles: tuple[str, ...]
    reference: str
    decided_here: bool


@dataclass(frozen=True, slots=True)
class Article:
    """An article that values or decisions rest on, with its gist in a sentence."""

    number: str
    gist: Text


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A day on which values of the pack began to hold, and which."""

    since: date
    names: tuple[Text, ...]
    is_ahead: bool


def policy_rows(on: date) -> list[PolicyRow]:
    """Every value in force on a day, in the order of the pack; the division list is left to the list of places."""
    edition = policy.current().at(on)
    return [_row(entry) for entry in edition.entries.values() if _is_value(entry.key)]


def every_row() -> list[PolicyRow]:
    """Every value of the pack with all its entries, in the order of the pack, the division list left out."""
    history = policy.current().history
    return [_row(entry) for key, entries in history.items() if _is_value(key) for entry in entries]


def policy_changes(on: date) -> list[PolicyChange]:
    """The days on which the pack changes, the latest first, with the names of what changed then."""
    by_day: dict[date, list[Text]] = {}
    for key, entries in policy.current().history.items():
        for entry in entries if _is_value(key) else ():
            by_day.setdefault(entry.since, []).append(_name(entry.key))
    return [PolicyChange(day, tuple(by_day[day]), is_ahead=day > on) for day in sorted(by_day, reverse=True)]


def policy_version(on: date) -> str | None:
    """The version of the whole pack on a day; None where nothing was in force."""
    edition = policy.current().at(on)
    return edition.version() if edition.entries else None


def articles(on: date) -> list[Article]:
    """Every article the service applies on a day, in the order of the measures."""
    return [
        Article(str(each["article"]), Text(str(each["zh"]), str(each["en"])))
        for entry in policy.current().at(on).entries.values()
        if entry.key.startswith(ARTICLES)
        for each in entry.value
    ]


_LISTS = frozenset({"places.cities", "places.counties", "places.province", "places.province_name"})
"""Division lists: hundreds of names, and no rule."""


def _is_value(key: str) -> bool:
    return key not in _LISTS and not key.startswith(ARTICLES)


def _row(entry: DatedValue) -> PolicyRow:
    return PolicyRow(
        key=entry.key,
        section=entry.key.partition(".")[0],
        name=_name(entry.key),
        value=_shown(entry),
        since=entry.since,
        until=entry.until,
        articles=tuple(dict.fromkeys(_pattern().findall(entry.reference))),
        reference=entry.reference,
        decided_here=_DESIGN in entry.reference,
    )


def _pattern() -> re.Pattern[str]:
    """An article in a reference: by the numbers the pack lists, with the names of its parts."""
    history = policy.current().history
    listed = {
        str(each["article"])
        for key, entries in history.items()
        if key.startswith(ARTICLES)
        for entry in entries
        for each in entry.value
    }
    numbers = "|".join(re.escape(each) for each in sorted(listed, key=len, reverse=True))
    return re.compile(f"{_ARTICLE}|{numbers}" if numbers else _ARTICLE)


def _name(key: str) -> Text:
    """The name of a value; one that no text names yet stands for itself."""
    named = f"policy.{key}"
    return text(named) if named in catalogue() else Text(key, key)


def _shown(entry: DatedValue) -> Text:
    if entry.key.endswith(_FEN):
        return text("policy.value.yuan", amount=yuan_text(int(entry.value)))
    return _joined(_parts(entry.value)) if entry.value not in ((), "") else text("none")


def _joined(parts: Iterable[Text]) -> Text:
    found = list(parts)
    return Text("、".join(part.zh for part in found), ", ".join(part.en for part in found))


def _parts(value: Any) -> Iterator[Text]:
    if isinstance(value, bool):
        yield text("yes" if value else "no")
    elif isinstance(value, Mapping):
        yield _mapping(value)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _parts(each)
    else:
        yield _word(str(value))


def _mapping(value: Mapping[str, Any]) -> Text:
    named = Text(str(value["zh"]), str(value["en"])) if "zh" in value and "en" in value else None
    if "rate" in value:
        rate = _rate(value)
        return rate if named is None else Text(f"{named.zh}（{rate.zh}）", f"{named.en} ({rate.en})")
    if named is not None:
        return named
    pairs = [(_word(str(name)), _joined(_parts(inner))) for name, inner in value.items()]
    return Text(
        "；".join(f"{name.zh}：{inner.zh}" for name, inner in pairs),
        "; ".join(f"{name.en}: {inner.en}" for name, inner in pairs),
    )


def _rate(value: Mapping[str, Any]) -> Text:
    """A rate with the places it asks for: the user's, and the provider's where it looks at that."""
    percent = f"{float(value['rate']) * 100:g}%"
    place = _area(value["beneficiary_in"])
    if "provider_in" not in value:
        return text("policy.value.rate", rate=percent, place=place)
    return text("policy.value.rate_of_both", rate=percent, place=place, provider=_area(value["provider_in"]))


def _area(name: str) -> Text:
    """An area in words where the catalogue knows it, else by what it is made of."""
    key = f"policy.place.{name}"
    if key in catalogue():
        return text(key)
    history = policy.current().history.get(f"places.{name}")
    return _joined(_parts(history[-1].value)) if history else _word(name)


def _word(value: str) -> Text:
    place = _places().get(value)
    if place is not None:
        return Text(place, place)
    for pattern in _WORDS:
        key = pattern.format(value)
        if key in catalogue():
            return text(key)
    return _named_in_pack().get(value, Text(value, value))


def _named_in_pack() -> dict[str, Text]:
    """What the pack itself names of its codes, of all times: grounds, programmes and the like."""
    rows = (
        each
        for entries in policy.current().history.values()
        for entry in entries
        if isinstance(entry.value, list | tuple)
        for each in entry.value
        if isinstance(each, Mapping) and {"code", "zh", "en"} <= each.keys()
    )
    return {str(each["code"]): Text(str(each["zh"]), str(each["en"])) for each in rows}


def _places() -> dict[str, str]:
    """The names of divisions by code, of all times."""
    history = policy.current().history
    return {
        place["code"]: place["name"]
        for key in ("places.cities", "places.counties")
        for entry in history.get(key, ())
        for place in entry.value
    }
