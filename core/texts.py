"""The text catalogue: every sentence a person reads, in Chinese and English, under one key.

Each package keeps a ``texts.yaml`` of flat keys: ``dotted.key: {zh: "…{name}…", en: "…{name}…"}``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

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
    en = {name: value.en if isinstance(value, Text) else value for name, value in params.items()}
    return Text(found.zh.format(**zh), found.en.format(**en))


@cache
def catalogue() -> dict[str, Text]:
    """Every text of every package, by key; raises :class:`CatalogueBroken` naming each fault."""
    texts: dict[str, Text] = {}
    faults: list[str] = []
    for path in sorted(ROOT.glob("*/texts.yaml")):
        entries = yaml.safe_load(path.read_text("utf-8")) or {}
        for key, entry in entries.items():
            where = f"{path.parent.name}: {key}"
            if key in texts:
                faults.append(f"{where} stands twice")
            elif not isinstance(entry, dict) or set(entry) != {"zh", "en"} or not all(entry.values()):
                faults.append(f"{where} needs zh and en")
            else:
                texts[key] = Text(str(entry["zh"]), str(entry["en"]))
    if faults:
        raise CatalogueBroken("; ".join(faults))
    return texts
