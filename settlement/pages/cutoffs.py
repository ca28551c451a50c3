"""The settlement calendar of a year, with what is provisional marked, and putting a cut-off on another day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for

from core import clock
from core.errors import NotFound
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, export_links, form_page, list_file
from core.pages.language import day as say_day
from settlement import permissions
from settlement.pages.schedule import next_scheduled
from settlement.pages.words import cutoff_words
from settlement.queries.desk import live_cutoffs
from settlement.rules.cutoffs import Cutoff
from settlement.schemas.batches import CutoffChangeSchema
from settlement.schemas.funds import FIRST_YEAR, LAST_YEAR
from settlement.service import cutoffs as service
from settlement.service.batches import scheduled_cutoffs

cutoffs = Pages(
    "cutoff_pages",
    __name__,
    url_prefix="/settlement-cutoffs",
    navigation=(NavEntry("cutoffs", "cutoff_pages.index", "money", permissions.may_read_payables, order=70),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A cut-off as its file tells it."""

    cutoff: Cutoff
    batch: str | None


CUTOFFS = [
    Column("nominal", lambda row: row.cutoff.nominal, kind="day"),
    Column("cutoff", lambda row: row.cutoff.day, kind="day"),
    Column("cutoff_reason", lambda row: row.cutoff.reason),
    Column("calendar", lambda row: row.cutoff.status, kind="term"),
    Column("batch", lambda row: row.batch),
]


@cutoffs.get("")
@allow(permissions.may_read_payables)
def index() -> Response | str:
    """The cut-offs of the year asked for, else of this one."""
    today = clock.today(clock.now())
    year = _year(request.args.get("year"), default=today.year)
    scheduled = scheduled_cutoffs(year=year)
    taken = live_cutoffs(scheduled[0].day) if permissions.may_read_batches(current_actor()) else {}
    rows = [Row(each, taken.get(each.day)) for each in scheduled]
    return list_file(f"settlement-cutoffs-{year}", CUTOFFS, rows) or render_template(
        "settlement/cutoffs.html",
        year=year,
        before=year - 1 if year > FIRST_YEAR else None,
        after=year + 1 if year < LAST_YEAR else None,
        cutoffs=scheduled,
        changes=permissions.may_change_cutoffs(current_actor()),
        today=today,
        following=next_scheduled(today),
        taken=taken,
        files=export_links(),
    )


@cutoffs.route("/<nominal>/day", methods=["GET", "POST"])
@allow(permissions.may_change_cutoffs)
def change(nominal: str) -> Response:
    """Put a cut-off on another day."""
    found = _scheduled(nominal)
    here = url_for("cutoff_pages.index", year=found.nominal.year)

    def effect(given: dict[str, Any]) -> Done:
        service.change_cutoff(**given, actor=current_actor(), now=clock.now())
        return Done(here, "page.cutoff_change.done")

    form = Form(
        CutoffChangeSchema, name="cutoff_change", fixed={"nominal": nominal}, initial={"day": found.day.isoformat()}
    )
    facts = [("column.nominal", say_day(found.nominal)), ("column.cutoff", cutoff_words(found))]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _scheduled(nominal: str) -> Cutoff:
    """The cut-off of a day the policy names; any other is missing."""
    try:
        day = date.fromisoformat(nominal)
    except ValueError as malformed:
        raise NotFound from malformed
    for each in scheduled_cutoffs(year=day.year):
        if each.nominal == day:
            return each
    raise NotFound


def _year(typed: str | None, *, default: int) -> int:
    """The year asked for; the default for what is none the calendar knows."""
    if typed is None or not typed.isdecimal() or len(typed) != len(str(LAST_YEAR)):
        return default
    return int(typed) if FIRST_YEAR <= int(typed) <= LAST_YEAR else default
