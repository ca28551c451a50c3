"""Priced services for everybody: the list, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template
from sqlalchemy import Select

from accounts.permissions import anyone
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.kinds import ServiceKind
from core.money import AmountMalformed, yuan_to_fen
from core.pages import Column, Filter, NavEntry, Pages, Table, link_to, table_page, term
from core.pages.language import day, t, yuan
from core.pages.tables import choice
from instruments.models import Service, ServicePrice
from instruments.pages.consents import consent_facts
from instruments.pages.listing_actions import service_actions
from instruments.pages.pricing import price_words, unit_words
from instruments.pages.quoting import quote_href
from instruments.permissions import may_search, owns
from instruments.queries.details import services as matching_services
from instruments.queries.extras import offered_extras
from instruments.queries.instruments import find_service
from instruments.queries.listings import search_services
from instruments.queries.prices import announced, price_on
from instruments.rules.services import cost_is_missing
from instruments.states import ListingState, ServiceState

services = Pages(
    "service_pages",
    __name__,
    url_prefix="/services",
    navigation=(NavEntry("services", "service_pages.index", "find", anyone, order=20),),
    links={"service": ("service_pages.one", "service_id"), "services": ("service_pages.index", "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A service as tables show it."""

    service: Service
    provider: str

    @property
    def unit(self) -> str | None:
        """What the price buys, in words."""
        return unit_words(self.service)


def rows(found: Sequence[Service]) -> list[Row]:
    """Services with the names of their providers."""
    names = organisation_names({each.provider_id for each in found})
    return [Row(each, names[each.provider_id]) for each in found]


def at_most(found: Select[Any], typed: str) -> Select[Any]:
    """Those whose unit costs no more than so many yuan; raises ValueError for what is no sum."""
    try:
        return found.where(Service.price_fen <= yuan_to_fen(typed.removeprefix("¥")))
    except AmountMalformed as malformed:
        raise ValueError(typed) from malformed


TITLE = Column(
    "title", lambda row: row.service.title, sort=Service.title, link=lambda row: link_to("service", row.service.id)
)
PRICED = (
    Column("service_kind", lambda row: row.service.kind, kind="term", sort=Service.kind),
    Column("price", lambda row: row.service.price_fen, kind="money", sort=Service.price_fen),
    Column("price_unit", lambda row: row.unit),
    Column("turnaround_days", lambda row: row.service.turnaround_days, kind="number", sort=Service.turnaround_days),
)
SERVICES = Table(
    name="services",
    key=Service.id,
    empty="page.services.empty",
    prepare=rows,
    filters=[
        Filter("q", search_services),
        choice("service_kind", Service.kind, ServiceKind),
        Filter("max_price", at_most),
    ],
    columns=[TITLE, Column("provider", lambda row: row.provider), *PRICED],
)


@services.get("")
@allow(may_search)
def index() -> Any:
    """Published services of all providers."""
    return table_page(SERVICES, matching_services(actor=current_actor()), title="page.services.title")


@services.get("/<int:service_id>")
@allow(may_search)
def one(service_id: int) -> str:
    """What is done, how, with what, by when and at which price (V14)."""
    actor = current_actor()
    service = find_service(service_id, actor=actor)
    mine = owns(actor, service)
    today = clock.today(clock.now())
    is_offered = service.state is ServiceState.PUBLISHED
    return render_template(
        "instruments/service.html",
        service=service,
        facts=[
            *_about(service, price_on(service.id, today) if is_offered else None),
            *consent_facts(service, is_owner=mine),
        ],
        announced=_announced(service, today) if is_offered else [],
        extras=offered_extras(service.id, on=today) if is_offered else [],
        prose=[(name, said) for name in PROSE if (said := getattr(service, name))],
        instruments=[each for each in service.instruments if mine or each.state is ListingState.PUBLISHED],
        quote_href=quote_href,
        link_to=link_to,
        is_owner=mine,
        actions=service_actions(service, actor=actor),
    )


PROSE = ("content", "process", "equipment", "standard")
"""What a service says about itself at length."""


def _cost(service: Service) -> list[tuple[str, Any]]:
    """What a unit costs a fiscally built provider, or that it has yet to say so (V13); nothing of others."""
    if cost_is_missing(service.facts):
        return [("fact.unit_cost", t("page.service.cost_missing"))]
    if not service.provider.fiscal:
        return []
    return [("fact.unit_cost", t("page.service.cost", cost=yuan(service.cost_fen), basis=service.cost_basis))]


def _about(service: Service, version: ServicePrice | None) -> list[tuple[str, Any]]:
    """``version`` is the price in force today; a draft has none yet and shows what it says."""
    priced = version or service
    days = priced.turnaround_days
    return [
        ("column.provider", service.provider.name),
        ("fact.service_kind", term(service.kind)),
        *price_words(priced),
        *_cost(service),
        ("fact.turnaround", None if days is None else t("fact.working_days", count=days)),
        ("fact.phone", service.phone),
        ("column.number", str(service.id)),
    ]


def _announced(service: Service, today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """What it will cost, by the day from which that holds."""
    return [(day(each.valid_from), price_words(each)) for each in announced(service.id, after=today)]
