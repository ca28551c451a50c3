"""What an officer's decision rests on: the article, a sentence in both languages, and the inputs it was taken on.

A ground is told out of the record the decision stands in, which is frozen once it is decided, and is kept nowhere else.
Its sentence is ``ground.<code>`` of the catalogue and names every input, so that no page shows less than the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from core import clock
from core.errors import Reason
from core.money import yuan_text
from core.texts import Text, text

SUM = "_fen"
"""How the names of sums end."""


@dataclass(frozen=True)
class Ground(Reason):
    """One ground of a decision, with what it was taken on."""

    inputs: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The ground as the API shows it."""
        return {**super().as_json(), "inputs": dict(self.inputs)}


def ground(code: str, *, article: str, **inputs: object) -> Ground:
    """A ground whose sentence names its inputs in words: enums, sums in yuan, moments by their day."""
    words = {name: _words(name, value) for name, value in inputs.items()}
    plain = {name: _plain(value) for name, value in inputs.items()}
    return Ground(code, article, text(f"ground.{code}", **words), inputs=plain)


def _words(name: str, value: object) -> object:
    match value:
        case None | "" | [] | ():
            return text("ground.nothing")
        case bool():
            return text("yes" if value else "no")
        case StrEnum():
            return text(f"term.{type(value).__name__}.{value}")
        case Text():
            return value
        case list() | tuple():
            return _listed([_words(name, each) for each in value])
        case int() if name.endswith(SUM):
            return yuan_text(value)
    return _plain(value)


def _listed(parts: list[object]) -> Text:
    both = [part if isinstance(part, Text) else Text(str(part), str(part)) for part in parts]
    return Text("、".join(part.zh for part in both), ", ".join(part.en for part in both))


def _plain(value: object) -> Any:
    match value:
        case StrEnum():
            return value.value
        case Text():
            return {"zh": value.zh, "en": value.en}
        case datetime():
            return clock.today(value).isoformat()
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
