"""Search of the catalogue, for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for

from accounts.permissions import anyone
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, NavEntry, Pages, Table, link_to, term
from core.pages.table_files import EXPORT
from core.pages.tables import EXPORTS
from instruments.models import Instrument
from instruments.pages.asking import INDEX, SAVE, Asked, asked
from instruments.pages.facets import chosen, facets
from instruments.pages.fragments import is_fragment
from instruments.pages.near import near
from instruments.pages.quoting import need_href
from instruments.permissions import may_search
from instruments.policy import city_names, county_names, places
from instruments.queries.catalogue import SearchRefused, Sort, matching, search
from instruments.queries.listings import offerings
from instruments.queries.photos import first_photos
from instruments.queries.suggestions import Suggestion, SuggestionKind, suggest
from instruments.rules.terms import Funding, PriceUnit

PAGE_ITEMS = 24
MOST_TYPED = 200
FRAGMENT = "catalogue"
"""The part of the page that htmx changes."""

catalogue = Pages(
    "catalogue_pages",
    __name__,
    url_prefix="/instruments",
    navigation=(NavEntry("instruments", INDEX, "find", anyone, order=10),),
    links={"instruments": (INDEX, "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An instrument as files show it."""

    instrument: Instrument
    provider: str
    city: str


def _rows(found: Sequence[Instrument]) -> list[Row]:
    names = organisation_names({each.provider_id for each in found})
    cities = city_names(clock.today(clock.now()))
    return [Row(each, names[each.provider_id], cities.get(each.city, "")) for each in found]


FOUND = Table(
    name="instruments",
    key=Instrument.id,
    empty="page.instruments.empty",
    prepare=_rows,
    columns=[
        Column("number", lambda row: row.instrument.id),
        Column("name", lambda row: row.instrument.name, sort=Instrument.name),
        Column("name_en", lambda row: row.instrument.name_en),
        Column("model", lambda row: row.instrument.model),
        Column("maker", lambda row: row.instrument.maker),
        Column("category", lambda row: row.instrument.category),
        Column("provider", lambda row: row.provider),
        Column("city", lambda row: row.city),
        Column("address", lambda row: row.instrument.address),
        Column("value", lambda row: row.instrument.value_fen, kind="money", sort=Instrument.value_fen),
        Column("funding", lambda row: row.instrument.funding, kind="term"),
        Column("external_use", lambda row: row.instrument.external_use, kind="term"),
        Column("reference_price", lambda row: row.instrument.reference_price_fen, kind="money"),
        Column("price_unit", lambda row: row.instrument.reference_price_unit, kind="term"),
    ],
)


@catalogue.get("")
@allow(may_search)
def index() -> Response:
    """Search: words, filters, facets with counts; the same address gives the fragment and the files."""
    question = asked()
    wanted = request.args.get(EXPORT, "")
    if wanted in EXPORTS:
        return EXPORTS[wanted](FOUND, matching(question.wanted, actor=current_actor()))
    is_part = request.headers.get("HX-Target") == FRAGMENT
    template = "instruments/catalogue_fragment.html" if is_part else "instruments/catalogue.html"
    response = make_response(render_template(template, **_shown(question)))
    response.vary.add("HX-Target")
    if is_part:
        response.headers["HX-Push-Url"] = question.href()
    return response


@catalogue.get("/suggestions")
@allow(may_search)
def suggestions() -> Response:
    """What may be meant while somebody types, each a link that keeps the filters; opened by itself it is a search."""
    typed = request.args.get("q", "")[:MOST_TYPED]
    if not is_fragment():
        return make_response(redirect(url_for(INDEX, q=typed), 303))
    question, found = asked(), suggest(typed)
    groups = {
        kind: [(each.text, _leads_to(question, each)) for each in found.items if each.kind is kind]
        for kind in SuggestionKind
    }
    return make_response(render_template("instruments/suggestions.html", groups=groups, found=found))


def _leads_to(question: Asked, suggestion: Suggestion) -> str:
    if suggestion.kind is SuggestionKind.PROVIDER:
        return question.href(q="", provider=suggestion.provider)
    if suggestion.kind is SuggestionKind.CATEGORY:
        return question.href(q="", category=suggestion.text)
    if suggestion.kind is SuggestionKind.SERVICE:
        return url_for("service_pages.index", q=suggestion.text)
    return question.href(q=suggestion.text)


def _shown(question: Asked) -> dict[str, Any]:
    actor, on = current_actor(), clock.today(clock.now())
    try:
        found = search(
            question.wanted,
            cursor=request.args.get("cursor") or None,
            limit=PAGE_ITEMS,
            actor=actor,
            now=clock.now(),
        )
    except SearchRefused as refused:
        question.note(refused.reasons)
        found = {
            "items": [],
            "next_cursor": None,
            "total": 0,
            "facets": {},
            "fallback": None,
            "total_is_estimate": False,
        }
    is_empty = not found["total"] and not question.faults
    cities = city_names(on)
    within = places(on).codes
    return {
        "question": question,
        "found": found,
        "facets": facets(question, found["facets"]),
        "chosen": chosen(question, found["facets"], on=on),
        "cities": cities,
        "photos": first_photos(each.id for each in found["items"]),
        "offered": offerings(each.id for each in found["items"]),
        "options": {
            "city": list(cities.items()),
            "county": [
                (code, name)
                for code, name in county_names(on).items()
                if question.typed["city"] and within.get(code) == question.typed["city"]
            ],
            "funding": [(each.value, term(each)) for each in Funding],
            "price_unit": [(each.value, term(each)) for each in PriceUnit],
            "near": list(county_names(on).items()),
            "sort": [(each.value, term(each)) for each in Sort if each is not Sort.NEAR],
        },
        "nearby": near(question, actor=actor, now=clock.now()) if is_empty else None,
        "save_href": question.href(at=SAVE) if actor.is_signed_in and not question.faults else None,
        "need_href": need_href(question),
        "is_first": not request.args.get("cursor"),
        "link_to": link_to,
    }
