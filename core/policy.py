"""Policy is data: every figure and list of a province's measures, dated, with its unit and its article.

A pack is a folder of YAML files (``policies/shandong/vouchers.yaml`` …). Each file maps value names to
dated entries; a value is addressed as ``file.name``, for example ``vouchers.annual_cap_fen``::

    annual_cap_fen:
      - from: 2025-01-24
        value: 50000000
        unit: fen
        reference: V12

``to`` is the last day an entry holds and may be left out. ``note`` may explain it. A pack with any fault is
refused whole, with every fault named. Packs are immutable; what is in force on a day is an :class:`Edition`. Its
version is made of the pack's name, the day its newest entry came into force and a digest of the values
themselves, so that a later change of the pack leaves the versions of earlier days as they were.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard

import yaml

from core.config import PROJECT
from core.safe_yaml import SafeLoader

DEFAULT_PACK = PROJECT / "policies" / "shandong"
DIGEST_CHARACTERS = 12
_REQUIRED = ("from", "value", "unit", "reference")
_KNOWN = frozenset({*_REQUIRED, "to", "note"})


ARTICLES = "articles."
"""The file of a pack that lists the articles of its measures."""


class PolicyRefused(ValueError):
    """A policy pack cannot be used; every fault is named."""

    def __init__(self, *, pack: str, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"policy pack {pack!r} refused: " + "; ".join(faults))


class PolicyMissing(LookupError):
    """The pack has no such value on that day."""


@dataclass(frozen=True)
class DatedValue:
    """One entry of a value: what holds from a day, perhaps to a last day, with its unit and its article."""

    key: str
    since: date
    until: date | None
    value: Any
    unit: str
    reference: str
    note: str | None = None

    def covers(self, day: date) -> bool:
        """Whether the entry holds on that day; both its first and its last day count."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, eq=False)
class Edition:
    """Everything of a pack in force on one day; ``edition["vouchers.annual_cap_fen"]`` is the bare value."""

    pack: str
    entries: Mapping[str, DatedValue] = field(repr=False)

    def __getitem__(self, key: str) -> Any:
        return self.entry(key).value

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def entry(self, key: str) -> DatedValue:
        """The value with unit, dates and reference; raises :class:`PolicyMissing`."""
        try:
            return self.entries[key]
        except KeyError:
            raise PolicyMissing(f"{self.pack} has no {key} in force then") from None

    @cached_property
    def article_names(self) -> Mapping[str, str]:
        """The measures' own numbers of articles, by how the rules name them.

        An entry of ``articles.*`` whose ``rule`` differs from its ``article`` says so.
        """
        listed = (each for key, e in self.entries.items() if key.startswith(ARTICLES) for each in e.value)
        return MappingProxyType({each["rule"]: each["article"] for each in listed if "rule" in each})

    def version(self, *files: str) -> str:
        """``pack-since+digest`` of the named files' values (of all files without a name).

        The last day of an entry is no part of it: ending an entry must not rename what was decided under it.
        """
        chosen = self._of(files)
        content = [[e.key, e.since, e.value, e.unit, e.reference] for e in chosen]
        text = json.dumps(content, default=_plain, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]
        return f"{self.pack}-{max(e.since for e in chosen).isoformat()}+{digest}"

    def content(self, *files: str) -> str:
        """The named files' entries as one line of JSON, last days included: what :func:`edition_of` reads back."""
        entries = [
            {
                "key": e.key,
                "from": e.since,
                "to": None if e.until is None else e.until.isoformat(),
                "value": e.value,
                "unit": e.unit,
                "reference": e.reference,
            }
            for e in self._of(files)
        ]
        return json.dumps({"pack": self.pack, "entries": entries}, default=_plain, ensure_ascii=False, sort_keys=True)

    def _of(self, files: tuple[str, ...]) -> list[DatedValue]:
        chosen = [e for key, e in sorted(self.entries.items()) if not files or key.split(".")[0] in files]
        if not chosen:
            raise PolicyMissing(f"{self.pack} has nothing of {', '.join(files)} in force then")
        return chosen


def edition_of(content: str) -> Edition:
    """The edition whose :meth:`Edition.content` this is."""
    kept = json.loads(content)
    entries = [
        DatedValue(
            key=each["key"],
            since=date.fromisoformat(each["from"]),
            until=None if each["to"] is None else date.fromisoformat(each["to"]),
            value=_frozen(each["value"]),
            unit=each["unit"],
            reference=each["reference"],
        )
        for each in kept["entries"]
    ]
    return Edition(kept["pack"], MappingProxyType({each.key: each for each in entries}))


class PolicyPack:
    """A province's dated values; made by :func:`load_pack`, never changed afterwards."""

    def __init__(self, *, name: str, history: Mapping[str, tuple[DatedValue, ...]]) -> None:
        self.name = name
        self.history = MappingProxyType(dict(history))

    def at(self, day: date) -> Edition:
        """What is in force on a day."""
        return self._editions[bisect_right(self._changes, day)]

    def nearest(self, day: date, *, term: str) -> Edition:
        """What is in force on the nearest day of the term that the value named ``term`` covers (V23)."""
        return self.at(self.within(day, term=term))

    def within(self, day: date, *, term: str) -> date:
        """``day`` itself where the value named ``term`` covers it, else the nearest day that it covers."""
        entries = self.history.get(term)
        if not entries:
            raise PolicyMissing(f"{self.name} has no {term}")
        candidates = [min(max(day, e.since), e.until or date.max) for e in entries]
        return min(candidates, key=lambda found: (abs(found - day), found))

    @cached_property
    def _changes(self) -> list[date]:
        starts = {e.since for entries in self.history.values() for e in entries}
        ends = {e.until + timedelta(days=1) for entries in self.history.values() for e in entries if e.until}
        return sorted(starts | ends)

    @cached_property
    def _editions(self) -> list[Edition]:
        days = [date.min, *self._changes]
        return [Edition(self.name, MappingProxyType(self._in_force(day))) for day in days]

    def _in_force(self, day: date) -> dict[str, DatedValue]:
        return {key: e for key, entries in self.history.items() for e in entries if e.covers(day)}


@cache
def load_pack(folder: Path) -> PolicyPack:
    """Reads a pack; raises :class:`PolicyRefused` naming every fault of every file."""
    pack, faults = read_pack(folder)
    if faults:
        raise PolicyRefused(pack=folder.name, faults=faults)
    return pack


def read_pack(folder: Path) -> tuple[PolicyPack, list[str]]:
    """What could be read of a pack, and every fault of every file; one with faults is good for being checked only."""
    faults: list[str] = []
    history: dict[str, tuple[DatedValue, ...]] = {}
    files = sorted(folder.glob("*.yaml"))
    if not files:
        faults.append("no YAML file")
    for path in files:
        for name, entries in _read(path, faults).items():
            key = f"{path.stem}.{name}"
            read = [_entry(key, position, raw, faults) for position, raw in enumerate(_list(key, entries, faults), 1)]
            history[key] = _ordered(key, [e for e in read if e is not None], faults)
    return PolicyPack(name=folder.name, history=history), faults


_selected: list[Path] = []


def select(chosen: Path) -> None:
    """Have :func:`current` answer with the pack of this folder; called once by the application factory."""
    load_pack(chosen)
    _selected[:] = [chosen]


def current() -> PolicyPack:
    """The pack of the configured province."""
    return load_pack(folder())


def folder() -> Path:
    """Where the pack of the configured province is."""
    return _selected[0] if _selected else DEFAULT_PACK


def article_name(rule: str, *, on: date = date.max) -> str:
    """How the configured province's measure numbers an article the rules name; on a day, or as of its last change."""
    return current().at(on).article_names.get(rule, rule)


def _read(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text("utf-8"), Loader=_StrictLoader)  # noqa: S506 - it is a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as broken:
        faults.append(f"{path.name}: {' '.join(str(broken).split())}")
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        faults.append(f"{path.name}: not a mapping of value names")
        return {}
    return found


def _list(key: str, entries: object, faults: list[str]) -> list[object]:
    if isinstance(entries, list) and entries:
        return entries
    faults.append(f"{key}: not a list of dated entries")
    return []


def _entry(key: str, position: int, raw: object, faults: list[str]) -> DatedValue | None:
    """One dated entry, or None with its faults noted."""
    where = f"{key}[{position}]"
    if not isinstance(raw, dict):
        faults.append(f"{where}: not a mapping")
        return None
    found = [f"{where}: unknown key {name!r}" for name in raw if name not in _KNOWN]
    found += [f"{where}: {name} missing" for name in _REQUIRED if raw.get(name) in (None, "")]
    since, until, texts = raw.get("from"), raw.get("to"), ("unit", "reference", "note")
    days = [("from", since), ("to", until)]
    found += [f"{where}: {name} is no date" for name, day in days if day is not None and not _is_day(day)]
    found += [f"{where}: {name} is no text" for name in texts if not _is_text(raw.get(name))]
    if _is_day(since) and _is_day(until) and until < since:
        found.append(f"{where}: ends before it begins")
    found += [f"{where}: {fault}" for fault in _value_faults(raw.get("value"))]
    faults.extend(found)
    if found or not _is_day(since):
        return None
    return DatedValue(key, since, until, _frozen(raw["value"]), raw["unit"], raw["reference"], raw.get("note"))


def _ordered(key: str, entries: list[DatedValue], faults: list[str]) -> tuple[DatedValue, ...]:
    """The entries by date; an entry without end is overtaken by the next only if it says when it ends."""
    entries = sorted(entries, key=lambda e: e.since)
    for earlier, later in pairwise(entries):
        if earlier.covers(later.since):
            faults.append(f"{key}: the entries of {earlier.since} and {later.since} overlap")
    return tuple(entries)


def _is_day(value: object) -> TypeGuard[date]:
    return type(value) is date


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(value.strip()))


def _value_faults(value: object) -> list[str]:
    """Floats would round money and rates: they are written as text."""
    if isinstance(value, float):
        return ["a value is a float; write decimals as text"]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [fault for child in children for fault in _value_faults(child)]


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(child) for name, child in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(child) for child in value)
    return value


def _plain(value: object) -> object:
    """What JSON does not know: frozen mappings and dates."""
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


class _StrictLoader(SafeLoader):
    """Safe YAML that refuses a name given twice instead of keeping the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(name) for name in names if names.count(name) > 1})
        if repeated:
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(repeated)} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)
