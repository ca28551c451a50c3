"""Extras of services in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core import clock
from core.http import DayField, EnumField, FenField, IdField, InstantField, Schema, TextField
from core.kinds import ExtraKind
from instruments.models import ServiceExtra
from instruments.queries.extras import price_in_force
from instruments.rules.extras import MOST_FEN
from instruments.schemas.instruments import NAME

MOST_WORDS = 100


def _sum(description: str) -> FenField:
    return FenField(allow_none=True, maximum=MOST_FEN, metadata={"description": description})


class ExtraPriceSchema(Schema):
    """What an extra costs from a day on."""

    valid_from = DayField(
        load_default=None, allow_none=True, metadata={"description": "The first day; today if left out."}
    )
    price_fen = _sum("Price of one unit in fen, tax included; null: not offered from that day on.")
    own_price_fen = _sum("For the provider's own organisation and group; null: the same.")
    outside_price_fen = _sum("For users from outside the province; null: the same.")
    cost_fen = _sum("What one unit costs a fiscally built provider, in fen; it charges no more (V13).")
    cost_basis = TextField(
        min_length=0, max_length=NAME, metadata={"description": "The document that states this cost; needed with it."}
    )


class NewExtraSchema(ExtraPriceSchema):
    """A new extra with its first price."""

    title = TextField(required=True, max_length=NAME, metadata={"description": "What it is."})
    unit = TextField(required=True, max_length=MOST_WORDS, metadata={"description": "What is counted, such as a vial."})
    kind = EnumField(
        ExtraKind,
        required=True,
        metadata={
            "description": "Used up, further work on samples, sooner, sent, or else; which count is policy (V12 base)."
        },
    )


class ExtraVersionSchema(Schema):
    """A version of what an extra costs."""

    id = IdField(required=True, metadata={"description": "Number of the version."})
    valid_from = DayField(required=True, metadata={"description": "Its first day; it holds until the next one begins."})
    price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "Price of one unit in fen; null: not offered."}
    )
    own_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For the provider's own; null: the same."}
    )
    outside_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For users from outside; null: the same."}
    )
    cost_fen = FenField(required=True, allow_none=True, metadata={"description": "Stated cost of a unit (V13)."})
    cost_basis = TextField(min_length=0, required=True, metadata={"description": "The document that states it."})
    set_at = InstantField(required=True, metadata={"description": "When it was published."})
    withdrawn_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was taken back before it began."}
    )


class ExtraSchema(Schema):
    """An extra of a service with every price it ever had."""

    id = IdField(required=True, metadata={"description": "Number of the extra."})
    service_id = IdField(required=True, metadata={"description": "The service it belongs to."})
    title = TextField(required=True, metadata={"description": "What it is."})
    unit = TextField(required=True, metadata={"description": "What is counted."})
    kind = EnumField(ExtraKind, required=True, metadata={"description": "What it is to the service."})
    price_id = IdField(
        required=True, allow_none=True, metadata={"description": "The version in force today; null before the first."}
    )
    price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "Its price of a unit in fen; null: not offered today."}
    )
    versions = fields.List(
        fields.Nested(ExtraVersionSchema), required=True, metadata={"description": "Every version, the first first."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was entered."})

    @pre_dump
    def with_price(self, extra: ServiceExtra, **_: Any) -> dict[str, Any]:
        """With what it costs today."""
        held = price_in_force(extra, clock.today(clock.now()))
        told = {"price_id": None if held is None else held.id, "price_fen": None if held is None else held.price_fen}
        return {**{name: getattr(extra, name) for name in self.fields if name not in told}, **told}
