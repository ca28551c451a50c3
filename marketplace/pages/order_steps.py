"""Each step of an order as a form: acceptance, contract, payment, service, completion, and how it ends early."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from flask import Response, current_app, make_response, redirect, request, url_for

from accounts.permissions import provider
from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to
from core.pages.blueprint import told
from core.pages.language import moment, t, term, yuan
from core.pages.submission import SEE_OTHER
from marketplace import service
from marketplace.models import Order
from marketplace.pages.extra_fields import OF_API, ordered_extras, said_of_extras, with_extras
from marketplace.pages.order_actions import may_waive
from marketplace.pages.order_parts import fee_facts, fee_words
from marketplace.pages.signing import sign_form, six_points, terms_to_sign
from marketplace.permissions import (
    is_provider_side,
    may_cancel,
    may_complete,
    may_pay_online,
    may_place_orders,
    may_sign,
)
from marketplace.queries import find_order
from marketplace.schemas import (
    CancellationSchema,
    CompletionSchema,
    ConfirmedPaymentSchema,
    DeclineSchema,
    DeliverySchema,
    FeeWaiverSchema,
    NoShowSchema,
    RebookingSchema,
)
from marketplace.service.endings import no_show_fee_fen
from marketplace.states import ORDER, PAYABLE, OrderAction
from settlement.pages.paying import begun_at, choice_form
from settlement.queries import order_money
from settlement.queries.payments import attempt_under_way, methods_to
from settlement.rules.methods import PaymentMethod

steps = Pages("order_step_pages", __name__, url_prefix="/orders/<int:order_id>")


@steps.route("/acceptance", methods=["GET", "POST"])
@allow(provider)
def accept(order_id: int) -> Response:
    """The provider takes the order."""
    return _step(
        order_id,
        OrderAction.ACCEPT,
        Form(EmptySchema, name="order_accept"),
        lambda _given: service.accept(order_id=order_id, actor=current_actor(), now=clock.now()),
    )


@steps.route("/decline", methods=["GET", "POST"])
@allow(provider)
def decline(order_id: int) -> Response:
    """The provider does not take it."""
    return _step(
        order_id,
        OrderAction.DECLINE,
        Form(DeclineSchema, name="order_decline", ends=True),
        lambda given: service.decline(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@steps.route("/contract", methods=["GET", "POST"])
@allow(may_sign)
def sign(order_id: int) -> Response:
    """One side signs: the standard contract or terms of its own, or what the other side has signed."""
    order = find_order(order_id, actor=current_actor())
    form = sign_form(order)
    return _step(
        order_id,
        OrderAction.CONTRACT,
        form,
        lambda given: service.sign_contract(
            order_id=order_id, terms=terms_to_sign(order, form, given), actor=current_actor(), now=clock.now()
        ),
        confirms=True,
        template="marketplace/order_contract.html",
        points=six_points(order),
        signed_by_provider=order.provider_signed_at is not None,
    )


@steps.route("/booking-change", methods=["GET", "POST"])
@allow(may_place_orders)
def move(order_id: int) -> Response:
    """The user books another slot in place of the order's, until a side signs."""
    slot = find_order(order_id, actor=current_actor()).during
    begins = {} if slot is None else {"starts_at": slot.start, "ends_at": slot.end}
    return _step(
        order_id,
        OrderAction.RESCHEDULE,
        Form(RebookingSchema, name="booking_change", initial=begins),
        lambda given: service.move_booking(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        facts=[] if slot is None else [("fact.slot", f"{moment(slot.start)} – {moment(slot.end)}")],
    )


@steps.route("/payment", methods=["GET", "POST"])
@allow(provider)
def pay(order_id: int) -> Response:
    """The provider confirms what came in."""
    due_fen = order_money(find_order(order_id, actor=current_actor()).id).due_fen
    return _step(
        order_id,
        None,
        Form(
            ConfirmedPaymentSchema,
            name="order_payment",
            initial={"amount_fen": due_fen, "paid_on": clock.today(clock.now())},
            fixed={"method": PaymentMethod.BANK_TRANSFER.value},
        ),
        lambda given: service.confirm_payment(
            order_id=order_id,
            **{name: given[name] for name in ("amount_fen", "paid_on", "reference")},
            actor=current_actor(),
            now=clock.now(),
        ),
        confirms=True,
        facts=[("fact.outstanding", yuan(due_fen))],
    )


@steps.route("/online-payment", methods=["GET", "POST"])
@allow(may_pay_online)
def pay_online(order_id: int) -> Response:
    """The user begins to pay online; what it began already is shown instead."""
    order = find_order(order_id, actor=current_actor())
    under_way = attempt_under_way(order_id)
    if request.method == "GET" and under_way is not None:
        return make_response(redirect(link_to("payment", under_way.id), SEE_OTHER))
    due_fen = order_money(order_id).due_fen

    def effect(given: dict[str, Any]) -> Done:
        begun = service.pay_online(
            order_id=order_id,
            **given,
            public_url=current_app.config["PUBLIC_URL"],
            actor=current_actor(),
            now=clock.now(),
        )
        return begun_at(begun.id)

    return form_page(
        choice_form("online_payment", methods=methods_to(order.provider_id), due_fen=due_fen),
        effect=effect,
        back=link_to("order", order_id),
        facts=[*_about(order), ("fact.outstanding", yuan(due_fen))],
    )


@steps.route("/service-start", methods=["GET", "POST"])
@allow(provider)
def start(order_id: int) -> Response:
    """The provider begins."""
    return _step(
        order_id,
        OrderAction.START,
        Form(EmptySchema, name="order_start"),
        lambda _given: service.start_service(order_id=order_id, actor=current_actor(), now=clock.now()),
    )


@steps.route("/delivery", methods=["GET", "POST"])
@allow(provider)
def deliver(order_id: int) -> Response:
    """The provider hands the result over."""
    return _step(
        order_id,
        OrderAction.DELIVER,
        Form(DeliverySchema, name="order_delivery"),
        lambda given: service.deliver(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
    )


@steps.route("/completion", methods=["GET", "POST"])
@allow(may_complete)
def complete(order_id: int) -> Response:
    """Either side states the day and the actual quantities."""
    order = find_order(order_id, actor=current_actor())
    extras = ordered_extras(order)
    form = Form(
        with_extras(CompletionSchema, extras, least=Decimal(0)),
        name="order_completion",
        initial={
            "completed_on": clock.today(clock.now()),
            "quantity": order.booked_quantity,
            **{each.name: each.quantity for each in extras},
        },
        labels={each.name: each.label for each in extras},
        leave_out=[OF_API],
    )
    return _step(
        order_id,
        OrderAction.COMPLETE,
        form,
        lambda given: service.complete(
            order_id=order_id, **said_of_extras(given), actor=current_actor(), now=clock.now()
        ),
        confirms=True,
    )


@steps.route("/cancellation", methods=["GET", "POST"])
@allow(may_cancel)
def cancel(order_id: int) -> Response:
    """Either side gives the order up."""
    return _step(
        order_id,
        OrderAction.CANCEL,
        Form(CancellationSchema, name="order_cancel", ends=True),
        lambda given: service.cancel(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
        facts=fee_facts(find_order(order_id, actor=current_actor()), actor=current_actor(), now=clock.now()),
    )


@steps.route("/no-show", methods=["GET", "POST"])
@allow(provider)
def no_show(order_id: int) -> Response:
    """The provider ends an order whose user did not come."""
    order = find_order(order_id, actor=current_actor())
    fee_fen = no_show_fee_fen(order)
    return _step(
        order_id,
        OrderAction.CANCEL,
        Form(NoShowSchema, name="order_no_show", ends=True),
        lambda given: service.report_no_show(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
        facts=[("fact.cancellation_fee", yuan(fee_fen))],
    )


@steps.route("/fee-waiver", methods=["GET", "POST"])
@allow(provider)
def waive_fee(order_id: int) -> Response:
    """The provider asks for a fee no longer."""
    order = find_order(order_id, actor=current_actor())
    if request.method == "GET" and not may_waive(order):
        return make_response(redirect(link_to("order", order_id), SEE_OTHER))
    here = link_to("order", order_id)

    def effect(given: dict[str, Any]) -> Done:
        service.waive_fee(order_id=order_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.fee_waiver.done")

    facts = [*_about(order), ("fact.cancellation_fee", fee_words(order))]
    return form_page(Form(FeeWaiverSchema, name="fee_waiver"), effect=effect, back=here, facts=facts)


def _step(
    order_id: int,
    action: OrderAction | None,
    form: Form,
    act: Callable[[dict[str, Any]], object],
    *,
    confirms: bool = False,
    template: str = "form_page.html",
    facts: Sequence[tuple[str, object]] = (),
    **shown: Any,
) -> Response:
    """A step of an order: its form beside what it is about, and back to the order with word of what was done.

    ``action`` is what the step does to the order; None for a payment, which moves it nowhere. A step that the order
    is past leads back to the order.
    """
    order = find_order(order_id, actor=current_actor())
    if request.method == "GET" and not _is_open(order, action):
        told("page.order.step_closed", tone="warn", params=_closed(order, form))
        return make_response(redirect(link_to("order", order_id), SEE_OTHER))

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(link_to("order", order_id), f"page.{form.name}.done")

    return form_page(
        form,
        effect=effect,
        back=url_for("order_pages.one", order_id=order_id),
        template=template,
        confirms=confirms,
        facts=[*_about(order), *facts],
        **shown,
    )


def _is_open(order: Order, action: OrderAction | None) -> bool:
    return order.state in PAYABLE if action is None else action in ORDER.actions(order.state)


def _closed(order: Order, form: Form) -> dict[str, str]:
    return {"state": term(order.state), "step": t(f"page.{form.name}.title")}


def _about(order: Order) -> list[tuple[str, object]]:
    """The order in a few words, and who pays what of it."""
    unit = t(f"term.PriceUnit.{order.quote.price_unit}")
    provides = is_provider_side(current_actor(), order)
    return [
        ("column.order", order.id),
        ("column.service", order.quote.title),
        ("fact.quantity", f"{order.quantity.normalize():f} {unit}"),
        ("fact.payment_mode", term(order.payment_mode)),
        ("column.price", yuan(order.price_fen)),
        ("fact.due" if provides else "fact.pay_provider", yuan(order.due_to_provider_fen)),
        ("column.state", term(order.state)),
    ]
