"""Priced services in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core import clock
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
)
from core.http.schemas import fault
from core.kinds import ExtraKind, ServiceKind
from instruments.models import ExtraPrice, ServiceExtra
from instruments.queries.extras import price_in_force
from instruments.rules.cancelling import WHOLE
from instruments.rules.pricing import BILLING_STEPS
from instruments.rules.terms import PriceUnit
from instruments.schemas.instruments import NAME, PROSE, ProviderSchema
from instruments.states import ListingState, ServiceState

MOST_INSTRUMENTS = 200
MOST_HOURS = 8784
"""A year."""
NEGOTIATED = "Whether its price is by negotiation: ask for an offer (POST /negotiations)."


class PriceTermsSchema(Schema):
    """What a service costs, and by when it is done."""

    price_fen = FenField(
        allow_none=True, metadata={"description": "Price of one unit for users of the province in fen, tax included."}
    )
    price_unit = EnumField(PriceUnit, allow_none=True, metadata={"description": "What that price buys."})
    by_negotiation = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={
            "description": "There is no price but what the provider offers to a request; no sums are given then."
        },
    )
    own_price_fen = FenField(
        allow_none=True,
        metadata={"description": "Price of one unit for the provider's own organisation and group; null: the same."},
    )
    outside_price_fen = FenField(
        allow_none=True,
        metadata={"description": "Price of one unit for users from outside the province; null: the same."},
    )
    minimum_charge_fen = FenField(
        allow_none=True, metadata={"description": "The least sum an order costs in fen; null: there is none."}
    )
    billing_step_minutes = CountField(
        allow_none=True,
        validate=validate.OneOf(BILLING_STEPS, error=fault("one_of", known=", ".join(map(str, BILLING_STEPS)))),
        metadata={
            "description": "Hours are charged in begun steps of so many minutes (6, 15, 30 or 60); null: hundredths of "
            "an hour. Only where the price is per hour."
        },
    )
    cost_fen = FenField(
        allow_none=True,
        metadata={"description": "What one unit costs a fiscally built provider, in fen; it charges no more (V13)."},
    )
    cost_basis = TextField(
        min_length=0, max_length=NAME, metadata={"description": "The document that states this cost; needed with it."}
    )
    turnaround_days = CountField(
        minimum=1, maximum=1000, allow_none=True, metadata={"description": "Promised turnaround in working days."}
    )
    free_cancellation_hours = CountField(
        maximum=MOST_HOURS,
        allow_none=True,
        metadata={"description": "So many hours before its start a booking is given up for nothing; null: always."},
    )
    late_cancellation_percent = CountField(
        minimum=1,
        maximum=WHOLE,
        allow_none=True,
        metadata={"description": "What it costs afterwards, in percent of the price; given together with the hours."},
    )
    no_show_percent = CountField(
        minimum=1,
        maximum=WHOLE,
        allow_none=True,
        metadata={"description": "What it costs not to come to a booking, in percent of the price; null: nothing."},
    )


class AnnouncedPriceSchema(PriceTermsSchema):
    """What a service will cost from a later day on; what is left out stays."""

    valid_from = DayField(required=True, metadata={"description": "The day it begins, after today."})


class CancellationShownSchema(Schema):
    """What giving a booking up late, or not coming to it, costs (ADR 0224)."""

    free_cancellation_hours = CountField(
        required=True,
        maximum=MOST_HOURS,
        allow_none=True,
        metadata={"description": "So many hours before its start a booking is given up for nothing; null: always."},
    )
    late_cancellation_percent = CountField(
        required=True,
        minimum=1,
        maximum=WHOLE,
        allow_none=True,
        metadata={"description": "What it costs afterwards, in percent of the price; no voucher pays it."},
    )
    no_show_percent = CountField(
        required=True,
        minimum=1,
        maximum=WHOLE,
        allow_none=True,
        metadata={"description": "What it costs not to come, in percent of the price; no voucher pays it."},
    )


class PriceVersionSchema(CancellationShownSchema):
    """A version of what a service costs."""

    id = IdField(required=True, metadata={"description": "Number of the version."})
    valid_from = DayField(
        required=True, metadata={"description": "Its first day; it holds until the next version begins."}
    )
    price_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "Price of one unit for users of the province in fen; null by negotiation."},
    )
    price_unit = EnumField(PriceUnit, required=True, allow_none=True, metadata={"description": "What it buys."})
    by_negotiation = fields.Boolean(required=True, metadata={"description": NEGOTIATED})
    own_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For the provider's own; null: the same."}
    )
    outside_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For users from outside; null: the same."}
    )
    minimum_charge_fen = FenField(
        required=True, allow_none=True, metadata={"description": "The least sum an order costs in fen."}
    )
    billing_step_minutes = CountField(
        required=True, allow_none=True, metadata={"description": "Minutes to which begun hours are rounded up."}
    )
    cost_fen = FenField(required=True, allow_none=True, metadata={"description": "Stated cost of a unit (V13)."})
    cost_basis = TextField(min_length=0, required=True, metadata={"description": "The document that states it."})
    turnaround_days = CountField(required=True, metadata={"description": "Promised working days."})
    set_at = InstantField(required=True, metadata={"description": "When it was published."})
    withdrawn_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was taken back before it began."}
    )


class ServiceFieldsSchema(PriceTermsSchema):
    """What a provider says about a service (V14)."""

    title = TextField(max_length=NAME, metadata={"description": "What the service is called."})
    kind = EnumField(ServiceKind, metadata={"description": "One of the fifteen kinds of V11."})
    content = TextField(min_length=0, max_length=PROSE, metadata={"description": "What is done."})
    process = TextField(min_length=0, max_length=PROSE, metadata={"description": "How it is done, step by step."})
    equipment = TextField(min_length=0, max_length=PROSE, metadata={"description": "With what it is done."})
    standard = TextField(min_length=0, max_length=PROSE, metadata={"description": "By which standard."})
    phone = TextField(min_length=0, max_length=100, metadata={"description": "Whom to ask."})
    instrument_ids = fields.List(
        IdField(),
        validate=validate.Length(max=MOST_INSTRUMENTS, error=fault("invalid")),
        metadata={"description": "The provider's instruments it rests on."},
    )


class NewServiceSchema(ServiceFieldsSchema):
    """A new service; a draft may leave out what publication needs."""

    title = TextField(required=True, max_length=NAME, metadata={"description": "What the service is called."})
    kind = EnumField(ServiceKind, required=True, metadata={"description": "One of the fifteen kinds of V11."})
    external_id = TextField(
        max_length=200, metadata={"description": "The provider's own id, unique to it; made where left out."}
    )


class ServiceQuerySchema(CursorSchema):
    """Which services."""

    q = TextField(min_length=0, max_length=200, load_default="", metadata={"description": "Words to look for."})
    kind = EnumField(ServiceKind, load_default=None, metadata={"description": "Kind of V11."})
    provider = IdField(load_default=None, metadata={"description": "Number of the provider."})
    instrument = IdField(load_default=None, metadata={"description": "Number of an instrument it rests on."})
    state = EnumField(
        ServiceState, load_default=None, metadata={"description": "Another state, of one's own; published by default."}
    )
    min_price_fen = FenField(load_default=None, metadata={"description": "Least price of a unit in fen."})
    max_price_fen = FenField(load_default=None, metadata={"description": "Greatest price of a unit in fen."})


class TiedInstrumentSchema(Schema):
    """An instrument that a service rests on."""

    id = IdField(required=True, metadata={"description": "Number of the instrument."})
    name = TextField(required=True, metadata={"description": "Its name."})
    state = EnumField(ListingState, required=True, metadata={"description": "State of its listing."})


class OfferedExtraSchema(Schema):
    """What may be ordered with a service today, at the price in force."""

    id = IdField(required=True, metadata={"description": "Number of the extra."})
    title = TextField(required=True, metadata={"description": "What it is."})
    unit = TextField(required=True, metadata={"description": "What is counted."})
    kind = EnumField(ExtraKind, required=True, metadata={"description": "What it is to the service."})
    price_fen = FenField(required=True, metadata={"description": "Price of a unit for users of the province in fen."})
    own_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For the provider's own; null: the same."}
    )
    outside_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For users from outside; null: the same."}
    )


class _OfferedToday(fields.List[Any]):
    """Extras of a service as they are offered today; those without a price are left out."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[Any] | None:
        priced = ((extra, price_in_force(extra, clock.today(clock.now()))) for extra in value)
        shown = [_offered(extra, held) for extra, held in priced if held is not None and held.price_fen is not None]
        return super()._serialize(shown, attr, obj, **kwargs)


def _offered(extra: ServiceExtra, held: ExtraPrice) -> dict[str, Any]:
    of_extra = {name: getattr(extra, name) for name in ("id", "title", "unit", "kind")}
    return of_extra | {name: getattr(held, name) for name in ("price_fen", "own_price_fen", "outside_price_fen")}


class ServiceSchema(CancellationShownSchema):
    """A priced service."""

    id = IdField(required=True, metadata={"description": "Number of the service."})
    external_id = TextField(required=True, metadata={"description": "The provider's own id."})
    provider = fields.Nested(ProviderSchema, required=True, metadata={"description": "Whose it is."})
    kind = EnumField(ServiceKind, required=True, metadata={"description": "Its kind under V11."})
    title = TextField(required=True, metadata={"description": "What it is called."})
    content = TextField(min_length=0, required=True, metadata={"description": "What is done."})
    process = TextField(min_length=0, required=True, metadata={"description": "How it is done."})
    equipment = TextField(min_length=0, required=True, metadata={"description": "With what it is done."})
    standard = TextField(min_length=0, required=True, metadata={"description": "By which standard."})
    price_fen = FenField(required=True, allow_none=True, metadata={"description": "Price of one unit in fen."})
    price_unit = EnumField(PriceUnit, required=True, allow_none=True, metadata={"description": "What it buys."})
    by_negotiation = fields.Boolean(required=True, metadata={"description": NEGOTIATED})
    own_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For the provider's own; null: the same."}
    )
    outside_price_fen = FenField(
        required=True, allow_none=True, metadata={"description": "For users from outside; null: the same."}
    )
    minimum_charge_fen = FenField(
        required=True, allow_none=True, metadata={"description": "The least sum an order costs in fen."}
    )
    billing_step_minutes = CountField(
        required=True, allow_none=True, metadata={"description": "Minutes to which begun hours are rounded up."}
    )
    cost_fen = FenField(required=True, allow_none=True, metadata={"description": "Stated cost of a unit (V13)."})
    cost_basis = TextField(min_length=0, required=True, metadata={"description": "The document that states it."})
    phone = TextField(min_length=0, required=True, metadata={"description": "Whom to ask."})
    turnaround_days = CountField(required=True, allow_none=True, metadata={"description": "Promised working days."})
    state = EnumField(ServiceState, required=True, metadata={"description": "Whether it is offered."})
    consent_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The standing consent by which its orders are accepted at once, if any is in force."},
    )
    is_instant = fields.Boolean(
        required=True, metadata={"description": "Whether orders paid in full are accepted as they are placed."}
    )
    extras = _OfferedToday(
        fields.Nested(OfferedExtraSchema),
        required=True,
        metadata={"description": "What may be ordered with it today (GET /services/{id}/extras has every price)."},
    )
    instruments = fields.List(
        fields.Nested(TiedInstrumentSchema), required=True, metadata={"description": "The instruments it rests on."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was entered."})
    updated_at = InstantField(required=True, metadata={"description": "When it was last changed."})
