"""Requests for offers and offers, in and out (ADR 0237)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load, pre_dump, validate

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
)
from core.http.schemas import fault
from core.kinds import ExtraKind
from instruments.rules.extras import MOST_FEN
from instruments.rules.pricing import MAX_QUANTITY
from instruments.rules.terms import PriceUnit
from marketplace.rules.negotiations import OfferedLine, OfferOutcome, OfferTerms
from marketplace.schemas.quotes import QuoteRequestSchema
from marketplace.states import NegotiationState

PROSE = 2000
NAME = 200
MOST_LINES = 20
HUNDREDTH = Decimal("0.01")


class NegotiationFieldsSchema(Schema):
    """What a user asks for."""

    subject = TextField(required=True, max_length=PROSE, metadata={"description": "What is to be done."})
    extent = TextField(required=True, max_length=NAME, metadata={"description": "How much of it, in one's own words."})
    needed_from = DayField(load_default=None, allow_none=True, metadata={"description": "From when on."})
    needed_until = DayField(load_default=None, allow_none=True, metadata={"description": "By when."})
    note = TextField(
        min_length=0, load_default="", max_length=PROSE, metadata={"description": "What the provider should know."}
    )


class NewNegotiationSchema(NegotiationFieldsSchema):
    """A request for an offer."""

    service_id = IdField(required=True, metadata={"description": "A service whose price is by negotiation."})
    beneficiary_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "For which of its teams an incubator asks; else left out."},
    )


class OfferLineSchema(Schema):
    """What is offered beside the service itself."""

    title = TextField(required=True, max_length=NAME, metadata={"description": "What it is."})
    kind = EnumField(
        ExtraKind,
        required=True,
        metadata={"description": "consumable and preparation count for the voucher; the others are the user's own."},
    )
    unit = TextField(required=True, max_length=20, metadata={"description": "What it is counted in."})
    quantity = DecimalField(
        required=True, minimum=HUNDREDTH, maximum=MAX_QUANTITY, metadata={"description": "How much of it."}
    )
    unit_price_fen = FenField(
        required=True, minimum=1, maximum=MOST_FEN, metadata={"description": "Price of one unit in fen."}
    )

    @post_load
    def as_line(self, given: dict[str, Any], **_: Any) -> OfferedLine:
        """As the service takes it."""
        return OfferedLine(**given)


class OfferTermsSchema(Schema):
    """What a provider offers."""

    price_unit = EnumField(PriceUnit, required=True, metadata={"description": "What the service is counted in."})
    quantity = DecimalField(
        required=True, minimum=HUNDREDTH, maximum=MAX_QUANTITY, metadata={"description": "How many units."}
    )
    unit_price_fen = FenField(required=True, metadata={"description": "Price of one unit in fen, tax included."})
    turnaround_days = CountField(
        required=True, minimum=1, maximum=1000, metadata={"description": "Promised turnaround in working days."}
    )
    valid_until = DayField(
        required=True, metadata={"description": "The last day on which the offer is agreed to and ordered on."}
    )
    conditions = TextField(
        min_length=0, load_default="", max_length=PROSE, metadata={"description": "On what conditions."}
    )
    cost_fen = FenField(
        load_default=None,
        allow_none=True,
        metadata={"description": "What all of it costs a fiscally built provider in fen; it charges no more (V13)."},
    )
    cost_basis = TextField(
        min_length=0, load_default="", max_length=NAME, metadata={"description": "The document that states this cost."}
    )


class NewOfferSchema(OfferTermsSchema):
    """An offer, with its lines beside the service."""

    lines = fields.List(
        fields.Nested(OfferLineSchema),
        load_default=list,
        validate=validate.Length(max=MOST_LINES, error=fault("invalid")),
        metadata={"description": "What is offered beside the service itself."},
    )

    @post_load
    def as_terms(self, given: dict[str, Any], **_: Any) -> OfferTerms:
        """As the service takes it."""
        return OfferTerms(**given)


class AnswerSchema(Schema):
    """What is said with a step."""

    note = TextField(
        min_length=0, load_default="", max_length=PROSE, metadata={"description": "Shown to the other side."}
    )


class SaidAnswerSchema(Schema):
    """What has to be said with a step."""

    note = TextField(required=True, max_length=PROSE, metadata={"description": "Shown to the other side."})


class AgreementSchema(QuoteRequestSchema):
    """The offer that is agreed to, how it is paid, and what may stand against a voucher."""

    class Meta(QuoteRequestSchema.Meta):
        """What the offer and the request say already."""

        exclude = ("service_id", "quantity", "extras", "beneficiary_id")

    offer_id = IdField(
        required=True, metadata={"description": "The offer that was read; another one in its place is not agreed to."}
    )


class NegotiationQuerySchema(CursorSchema):
    """Which requests."""

    state = EnumField(NegotiationState, load_default=None, metadata={"description": "Only those in this state."})


class OfferLineShownSchema(OfferLineSchema):
    """A line of an offer."""

    extra_id = IdField(
        required=True,
        metadata={"description": "Its number in the offer, from 1; at completion its quantity is told by it."},
    )
    sum_fen = FenField(required=True, metadata={"description": "What it comes to in fen, rounded half up once."})

    @pre_dump
    def numbered(self, kept: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Its quantity as a number, which documents keep as text."""
        return {**kept, "quantity": Decimal(kept["quantity"])}


class OfferSchema(OfferTermsSchema):
    """A round: what was offered, and what became of it."""

    id = IdField(required=True, metadata={"description": "Number of the offer."})
    round = CountField(required=True, metadata={"description": "The how manieth round, from 1."})
    lines = fields.List(
        fields.Nested(OfferLineShownSchema), required=True, metadata={"description": "What is beside the service."}
    )
    price_fen = FenField(required=True, metadata={"description": "What all of it comes to in fen, tax included."})
    offered_at = InstantField(required=True, metadata={"description": "When it was made."})
    outcome = EnumField(
        OfferOutcome,
        required=True,
        allow_none=True,
        metadata={"description": "What became of it; null while it is open."},
    )
    answer = TextField(required=True, min_length=0, metadata={"description": "What was said to it."})
    answered_at = InstantField(required=True, allow_none=True, metadata={"description": "When that was."})


class NegotiationSchema(NegotiationFieldsSchema):
    """A request with its rounds."""

    id = IdField(required=True, metadata={"description": "Number of the request."})
    beneficiary_id = IdField(required=True, metadata={"description": "Who asks."})
    provider_id = IdField(required=True, metadata={"description": "Who is asked."})
    service_id = IdField(required=True, metadata={"description": "The service."})
    title = TextField(required=True, metadata={"description": "What it was called."})
    state = EnumField(NegotiationState, required=True, metadata={"description": "Where it stands."})
    asked_at = InstantField(required=True, metadata={"description": "When it was asked."})
    offers = fields.List(
        fields.Nested(OfferSchema), required=True, metadata={"description": "Every round, the first one first."}
    )
    ending_note = TextField(required=True, min_length=0, metadata={"description": "Why it ended."})
