"""Extras of a service: what may be ordered with it, a new one, its prices by day, and taking an announced one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Form, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import day, t, yuan
from core.permissions import authorise
from instruments.models import ExtraPrice, Service, ServiceExtra
from instruments.permissions import may_manage, may_offer, may_search
from instruments.queries.extras import extra_prices, extras_of, find_extra, find_extra_price, price_in_force
from instruments.queries.instruments import find_service
from instruments.rules.services import price_standing
from instruments.rules.terms import PriceStanding
from instruments.schemas.extras import ExtraPriceSchema, NewExtraSchema
from instruments.service import extras as service
from instruments.service.extras import TERMS
from instruments.states import ServiceState

extra_pages = Pages("extra_pages", __name__, url_prefix="/services/<int:service_id>/extras")


@dataclass(frozen=True, slots=True)
class Row:
    """An extra as the table shows it, with the version in force today and the next one."""

    extra: ServiceExtra
    held: ExtraPrice | None
    next: ExtraPrice | None

    @property
    def href(self) -> str:
        """Where all its prices are."""
        return url_for("extra_pages.one", service_id=self.extra.service_id, extra_id=self.extra.id)

    @property
    def announced(self) -> str | None:
        """From when it costs something else, and what."""
        if self.next is None:
            return None
        fen = self.next.price_fen
        said = t("extra.not_offered") if fen is None else yuan(fen)
        return t("extra.from", day=day(self.next.valid_from), price=said)


def _rows(found: Sequence[ServiceExtra]) -> list[Row]:
    today = clock.today(clock.now())
    return [Row(each, price_in_force(each, today), _next(each, today)) for each in found]


def _next(extra: ServiceExtra, today: date) -> ExtraPrice | None:
    ahead = [each for each in extra.versions if each.withdrawn_at is None and each.valid_from > today]
    return min(ahead, key=lambda each: (each.valid_from, -each.id), default=None)


EXTRAS = Table(
    name="service-extras",
    key=ServiceExtra.id,
    default_sort="number",
    empty="page.service_extras.empty",
    prepare=_rows,
    columns=[
        Column("number", lambda row: row.extra.id, sort=ServiceExtra.id),
        Column("extra", lambda row: row.extra.title, sort=ServiceExtra.title, link=lambda row: row.href),
        Column("extra_kind", lambda row: row.extra.kind, kind="term", sort=ServiceExtra.kind),
        Column("price", lambda row: None if row.held is None else row.held.price_fen, kind="money"),
        Column("extra_unit", lambda row: row.extra.unit),
        Column("own_price", lambda row: None if row.held is None else row.held.own_price_fen, kind="money"),
        Column("outside_price", lambda row: None if row.held is None else row.held.outside_price_fen, kind="money"),
        Column("announced", lambda row: row.announced),
    ],
)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A price as the table shows it; ``withdrawal`` is where its owner takes it back."""

    version: ExtraPrice
    standing: PriceStanding
    withdrawal: str | None


def _version_rows(service_id: int, extra: ServiceExtra, found: Sequence[ExtraPrice], *, is_owner: bool) -> list[Any]:
    today = clock.today(clock.now())
    held = price_in_force(extra, today)
    rows = []
    for each in found:
        standing = price_standing(
            each.valid_from, is_withdrawn=each.withdrawn_at is not None, is_held=each is held, today=today
        )
        href = url_for("extra_pages.withdraw", service_id=service_id, extra_id=extra.id, price_id=each.id)
        may_go = is_owner and standing is PriceStanding.ANNOUNCED
        rows.append(VersionRow(each, standing, href if may_go else None))
    return rows


def _versions(service_id: int, extra: ServiceExtra, *, is_owner: bool) -> Table:
    return Table(
        name="extra-prices",
        key=ExtraPrice.id,
        default_sort="-valid_from",
        empty="page.service_prices.empty",
        prepare=lambda found: _version_rows(service_id, extra, found, is_owner=is_owner),
        columns=[
            Column("valid_from", lambda row: row.version.valid_from, kind="day", sort=ExtraPrice.valid_from),
            Column("price_standing", lambda row: row.standing, kind="term"),
            Column("price", lambda row: row.version.price_fen, kind="money", sort=ExtraPrice.price_fen),
            Column("own_price", lambda row: row.version.own_price_fen, kind="money"),
            Column("outside_price", lambda row: row.version.outside_price_fen, kind="money"),
            Column("unit_cost", lambda row: row.version.cost_fen, kind="money"),
            Column("cost_basis", lambda row: row.version.cost_basis),
            Column("price_set_at", lambda row: row.version.set_at, kind="moment", sort=ExtraPrice.set_at),
            Column(
                "next",
                lambda row: None if row.withdrawal is None else t("page.price_withdrawal.title"),
                link=lambda row: row.withdrawal,
            ),
        ],
    )


@extra_pages.get("")
@allow(may_search)
def index(service_id: int) -> Any:
    """What may be ordered with a service, for everybody (V14)."""
    offered = find_service(service_id, actor=current_actor())
    add = {"label": t("page.extra_new.title"), "href": url_for("extra_pages.new", service_id=service_id)}
    actions = [*([{**add, "primary": True}] if _may_price(offered) else []), _back(offered)]
    return table_page(EXTRAS, extras_of(service_id), title="page.service_extras.title", actions=actions)


@extra_pages.route("/new", methods=["GET", "POST"])
@allow(may_offer)
def new(service_id: int) -> Response:
    """Publish an extra with its first price."""
    offered = _own(service_id)
    form = Form(NewExtraSchema, name="extra_new", required=["price_fen"], leave_out=_left_out(offered))
    here = url_for("extra_pages.index", service_id=service_id)

    def effect(given: dict[str, Any]) -> Done:
        named = {name: given.pop(name) for name in ("title", "unit", "kind", "valid_from")}
        service.add_extra(service_id=service_id, **named, terms=given, actor=current_actor(), now=clock.now())
        return Done(here, "page.extra_new.done")

    return form_page(form, effect=effect, back=here, facts=[("column.title", offered.title)])


@extra_pages.get("/<int:extra_id>")
@allow(may_search)
def one(service_id: int, extra_id: int) -> Any:
    """Every price an extra had, has and will have."""
    offered = find_service(service_id, actor=current_actor())
    extra = find_extra(service_id, extra_id)
    may_price = _may_price(offered)
    href = url_for("extra_pages.price", service_id=service_id, extra_id=extra_id)
    add = [{"label": t("page.extra_price_new.title"), "href": href, "primary": True}] if may_price else []
    all_of_them = {
        "label": t("page.service_extras.title"),
        "href": url_for("extra_pages.index", service_id=service_id),
    }
    return table_page(
        _versions(service_id, extra, is_owner=may_manage(current_actor(), offered)),
        extra_prices(extra_id),
        title="page.extra_prices.title",
        template="instruments/extra.html",
        facts=[*_about(offered, extra), ("column.extra_kind", term(extra.kind))],
        actions=[*add, all_of_them, _back(offered)],
    )


@extra_pages.route("/<int:extra_id>/prices/new", methods=["GET", "POST"])
@allow(may_offer)
def price(service_id: int, extra_id: int) -> Response:
    """What it costs from a day on; the form begins with what it costs now, and without a price it is not offered."""
    offered = _own(service_id)
    extra = find_extra(service_id, extra_id)
    held = price_in_force(extra, clock.today(clock.now()))
    form = Form(
        ExtraPriceSchema,
        name="extra_price_new",
        initial={} if held is None else {name: getattr(held, name) for name in TERMS},
        leave_out=_left_out(offered),
    )
    here = url_for("extra_pages.one", service_id=service_id, extra_id=extra_id)

    def effect(given: dict[str, Any]) -> Done:
        valid_from = given.pop("valid_from")
        service.price_extra(
            service_id=service_id,
            extra_id=extra_id,
            valid_from=valid_from,
            terms=given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(here, "page.extra_price_new.done")

    return form_page(form, effect=effect, back=here, facts=_about(offered, extra))


@extra_pages.route("/<int:extra_id>/prices/<int:price_id>/withdrawal", methods=["GET", "POST"])
@allow(may_offer)
def withdraw(service_id: int, extra_id: int, price_id: int) -> Response:
    """Take back what was announced and has not begun."""
    offered = _own(service_id)
    extra = find_extra(service_id, extra_id)
    version = find_extra_price(extra, price_id)
    here = url_for("extra_pages.one", service_id=service_id, extra_id=extra_id)

    def effect(_given: dict[str, Any]) -> Done:
        service.withdraw_extra_price(
            service_id=service_id, extra_id=extra_id, price_id=price_id, actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.price_withdrawal.done")

    facts = [
        *_about(offered, extra),
        ("column.valid_from", day(version.valid_from)),
        ("column.price", t("extra.not_offered") if version.price_fen is None else yuan(version.price_fen)),
    ]
    return form_page(Form(EmptySchema, name="price_withdrawal"), effect=effect, back=here, facts=facts)


def _own(service_id: int) -> Service:
    found = find_service(service_id, actor=current_actor())
    authorise(current_actor(), may_manage, found)
    return found


def _may_price(offered: Service) -> bool:
    return may_manage(current_actor(), offered) and offered.state is ServiceState.PUBLISHED


def _back(offered: Service) -> dict[str, str]:
    return {"label": offered.title, "href": link_to("service", offered.id)}


def _left_out(offered: Service) -> list[str]:
    """Only a fiscally built provider states its cost (V13)."""
    return [] if offered.provider.fiscal else ["cost_fen", "cost_basis"]


def _about(offered: Service, extra: ServiceExtra) -> list[tuple[str, str]]:
    return [("column.service", offered.title), ("column.extra", extra.title), ("column.extra_unit", extra.unit)]
