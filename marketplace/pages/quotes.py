"""Quotes: what a service costs, what the voucher pays of it, and the order that is placed on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, redirect, render_template, url_for

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.kinds import ServiceKind
from core.pages import (
    Column,
    Done,
    EmptySchema,
    Filter,
    Form,
    Lead,
    NavEntry,
    Pages,
    Table,
    form_page,
    link_to,
    table_page,
)
from core.pages.blueprint import told
from core.pages.language import t
from core.pages.submission import SEE_OTHER
from core.pages.tables import choice
from instruments.models import Instrument, Service
from instruments.pages.pricing import unit_words
from instruments.queries import find_service
from instruments.queries.details import services
from marketplace import service
from marketplace.models import Quote
from marketplace.pages.extra_fields import said_of_extras
from marketplace.pages.policy import article_link
from marketplace.pages.quote_form import (
    booking_facts,
    chosen_instrument,
    needs_slot,
    on_offer,
    quote_form,
    record_number,
)
from marketplace.pages.quote_parts import (
    RATE_ARTICLE,
    aid_words,
    cap_left,
    changes,
    facts_of,
    flag_words,
    money_facts,
    other_modes,
    who_pays,
    why_this_rate,
)
from marketplace.permissions import may_ask_quotes, may_place_orders
from marketplace.queries import explain_quote, find_quote, visible_quotes
from marketplace.queries.hindrances import quote_answer
from marketplace.queries.quotes import orders_on, still_open
from vouchers.pages.explaining import explanation_page
from vouchers.rules.facts import PaymentMode

quotes = Pages(
    "quote_pages",
    __name__,
    url_prefix="/quotes",
    navigation=(NavEntry("quotes", "quote_pages.index", "deal", may_ask_quotes, order=5),),
    links={"quote": ("quote_pages.one", "quote_id"), "quote_new": ("quote_pages.new", "")},
)


EVENTS = "instrument_pages.calendar_events"
"""Where the calendar beside the form takes an instrument's time from."""


class _Less(Exception):
    """Less is given than was quoted; carried past the form, whose transaction it ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """A quote as the table shows it."""

    quote: Quote
    provider: str
    beneficiary: str
    order_id: int | None


def _rows(found: Sequence[Quote]) -> list[Row]:
    names = organisation_names({each.provider_id for each in found} | {each.beneficiary_id for each in found})
    placed = orders_on([each.id for each in found])
    return [Row(each, names[each.provider_id], names[each.beneficiary_id], placed.get(each.id)) for each in found]


QUOTES = Table(
    name="quotes",
    key=Quote.id,
    default_sort="-quote",
    empty="page.quotes.empty",
    lead=Lead("instruments", "table.find_instruments", may_ask_quotes),
    prepare=_rows,
    filters=[
        Filter(
            "valid",
            lambda query, _: query.where(still_open(clock.now())),
            options=lambda: [("valid", t("filter.valid_only"))],
        ),
        choice("payment_mode", Quote.payment_mode, PaymentMode),
        Filter("q", lambda query, value: query.where(Quote.title.icontains(value, autoescape=True))),
    ],
    columns=[
        Column("quote", lambda row: row.quote.id, sort=Quote.id, link=lambda row: link_to("quote", row.quote.id)),
        Column("service", lambda row: row.quote.title, sort=Quote.title),
        Column("beneficiary", lambda row: row.beneficiary),
        Column("provider", lambda row: row.provider),
        Column("price", lambda row: row.quote.price_fen, kind="money", sort=Quote.price_fen),
        Column("subsidy", lambda row: row.quote.subsidy_fen, kind="money", sort=Quote.subsidy_fen),
        Column("self_pay", lambda row: row.quote.self_pay_fen, kind="money", sort=Quote.self_pay_fen),
        Column("valid_until", lambda row: row.quote.expires_at, kind="moment", sort=Quote.expires_at),
        Column(
            "order",
            lambda row: row.order_id,
            link=lambda row: None if row.order_id is None else link_to("order", row.order_id),
        ),
    ],
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service one may ask a quote for."""

    service: Service
    provider: str

    @property
    def href(self) -> str:
        """The form for this service, for the instrument one came from."""
        instrument_id = record_number("instrument_id")
        return url_for("quote_pages.new", service_id=self.service.id, instrument_id=instrument_id)


def _service_rows(found: Sequence[Service]) -> list[ServiceRow]:
    names = organisation_names({each.provider_id for each in found})
    return [ServiceRow(each, names[each.provider_id]) for each in found]


SERVICES = Table(
    name="services_to_quote",
    key=Service.id,
    empty="page.quote_service.empty",
    prepare=_service_rows,
    filters=[
        choice("service_kind", Service.kind, ServiceKind),
        Filter("q", lambda query, value: query.where(Service.title.icontains(value, autoescape=True))),
    ],
    columns=[
        Column("service", lambda row: row.service.title, sort=Service.title, link=lambda row: row.href),
        Column("service_kind", lambda row: row.service.kind, kind="term"),
        Column("provider", lambda row: row.provider),
        Column("unit_price", lambda row: row.service.price_fen, kind="money", sort=Service.price_fen),
        Column("price_unit", lambda row: unit_words(row.service)),
    ],
)


@quotes.get("")
@allow(may_ask_quotes)
def index() -> Any:
    """The quotes one asked for, the latest first."""
    return table_page(QUOTES, visible_quotes(current_actor()), title="page.quotes.title")


@quotes.route("/new", methods=["GET", "POST"])
@allow(may_ask_quotes)
def new() -> Any:
    """Choose a service, where several carry it the instrument, then say what is wanted."""
    wanted, instrument_id = record_number("service_id"), record_number("instrument_id")
    if wanted is None:
        found = services(actor=current_actor(), instrument=instrument_id)
        return table_page(SERVICES, found, title="page.quote_service.title")
    offered = find_service(wanted, actor=current_actor())
    if offered.by_negotiation:
        return redirect(url_for("negotiation_pages.new", service_id=offered.id), SEE_OTHER)
    instrument = chosen_instrument(offered, instrument_id)
    if needs_slot(offered) and instrument is None:
        return render_template("marketplace/quote_instrument.html", service=offered, instruments=on_offer(offered))
    return _asked(offered, instrument)


def _asked(offered: Service, instrument: Instrument | None) -> Response:
    before_id = record_number("again")
    before = None if before_id is None else find_quote(before_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        quote = service.ask(**said_of_extras(given), actor=current_actor(), now=clock.now())
        return Done(link_to("quote", quote.id))

    return form_page(
        quote_form(offered, instrument, before=before, actor=current_actor()),
        effect=effect,
        back=url_for("quote_pages.new"),
        template="marketplace/quote_new.html",
        service=offered,
        instrument=instrument,
        timed=needs_slot(offered),
        booking=[] if instrument is None else booking_facts(instrument, actor=current_actor(), now=clock.now()),
        qualify_href=None if instrument is None else link_to("qualification_new", instrument.id),
        events_url=None if instrument is None else url_for(EVENTS, instrument_id=instrument.id),
    )


@quotes.route("/<int:quote_id>", methods=["GET", "POST"])
@allow(may_place_orders)
def one(quote_id: int) -> Response:
    """One quote: the money, the reasons, and the order on it."""
    quote = find_quote(quote_id, actor=current_actor())

    def effect(_given: dict[str, Any]) -> Done:
        try:
            order = service.place(quote_id=quote_id, actor=current_actor(), now=clock.now())
        except (service.LessGiven, service.RoomShrank) as less:
            raise _Less from less
        return Done(link_to("order", order.id), "page.quote_order.done")

    try:
        return _shown(quote, effect)
    except _Less:
        return _instead(quote_id, said="page.quote.less")


@quotes.get("/<int:quote_id>/explanation")
@allow(may_ask_quotes)
def explanation(quote_id: int) -> str:
    """Why a quote is what it is."""
    return explanation_page(explain_quote(quote_id, actor=current_actor()))


@quotes.route("/<int:quote_id>/again", methods=["GET", "POST"])
@allow(may_ask_quotes)
def again(quote_id: int) -> Response:
    """The same wish at today's price and room."""
    find_quote(quote_id, actor=current_actor())

    def effect(_given: dict[str, Any]) -> Done:
        quote = service.ask_again(quote_id=quote_id, actor=current_actor(), now=clock.now())
        return Done(_compared(quote.id, quote_id))

    return form_page(Form(EmptySchema, name="quote_again"), effect=effect, back=link_to("quote", quote_id))


def _shown(quote: Quote, effect: Any) -> Response:
    now = clock.now()
    order_id = orders_on([quote.id]).get(quote.id)
    return form_page(
        Form(EmptySchema, name="quote_order"),
        effect=effect,
        back=url_for("quote_pages.index"),
        template="marketplace/quote.html",
        quote=quote,
        order_id=order_id,
        expired=now >= quote.expires_at,
        hindrances=quote_answer(quote, on=clock.today(now)).hindrances,
        paid=who_pays(quote),
        cap=cap_left(quote, ordered=order_id is not None, now=now),
        flags=flag_words(quote.flags),
        facts=facts_of(quote),
        lines=[each.as_json() for each in quote.lines],
        money_facts=money_facts(quote),
        why=why_this_rate(quote),
        aids=aid_words(quote),
        rate_article=article_link(RATE_ARTICLE),
        actions=_actions(quote, order_id),
        order_button=_order_button(quote),
        changed=changes(quote, record_number("instead_of"), actor=current_actor()),
    )


def _order_button(quote: Quote) -> dict[str, Any]:
    """Placing the order, which asks once."""
    return {
        "label": t("page.quote_order.send"),
        "post": link_to("quote", quote.id),
        "confirm": t("page.quote_order.confirm"),
        "primary": True,
    }


def _actions(quote: Quote, order_id: int | None) -> list[dict[str, Any]]:
    """On to the order, or the same wish once more, or paid for the other way round."""
    if order_id is not None:
        return [{"label": t("page.quote.to_order", number=order_id), "href": link_to("order", order_id)}]
    again = {"label": t("page.quote_again.send"), "post": url_for("quote_pages.again", quote_id=quote.id)}
    return [*other_modes(quote), again]


def _instead(quote_id: int, *, said: str) -> Response:
    """Show the new quote with what changed, once the failed order is rolled back."""
    quote = service.ask_again(quote_id=quote_id, actor=current_actor(), now=clock.now())
    told(said, tone="warn")
    return make_response(redirect(_compared(quote.id, quote_id), 303))


def _compared(quote_id: int, before_id: int) -> str:
    return url_for("quote_pages.one", quote_id=quote_id, instead_of=before_id)
