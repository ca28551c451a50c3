"""Extras in forms: a field for the quantity of each, beside the fields of the API's schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.http import DecimalField, Schema
from core.pages.language import t
from instruments.rules.extras import WantedExtra
from instruments.rules.pricing import MAX_QUANTITY
from marketplace.models import Order

OF_API = "extras"
"""What the API takes as a list."""
_PREFIX = "extra_"


@dataclass(frozen=True, slots=True)
class ExtraField:
    """An extra whose quantity a form asks for, in words, and the quantity it begins with."""

    extra_id: int
    label: str
    quantity: Decimal | None = None

    @property
    def name(self) -> str:
        """Of its field."""
        return f"{_PREFIX}{self.extra_id}"


def with_extras(schema: type[Schema], extras: Iterable[ExtraField], *, least: Decimal) -> type[Schema]:
    """A schema of the API with a field for each extra; one that is left empty says nothing."""
    asked: dict[str, Any] = {
        each.name: DecimalField(minimum=least, maximum=MAX_QUANTITY, load_default=None, allow_none=True)
        for each in extras
    }
    made: type[Schema] = schema.from_dict(asked, name=f"{schema.__name__}OfForm")  # type: ignore[assignment]
    return made


def said_of_extras(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, as the API takes it."""
    kept = {name: value for name, value in given.items() if not name.startswith(_PREFIX)}
    said = ((name, value) for name, value in given.items() if name.startswith(_PREFIX) and value is not None)
    return {**kept, OF_API: [WantedExtra(int(name.removeprefix(_PREFIX)), value) for name, value in said]}


def ordered_extras(order: Order) -> list[ExtraField]:
    """The extras of an order, with how much of each was ordered."""
    return [
        ExtraField(
            each["extra_id"],
            t("page.order_completion.extra", title=each["title"], unit=each["unit"]),
            Decimal(each["quantity"]),
        )
        for each in order.quote.extras
    ]
