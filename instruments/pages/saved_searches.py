"""Searches one keeps: saved from the catalogue, listed, renamed, paused, deleted, with what was found last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for

from accounts.permissions import signed_in
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import say, t
from core.texts import Text
from instruments.models import Instrument, SavedSearch
from instruments.pages.asking import INDEX, Asked, asked, asked_for
from instruments.pages.facets import chosen
from instruments.policy import city_names
from instruments.queries.saved_searches import (
    KeptSearch,
    find_saved_search,
    found_last,
    own_searches,
    wanted_of,
    with_looks,
)
from instruments.schemas.saved_searches import SavedSearchNameSchema
from instruments.service import saved_searches as service
from instruments.states import SavedSearchState

saved = Pages(
    "saved_search_pages",
    __name__,
    url_prefix="/saved-searches",
    navigation=(NavEntry("saved_searches", "saved_search_pages.index", "find", signed_in, order=30),),
    links={"saved_search": ("saved_search_pages.one", "saved_search_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A kept search as the table shows it."""

    shown: KeptSearch

    @property
    def said(self) -> str:
        """What it asks for, in words."""
        return words(asked_for(wanted_of(self.shown.kept.filters)))


def _rows(found: Sequence[SavedSearch]) -> list[Row]:
    return [Row(each) for each in with_looks(found)]


KEPT = Table(
    name="saved-searches",
    key=SavedSearch.id,
    empty="page.saved_searches.empty",
    prepare=_rows,
    columns=[
        Column(
            "saved_name",
            lambda row: row.shown.kept.name,
            sort=SavedSearch.name,
            link=lambda row: link_to("saved_search", row.shown.kept.id),
        ),
        Column("asks_for", lambda row: row.said),
        Column("state", lambda row: row.shown.kept.state, kind="state", sort=SavedSearch.state),
        Column("found_on", lambda row: row.shown.last_found and row.shown.last_found.on, kind="day"),
        Column("found_count", lambda row: row.shown.last_found and row.shown.last_found.found, kind="number"),
    ],
)


@dataclass(frozen=True, slots=True)
class News:
    """An instrument that a look found."""

    instrument: Instrument
    provider: str
    city: str


def _news(found: Sequence[Instrument]) -> list[News]:
    names = organisation_names({each.provider_id for each in found})
    cities = city_names(clock.today(clock.now()))
    return [News(each, names[each.provider_id], cities.get(each.city, "")) for each in found]


NEWS = Table(
    name="saved-search-news",
    key=Instrument.id,
    empty="page.saved_search.empty",
    prepare=_news,
    columns=[
        Column(
            "name",
            lambda row: row.instrument.name,
            sort=Instrument.name,
            link=lambda row: link_to("instrument", row.instrument.id),
        ),
        Column("model", lambda row: row.instrument.model),
        Column("provider", lambda row: row.provider),
        Column("city", lambda row: row.city),
        Column("published_at", lambda row: row.instrument.published_at, kind="moment", sort=Instrument.published_at),
    ],
)


def words(question: Asked) -> str:
    """A search in words: its own, and each filter in force."""
    said = [each.label for each in chosen(question, {}, on=clock.today(clock.now()))]
    if question.typed["q"]:
        said.insert(0, t("saved_search.words", words=question.typed["q"]))
    return say(Text("；".join(said), "; ".join(said))) if said else t("saved_search.everything")


@saved.get("")
@allow(signed_in)
def index() -> Any:
    """The searches one keeps."""
    actions = [{"label": t("page.saved_searches.find"), "href": url_for(INDEX)}]
    return table_page(KEPT, own_searches(current_actor()), title="page.saved_searches.title", actions=actions)


@saved.route("/new", methods=["GET", "POST"])
@allow(signed_in)
def new() -> Response:
    """Keep the search of the address."""
    question = asked()

    def effect(given: dict[str, Any]) -> Done:
        kept = service.save_search(**given, wanted=question.wanted, actor=current_actor(), now=clock.now())
        return Done(link_to("saved_search", kept.id), "page.saved_search_new.done")

    form = Form(SavedSearchNameSchema, name="saved_search_new", initial={"name": question.typed["q"]})
    return form_page(form, effect=effect, back=question.href(), facts=[("column.asks_for", words(question))])


@saved.get("/<int:saved_search_id>")
@allow(signed_in)
def one(saved_search_id: int) -> Any:
    """What it asks for, what was found last, and what may be done with it."""
    kept = find_saved_search(saved_search_id, actor=current_actor())
    question = asked_for(wanted_of(kept.filters))
    look = with_looks([kept])[0].last_found
    return table_page(
        NEWS,
        found_last(kept),
        title="page.saved_search.title",
        template="instruments/saved_search.html",
        kept=kept,
        facts=[("column.asks_for", words(question)), ("column.found_on", look.on if look else None)],
        actions=_actions(kept, question),
    )


@saved.route("/<int:saved_search_id>/rename", methods=["GET", "POST"])
@allow(signed_in)
def rename(saved_search_id: int) -> Response:
    """Another name."""
    kept = find_saved_search(saved_search_id, actor=current_actor())
    here = link_to("saved_search", saved_search_id)

    def effect(given: dict[str, Any]) -> Done:
        service.rename_search(saved_search_id=saved_search_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.saved_search_rename.done")

    form = Form(SavedSearchNameSchema, name="saved_search_rename", initial={"name": kept.name})
    return form_page(form, effect=effect, back=here)


@saved.route("/<int:saved_search_id>/pause", methods=["GET", "POST"])
@allow(signed_in)
def pause(saved_search_id: int) -> Response:
    """No notices for a while."""
    return _step(saved_search_id, "pause", service.pause_search)


@saved.route("/<int:saved_search_id>/resumption", methods=["GET", "POST"])
@allow(signed_in)
def resume(saved_search_id: int) -> Response:
    """Notices again, of what is published from now on."""
    return _step(saved_search_id, "resumption", service.resume_search)


@saved.route("/<int:saved_search_id>/deletion", methods=["GET", "POST"])
@allow(signed_in)
def delete(saved_search_id: int) -> Response:
    """Keep it no longer."""
    return _step(saved_search_id, "deletion", service.delete_search, ends=True)


def _step(saved_search_id: int, name: str, act: Callable[..., object], *, ends: bool = False) -> Response:
    kept = find_saved_search(saved_search_id, actor=current_actor())
    here = link_to("saved_search", saved_search_id)
    form = Form(EmptySchema, name=f"saved_search_{name}", ends=ends)

    def effect(_given: dict[str, Any]) -> Done:
        act(saved_search_id=saved_search_id, actor=current_actor(), now=clock.now())
        return Done(url_for("saved_search_pages.index") if ends else here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, facts=[("column.saved_name", kept.name)])


def _actions(kept: SavedSearch, question: Asked) -> list[dict[str, Any]]:
    turn = "pause" if kept.state is SavedSearchState.ACTIVE else "resumption"
    steps = [
        ("saved_search_pages.rename", "rename", {}),
        (f"saved_search_pages.{'pause' if turn == 'pause' else 'resume'}", turn, {}),
        ("saved_search_pages.delete", "deletion", {"danger": True}),
    ]
    return [
        {"label": t("page.saved_search.search"), "href": question.href(), "primary": True},
        *(
            {"label": t(f"page.saved_search_{name}.title"), "href": url_for(at, saved_search_id=kept.id), **more}
            for at, name, more in steps
        ),
    ]
