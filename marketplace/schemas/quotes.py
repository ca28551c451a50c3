"""Quotes in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_dump

from core.http import (
    CountField,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
)
from core.kinds import ServiceKind
from instruments.rules.terms import PriceGroup
from instruments.schemas.services import CancellationShownSchema
from marketplace.queries.hindrances import QuoteAnswer
from marketplace.schemas.lines import WantedExtraSchema, lines_field, wanted_extras
from vouchers.rules.facts import Exclusion, PaymentMode
from vouchers.schemas.aids import AidSchema


class QuoteRequestSchema(Schema):
    """What is wanted, by whom it would be paid, and what may stand against a voucher."""

    service_id = IdField(required=True, metadata={"description": "The priced service."})
    instrument_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The instrument to book; needed where the service is priced by time."},
    )
    starts_at = InstantField(load_default=None, allow_none=True, metadata={"description": "Start of the wanted slot."})
    ends_at = InstantField(
        load_default=None, allow_none=True, metadata={"description": "End of the wanted slot, not part of it."}
    )
    quantity = DecimalField(
        load_default=None,
        allow_none=True,
        minimum=Decimal("0.01"),
        maximum=Decimal(1_000_000),
        metadata={"description": "How many samples, times, hours or days; by the slot where one is given."},
    )
    extras = wanted_extras(WantedExtraSchema, "Extras of the service that are wanted with it.")
    payment_mode = EnumField(
        PaymentMode,
        required=True,
        metadata={"description": "Deducted at once, or paid in full and paid back to the user (V16)."},
    )
    unmet_need = TextField(
        load_default=None,
        allow_none=True,
        max_length=2000,
        metadata={"description": "Why the province cannot meet the need; for out-of-province services (V16 out)."},
    )
    unmet_need_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "A need the user stated (POST /unmet-needs) that this rests on, beside unmet_need or in its "
            "place; its number then comes first (V16 out)."
        },
    )
    excluded = EnumField(
        Exclusion,
        load_default=None,
        allow_none=True,
        metadata={"description": "Set where the activity is one that vouchers never pay for (V11 x)."},
    )
    public_project_number = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "Number of the public project that already funds this activity (V11 x)."},
    )
    restricted_industry = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether the activity is in a restricted or phased-out industry (V11 x)."},
    )
    beneficiary_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "For which of its teams an incubator asks; else left out."},
    )


class QuoteSchema(CancellationShownSchema):
    """What it costs, what the voucher pays, and why."""

    id = IdField(required=True, metadata={"description": "Number of the quote."})
    beneficiary_id = IdField(required=True, metadata={"description": "Who would be served."})
    provider_id = IdField(required=True, metadata={"description": "Who would serve."})
    service_id = IdField(required=True, metadata={"description": "The priced service."})
    instrument_id = IdField(required=True, allow_none=True, metadata={"description": "The instrument to book."})
    starts_at = InstantField(required=True, allow_none=True, metadata={"description": "Start of the slot."})
    ends_at = InstantField(required=True, allow_none=True, metadata={"description": "End of the slot."})
    title = TextField(required=True, metadata={"description": "What the service is called."})
    service_kind = EnumField(ServiceKind, required=True, metadata={"description": "Its kind under V11."})
    unmet_need = TextField(
        required=True, allow_none=True, metadata={"description": "Why the province cannot meet the need (V16 out)."}
    )
    unmet_need_id = IdField(
        required=True, allow_none=True, metadata={"description": "The statement that rests on, if any."}
    )
    price_unit = TextField(required=True, metadata={"description": "hour, day, time or sample."})
    negotiation_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "Where the price was agreed on, if it is no published one."},
    )
    offer_id = IdField(
        required=True, allow_none=True, metadata={"description": "The offer that was agreed to, if one was."}
    )
    unit_price_fen = FenField(required=True, metadata={"description": "Price of one unit in fen."})
    price_group = EnumField(
        PriceGroup,
        required=True,
        allow_none=True,
        metadata={"description": "Whose published price it is: own, in_province or outside; null in older quotes."},
    )
    minimum_charge_fen = FenField(
        required=True, allow_none=True, metadata={"description": "The least sum an order costs in fen."}
    )
    billing_step_minutes = CountField(
        required=True, allow_none=True, metadata={"description": "Minutes to which begun hours are rounded up."}
    )
    quantity = DecimalField(required=True, metadata={"description": "Units."})
    billed_quantity = DecimalField(
        required=True, metadata={"description": "Units charged for: the quantity, hours rounded up to whole steps."}
    )
    turnaround_days = CountField(
        required=True,
        allow_none=True,
        metadata={"description": "Promised turnaround in working days; null in older quotes."},
    )
    expected_completion = DayField(
        required=True,
        metadata={"description": "The promised day: that many working days after the slot or, without one, today."},
    )
    consent_id = IdField(
        required=True,
        allow_none=True,
        metadata={
            "description": "The provider's standing consent: an order is accepted as it is placed. Null: the provider "
            "is asked."
        },
    )
    payment_mode = EnumField(PaymentMode, required=True, metadata={"description": "Who pays first (V16)."})
    price_fen = FenField(required=True, metadata={"description": "Price in fen, tax included; the sum of the lines."})
    lines = lines_field()
    base_fen = FenField(
        required=True, metadata={"description": "What of the price counts for the voucher, in fen (V12 base)."}
    )
    rate = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Subsidy rate by the user's place (V12), such as 0.60; null outside the province."},
    )
    eligible = fields.Boolean(required=True, metadata={"description": "Whether a voucher may pay a part."})
    entitlement_fen = FenField(required=True, metadata={"description": "Rate times base_fen in fen, rounded down."})
    cap_room_fen = FenField(
        required=True, metadata={"description": "What the controller's yearly cap had left in fen (V12 cap)."}
    )
    subsidy_fen = FenField(required=True, metadata={"description": "What the voucher pays in fen."})
    other_aid_fen = FenField(
        required=True, metadata={"description": "What programmes of cities add to it in fen (V6)."}
    )
    aids = fields.List(
        fields.Nested(AidSchema),
        required=True,
        metadata={"description": "Each programme of a city that the user may use beside the voucher."},
    )
    self_pay_fen = FenField(required=True, metadata={"description": "What remains for the user in fen."})
    policy_version = TextField(
        required=True, allow_none=True, metadata={"description": "The policy it rests on; null outside its term (V23)."}
    )
    reasons = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "Every ground of a refusal."}
    )
    hindrances = fields.List(
        fields.Nested(ReasonSchema),
        required=True,
        metadata={
            "description": "What keeps an order from being placed on it today although it stands, such as a shortfall "
            "that the user still owes (V16(1)); empty where nothing does."
        },
    )
    flags = fields.List(
        TextField(), required=True, metadata={"description": "What a reviewer will look at, and cap_limited."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was given."})
    expires_at = InstantField(required=True, metadata={"description": "Until when an order may be placed on it."})

    @pre_dump
    def flatten(self, answer: QuoteAnswer, **_: Any) -> dict[str, Any]:
        """The slot as two instants, the rate as text with two decimals at least."""
        quote = answer.quote
        names = [name for name in self.fields if name not in ("starts_at", "ends_at", "rate", "hindrances")]
        return {
            **{name: getattr(quote, name) for name in names},
            "hindrances": answer.hindrances,
            "starts_at": None if quote.during is None else quote.during.start,
            "ends_at": None if quote.during is None else quote.during.end,
            "rate": None if quote.rate is None else format(quote.rate.quantize(Decimal("0.01")), "f"),
        }
