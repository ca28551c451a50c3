"""The form in which a user chooses how to pay online, for orders and shortfalls alike."""

from __future__ import annotations

from core import clock
from core.http import EnumField, FenField, Schema
from core.pages import Done, Form, link_to, term
from settlement.rules.methods import PaymentMethod
from settlement.service.online import pursue


class ChoiceSchema(Schema):
    """How to pay online, and how much."""

    method = EnumField(PaymentMethod, required=True, metadata={"description": "How to pay."})
    amount_fen = FenField(
        minimum=1,
        load_default=None,
        allow_none=True,
        metadata={"description": "How much, in fen; all that is due if left out."},
    )


def begun_at(payment_id: int) -> Done:
    """On to the payment, once the gateway was asked for it."""
    return Done(
        link_to("payment", payment_id),
        "page.online_payment.done",
        then=lambda: pursue(payment_id, now=clock.now()),
    )


def choice_form(name: str, *, methods: list[PaymentMethod], due_fen: int) -> Form:
    """The choice among what the provider takes."""
    return Form(
        ChoiceSchema,
        name=name,
        initial={"amount_fen": due_fen, "method": methods[0] if methods else None},
        options={"method": [(method.value, term(method)) for method in methods]},
        widgets={"method": "radio"},
    )
