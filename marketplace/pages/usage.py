"""What an order used: who came to its booking and left it, and what its provider logs."""

from __future__ import annotations

from typing import Any

from flask import Response

from accounts.permissions import provider
from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page, link_to
from core.pages.language import moment
from core.permissions import authorise
from instruments.permissions import may_attend
from instruments.queries import attended_order, find_service
from instruments.schemas.usage import CheckInSchema, CheckOutSchema
from marketplace.models import Order
from marketplace.permissions import is_party, is_provider_side
from marketplace.queries import find_order
from marketplace.schemas.usage import OrderUseSchema
from marketplace.service import usage as service

order_uses = Pages("order_use_pages", __name__, url_prefix="/orders/<int:order_id>")

FOR_THE_OWNER = ("at",)
"""Whoever is no owner of the instrument notes what is now."""


@order_uses.route("/uses/new", methods=["GET", "POST"])
@allow(provider)
def log(order_id: int) -> Response:
    """The provider logs what the order used."""
    actor = current_actor()
    order = find_order(order_id, actor=actor)
    authorise(actor, is_provider_side, order)
    known = find_service(order.quote.service_id, actor=actor).instruments
    first = order.quote.instrument_id or (known[0].id if known else None)
    booked = order.during
    form = Form(
        OrderUseSchema,
        name="order_use",
        initial={
            "instrument_id": first,
            "operator": actor.username,
            **({} if booked is None else {"starts_at": booked.start, "ends_at": booked.end}),
        },
        options={"instrument_id": [(str(each.id), each.name) for each in known]},
        widgets={"remarks": "textarea"},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.log_order_use(order_id=order_id, **given, actor=actor, now=clock.now())
        return Done(link_to("order", order_id), "page.order_use.done")

    return form_page(form, effect=effect, back=link_to("order", order_id), facts=_facts(order))


@order_uses.route("/check-in", methods=["GET", "POST"])
@allow(may_attend)
def check_in(order_id: int) -> Response:
    """Somebody came."""
    actor = current_actor()
    order = _of_party(order_id)
    form = Form(CheckInSchema, name="order_check_in", leave_out=_left_out(order))

    def effect(given: dict[str, Any]) -> Done:
        service.check_in(order_id=order_id, at=given.get("at"), actor=actor, now=clock.now())
        return Done(link_to("order", order_id), "page.order_check_in.done")

    return form_page(form, effect=effect, back=link_to("order", order_id), facts=_facts(order))


@order_uses.route("/check-out", methods=["GET", "POST"])
@allow(may_attend)
def check_out(order_id: int) -> Response:
    """Somebody left, which goes into the log."""
    actor = current_actor()
    order = _of_party(order_id)
    form = Form(
        CheckOutSchema,
        name="order_check_out",
        initial={"operator": actor.username},
        leave_out=_left_out(order),
        widgets={"remarks": "textarea"},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.check_out(order_id=order_id, **given, actor=actor, now=clock.now())
        return Done(link_to("order", order_id), "page.order_check_out.done")

    return form_page(form, effect=effect, back=link_to("order", order_id), facts=_facts(order))


def _of_party(order_id: int) -> Order:
    order = find_order(order_id, actor=current_actor())
    authorise(current_actor(), is_party, order)
    return order


def _left_out(order: Order) -> tuple[str, ...]:
    return () if is_provider_side(current_actor(), order) else FOR_THE_OWNER


def _facts(order: Order) -> list[tuple[str, str]]:
    found = attended_order(order.id)
    facts = [("column.order", str(order.id)), ("column.title", order.quote.title)]
    if found is not None and found.booking.during.end is not None:
        facts += [
            ("column.booked_from", moment(found.booking.during.start)),
            ("column.booked_to", moment(found.booking.during.end)),
        ]
    if found is not None and found.came_at is not None:
        facts.append(("column.came_at", moment(found.came_at)))
    return facts
