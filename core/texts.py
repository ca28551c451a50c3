"""The text catalogue: every sentence a person reads, in Chinese and English, under one key.

Each package keeps a ``texts.yaml`` of flat keys: ``dotted.key: {zh: "…{name}…", en: "…{name}…"}``. English says
``{count} {count:fault|faults}`` where a word goes with a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import yaml

from core.safe_yaml import SafeLoader

ROOT = Path(__file__).resolve().parent.parent


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def both(self) -> str:
        """Both languages on one line, for plain-text answers."""
        return f"{self.zh} / {self.en}"


class TextMissing(KeyError):
    """The catalogue has no such text."""


class CatalogueBroken(ValueError):
    """A catalogue file repeats a key or lacks a language."""


def text(key: str, /, **params: object) -> Text:
    """The text of ``key`` with ``params`` filled in; raises :class:`TextMissing` for an unknown key."""
    try:
        found = catalogue()[key]
    except KeyError as missing:
        raise TextMissing(key) from missing
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in params.items()}
    en = {name: _english(value) for name, value in params.items()}
    return Text(found.zh.format(**zh), found.en.format(**en))


def _english(value: object) -> object:
    if type(value) is int:
        return _Counted(value)
    return value.en if isinstance(value, Text) else value


class _Counted(int):
    """A number of an English sentence; ``{count:fault|faults}`` is the word that goes with it."""

    def __format__(self, spec: str) -> str:
        one, chooses, many = spec.partition("|")
        if not chooses:
            return super().__format__(spec)
        return one if self == 1 else many


@cache
def catalogue() -> dict[str, Text]:
    """Every text of every package, by key; raises :class:`CatalogueBroken` naming each fault."""
    return read_catalogue(ROOT)


def read_catalogue(root: Path) -> dict[str, Text]:
    """The texts of the packages in a folder."""
    texts: dict[str, Text] = {}
    faults: list[str] = []
    for path in sorted(root.glob("*/texts.yaml")):
        for key, entry in _entries(path):
            where = f"{path.parent.name}: {key}"
            if key in texts:
                faults.append(f"{where} stands twice")
            elif not isinstance(entry, dict) or set(entry) != {"zh", "en"} or not all(entry.values()):
                faults.append(f"{where} needs zh and en")
            elif _names(str(entry["zh"])) != _names(str(entry["en"])):
                faults.append(f"{where} names other values in zh than in en")
            else:
                texts[key] = Text(str(entry["zh"]), str(entry["en"]))
    if faults:
        raise CatalogueBroken("; ".join(faults))
    return texts


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    """The pairs of one file as they stand there: a plain load would drop a repeated key without a word."""
    loader = SafeLoader(path.read_text("utf-8"))
    try:
        root = loader.get_single_node()
        for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
            yield str(key.value), loader.construct_object(value, deep=True)
    finally:
        loader.dispose()


def _names(template: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
