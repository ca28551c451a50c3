"""Prices by negotiation: the requests of both sides, the rounds of one, and each step as a form (ADR 0237)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, render_template, url_for

from accounts.queries import acts_for
from accounts.queries.beneficiaries import own_teams
from accounts.queries.names import organisation_names
from core import clock
from core.http import Schema, allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import day, moment, t, yuan
from core.pages.tables import choice
from core.permissions import Permission, authorise
from instruments.models import Service
from instruments.queries.details import services
from instruments.queries.instruments import find_service
from marketplace.models import Negotiation, NegotiationOffer
from marketplace.pages.offer_lines import OfferFormSchema
from marketplace.pages.quote_form import record_number
from marketplace.pages.quotes import SERVICES
from marketplace.permissions import (
    is_asked_for_offer,
    is_asking_for_offer,
    may_ask_for_offers,
    may_make_offers,
    may_read_negotiations,
)
from marketplace.queries.negotiations import find_negotiation, order_of, quotes_of, visible_negotiations
from marketplace.queries.unmet_needs import usable_needs
from marketplace.schemas.negotiations import AgreementSchema, AnswerSchema, NewNegotiationSchema, SaidAnswerSchema
from marketplace.service import negotiations as service
from marketplace.states import NEGOTIATION, NegotiationState
from vouchers.queries import offered_modes

negotiations = Pages(
    "negotiation_pages",
    __name__,
    url_prefix="/negotiations",
    navigation=(NavEntry("negotiations", "negotiation_pages.index", "deal", may_read_negotiations, order=6),),
    links={"negotiation": ("negotiation_pages.one", "negotiation_id")},
)
USUAL_DAYS = 14
"""How long an offer stands unless the provider says otherwise: what the form begins with."""


@dataclass(frozen=True, slots=True)
class Row:
    """A request as the list shows it."""

    negotiation: Negotiation
    names: dict[int, str]

    @property
    def latest(self) -> NegotiationOffer | None:
        """The offer of the last round."""
        return self.negotiation.latest


def _rows(found: Sequence[Negotiation]) -> list[Row]:
    names = organisation_names({each.beneficiary_id for each in found} | {each.provider_id for each in found})
    return [Row(each, names) for each in found]


NEGOTIATIONS = Table(
    name="negotiations",
    key=Negotiation.id,
    default_sort="-negotiation",
    empty="page.negotiations.empty",
    prepare=_rows,
    filters=[
        choice("state", Negotiation.state, NegotiationState),
        Filter("q", lambda query, value: query.where(Negotiation.title.icontains(value, autoescape=True))),
    ],
    columns=[
        Column(
            "negotiation",
            lambda row: row.negotiation.id,
            sort=Negotiation.id,
            link=lambda row: link_to("negotiation", row.negotiation.id),
        ),
        Column("service", lambda row: row.negotiation.title, sort=Negotiation.title),
        Column("beneficiary", lambda row: row.names[row.negotiation.beneficiary_id]),
        Column("provider", lambda row: row.names[row.negotiation.provider_id]),
        Column("state", lambda row: row.negotiation.state, kind="state", sort=Negotiation.state),
        Column("offered_price", lambda row: row.latest and row.latest.price_fen, kind="money"),
        Column("offer_until", lambda row: row.latest and row.latest.valid_until, kind="day"),
        Column("negotiation_asked_at", lambda row: row.negotiation.asked_at, kind="moment", sort=Negotiation.asked_at),
    ],
)


@negotiations.get("")
@allow(may_read_negotiations)
def index() -> Any:
    """One's own requests, or those to one's provider, the latest first."""
    return table_page(NEGOTIATIONS, visible_negotiations(current_actor()), title="page.negotiations.title")


@negotiations.route("/new", methods=["GET", "POST"])
@allow(may_ask_for_offers)
def new() -> Any:
    """Ask the provider of a service, which is chosen first where the address names none."""
    number = record_number("service_id")
    if number is None:
        found = services(actor=current_actor()).where(Service.by_negotiation)
        return table_page(SERVICES, found, title="page.negotiation_services.title")
    asked, teams = find_service(number, actor=current_actor()), own_teams(current_actor())

    def effect(given: dict[str, Any]) -> Done:
        made = service.ask_for_offer(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("negotiation", made.id), "page.negotiation_new.done")

    form = Form(
        NewNegotiationSchema,
        name="negotiation_new",
        fixed={"service_id": asked.id},
        leave_out=["beneficiary_id"] if teams is None else [],
        required=[] if teams is None else ["beneficiary_id"],
        options={} if teams is None else {"beneficiary_id": teams},
    )
    facts = [("column.service", asked.title), ("column.provider", asked.provider.name)]
    return form_page(form, effect=effect, back=link_to("service", asked.id), facts=facts)


@negotiations.get("/<int:negotiation_id>")
@allow(may_read_negotiations)
def one(negotiation_id: int) -> str:
    """A request: what is wanted, every round, and what may be done."""
    actor = current_actor()
    found = find_negotiation(negotiation_id, actor=actor)
    ordered = order_of(found.id) if found.state is NegotiationState.ORDERED else None
    return render_template(
        "marketplace/negotiation.html",
        negotiation=found,
        side="user" if is_asking_for_offer(actor, found) else "provider",
        facts=_facts(found),
        rounds=[(each, round_facts(each)) for each in reversed(found.offers)],
        quotes=[(number, link_to("quote", number)) for number, _ in quotes_of(found.id, actor=actor)],
        order=None if ordered is None else (ordered, link_to("order", ordered)),
        actions=list(_actions(found)),
    )


@negotiations.route("/<int:negotiation_id>/offer", methods=["GET", "POST"])
@allow(may_make_offers)
def offer(negotiation_id: int) -> Response:
    """Make an offer; the form begins with the one before."""
    found = _asked(negotiation_id)
    fiscal = find_service(found.service_id, actor=current_actor()).provider.fiscal
    form = Form(
        OfferFormSchema,
        name="negotiation_offer",
        initial=_begun(found.latest),
        required=["cost_fen", "cost_basis"] if fiscal else [],
        leave_out=[] if fiscal else ["cost_fen", "cost_basis"],
    )

    def effect(given: Any) -> Done:
        service.make_offer(negotiation_id=found.id, terms=given, actor=current_actor(), now=clock.now())
        return Done(link_to("negotiation", found.id), "page.negotiation_offer.done")

    return form_page(form, effect=effect, back=link_to("negotiation", found.id), facts=_facts(found))


@negotiations.route("/<int:negotiation_id>/agreement", methods=["GET", "POST"])
@allow(may_ask_for_offers)
def agree(negotiation_id: int) -> Response:
    """Agree to the offer shown: on to a quote at its price."""
    found = find_negotiation(negotiation_id, actor=current_actor())
    authorise(current_actor(), is_asking_for_offer, found)
    priced = find_service(found.service_id, actor=current_actor())
    needs = [] if priced.provider.in_province else usable_needs(acts_for(current_actor()))
    shown = found.latest
    form = Form(
        AgreementSchema,
        name="negotiation_agreement",
        fixed={"offer_id": (record_number("offer") or (0 if shown is None else shown.id)) or 1},
        leave_out=_left_out(tied=bool(priced.instruments), inside=priced.provider.in_province, needs=bool(needs)),
        widgets={"payment_mode": "radio"},
        options={
            "payment_mode": [(mode.value, term(mode)) for mode in offered_modes(clock.today(clock.now()))],
            "instrument_id": [(str(each.id), each.name) for each in priced.instruments],
            "unmet_need_id": [(str(each.id), f"{each.number} · {each.subject}") for each in needs],
        },
    )

    def effect(given: dict[str, Any]) -> Done:
        quote = service.agree(negotiation_id=found.id, **given, actor=current_actor(), now=clock.now())
        return Done(link_to("quote", quote.id), "page.negotiation_agreement.done")

    facts = [*_facts(found), *([] if shown is None else round_facts(shown))]
    return form_page(form, effect=effect, back=link_to("negotiation", found.id), facts=facts)


@negotiations.route("/<int:negotiation_id>/change-request", methods=["GET", "POST"])
@allow(may_ask_for_offers)
def ask_change(negotiation_id: int) -> Response:
    """Say what should differ."""
    return _say(_asking(negotiation_id), SaidAnswerSchema, "negotiation_change", service.ask_for_change)


@negotiations.route("/<int:negotiation_id>/decline", methods=["GET", "POST"])
@allow(may_ask_for_offers)
def decline(negotiation_id: int) -> Response:
    """Take none of it."""
    return _say(_asking(negotiation_id), AnswerSchema, "negotiation_decline", service.decline_offer, ends=True)


@negotiations.route("/<int:negotiation_id>/withdrawal", methods=["GET", "POST"])
@allow(may_ask_for_offers)
def withdraw(negotiation_id: int) -> Response:
    """Take the request back."""
    return _say(_asking(negotiation_id), AnswerSchema, "negotiation_withdrawal", service.withdraw_request, ends=True)


@negotiations.route("/<int:negotiation_id>/offer-withdrawal", methods=["GET", "POST"])
@allow(may_make_offers)
def take_back(negotiation_id: int) -> Response:
    """Take the offer back."""
    return _say(_asked(negotiation_id), AnswerSchema, "negotiation_take_back", service.take_offer_back, ends=True)


@negotiations.route("/<int:negotiation_id>/refusal", methods=["GET", "POST"])
@allow(may_make_offers)
def refuse(negotiation_id: int) -> Response:
    """Make no offer."""
    return _say(_asked(negotiation_id), SaidAnswerSchema, "negotiation_refusal", service.refuse_request, ends=True)


def round_facts(made: NegotiationOffer) -> list[tuple[str, object]]:
    """What was offered beside its lines, and what was said to it; what is not said is left out."""
    unit = term(made.price_unit)
    shown: list[tuple[str, object]] = [
        ("fact.quantity", f"{made.quantity.normalize():f} {unit}"),
        ("column.unit_price", t("price.per", price=yuan(made.unit_price_fen), unit=unit)),
        ("column.offered_price", yuan(made.price_fen)),
        ("fact.turnaround", t("fact.working_days", count=made.turnaround_days)),
        ("column.offer_until", day(made.valid_until)),
        ("fact.offer_conditions", made.conditions),
        ("fact.offer_cost", _cost(made)),
        ("fact.offered_at", moment(made.offered_at)),
        ("fact.offer_outcome", None if made.outcome is None else term(made.outcome)),
        ("fact.offer_answer", made.answer),
    ]
    return [(label, value) for label, value in shown if value]


def _cost(made: NegotiationOffer) -> str | None:
    return None if made.cost_fen is None else t("page.service.cost", cost=yuan(made.cost_fen), basis=made.cost_basis)


def _facts(found: Negotiation) -> list[tuple[str, object]]:
    names = organisation_names({found.beneficiary_id, found.provider_id})
    shown: list[tuple[str, object]] = [
        ("column.service", found.title),
        ("column.beneficiary", names[found.beneficiary_id]),
        ("column.provider", names[found.provider_id]),
        ("form.negotiation_new.subject", found.subject),
        ("form.negotiation_new.extent", found.extent),
        ("form.negotiation_new.needed_from", found.needed_from and day(found.needed_from)),
        ("form.negotiation_new.needed_until", found.needed_until and day(found.needed_until)),
        ("form.negotiation_new.note", found.note),
        ("column.negotiation_asked_at", moment(found.asked_at)),
        ("fact.ended_reason", found.ending_note),
    ]
    return [(label, value) for label, value in shown if value]


def _begun(before: NegotiationOffer | None) -> dict[str, Any]:
    """What the form begins with: the offer before as it was, for which the days of an offer begin anew."""
    until = clock.today(clock.now()) + timedelta(days=USUAL_DAYS)
    if before is None:
        return {"valid_until": until}
    kept = ("price_unit", "quantity", "unit_price_fen", "turnaround_days", "conditions", "cost_fen", "cost_basis")
    lines = [OfferFormSchema.line_words(each) for each in before.lines]
    return {**{name: getattr(before, name) for name in kept}, "lines": lines, "valid_until": until}


def _left_out(*, tied: bool, inside: bool, needs: bool) -> list[str]:
    """A service without instruments has no slot, and one of the province no need it cannot meet (V16 out)."""
    slot = [] if tied else ["instrument_id", "starts_at", "ends_at"]
    return [*slot, *(["unmet_need"] if inside else []), *([] if needs else ["unmet_need_id"])]


def _asked(negotiation_id: int) -> Negotiation:
    found = find_negotiation(negotiation_id, actor=current_actor())
    authorise(current_actor(), is_asked_for_offer, found)
    return found


def _asking(negotiation_id: int) -> Negotiation:
    found = find_negotiation(negotiation_id, actor=current_actor())
    authorise(current_actor(), is_asking_for_offer, found)
    return found


def _say(
    found: Negotiation, schema: type[Schema], name: str, act: Callable[..., object], *, ends: bool = False
) -> Response:
    here = link_to("negotiation", found.id)

    def effect(given: dict[str, Any]) -> Done:
        act(negotiation_id=found.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{name}.done")

    return form_page(Form(schema, name=name, ends=ends), effect=effect, back=here, facts=_facts(found))


_OFFERED: tuple[tuple[str, str, str, Permission, dict[str, bool]], ...] = (
    ("make_offer", "negotiation_offer", "offer", is_asked_for_offer, {"primary": True}),
    ("agree", "negotiation_agreement", "agree", is_asking_for_offer, {"primary": True}),
    ("ask_change", "negotiation_change", "ask_change", is_asking_for_offer, {}),
    ("take_back_offer", "negotiation_take_back", "take_back", is_asked_for_offer, {"danger": True}),
    ("decline", "negotiation_decline", "decline", is_asking_for_offer, {"danger": True}),
    ("withdraw", "negotiation_withdrawal", "withdraw", is_asking_for_offer, {"danger": True}),
    ("refuse", "negotiation_refusal", "refuse", is_asked_for_offer, {"danger": True}),
)


def _actions(found: Negotiation) -> Iterator[dict[str, Any]]:
    """The steps that its state allows to who reads, and once agreed another quote on it."""
    actor, steps = current_actor(), NEGOTIATION.actions(found.state)
    shown = found.latest
    if found.state is NegotiationState.AGREED and is_asking_for_offer(actor, found) and shown is not None:
        href = url_for("negotiation_pages.agree", negotiation_id=found.id, offer=shown.id)
        yield {"label": t("page.negotiation.quote_again"), "href": href, "primary": True}
    for step, name, view, allowed, more in _OFFERED:
        if step in steps and allowed(actor, found):
            of = shown.id if step == "agree" and shown is not None else None
            href = url_for(f"negotiation_pages.{view}", negotiation_id=found.id, offer=of)
            yield {"label": t(f"page.{name}.title"), "href": href, **more}
