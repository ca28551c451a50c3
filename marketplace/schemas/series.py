"""Series of bookings, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validates_schema

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
)
from core.http.schemas import fault
from marketplace.queries.series import SeriesView
from marketplace.rules.series import MOST_BOOKINGS, SeriesChoice
from marketplace.schemas.orders import CancellationSchema
from marketplace.schemas.quotes import QuoteRequestSchema
from marketplace.states import OrderState, SeriesState


class SeriesRequestSchema(QuoteRequestSchema):
    """What is wanted again and again: a quote's fields for the first slot, and how it is repeated."""

    starts_at = InstantField(required=True, metadata={"description": "Start of the first slot."})
    ends_at = InstantField(required=True, metadata={"description": "End of the first slot, not part of it."})
    every_days = CountField(
        required=True, minimum=1, maximum=366, metadata={"description": "Again every so many days: 1, 7, 14 …"}
    )
    repeat_until = DayField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The last day on which it may begin; this or how many times."},
    )
    count = CountField(
        load_default=None,
        allow_none=True,
        minimum=1,
        maximum=MOST_BOOKINGS,
        metadata={"description": f"How many times in all, {MOST_BOOKINGS} at most; this or the last day."},
    )

    @validates_schema(skip_on_field_errors=False)
    def ends_one_way(self, given: dict[str, Any], **_: Any) -> None:
        """A last day or a number of times, one of them."""
        said = [name for name in ("repeat_until", "count") if given.get(name) is not None]
        if len(said) != 1:
            raise ValidationError({"repeat_until": [fault("one_of_two")]})


class SeriesFilterSchema(CursorSchema):
    """Which series."""

    state = EnumField(SeriesState, load_default=None, metadata={"description": "Placed, or only looked at."})


class SeriesPlacingSchema(Schema):
    """What is placed."""

    choice = EnumField(
        SeriesChoice, required=True, metadata={"description": "all or nothing, or the bookable ones as they are now."}
    )


class SeriesCancellationSchema(CancellationSchema):
    """Why the rest is given up."""


class SeriesSlotSchema(Schema):
    """One slot: what it costs and its order, or what stands against it."""

    position = CountField(required=True, metadata={"description": "Which one it is, from 1."})
    starts_at = InstantField(required=True, metadata={"description": "Start."})
    ends_at = InstantField(required=True, metadata={"description": "End, not part of it."})
    quote_id = IdField(required=True, allow_none=True, metadata={"description": "Its quote; null where it has none."})
    price_fen = FenField(required=True, allow_none=True, metadata={"description": "What it costs."})
    subsidy_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "What the voucher pays, once those before hold theirs."},
    )
    self_pay_fen = FenField(required=True, allow_none=True, metadata={"description": "What the user bears."})
    order_id = IdField(required=True, allow_none=True, metadata={"description": "The order that was placed."})
    order_state = EnumField(
        OrderState, required=True, allow_none=True, metadata={"description": "How that stands now."}
    )
    reasons = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "What stands against it; else empty."}
    )


class SeriesSchema(Schema):
    """A series of bookings as it was looked at, and what was placed of it."""

    id = IdField(required=True, metadata={"description": "Its number."})
    beneficiary_id = IdField(required=True, metadata={"description": "Who would be served."})
    service_id = IdField(required=True, metadata={"description": "The priced service."})
    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    state = EnumField(SeriesState, required=True, metadata={"description": "previewed, or placed."})
    every_days = CountField(required=True, metadata={"description": "Again every so many days."})
    until = DayField(required=True, metadata={"description": "The last day on which one may begin."})
    choice = EnumField(SeriesChoice, required=True, allow_none=True, metadata={"description": "What was placed."})
    expires_at = InstantField(required=True, metadata={"description": "Until when it may be placed."})
    placed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was placed."})
    slots = fields.List(fields.Nested(SeriesSlotSchema), required=True, metadata={"description": "In order of time."})

    @pre_dump
    def flatten(self, shown: SeriesView, **_: Any) -> dict[str, Any]:
        """The slots with their quotes and orders."""
        kept = ("id", "beneficiary_id", "service_id", "instrument_id", "state", "every_days", "until", "choice")
        said = {name: getattr(shown.series, name) for name in (*kept, "expires_at", "placed_at")}
        return {**said, "slots": [_slot(shown, each) for each in shown.series.slots]}


def _slot(shown: SeriesView, slot: Any) -> dict[str, Any]:
    quote, order = slot.quote, shown.order_of(slot)
    return {
        "position": slot.position,
        "starts_at": slot.during.start,
        "ends_at": slot.during.end,
        "quote_id": slot.quote_id,
        "price_fen": None if quote is None else quote.price_fen,
        "subsidy_fen": None if quote is None else quote.subsidy_fen,
        "self_pay_fen": None if quote is None else quote.self_pay_fen,
        "order_id": None if order is None else order.id,
        "order_state": None if order is None else order.state,
        "reasons": slot.reasons,
    }
