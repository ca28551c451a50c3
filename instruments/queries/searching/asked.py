"""What may be asked of the catalogue, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.errors import Refused, reason
from instruments.rules.classes import CODE_LENGTHS, is_class
from instruments.rules.terms import Funding, InstrumentKind, PriceUnit, ValueBand
from instruments.states import ListingState

FACETS = (
    "city",
    "county",
    "category",
    "category_code",
    "provider",
    "value_band",
    "funding",
    "kind",
    "iot_sensor",
    "vouchers",
    "instant",
)
FACET_VALUES = 50
"""The most frequent values shown of a facet; counts are exact."""
LONGEST_FREE_WINDOW = timedelta(days=7)


class Sort(StrEnum):
    """Orders of a result; a minus turns it round."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    NAME = "name"
    VALUE = "value"
    VALUE_DESCENDING = "-value"
    NEAR = "near"


class SearchRefused(Refused):
    """The search contradicts itself; every fault is named."""

    code = "search_refused"


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for. ``category`` is a label, or two, four or six digits of the national classes; ``vouchers``
    asks whether others may use it by a published service, ``instant`` whether one is accepted as it is ordered;
    prices are those of published services, of one unit where ``price_unit`` names it; ``near`` is a county, whose
    instruments come first in the order of that name."""

    q: str = ""
    city: str | None = None
    county: str | None = None
    category: str | None = None
    provider: int | None = None
    funding: Funding | None = None
    kind: InstrumentKind | None = None
    value_band: ValueBand | None = None
    iot_sensor: bool | None = None
    vouchers: bool | None = None
    instant: bool | None = None
    state: ListingState | None = None
    min_value_fen: int | None = None
    max_value_fen: int | None = None
    min_price_fen: int | None = None
    max_price_fen: int | None = None
    price_unit: PriceUnit | None = None
    free_from: datetime | None = None
    free_to: datetime | None = None
    near: str | None = None
    sort: Sort | None = None
    facets: Sequence[str] = field(default=FACETS)

    @property
    def order(self) -> Sort:
        """The order in force: without one asked for, what is near first, else relevance, else the newest."""
        if self.sort is not None and not (self.sort is Sort.RELEVANCE and not self.q.strip()):
            return self.sort
        if self.near is not None:
            return Sort.NEAR
        return Sort.RELEVANCE if self.q.strip() else Sort.NEWEST

    @property
    def asks_price(self) -> bool:
        """Whether the prices of services matter."""
        return not (self.min_price_fen is None and self.max_price_fen is None and self.price_unit is None)

    @property
    def code_length(self) -> int:
        """How many digits the facet of the classes shows: one level below the class that is chosen."""
        chosen = len(self.category) if self.category and is_class(self.category) else 0
        return min(chosen + 2, CODE_LENGTHS[-1])


def check(wanted: Search) -> None:
    """Raise :class:`SearchRefused` with everything that contradicts itself."""
    faults = []
    if (wanted.free_from is None) != (wanted.free_to is None):
        faults.append(reason("search_window_half", field="free_from"))
    if wanted.free_from is not None and wanted.free_to is not None:
        if wanted.free_to <= wanted.free_from:
            faults.append(reason("search_window_reversed", field="free_to"))
        elif wanted.free_to - wanted.free_from > LONGEST_FREE_WINDOW:
            faults.append(reason("search_window_too_long", field="free_to", days=LONGEST_FREE_WINDOW.days))
    if _reversed(wanted.min_value_fen, wanted.max_value_fen):
        faults.append(reason("search_values_reversed", field="max_value_fen"))
    if _reversed(wanted.min_price_fen, wanted.max_price_fen):
        faults.append(reason("search_prices_reversed", field="max_price_fen"))
    if wanted.sort is Sort.NEAR and wanted.near is None:
        faults.append(reason("search_near_missing", field="near"))
    unknown = [name for name in wanted.facets if name not in FACETS]
    if unknown:
        known = ", ".join(FACETS)
        faults.append(reason("search_facet_unknown", field="facets", found=", ".join(unknown), known=known))
    if faults:
        raise SearchRefused(reasons=faults)


def _reversed(low: int | None, high: int | None) -> bool:
    return low is not None and high is not None and high < low
