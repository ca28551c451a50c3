"""Orders in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validates_schema

from core.http import (
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
from instruments.rules.cancelling import FeeKind
from marketplace.queries import OrderView, PaidOrderView
from marketplace.rules.contracts import ContractPoint
from marketplace.schemas.lines import UsedExtraSchema, lines_field, wanted_extras
from marketplace.states import OrderState
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.schemas.payments import PaymentSchema
from vouchers.rules.facts import PaymentMode


class PlaceOrderSchema(Schema):
    """The quote to turn into an order."""

    quote_id = IdField(required=True, metadata={"description": "A quote of one's own that is still valid."})


class OrderFilterSchema(CursorSchema):
    """Which orders to list."""

    state = EnumField(OrderState, load_default=None, metadata={"description": "Only orders in this state."})
    fee_kind = EnumField(
        FeeKind, load_default=None, metadata={"description": "Only orders whose user came to owe such a fee."}
    )


class DeclineSchema(Schema):
    """Why the provider declines."""

    reason = TextField(
        load_default=None, allow_none=True, max_length=1000, metadata={"description": "Shown to the user."}
    )


class CancellationSchema(Schema):
    """Why an order is cancelled."""

    reason = TextField(
        load_default=None, allow_none=True, max_length=1000, metadata={"description": "Shown to the other side."}
    )


class NoShowSchema(Schema):
    """What the provider says of a user who did not come."""

    note = TextField(
        load_default=None, allow_none=True, max_length=1000, metadata={"description": "Shown to the user."}
    )


class FeeWaiverSchema(Schema):
    """Why the provider waives a fee."""

    reason = TextField(required=True, max_length=1000, metadata={"description": "Shown to the user."})


class TermsSchema(Schema):
    """The six points of S17."""

    content = TextField(required=True, max_length=5000, metadata={"description": "What is done and delivered."})
    intellectual_property = TextField(
        required=True, max_length=5000, metadata={"description": "To whom results and rights belong."}
    )
    confidentiality = TextField(required=True, max_length=5000, metadata={"description": "What is kept secret."})
    damages = TextField(required=True, max_length=5000, metadata={"description": "Who bears which damage."})
    breach = TextField(required=True, max_length=5000, metadata={"description": "What follows a breach."})
    disputes = TextField(required=True, max_length=5000, metadata={"description": "How disputes are settled."})


class ContractSchema(Schema):
    """One side's signature; without terms the standard contract, or what the other side signed, is taken."""

    terms = fields.Nested(
        TermsSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "The six points; both sides must sign the same."},
    )


class ConfirmedPaymentSchema(Schema):
    """A bank transfer that the provider has received; or, with a method, what the user now pays online."""

    method = EnumField(
        PaymentMethod,
        load_default=None,
        allow_none=True,
        metadata={"description": "How the user pays now; left out, a bank transfer that the provider received."},
    )
    amount_fen = FenField(
        minimum=1,
        load_default=None,
        allow_none=True,
        metadata={"description": "What came in or is paid now, in fen; all that is due if left out."},
    )
    paid_on = DayField(
        load_default=None, allow_none=True, metadata={"description": "Day of the transfer; today if left out."}
    )
    reference = TextField(
        load_default="", min_length=0, max_length=200, metadata={"description": "The bank's number of the transfer."}
    )

    @validates_schema
    def fitting(self, given: dict[str, Any], **_: Any) -> None:
        """Only a transfer has a day and a reference."""
        if given["method"] in GATEWAY_METHODS:
            wrong = [name for name in ("paid_on", "reference") if given[name]]
            if wrong:
                raise ValidationError({name: [fault("only_transfers")] for name in wrong})


class RebookingSchema(Schema):
    """The slot to book in place of the order's."""

    starts_at = InstantField(required=True, metadata={"description": "Its start."})
    ends_at = InstantField(
        required=True, metadata={"description": "Its end, not part of it; at most as long as what was ordered."}
    )


class DeliverySchema(Schema):
    """What was handed over."""

    note = TextField(
        load_default="", min_length=0, max_length=2000, metadata={"description": "What was handed over and how."}
    )


class CompletionSchema(Schema):
    """When the service was completed and how much of it there was."""

    completed_on = DayField(
        required=True, metadata={"description": "The date on the result proof; six months run from it (V17)."}
    )
    quantity = DecimalField(
        load_default=None,
        allow_none=True,
        minimum=Decimal("0.01"),
        maximum=Decimal(1_000_000),
        metadata={"description": "The actual quantity in the service's unit; as booked if left out."},
    )
    extras = wanted_extras(
        UsedExtraSchema, "How much of the ordered extras was used; those left out were used as ordered."
    )


class OrderSchema(Schema):
    """One deal with its sums, dates and where it stands."""

    id = IdField(required=True, metadata={"description": "Number of the order."})
    quote_id = IdField(required=True, metadata={"description": "The quote it was placed on."})
    negotiation_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "Where its price was agreed on, if it is no published one."},
    )
    unmet_need_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The stated need it rests on, if its service comes from outside (V16 out)."},
    )
    state = EnumField(OrderState, required=True, metadata={"description": "Where it stands."})
    beneficiary_id = IdField(required=True, metadata={"description": "Who is served."})
    provider_id = IdField(required=True, metadata={"description": "Who serves."})
    service_id = IdField(required=True, metadata={"description": "The priced service."})
    instrument_id = IdField(required=True, allow_none=True, metadata={"description": "The booked instrument."})
    starts_at = InstantField(required=True, allow_none=True, metadata={"description": "Start of the slot."})
    ends_at = InstantField(required=True, allow_none=True, metadata={"description": "End of the slot."})
    title = TextField(required=True, metadata={"description": "What the service is called."})
    payment_mode = EnumField(PaymentMode, required=True, metadata={"description": "Who pays first (V16)."})
    eligible = fields.Boolean(required=True, metadata={"description": "Whether a voucher pays a part."})
    quantity = DecimalField(required=True, metadata={"description": "Units ordered."})
    booked_quantity = DecimalField(
        required=True,
        metadata={"description": "Units of the slot as it stands: fewer than ordered where it was shortened."},
    )
    actual_quantity = DecimalField(required=True, allow_none=True, metadata={"description": "Units at completion."})
    contract_fen = FenField(required=True, metadata={"description": "Price agreed in fen."})
    price_fen = FenField(required=True, metadata={"description": "Price in fen; after completion the actual one."})
    lines = lines_field()
    subsidy_fen = FenField(required=True, metadata={"description": "What the voucher pays in fen."})
    other_aid_fen = FenField(
        required=True, metadata={"description": "Aid of programmes of cities in fen; which, the quote says (V6)."}
    )
    self_pay_fen = FenField(required=True, metadata={"description": "What remains for the user in fen."})
    due_to_provider_fen = FenField(
        required=True, metadata={"description": "What the user pays the provider in fen: net or in full (V16)."}
    )
    paid_fen = FenField(required=True, metadata={"description": "What the provider confirmed as received, in fen."})
    outstanding_fen = FenField(required=True, metadata={"description": "What is still due to the provider in fen."})
    shortfall_fen = FenField(
        required=True, metadata={"description": "What the user owes of a deduction that was refused, in fen (V16(1))."}
    )
    expected_completion = DayField(
        required=True, metadata={"description": "Its year is the year of the hold (V12 cap)."}
    )
    respond_by = DayField(required=True, metadata={"description": "Last day for the provider's answer."})
    consent_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The provider's standing consent by which it was accepted at once, if it was."},
    )
    free_cancellation_until = InstantField(
        required=True,
        allow_none=True,
        metadata={
            "description": "Until when the user gives the booking up for nothing; null: it never costs anything."
        },
    )
    fee_kind = EnumField(
        FeeKind, required=True, allow_none=True, metadata={"description": "Why the user owes the provider a fee."}
    )
    fee_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "The fee in fen, between the two alone: no voucher pays it and nothing is settled."},
    )
    fee_waiver = TextField(
        required=True, allow_none=True, metadata={"description": "Why the provider waives it; null: it does not."}
    )
    ended_reason = TextField(required=True, allow_none=True, metadata={"description": "Why it ended early."})
    contract_terms = fields.Dict(
        keys=EnumField(ContractPoint, metadata={"description": "A point of S17."}),
        values=TextField(max_length=5000, metadata={"description": "What was agreed on it."}),
        required=True,
        allow_none=True,
        metadata={"description": "The six points as signed."},
    )
    beneficiary_signed_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When the user signed."}
    )
    provider_signed_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When the provider signed."}
    )
    placed_at = InstantField(required=True, metadata={"description": "When it was placed."})
    started_at = InstantField(required=True, allow_none=True, metadata={"description": "When the service began."})
    completed_on = DayField(required=True, allow_none=True, metadata={"description": "When it was completed."})
    claim_id = IdField(
        required=True, allow_none=True, metadata={"description": "The claim that completion opened, if any."}
    )

    @pre_dump
    def flatten(self, shown: OrderView, **_: Any) -> dict[str, Any]:
        """The slot as two instants, and what has been paid."""
        derived = self.derived(shown)
        return {**{name: getattr(shown.order, name) for name in self.fields if name not in derived}, **derived}

    def derived(self, shown: OrderView) -> dict[str, Any]:
        """What is no column of the order."""
        order, money = shown.order, shown.money
        return {
            "service_id": order.quote.service_id,
            "instrument_id": order.quote.instrument_id,
            "starts_at": None if order.during is None else order.during.start,
            "ends_at": None if order.during is None else order.during.end,
            "title": order.quote.title,
            "free_cancellation_until": order.free_cancellation_until,
            "unmet_need_id": order.quote.unmet_need_id,
            "negotiation_id": order.quote.negotiation_id,
            "paid_fen": money.self_pay_fen - money.due_fen,
            "outstanding_fen": money.due_fen,
            "shortfall_fen": money.shortfall_fen,
        }


class PaidOrderSchema(OrderSchema):
    """An order, with the payment that was begun."""

    payment = fields.Nested(
        PaymentSchema, required=True, allow_none=True, metadata={"description": "What was begun online, if anything."}
    )

    def derived(self, shown: OrderView) -> dict[str, Any]:
        """With what was begun."""
        begun = shown.payment if isinstance(shown, PaidOrderView) else None
        return {**super().derived(shown), "payment": begun}
