"""What is near a search that found nothing, as links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.pages.language import t
from core.permissions import Actor
from instruments.pages.asking import TYPED, TYPED_AS, Asked
from instruments.pages.facets import FacetValue
from instruments.queries.nearby import Without, nearby


@dataclass(frozen=True, slots=True)
class Near:
    """Where to go on from nothing: without one filter, to other cities, to similar names."""

    without: Sequence[FacetValue]
    cities: Sequence[FacetValue]
    names: Sequence[FacetValue]

    def __bool__(self) -> bool:
        return bool(self.without or self.cities or self.names)


def near(question: Asked, *, actor: Actor, now: datetime) -> Near:
    """Each with its address and how many are found there; names without a count."""
    found = nearby(question.wanted, actor=actor, now=now)
    return Near(
        [_without(question, each) for each in found.without],
        [
            FacetValue(str(each["label"]), question.href(city=each["value"], county=""), each["count"])
            for each in found.cities
        ],
        [FacetValue(each, question.href(**dict.fromkeys(TYPED, "") | {"q": each}), 0) for each in found.names],
    )


def _without(question: Asked, each: Without) -> FacetValue:
    typed = [TYPED_AS.get(name, name) for name in each.filters]
    named = t("catalogue.words") if typed[0] == "q" else t(f"filter.{typed[0]}")
    return FacetValue(named, question.href(**dict.fromkeys(typed, "")), each.total)
