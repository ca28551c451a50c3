"""Orders from the quote to completion, each step by who takes it; every answer is held against the story's own sums."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from http import HTTPStatus

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.real.deals import Deal, Stage, Turn
from marketplace.service import lapse_unanswered
from marketplace.states import OrderState

LESS, MORE = Decimal("0.7"), Decimal("1.2")
HALF_AN_HOUR = Decimal("0.5")


class Disagreement(RuntimeError):
    """The service answered with other sums than the story's own account."""


def wish(deal: Deal, **changes: object) -> Json:
    """The quote request of an order, with changes."""
    body: Json = {"service_id": deal.service.service_id, "payment_mode": deal.mode.value}
    if deal.slot is None:
        body["quantity"] = str(deal.quantity)
    else:
        body["instrument_id"] = deal.service.instrument_id
        body["starts_at"], body["ends_at"] = deal.slot.starts_at.isoformat(), deal.slot.ends_at.isoformat()
    if deal.by != deal.beneficiary.username:
        body["beneficiary_id"] = deal.beneficiary.organisation_id
    if deal.unmet_need is not None:
        body["unmet_need"] = deal.unmet_need
    return {**body, **changes}


def place(client: DemoClient, deal: Deal) -> None:
    """Ask for a quote and order on it."""
    place_on(client, deal, client.post(deal.by, "/quotes", wish(deal)))


def place_on(client: DemoClient, deal: Deal, quote: Json) -> None:
    """Order on a quote that is there."""
    order = client.post(deal.by, "/orders", {"quote_id": quote["id"]})
    deal.place(order_id=order["id"], rate=Decimal(quote["rate"]), room_fen=quote["cap_room_fen"])
    deal.flags = list(quote["flags"])
    agree(deal, order)


def answer(client: DemoClient, deal: Deal) -> None:
    """The provider takes the order or does not."""
    provider = deal.service.provider.username
    if deal.turn is Turn.DECLINED:
        order = client.post(provider, f"/orders/{deal.order_id}/decline", {"reason": "排期已满"})
        deal.end(OrderState.DECLINED)
        agree(deal, order)
    elif deal.reaches(Stage.ACCEPTED):
        order = client.post(provider, f"/orders/{deal.order_id}/acceptance")
        deal.state = OrderState.ACCEPTED
        agree(deal, order)


def contract(client: DemoClient, deal: Deal) -> None:
    """Both sides sign; the price is due from then on."""
    if not deal.reaches(Stage.CONTRACTED):
        return
    client.post(deal.service.provider.username, f"/orders/{deal.order_id}/contract")
    order = client.post(deal.by, f"/orders/{deal.order_id}/contract")
    deal.state, deal.is_charged = OrderState.CONTRACTED, True
    agree(deal, order)


def pay(client: DemoClient, deal: Deal) -> None:
    """The provider confirms the user's transfer: all that is due, or half where the order will be given up later."""
    if not deal.reaches(Stage.PAID):
        return
    half = deal.turn is Turn.CANCELLED and deal.goes_to is Stage.IN_SERVICE
    receive(client, deal, deal.due_fen // 2 if half else deal.due_fen)


def receive(client: DemoClient, deal: Deal, amount_fen: int) -> None:
    """The provider confirms one transfer."""
    if amount_fen == 0:
        return
    body = {"amount_fen": amount_fen, "reference": f"TR-{deal.order_id}-{deal.received_fen + amount_fen}"}
    order = client.post(deal.service.provider.username, f"/orders/{deal.order_id}/payment", body)
    deal.received_fen += amount_fen
    agree(deal, order)


def cancel_at(client: DemoClient, deal: Deal, stage: Stage) -> None:
    """The user gives the order up where the plan says so."""
    if deal.turn is not Turn.CANCELLED or deal.goes_to is not stage:
        return
    order = client.post(deal.by, f"/orders/{deal.order_id}/cancellation", {"reason": "研发计划调整"})
    deal.end(OrderState.CANCELLED)
    agree(deal, order)


def start(client: DemoClient, deal: Deal) -> None:
    """The provider begins."""
    if deal.reaches(Stage.IN_SERVICE):
        client.post(deal.service.provider.username, f"/orders/{deal.order_id}/service-start")
        deal.state = OrderState.IN_SERVICE


def deliver(client: DemoClient, deal: Deal) -> None:
    """The provider hands over the result."""
    if deal.reaches(Stage.DELIVERED):
        client.post(deal.service.provider.username, f"/orders/{deal.order_id}/delivery", {"note": "检测报告一份"})
        deal.state = OrderState.DELIVERED


def complete(client: DemoClient, deal: Deal) -> None:
    """The day and the actual quantity; more than was ordered is said by the user. What is then still due is paid."""
    if not deal.reaches(Stage.COMPLETED):
        return
    actual = _actual(deal)
    by = deal.by if deal.turn is Turn.MORE else deal.service.provider.username
    body = {"completed_on": clock.today(clock.now()).isoformat(), "quantity": str(actual)}
    order = client.post(by, f"/orders/{deal.order_id}/completion", body)
    deal.complete(actual)
    deal.claim_id = order["claim_id"] or 0
    if (deal.claim_id > 0) != (deal.claim_state is not None):
        raise Disagreement(f"order {deal.order_id}: claim {order['claim_id']} with a subsidy of {deal.subsidy_fen}")
    agree(deal, order)
    receive(client, deal, deal.due_fen - deal.received_fen)


def lapse(deals: Sequence[Deal]) -> int:
    """What the worker does every night: orders nobody answered in time lapse; returns how many."""
    count = lapse_unanswered(now=clock.now())
    for deal in deals:
        if deal.turn is Turn.LAPSED and deal.state is OrderState.PLACED:
            deal.end(OrderState.LAPSED)
    return count


def is_refused(client: DemoClient, user: str, path: str, body: Json, code: str, *, status: HTTPStatus) -> Json:
    """Something that must be refused with this code; returns the problem document."""
    found, problem = client.attempt(user, path, body)
    if found != status or problem["code"] != code:
        raise Disagreement(f"POST {path} as {user}: {found} {problem.get('code')}, not {status} {code}")
    return problem


def agree(deal: Deal, order: Json) -> None:
    """Raise :class:`Disagreement` where an order's sums differ from the story's."""
    own = {
        "state": deal.state.value,
        "price_fen": deal.price_fen,
        "subsidy_fen": deal.subsidy_fen,
        "self_pay_fen": deal.price_fen - deal.subsidy_fen,
        "paid_fen": deal.received_fen,
        "outstanding_fen": deal.due_fen - deal.received_fen,
        "shortfall_fen": deal.shortfall_fen - deal.shortfall_paid_fen,
    }
    differing = {name: (order[name], value) for name, value in own.items() if order[name] != value}
    if differing:
        raise Disagreement(f"order {deal.order_id} ({deal.turn}): (service, story) {differing}")


def _actual(deal: Deal) -> Decimal:
    """The actual quantity: whole units, or half an hour of a booking."""
    if deal.turn is Turn.LESS:
        return deal.quantity - HALF_AN_HOUR if deal.slot else max(Decimal(1), (deal.quantity * LESS) // 1)
    if deal.turn is Turn.MORE:
        return (deal.quantity * MORE).to_integral_value(ROUND_CEILING)
    return deal.quantity
