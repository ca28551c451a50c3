"""A provider's own services: the list, a new one, changes, publication and withdrawal (V14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request, url_for

from core import clock
from core.http import allow, current_actor
from core.kinds import ServiceKind
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import authorise
from instruments.models import Instrument, Service
from instruments.pages.forms import changed
from instruments.pages.pricing import STEP, step_options
from instruments.pages.services import PRICED, TITLE, rows
from instruments.permissions import may_manage, may_offer
from instruments.queries.instruments import find_service
from instruments.queries.listings import choosable_instruments, own_services, search_services
from instruments.schemas.services import NewServiceSchema, ServiceFieldsSchema
from instruments.service import services as service
from instruments.states import ServiceState

own_service_pages = Pages(
    "own_service_pages",
    __name__,
    url_prefix="/services",
    navigation=(NavEntry("own_services", "own_service_pages.index", "catalogue", may_offer, order=20),),
)

TICKED = 100
"""Up to so many instruments are ticked in the form; beyond, their numbers are typed."""
TIED = "instrument_ids"

OWN = Table(
    name="own-services",
    key=Service.id,
    empty="page.own_services.empty",
    prepare=rows,
    filters=[
        Filter("q", search_services),
        choice("state", Service.state, ServiceState),
        choice("service_kind", Service.kind, ServiceKind),
    ],
    columns=[
        TITLE,
        *PRICED,
        Column("state", lambda row: row.service.state, kind="state", sort=Service.state),
        Column("updated_at", lambda row: row.service.updated_at, kind="moment", sort=Service.updated_at),
    ],
)


@own_service_pages.get("/own")
@allow(may_offer)
def index() -> Any:
    """One's own services in every state, the latest first."""
    actions = [{"label": t("page.service_new.title"), "href": url_for("own_service_pages.new"), "primary": True}]
    return table_page(OWN, own_services(current_actor()), title="page.own_services.title", actions=actions)


@own_service_pages.route("/new", methods=["GET", "POST"])
@allow(may_offer)
def new() -> Response:
    """A draft, perhaps begun from an instrument's page."""
    wanted = request.args.get("instrument", "")
    form = _form(NewServiceSchema(), "service_new", {TIED: [wanted] if wanted.isdecimal() else []}, tied=())

    def effect(given: dict[str, Any]) -> Done:
        ids = given.pop(TIED, [])
        made = service.create_service(fields=given, instrument_ids=ids, actor=current_actor(), now=clock.now())
        return Done(link_to("service", made.id), "page.service_new.done")

    return form_page(form, effect=effect, back=url_for("own_service_pages.index"))


@own_service_pages.route("/<int:service_id>/edit", methods=["GET", "POST"])
@allow(may_offer)
def edit(service_id: int) -> Response:
    """Changes; what stays as it was is not sent on."""
    found = _own(service_id)
    schema = ServiceFieldsSchema(partial=True)
    initial = {name: getattr(found, name) for name in schema.fields if name != TIED}
    initial[TIED] = [each.id for each in found.instruments]
    form = _form(schema, "service_edit", initial, tied=found.instruments)
    here = link_to("service", service_id)

    def effect(given: dict[str, Any]) -> Done:
        ids = given.pop(TIED, [])
        service.update_service(
            service_id=service_id,
            changes=changed(found, given),
            instrument_ids=ids,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(here, "page.service_edit.done")

    return form_page(form, effect=effect, back=here)


@own_service_pages.route("/<int:service_id>/publication", methods=["GET", "POST"])
@allow(may_offer)
def publish(service_id: int) -> Response:
    """Offer it; everything V14 asks for must be there."""
    return _step(
        service_id,
        Form(EmptySchema, name="service_publication"),
        lambda: service.publish_service(service_id=service_id, actor=current_actor(), now=clock.now()),
    )


@own_service_pages.route("/<int:service_id>/withdrawal", methods=["GET", "POST"])
@allow(may_offer)
def withdraw(service_id: int) -> Response:
    """Offer it no longer."""
    return _step(
        service_id,
        Form(EmptySchema, name="service_withdrawal"),
        lambda: service.withdraw_service(service_id=service_id, actor=current_actor(), now=clock.now()),
    )


def _own(service_id: int) -> Service:
    found = find_service(service_id, actor=current_actor())
    authorise(current_actor(), may_manage, found)
    return found


def _step(service_id: int, form: Form, act: Callable[[], object]) -> Response:
    found = _own(service_id)
    here = link_to("service", service_id)

    def effect(_given: dict[str, Any]) -> Done:
        act()
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, facts=[("column.title", found.title)])


def _form(
    schema: NewServiceSchema | ServiceFieldsSchema, name: str, initial: dict[str, Any], *, tied: Iterable[Instrument]
) -> Form:
    """The instruments are ticked where there are few, else their numbers are typed, one a line."""
    choosable = {each.id: each for each in choosable_instruments(current_actor(), limit=TICKED)}
    if choosable:
        choosable |= {each.id: each for each in tied}
    options = [(str(each.id), _named(each)) for each in choosable.values()]
    form = Form(
        schema,
        name=name,
        initial=initial,
        options={TIED: options, STEP: step_options()},
        widgets={TIED: "checkboxes" if options else "lines"},
        required=["title", "kind"],
    )
    if not options:
        form[TIED].hint = t("service.instrument_numbers")
    return form


def _named(instrument: Instrument) -> str:
    return " · ".join(filter(None, (instrument.name, instrument.model, instrument.external_id)))
