"""What a visitor asks of the catalogue: read from the address as it was typed, every fault beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from flask import request, url_for
from marshmallow import ValidationError

from core.clock import SHANGHAI, moment_of
from core.errors import Reason
from core.http.problem import field_faults
from core.http.schemas import fault, split_fault
from core.money import AmountMalformed, fen_to_yuan, yuan_to_fen
from core.pages.language import say
from instruments.queries.catalogue import Search
from instruments.schemas.instruments import SearchSchema

INDEX = "catalogue_pages.index"
SAVE = "saved_search_pages.new"
CLASSES = "category_code"
"""The facet of the national classes, a tree; what it narrows is the category."""
FACETS_SHOWN = (
    *("city", "category", CLASSES, "provider", "value_band", "funding", "kind", "vouchers", "instant", "iot_sensor"),
)
COUNTY = "county"
CLICKED = ("provider", "value_band", "kind", "vouchers", "instant", "iot_sensor")
"""What is narrowed by a link of a facet alone; the form hands it on."""
OF_PRICE = ("min_price", "max_price", "price_unit")
OF_VALUE = ("min_value", "max_value")
OF_TIME = ("free_from", "free_to")
NARROWING = ("city", COUNTY, "category", "funding", *CLICKED, *OF_VALUE, *OF_PRICE, *OF_TIME)
"""What narrows a search beside its words."""
TYPED = ("q", *NARROWING, "near", "sort")
"""Every field of the form: the parameters of the address."""

SUMS = (*OF_VALUE, "min_price", "max_price")
"""Sums of money, which are typed in yuan."""

_MEANT = {name: f"{name}_fen" for name in SUMS}
TYPED_AS = {name: typed for typed, name in _MEANT.items()}
LONGEST = 300
"""Characters of one parameter that are looked at."""


@dataclass
class Asked:
    """A search as it was typed: ``faults`` by field, of what is left out of ``wanted``."""

    typed: Mapping[str, str]
    wanted: Search
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything beside the words narrows the search."""
        return any(self.typed[name] for name in NARROWING)

    @property
    def clicked(self) -> dict[str, str]:
        """What the form hands on beside its fields."""
        return {name: self.typed[name] for name in CLICKED if self.typed[name]}

    @property
    def words_alone(self) -> str:
        """The address of a search for the words alone."""
        return self.href(**dict.fromkeys(NARROWING, ""))

    def note(self, reasons: tuple[Reason, ...] | list[Reason]) -> None:
        """Put reasons beside the fields they are about."""
        for each in reasons:
            name = TYPED_AS.get(each.field or "", each.field or "")
            self.faults.setdefault(name, []).append(say(each))

    def href(self, *, at: str = INDEX, **changes: object) -> str:
        """The address of this search with other parameters; without any, its first page. ``at``: another page that is
        about it."""
        kept = {name: self.typed[name] for name in TYPED} | changes
        query = urlencode({name: value for name, value in kept.items() if value not in ("", None)})
        return f"{url_for(at)}?{query}" if query else url_for(at)


def asked() -> Asked:
    """The search of the request."""
    typed = {name: request.args.get(name, "").strip()[:LONGEST] for name in TYPED}
    facets = ",".join((*FACETS_SHOWN, COUNTY) if typed["city"] or typed[COUNTY] else FACETS_SHOWN)
    raw: dict[str, Any] = {"facets": facets}
    faults: list[Reason] = []
    for name, value in typed.items():
        if value:
            try:
                raw[_MEANT.get(name, name)] = READERS.get(name, str)(value)
            except ValueError as unreadable:
                faults.append(Reason("field", None, split_fault(str(unreadable)), name))
    try:
        given: dict[str, Any] = SearchSchema(exclude=("cursor", "limit", "state")).load(raw)
    except ValidationError as invalid:
        faults += field_faults({"": invalid.messages})
        given = cast(dict[str, Any], invalid.valid_data)
    given["facets"] = tuple(facets.split(","))
    found = Asked(typed, Search(**given))
    found.note(faults)
    return found


def asked_for(wanted: Search) -> Asked:
    """A search that was kept, as somebody would type it."""
    said = {name: getattr(wanted, _MEANT.get(name, name)) for name in TYPED}
    return Asked({name: "" if value is None else _as_typed(name, value) for name, value in said.items()}, wanted)


def _as_typed(name: str, value: Any) -> str:
    if READERS.get(name) is _fen:
        return fen_to_yuan(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else str(value)


def _fen(typed: str) -> int:
    try:
        return yuan_to_fen(typed.removeprefix("¥"))
    except AmountMalformed as malformed:
        raise ValueError(fault("not_yuan")) from malformed


def _instant(typed: str) -> str:
    try:
        return moment_of(typed).isoformat()
    except ValueError as malformed:
        raise ValueError(fault("not_a_moment")) from malformed


READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(SUMS, _fen),
    **dict.fromkeys(OF_TIME, _instant),
}
