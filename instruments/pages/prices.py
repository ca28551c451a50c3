"""Prices of a service by day: what holds, what is announced and what held; announcing one, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Form, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, t
from core.permissions import authorise
from instruments.models import PRICE_TERMS, Service, ServicePrice
from instruments.pages.pricing import STEP, price_words, step_options, step_words, unit_words
from instruments.permissions import may_manage, may_offer, may_search
from instruments.queries.instruments import find_service
from instruments.queries.prices import find_price, price_on, prices_of
from instruments.rules.services import price_standing
from instruments.rules.terms import PriceStanding
from instruments.schemas.services import AnnouncedPriceSchema
from instruments.service import prices as service
from instruments.states import ServiceState

price_pages = Pages("price_pages", __name__, url_prefix="/services")


@dataclass(frozen=True, slots=True)
class Row:
    """A version as the table shows it; ``withdrawal`` is where its owner takes it back."""

    version: ServicePrice
    standing: PriceStanding
    withdrawal: str | None


def _rows(found: Sequence[ServicePrice]) -> list[Row]:
    if not found:
        return []
    today, actor = clock.today(clock.now()), current_actor()
    priced = find_service(found[0].service_id, actor=actor)
    held = price_on(priced.id, today)
    return [_row(each, held, is_owner=may_manage(actor, priced), today=today) for each in found]


def _row(version: ServicePrice, held: ServicePrice | None, *, is_owner: bool, today: date) -> Row:
    standing = price_standing(
        version.valid_from, is_withdrawn=version.withdrawn_at is not None, is_held=version is held, today=today
    )
    may_go = is_owner and standing is PriceStanding.ANNOUNCED
    href = url_for("price_pages.withdraw", service_id=version.service_id, price_id=version.id)
    return Row(version, standing, href if may_go else None)


PRICES = Table(
    name="service-prices",
    key=ServicePrice.id,
    default_sort="-valid_from",
    empty="page.service_prices.empty",
    prepare=_rows,
    columns=[
        Column("valid_from", lambda row: row.version.valid_from, kind="day", sort=ServicePrice.valid_from),
        Column("price_standing", lambda row: row.standing, kind="term"),
        Column("price", lambda row: row.version.price_fen, kind="money", sort=ServicePrice.price_fen),
        Column("price_unit", lambda row: unit_words(row.version)),
        Column("own_price", lambda row: row.version.own_price_fen, kind="money"),
        Column("outside_price", lambda row: row.version.outside_price_fen, kind="money"),
        Column("minimum_charge", lambda row: row.version.minimum_charge_fen, kind="money"),
        Column("billing_step", lambda row: step_words(row.version.billing_step_minutes)),
        Column("turnaround_days", lambda row: row.version.turnaround_days, kind="number"),
        Column("price_set_at", lambda row: row.version.set_at, kind="moment", sort=ServicePrice.set_at),
        Column(
            "next",
            lambda row: None if row.withdrawal is None else t("page.price_withdrawal.title"),
            link=lambda row: row.withdrawal,
        ),
    ],
)


@price_pages.get("/<int:service_id>/prices")
@allow(may_search)
def index(service_id: int) -> Any:
    """Every version there was, is and will be, for everybody (V14)."""
    priced = find_service(service_id, actor=current_actor())
    back = {"label": priced.title, "href": link_to("service", service_id)}
    announce = {
        "label": t("page.price_new.title"),
        "href": url_for("price_pages.new", service_id=service_id),
        "primary": True,
    }
    is_priced = may_manage(current_actor(), priced) and priced.state is ServiceState.PUBLISHED
    actions = [*([announce] if is_priced else []), back]
    return table_page(PRICES, prices_of(service_id), title="page.service_prices.title", actions=actions)


@price_pages.route("/<int:service_id>/prices/new", methods=["GET", "POST"])
@allow(may_offer)
def new(service_id: int) -> Response:
    """Announce what it will cost from a later day on; the form begins with what it costs now."""
    priced = _own(service_id)
    form = Form(
        AnnouncedPriceSchema,
        name="price_new",
        initial={name: getattr(priced, name) for name in PRICE_TERMS},
        options={STEP: step_options()},
        required=["turnaround_days"],
        leave_out=[] if priced.provider.fiscal else ["cost_fen", "cost_basis"],
    )
    here = url_for("price_pages.index", service_id=service_id)

    def effect(given: dict[str, Any]) -> Done:
        valid_from = given.pop("valid_from")
        service.announce_price(
            service_id=service_id, valid_from=valid_from, terms=given, actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.price_new.done")

    return form_page(form, effect=effect, back=here, facts=[("column.title", priced.title)])


@price_pages.route("/<int:service_id>/prices/<int:price_id>/withdrawal", methods=["GET", "POST"])
@allow(may_offer)
def withdraw(service_id: int, price_id: int) -> Response:
    """Take back what was announced and has not begun."""
    priced = _own(service_id)
    version = find_price(service_id, price_id)
    here = url_for("price_pages.index", service_id=service_id)

    def effect(_given: dict[str, Any]) -> Done:
        service.withdraw_price(service_id=service_id, price_id=price_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.price_withdrawal.done")

    facts = [
        ("column.title", priced.title),
        ("column.valid_from", day(version.valid_from)),
        *price_words(version),
    ]
    return form_page(Form(EmptySchema, name="price_withdrawal"), effect=effect, back=here, facts=facts)


def _own(service_id: int) -> Service:
    found = find_service(service_id, actor=current_actor())
    authorise(current_actor(), may_manage, found)
    return found
