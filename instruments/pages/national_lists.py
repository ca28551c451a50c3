"""Files for the national network: how many instruments go into each template, and the files themselves."""

from __future__ import annotations

from flask import Response, render_template

from core import clock
from core.errors import NotFound
from core.files import XLSX
from core.http import allow, current_actor
from core.http.attachment import download_written
from core.pages import NavEntry, Pages
from instruments.permissions import may_read_national_lists
from instruments.queries.national_lists import national_counts, national_workbook
from instruments.rules.national_templates import NationalList
from instruments.states import ListingState

national_list_pages = Pages(
    "national_list_pages",
    __name__,
    url_prefix="/national-lists",
    navigation=(
        NavEntry("national_lists", "national_list_pages.index", "catalogue", may_read_national_lists, order=45),
    ),
)


@national_list_pages.get("")
@allow(may_read_national_lists)
def index() -> str:
    """The templates, each with how many published instruments would stand in it."""
    return render_template("instruments/national_lists.html", counts=national_counts(actor=current_actor()))


@national_list_pages.get("/<name>.xlsx")
@allow(may_read_national_lists)
def file(name: str) -> Response:
    """The published instruments of the reader's scope in a template."""
    if name not in {each.value for each in NationalList}:
        raise NotFound
    content = national_workbook(
        NationalList(name),
        actor=current_actor(),
        on=clock.today(clock.now()),
        state=ListingState.PUBLISHED,
        provider=None,
    )
    return download_written(content, media_type=XLSX, filename=f"{name}.xlsx")
