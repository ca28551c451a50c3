"""Extras in, and the lines that a price consists of out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load, validate

from core.http import DecimalField, EnumField, FenField, IdField, Schema, TextField
from core.http.schemas import fault
from instruments.rules.extras import MOST_EXTRAS, WantedExtra
from instruments.rules.pricing import MAX_QUANTITY
from instruments.rules.terms import PriceGroup


class WantedExtraSchema(Schema):
    """So much of an extra of the service."""

    extra_id = IdField(required=True, metadata={"description": "Number of the extra (GET /services/{id}/extras)."})
    quantity = DecimalField(
        required=True,
        minimum=Decimal("0.01"),
        maximum=MAX_QUANTITY,
        metadata={"description": "How much of it, in its unit."},
    )

    @post_load
    def as_wanted(self, given: dict[str, Any], **_: Any) -> WantedExtra:
        """As the service takes it."""
        return WantedExtra(given["extra_id"], given["quantity"])


class UsedExtraSchema(WantedExtraSchema):
    """How much of an ordered extra was used."""

    quantity = DecimalField(
        required=True,
        maximum=MAX_QUANTITY,
        metadata={"description": "How much of it was used, in its unit; perhaps 0."},
    )


class LineSchema(Schema):
    """A line of a price."""

    kind = TextField(
        required=True,
        metadata={"description": "service, or the kind of extra: consumable, preparation, express, shipping, other."},
    )
    extra_id = IdField(required=True, allow_none=True, metadata={"description": "Number of the extra, if it is one."})
    price_id = IdField(
        required=True, allow_none=True, metadata={"description": "The version of the price; null in older quotes."}
    )
    price_group = EnumField(
        PriceGroup, required=True, allow_none=True, metadata={"description": "Whose published price a unit is at."}
    )
    title = TextField(required=True, metadata={"description": "What it is."})
    unit = TextField(
        required=True, metadata={"description": "hour, day, time or sample; of an extra in the provider's words."}
    )
    unit_price_fen = FenField(required=True, metadata={"description": "Price of one unit in fen."})
    quantity = DecimalField(required=True, metadata={"description": "How many units."})
    billed_quantity = DecimalField(required=True, metadata={"description": "For how many of them is charged."})
    sum_fen = FenField(
        required=True,
        metadata={"description": "What the line comes to in fen, rounded half up once; at least the least charge."},
    )
    counts = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether it is part of the cost a voucher shares; else it is the user's own (V12 base)."
        },
    )


def wanted_extras(schema: type[Schema], description: str) -> fields.List[Any]:
    """A list of extras, by default none."""
    return fields.List(
        fields.Nested(schema),
        load_default=list,
        validate=validate.Length(max=MOST_EXTRAS, error=fault("invalid")),
        metadata={"description": description},
    )


def lines_field() -> fields.List[Any]:
    """The lines of a price, which is their sum."""
    return fields.List(
        fields.Nested(LineSchema), required=True, metadata={"description": "What the price consists of, to the fen."}
    )
