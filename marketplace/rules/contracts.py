"""What a service contract settles (S17)."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from string import Formatter

from core.texts import Text, catalogue, text


class ContractPoint(StrEnum):
    """The six points of S17: content, IP, confidentiality, damages, breach, disputes."""

    CONTENT = "content"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    CONFIDENTIALITY = "confidentiality"
    DAMAGES = "damages"
    BREACH = "breach"
    DISPUTES = "disputes"


def standard_terms(*, title: str, provider: str, beneficiary: str) -> dict[str, str]:
    """The platform's standard contract, taken where neither side brings terms of its own: all six points."""
    return {
        point.value: text(
            f"contract.standard.{point.value}", title=title, provider=provider, beneficiary=beneficiary
        ).both()
        for point in ContractPoint
    }


def standard_text(point: ContractPoint, stored: str) -> Text | None:
    """The two languages of a point of the standard contract, as it is stored; None for terms of the sides' own."""
    found = _standard(point).fullmatch(stored)
    return None if found is None else Text(found["zh"], found["en"])


@cache
def _standard(point: ContractPoint) -> re.Pattern[str]:
    """What a point of the standard contract looks like, whatever the names in it."""
    template = catalogue()[f"contract.standard.{point.value}"]
    seen: set[str] = set()
    zh, en = _pattern(template.zh, seen), _pattern(template.en, seen)
    return re.compile(f"(?P<zh>{zh}) / (?P<en>{en})", re.DOTALL)


def _pattern(template: str, seen: set[str]) -> str:
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+)")
            seen.add(name)
    return "".join(parts)
