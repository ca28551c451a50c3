"""The settlement calendar of a year, with what is provisional marked."""

from __future__ import annotations

from flask import render_template, request

from core import clock
from core.http import allow, current_actor
from core.pages import NavEntry, Pages
from settlement import permissions
from settlement.queries.desk import live_cutoffs
from settlement.schemas.funds import FIRST_YEAR, LAST_YEAR
from settlement.service.batches import scheduled_cutoffs

cutoffs = Pages(
    "cutoff_pages",
    __name__,
    url_prefix="/settlement-cutoffs",
    navigation=(NavEntry("cutoffs", "cutoff_pages.index", "money", permissions.may_read_payables, order=70),),
)


@cutoffs.get("")
@allow(permissions.may_read_payables)
def index() -> str:
    """The cut-offs of the year asked for, else of this one."""
    today = clock.today(clock.now())
    year = _year(request.args.get("year"), default=today.year)
    scheduled = scheduled_cutoffs(year=year)
    return render_template(
        "settlement/cutoffs.html",
        year=year,
        before=year - 1 if year > FIRST_YEAR else None,
        after=year + 1 if year < LAST_YEAR else None,
        cutoffs=scheduled,
        following=next((each for each in scheduled if each.day >= today), None),
        taken=live_cutoffs(scheduled[0].day) if permissions.may_read_batches(current_actor()) else {},
    )


def _year(typed: str | None, *, default: int) -> int:
    """The year asked for; the default for what is none the calendar knows."""
    if typed is None or not typed.isdecimal() or len(typed) != len(str(LAST_YEAR)):
        return default
    return int(typed) if FIRST_YEAR <= int(typed) <= LAST_YEAR else default
