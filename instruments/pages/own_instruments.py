"""A provider's own instruments: the list, a new one, and changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import authorise
from instruments.models import Instrument
from instruments.pages.forms import changed, county_options
from instruments.permissions import may_manage, may_offer
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import due_days, own_instruments, search_instruments
from instruments.schemas.instruments import InstrumentFieldsSchema, NewInstrumentSchema
from instruments.service import listings as service
from instruments.states import ListingState

own = Pages(
    "own_instrument_pages",
    __name__,
    url_prefix="/instruments",
    navigation=(NavEntry("own_instruments", "own_instrument_pages.index", "catalogue", may_offer, order=10),),
)

SERVICE_ONLY = ("changed_on",)
"""What the service notes by itself at each change."""


@dataclass(frozen=True, slots=True)
class Row:
    """An instrument as its owner's table shows it."""

    instrument: Instrument
    due_on: date | None


def _rows(found: Sequence[Instrument]) -> list[Row]:
    waiting = [each for each in found if each.published_at is None]
    due = due_days(waiting, on=clock.today(clock.now()))
    return [Row(each, due.get(each.id)) for each in found]


OWN = Table(
    name="own-instruments",
    key=Instrument.id,
    empty="page.own_instruments.empty",
    prepare=_rows,
    filters=[Filter("q", search_instruments), choice("state", Instrument.state, ListingState)],
    columns=[
        Column(
            "name",
            lambda row: row.instrument.name,
            sort=Instrument.name,
            link=lambda row: link_to("instrument", row.instrument.id),
        ),
        Column("external_id", lambda row: row.instrument.external_id, sort=Instrument.external_id),
        Column("model", lambda row: row.instrument.model),
        Column("category", lambda row: row.instrument.category, sort=Instrument.category),
        Column("value", lambda row: row.instrument.value_fen, kind="money", sort=Instrument.value_fen),
        Column("state", lambda row: row.instrument.state, kind="state", sort=Instrument.state),
        Column("listing_due_on", lambda row: row.due_on, kind="day"),
        Column("updated_at", lambda row: row.instrument.updated_at, kind="moment", sort=Instrument.updated_at),
    ],
)


@own.get("/own")
@allow(may_offer)
def index() -> Any:
    """One's own instruments in every state, the latest first."""
    actions = [
        {"label": t("page.instrument_new.title"), "href": url_for("own_instrument_pages.new"), "primary": True},
        {"label": t("page.import_new.title"), "href": url_for("import_pages.new")},
        {"label": t("page.provider_rules.title"), "href": url_for("booking_rule_pages.for_all")},
    ]
    return table_page(OWN, own_instruments(current_actor()), title="page.own_instruments.title", actions=actions)


@own.route("/new", methods=["GET", "POST"])
@allow(may_offer)
def new() -> Response:
    """A draft; only the name is needed for it."""
    form = Form(
        NewInstrumentSchema, name="instrument_new", options={"county": county_options()}, leave_out=SERVICE_ONLY
    )

    def effect(given: dict[str, Any]) -> Done:
        made = service.create_instrument(fields=given, actor=current_actor(), now=clock.now())
        return Done(link_to("instrument", made.id), "page.instrument_new.done")

    return form_page(form, effect=effect, back=url_for("own_instrument_pages.index"))


@own.route("/<int:instrument_id>/edit", methods=["GET", "POST"])
@allow(may_offer)
def edit(instrument_id: int) -> Response:
    """Changes; what stays as it was is not sent on."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    schema = InstrumentFieldsSchema(partial=True)
    form = Form(
        schema,
        name="instrument_edit",
        initial={name: getattr(instrument, name) for name in schema.fields},
        options={"county": county_options()},
        leave_out=SERVICE_ONLY,
        required=["name"],
    )
    here = link_to("instrument", instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        changes = changed(instrument, given)
        if changes:
            service.update_instrument(
                instrument_id=instrument_id, changes=changes, actor=current_actor(), now=clock.now()
            )
        return Done(here, "page.instrument_edit.done")

    return form_page(form, effect=effect, back=here)
