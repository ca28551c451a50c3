"""Orders over HTTP: each transition is a noun under the order."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request

from accounts.permissions import provider
from core import clock
from core.errors import Conflict
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.queries.offers import OfferRefused, ServiceNotOffered, SlotTaken
from marketplace import service
from marketplace.models import Order
from marketplace.permissions import (
    may_cancel,
    may_complete,
    may_pay,
    may_place_orders,
    may_read_orders,
    may_sign,
)
from marketplace.queries import (
    OrderView,
    PaidOrderView,
    explain_order,
    find_order,
    view_of,
    view_of_new,
    views,
    visible_orders,
)
from marketplace.queries.explanations import FactsMissing
from marketplace.queries.hindrances import quote_answer
from marketplace.queries.timelines import OrderTimeline, order_timeline
from marketplace.schemas import (
    CancellationSchema,
    CompletionSchema,
    ConfirmedPaymentSchema,
    ContractSchema,
    DeclineSchema,
    DeliverySchema,
    FeeWaiverSchema,
    NoShowSchema,
    OrderFilterSchema,
    OrderSchema,
    PaidOrderSchema,
    PlaceOrderSchema,
    QuoteSchema,
    RebookingSchema,
)
from marketplace.schemas.timelines import OrderTimelineSchema
from marketplace.service.completion import CompletionRefused
from marketplace.service.contracts import SignedAlready, TermsDiffer
from marketplace.service.endings import BookingNotOver, NoFeeDue, UserCame
from marketplace.service.orders import (
    ConsentWithdrawn,
    DeductionRefused,
    LessGiven,
    PriceChanged,
    QuoteExpired,
    QuoteOfSeries,
    QuoteUsed,
    RoomShrank,
    ShortfallUnpaid,
)
from marketplace.service.payments import NothingDue, PaymentRefused
from marketplace.service.quotes import FiguresOverdue, NotAMember
from marketplace.service.rebooking import ContractBegun, InstrumentNotPublished, NothingBooked, SlotRefused
from marketplace.steps.agreeing import OfferOver
from marketplace.steps.answering import AnswerTooLate
from settlement.api.pursuing import pursued
from settlement.queries import order_money
from settlement.queries.payments import payment_view
from settlement.rules.methods import GATEWAY_METHODS
from settlement.steps import PAYING_ONLINE, PaymentTooLarge
from vouchers.queries.explanations import Explanation
from vouchers.schemas.explanations import ExplanationSchema

orders = Blueprint("orders", __name__, url_prefix="/orders", description="The deal, from placing to completion.")


class QuoteChanged(Conflict):
    """Less is given than was quoted, for reasons that are named; the document brings a new quote."""

    code = "quote_changed"


def requote(view: Callable[..., Response]) -> Callable[..., Response]:
    """Answer where less is given with a new quote, once the failed order is rolled back."""

    @wraps(view)
    def placing(*args: Any, **kwargs: Any) -> Response:
        try:
            return view(*args, **kwargs)
        except (LessGiven, RoomShrank) as less:
            quote_id = int(request.get_json()["quote_id"])
            now = clock.now()
            quote = service.ask_again(quote_id=quote_id, actor=current_actor(), now=now)
            shown = QuoteSchema().dump(quote_answer(quote, on=clock.today(now)))
            raise QuoteChanged(reasons=less.reasons, extra={"quote": shown}) from less

    return placing


@orders.route("", methods=["POST"])
@allow(may_place_orders)
@problems(
    QuoteChanged,
    QuoteExpired,
    QuoteUsed,
    QuoteOfSeries,
    PriceChanged,
    ConsentWithdrawn,
    NotAMember,
    FiguresOverdue,
    ShortfallUnpaid,
    DeductionRefused,
    OfferRefused,
    ServiceNotOffered,
    SlotTaken,
    OfferOver,
)
@requote
@idempotent
@orders.arguments(PlaceOrderSchema)
@orders.response(201, OrderSchema)
def place(wanted: dict[str, Any]) -> OrderView:
    """Place an order on a quote: slot and hold are taken together, or neither.

    Where the provider's standing consent covers it, it is accepted at once.
    """
    return view_of_new(service.place(**wanted, actor=current_actor(), now=clock.now()))


@orders.route("", methods=["GET"])
@allow(may_read_orders)
@orders.arguments(OrderFilterSchema, location="query")
@orders.response(200, page_schema(OrderSchema))
def list_orders(wanted: dict[str, Any]) -> dict[str, Any]:
    """The orders one may see, the latest first."""
    found = visible_orders(current_actor(), state=wanted.pop("state"), fee_kind=wanted.pop("fee_kind"))
    page = page_of(found, **wanted, key=Order.id, descending=True)
    return {**page, "items": views(page["items"])}


@orders.route("/<int:order_id>/timeline", methods=["GET"])
@allow(may_read_orders)
@orders.response(200, OrderTimelineSchema)
def timeline(order_id: int) -> OrderTimeline:
    """The story of an order

    What happened, what waits now with whom and until when, what is still to come; from completion on with the way of
    its claim.
    """
    actor = current_actor()
    order = find_order(order_id, actor=actor)
    return order_timeline(order, money=order_money(order.id), actor=actor, today=clock.today(clock.now()))


@orders.route("/<int:order_id>", methods=["GET"])
@allow(may_read_orders)
@orders.response(200, OrderSchema)
def one_order(order_id: int) -> OrderView:
    """One order."""
    return view_of(find_order(order_id, actor=current_actor()))


@orders.route("/<int:order_id>/explanation", methods=["GET"])
@allow(may_read_orders)
@problems(FactsMissing)
@orders.response(200, ExplanationSchema)
def explanation(order_id: int) -> Explanation:
    """Why the voucher pays what it pays of an order

    The frozen facts and policy, judged again, and every step of the sum since; what differs is named.
    """
    return explain_order(order_id, actor=current_actor())


@orders.route("/<int:order_id>/acceptance", methods=["POST"])
@allow(provider)
@problems(StateForbids, AnswerTooLate)
@idempotent
@orders.response(201, OrderSchema)
def accept(order_id: int) -> OrderView:
    """The provider takes the order and agrees its payment mode."""
    return view_of(service.accept(order_id=order_id, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/decline", methods=["POST"])
@allow(provider)
@problems(StateForbids, AnswerTooLate)
@idempotent
@orders.arguments(DeclineSchema)
@orders.response(201, OrderSchema)
def decline(given: dict[str, Any], order_id: int) -> OrderView:
    """The provider does not take the order; slot and hold are free again."""
    return view_of(service.decline(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/booking-change", methods=["POST"])
@allow(may_place_orders)
@problems(StateForbids, SlotRefused, SlotTaken, InstrumentNotPublished, NothingBooked, ContractBegun, AnswerTooLate)
@idempotent
@orders.arguments(RebookingSchema)
@orders.response(201, OrderSchema)
def move_booking(given: dict[str, Any], order_id: int) -> OrderView:
    """Move or shorten a booking

    Until a side signs the contract. The new slot is judged as a new booking's, and the old one stays where it is
    refused. Price and hold stay; a shorter slot is charged at completion as what is used.
    """
    return view_of(service.move_booking(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/contract", methods=["POST"])
@allow(may_sign)
@problems(StateForbids, TermsDiffer, SignedAlready)
@idempotent
@orders.arguments(ContractSchema)
@orders.response(201, OrderSchema)
def sign(given: dict[str, Any], order_id: int) -> OrderView:
    """One side signs the service contract; with both signatures the order is contracted."""
    return view_of(service.sign_contract(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/payment", methods=["POST"])
@allow(may_pay)
@problems(StateForbids, PaymentRefused, NothingDue, PaymentTooLarge, *PAYING_ONLINE)
@pursued("payment")
@idempotent
@orders.arguments(ConfirmedPaymentSchema)
@orders.response(201, PaidOrderSchema)
def pay(given: dict[str, Any], order_id: int) -> PaidOrderView:
    """The provider confirms a bank transfer; with a method the user begins to pay online

    `payment` then says where the user pays (`next_url`) or what to scan (`qr_data`). It counts once the money has come.
    """
    actor, now, method = current_actor(), clock.now(), given.pop("method")
    begun = None
    if method in GATEWAY_METHODS:
        begun = service.pay_online(
            order_id=order_id,
            amount_fen=given["amount_fen"],
            method=method,
            public_url=current_app.config["PUBLIC_URL"],
            actor=actor,
            now=now,
        )
    else:
        service.confirm_payment(order_id=order_id, **given, actor=actor, now=now)
    view = view_of(find_order(order_id, actor=actor))
    return PaidOrderView(view.order, view.money, None if begun is None else payment_view(begun))


@orders.route("/<int:order_id>/service-start", methods=["POST"])
@allow(provider)
@problems(StateForbids)
@idempotent
@orders.response(201, OrderSchema)
def start(order_id: int) -> OrderView:
    """The provider begins the service, once the contract is signed."""
    return view_of(service.start_service(order_id=order_id, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/delivery", methods=["POST"])
@allow(provider)
@problems(StateForbids)
@idempotent
@orders.arguments(DeliverySchema)
@orders.response(201, OrderSchema)
def deliver(given: dict[str, Any], order_id: int) -> OrderView:
    """The provider hands over the result."""
    return view_of(service.deliver(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/completion", methods=["POST"])
@allow(may_complete)
@problems(StateForbids, CompletionRefused)
@idempotent
@orders.arguments(CompletionSchema)
@orders.response(201, OrderSchema)
def complete(given: dict[str, Any], order_id: int) -> OrderView:
    """Either side states the day and the actual quantity; this freezes the service record and opens the claim.

    Only the user may state more than was ordered.
    """
    return view_of(service.complete(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/fee-waiver", methods=["POST"])
@allow(provider)
@problems(NoFeeDue)
@idempotent
@orders.arguments(FeeWaiverSchema)
@orders.response(201, OrderSchema)
def waive_fee(given: dict[str, Any], order_id: int) -> OrderView:
    """Waive the fee of a booking given up

    By the provider, with its reason. What the fee was stays on record.
    """
    return view_of(service.waive_fee(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/cancellation", methods=["POST"])
@allow(may_cancel)
@problems(StateForbids)
@idempotent
@orders.arguments(CancellationSchema)
@orders.response(201, OrderSchema)
def cancel(given: dict[str, Any], order_id: int) -> OrderView:
    """Give an order up

    Either side, before delivery: payments are refunded, slot and hold are free again. A user who gives an accepted
    booking up after `free_cancellation_until` owes the provider the fee of its quote.
    """
    return view_of(service.cancel(order_id=order_id, **given, actor=current_actor(), now=clock.now()))


@orders.route("/<int:order_id>/no-show", methods=["POST"])
@allow(provider)
@problems(StateForbids, NothingBooked, BookingNotOver, UserCame)
@idempotent
@orders.arguments(NoShowSchema)
@orders.response(201, OrderSchema)
def no_show(given: dict[str, Any], order_id: int) -> OrderView:
    """Say that the user did not come

    The provider, once the booking of an accepted order is over: the order ends as a cancelled one, and the user owes
    the fee of its quote, if one was published.
    """
    return view_of(service.report_no_show(order_id=order_id, **given, actor=current_actor(), now=clock.now()))
