"""Payments, their refunds and disputes, and a provider's account at the gateway, as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CursorSchema, EnumField, FenField, IdField, InstantField, Schema, TextField
from settlement.queries.payments import PaymentView
from settlement.rules.methods import PaymentMethod, PaymentPurpose
from settlement.states import AccountState, DisputeState, PaymentState, RefundState

ONLINE = "Paid online; null for a bank transfer, which the provider confirms."


class PaymentQuerySchema(CursorSchema):
    """Which payments to list."""

    state = EnumField(PaymentState, load_default=None, metadata={"description": "Only those of this state."})
    method = EnumField(PaymentMethod, load_default=None, metadata={"description": "Only those paid in this way."})
    order_id = IdField(load_default=None, metadata={"description": "Only those for this order."})


class GatewayRefundSchema(Schema):
    """Money on its way back through the gateway."""

    id = IdField(required=True, metadata={"description": "Its number."})
    payment_id = IdField(required=True, metadata={"description": "The payment it gives back."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})
    state = EnumField(RefundState, required=True, metadata={"description": "Where it stands."})
    refund_id = TextField(required=True, allow_none=True, metadata={"description": "The gateway's number of it."})
    failure = TextField(required=True, allow_none=True, metadata={"description": "Why it failed."})
    requested_at = InstantField(required=True, metadata={"description": "When it was decided."})


class DisputeSchema(Schema):
    """A charge that the user's bank contests. It moves nothing by itself."""

    id = IdField(required=True, metadata={"description": "Its number."})
    payment_id = IdField(required=True, metadata={"description": "The payment it is about."})
    dispute_id = TextField(required=True, metadata={"description": "The gateway's number of it."})
    amount_fen = FenField(required=True, metadata={"description": "The contested sum, in fen."})
    currency = TextField(required=True, metadata={"description": "Its currency."})
    reason = TextField(required=True, metadata={"description": "The bank's reason, in the gateway's words."})
    state = EnumField(DisputeState, required=True, metadata={"description": "Where it stands."})
    due_by = InstantField(
        required=True, allow_none=True, metadata={"description": "Until when the provider may answer at the gateway."}
    )
    opened_at = InstantField(required=True, metadata={"description": "When it was told."})
    changed_at = InstantField(required=True, metadata={"description": "When it last changed."})


class PaymentSchema(Schema):
    """A payment from a user to a provider."""

    id = IdField(required=True, metadata={"description": "Its number."})
    order_id = IdField(required=True, metadata={"description": "The order."})
    purpose = EnumField(PaymentPurpose, required=True, metadata={"description": "What it is for."})
    shortfall_id = IdField(required=True, allow_none=True, metadata={"description": "The shortfall it is for."})
    payer_id = IdField(required=True, metadata={"description": "The user."})
    payee_id = IdField(required=True, metadata={"description": "The provider."})
    method = EnumField(PaymentMethod, required=True, metadata={"description": "How it is paid."})
    reference = TextField(required=True, metadata={"description": "The bank's, or what the gateway knows it by."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})
    refunded_fen = FenField(required=True, metadata={"description": "What was given back of it, in fen."})
    state = EnumField(
        PaymentState,
        required=True,
        metadata={
            "description": "Where it stands; unknown is asked about again, held does not fit and waits for a person."
        },
    )
    recorded_at = InstantField(required=True, metadata={"description": "When it was recorded or begun."})
    next_url = TextField(
        required=True, allow_none=True, metadata={"description": "Where the user pays, while it may be paid."}
    )
    qr_data = TextField(
        required=True, allow_none=True, metadata={"description": "What the code says that the user scans to pay."}
    )
    expires_at = InstantField(
        required=True, allow_none=True, metadata={"description": f"Until when it may be paid. {ONLINE}"}
    )
    intent_id = TextField(
        required=True, allow_none=True, metadata={"description": f"The gateway's number of it. {ONLINE}"}
    )
    failure = TextField(required=True, allow_none=True, metadata={"description": "Why it failed."})
    held_for = fields.Dict(
        keys=TextField(metadata={"description": "What differs."}),
        values=fields.List(
            fields.Raw(metadata={"description": "Ours, then the gateway's."}),
            metadata={"description": "Ours, then the gateway's."},
        ),
        required=True,
        allow_none=True,
        metadata={"description": "What does not fit, while it waits for a person."},
    )
    flagged_at = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when a person looks after it."}
    )
    refunds = fields.List(
        fields.Nested(GatewayRefundSchema), required=True, metadata={"description": "What goes back, oldest first."}
    )
    disputes = fields.List(
        fields.Nested(DisputeSchema), required=True, metadata={"description": "What its bank contests."}
    )

    @pre_dump
    def flatten(self, shown: PaymentView, **_: Any) -> dict[str, Any]:
        """The payment with the gateway's side of it."""
        own = {"refunds": shown.refunds, "disputes": shown.disputes}
        details = {
            name: None if shown.details is None else getattr(shown.details, name)
            for name in ("next_url", "qr_data", "expires_at", "intent_id", "failure", "held_for", "flagged_at")
        }
        rest = {name: getattr(shown.payment, name) for name in self.fields if name not in own and name not in details}
        return {**rest, **details, **own}


class NewRefundSchema(Schema):
    """What is given back."""

    amount_fen = FenField(
        minimum=1,
        load_default=None,
        allow_none=True,
        metadata={"description": "How much, in fen; all that is left if left out."},
    )


class RefundTransferSchema(Schema):
    """A failed refund that was paid back by bank."""

    reference = TextField(required=True, max_length=100, metadata={"description": "The transfer's reference."})


class GatewayAccountSchema(Schema):
    """A provider's own account at the gateway."""

    organisation_id = IdField(required=True, metadata={"description": "The provider."})
    state = EnumField(AccountState, required=True, metadata={"description": "Whether it can be paid to."})
    account = TextField(required=True, allow_none=True, metadata={"description": "The gateway's number of it."})
    methods = fields.List(
        EnumField(PaymentMethod, metadata={"description": "A way to pay."}),
        required=True,
        metadata={"description": "How users can pay it."},
    )
    missing = fields.List(
        TextField(metadata={"description": "Something missing, in the gateway's words."}),
        required=True,
        metadata={"description": "What the gateway still asks for."},
    )
    checked_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was last asked about."})


class OnboardingSchema(GatewayAccountSchema):
    """The account with the way to complete it."""

    url = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Where the provider tells the gateway who it is; good once, for minutes."},
    )
