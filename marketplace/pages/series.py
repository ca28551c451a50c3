"""Series of bookings: asked for beside a quote, looked at slot by slot, placed, and the rest given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.queries.names import organisation_names
from core import clock
from core.errors import NotFound
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, moment, say, t, yuan
from core.pages.tables import choice
from instruments.models import Instrument, Service
from instruments.queries import find_service
from instruments.queries.usage import instruments_named
from marketplace.models import BookingSeries, SeriesSlot
from marketplace.pages.extra_fields import said_of_extras
from marketplace.pages.quote_form import booking_facts, chosen_instrument, needs_slot, quote_form, record_number
from marketplace.permissions import may_ask_quotes, may_place_orders
from marketplace.queries.series import SeriesView, find_series, may_still_end, series_views, visible_series
from marketplace.rules.series import SeriesChoice
from marketplace.schemas.series import SeriesCancellationSchema, SeriesPlacingSchema, SeriesRequestSchema
from marketplace.service import series as service
from marketplace.service.endings import late_fee_fen
from marketplace.states import SeriesState

series_pages = Pages(
    "series_pages",
    __name__,
    url_prefix="/booking-series",
    navigation=(NavEntry("booking_series", "series_pages.index", "deal", may_ask_quotes, order=12),),
    links={"booking_series": ("series_pages.one", "series_id")},
)

WEEK = 7
RHYTHMS = (1, WEEK, 2 * WEEK, 4 * WEEK)
"""Days from one slot to the next that the form offers; the API takes any number."""


@dataclass(frozen=True, slots=True)
class Row:
    """A series as the table shows it."""

    shown: SeriesView
    instrument: Instrument
    user: str

    @property
    def series(self) -> BookingSeries:
        """What is kept of it."""
        return self.shown.series


def _rows(found: Sequence[BookingSeries]) -> list[Row]:
    known = instruments_named({each.instrument_id for each in found})
    names = organisation_names({each.beneficiary_id for each in found})
    return [
        Row(each, known[each.series.instrument_id], names[each.series.beneficiary_id]) for each in series_views(found)
    ]


ALL_SERIES = Table(
    name="booking-series",
    key=BookingSeries.id,
    default_sort="-number",
    empty="page.booking_series.empty",
    prepare=_rows,
    filters=[choice("state", BookingSeries.state, SeriesState)],
    columns=[
        Column(
            "number",
            lambda row: str(row.series.id),
            sort=BookingSeries.id,
            link=lambda row: link_to("booking_series", row.series.id),
        ),
        Column("instrument", lambda row: row.instrument.name),
        Column("user", lambda row: row.user),
        Column("slot", lambda row: row.series.slots[0].during.start, kind="moment"),
        Column("every", lambda row: rhythm(row.series.every_days)),
        Column("slots", lambda row: len(row.series.slots), kind="number"),
        Column("orders", lambda row: len(row.shown.orders), kind="number"),
        Column("state", lambda row: row.series.state, kind="state", sort=BookingSeries.state),
    ],
)


@series_pages.get("")
@allow(may_ask_quotes)
def index() -> Any:
    """One's series, the latest first."""
    return table_page(ALL_SERIES, visible_series(current_actor()), title="page.booking_series.title")


@series_pages.route("/new/<int:service_id>", methods=["GET", "POST"])
@allow(may_ask_quotes)
def new(service_id: int) -> Response:
    """What is wanted, and how it is repeated."""
    actor = current_actor()
    offered = find_service(service_id, actor=actor)
    instrument = chosen_instrument(offered, record_number("instrument_id"))
    if instrument is None or not needs_slot(offered):
        raise NotFound

    def effect(given: dict[str, Any]) -> Done:
        made = service.look_ahead(**said_of_extras(given), actor=current_actor(), now=clock.now())
        return Done(link_to("booking_series", made.id))

    return form_page(
        _form(offered, instrument),
        effect=effect,
        back=url_for("quote_pages.new", service_id=offered.id, instrument_id=instrument.id),
        facts=[
            ("column.service", offered.title),
            ("fact.instrument", instrument.name),
            *booking_facts(instrument, actor=actor, now=clock.now()),
        ],
    )


@series_pages.get("/<int:series_id>")
@allow(may_ask_quotes)
def one(series_id: int) -> str:
    """Its slots: bookable at which price, or what stands against each; once placed, the orders."""
    (row,) = _rows([find_series(series_id, actor=current_actor())])
    series, now = row.series, clock.now()
    open_for = series.state is SeriesState.PREVIEWED and now < series.expires_at
    next_key = "placed" if series.state is SeriesState.PLACED else "open" if open_for else "expired"
    return render_template(
        "marketplace/booking_series.html",
        series=series,
        next_words=t(f"page.series.next.{next_key}", until=moment(series.expires_at)),
        facts=_facts(row),
        slots=[_said(row.shown, each) for each in series.slots],
        actions=_actions(row.shown, is_open=open_for),
    )


@series_pages.route("/<int:series_id>/orders", methods=["GET", "POST"])
@allow(may_place_orders)
def place(series_id: int) -> Response:
    """All of it or what can be booked: an explicit choice."""
    (row,) = _rows([find_series(series_id, actor=current_actor())])
    whole = len(row.shown.bookable) == len(row.series.slots)
    form = Form(
        SeriesPlacingSchema,
        name="series_placing",
        widgets={"choice": "radio"},
        initial={"choice": SeriesChoice.ALL if whole else SeriesChoice.BOOKABLE},
    )
    return _step(row, form, service.place_series, facts=_facts(row))


@series_pages.route("/<int:series_id>/cancellation", methods=["GET", "POST"])
@allow(may_place_orders)
def cancel(series_id: int) -> Response:
    """Give up what is still to come, with what that costs."""
    (row,) = _rows([find_series(series_id, actor=current_actor())])
    now = clock.now()
    ahead = [each for each in row.shown.orders.values() if may_still_end(each, now=now)]
    fees = sum(late_fee_fen(each, now=now) for each in ahead)
    facts = [*_facts(row), ("fact.series_ahead", str(len(ahead))), ("fact.cancellation_fee", yuan(fees))]
    return _step(row, Form(SeriesCancellationSchema, name="series_cancellation", ends=True), service.cancel_rest, facts)


def rhythm(every_days: int) -> str:
    """How often, in words."""
    if every_days == 1:
        return t("rhythm.daily")
    weeks, rest = divmod(every_days, WEEK)
    if rest:
        return t("rhythm.days", count=every_days)
    return t("rhythm.weekly") if weeks == 1 else t("rhythm.weeks", count=weeks)


def _form(offered: Service, instrument: Instrument) -> Form:
    form = quote_form(
        offered,
        instrument,
        before=None,
        actor=current_actor(),
        schema=SeriesRequestSchema,
        name="series_request",
        also={"every_days": [(str(each), rhythm(each)) for each in RHYTHMS]},
    )
    form.fields["every_days"].value = str(WEEK)
    return form


def _step(row: Row, form: Form, act: Any, facts: Sequence[tuple[str, object]]) -> Response:
    here = link_to("booking_series", row.series.id)

    def effect(given: dict[str, Any]) -> Done:
        act(series_id=row.series.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, facts=facts, confirms=True)


def _facts(row: Row) -> list[tuple[str, object]]:
    bookable, slots = row.shown.bookable, row.series.slots
    quotes = [each.quote for each in bookable if each.quote is not None]
    return [
        ("fact.instrument", row.instrument.name),
        ("column.user", row.user),
        ("column.every", rhythm(row.series.every_days)),
        ("fact.series_until", day(row.series.until)),
        ("fact.series_bookable", t("page.series.bookable", count=len(bookable), of=len(slots))),
        ("fact.series_price", yuan(sum(each.price_fen for each in quotes))),
        ("fact.series_subsidy", yuan(sum(each.subsidy_fen + each.other_aid_fen for each in quotes))),
        ("fact.series_self_pay", yuan(sum(each.self_pay_fen for each in quotes))),
    ]


def _said(shown: SeriesView, slot: SeriesSlot) -> dict[str, Any]:
    """One row of the table."""
    order = shown.order_of(slot)
    return {
        "position": slot.position,
        "slot": f"{moment(slot.during.start)} – {moment(slot.during.end)}",
        "quote": None if slot.reasons else slot.quote,
        "order": order,
        "reasons": [say(each) for each in slot.reasons],
        "state": None if order is None else order.state,
    }


def _actions(shown: SeriesView, *, is_open: bool) -> list[dict[str, Any]]:
    series, now = shown.series, clock.now()
    found = []
    if is_open and shown.bookable:
        at = url_for("series_pages.place", series_id=series.id)
        found.append({"label": t("page.series_placing.title"), "href": at, "primary": True})
    if series.state is SeriesState.PREVIEWED:
        again = url_for("series_pages.new", service_id=series.service_id, instrument_id=series.instrument_id)
        found.append({"label": t("page.series.again"), "href": again})
    if any(may_still_end(each, now=now) for each in shown.orders.values()):
        at = url_for("series_pages.cancel", series_id=series.id)
        found.append({"label": t("page.series_cancellation.title"), "href": at, "danger": True})
    return found
