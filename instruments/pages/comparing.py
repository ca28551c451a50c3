"""What was booked of an instrument beside what was logged and measured, row by row, for its owner and the offices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for
from sqlalchemy import Select

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Filter, Pages, Table, link_to, rows_page, term
from core.pages.language import t
from core.pages.tables import typed_day
from instruments.models import Occupancy
from instruments.permissions import may_read_use
from instruments.queries.comparing import compared
from instruments.queries.time_pieces import Days
from instruments.queries.usage import find_logged_instrument
from instruments.rules.comparing import Beside, Difference, longest_faults

comparison = Pages("comparison_pages", __name__, url_prefix="/instruments/<int:instrument_id>")

FIRST, LAST, DIFFERENCE = "used_from", "used_to", "difference"
LAST_DAYS = 7
"""What is shown before anything is chosen: so many days up to today."""
ANY = "any"


@comparison.get("/comparison")
@allow(may_read_use)
def index(instrument_id: int) -> Any:
    """A week, or the days that were chosen."""
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    now = clock.now()
    wanted = request.args.get(DIFFERENCE, "")
    rows = [each for each in compared(instrument.id, _days(), now=now) if _is_wanted(each, wanted)]
    actions = [
        {"label": t("page.uses.title"), "href": url_for("usage_pages.index", instrument_id=instrument.id)},
        {"label": instrument.name, "href": link_to("instrument", instrument.id)},
    ]
    return rows_page(_table(instrument.id), rows, title="page.comparison.title", actions=actions)


def said(row: Beside) -> str:
    """Where the three differ, in words."""
    return " · ".join(term(each) for each in row.differences)


def _table(instrument_id: int) -> Table:
    log = url_for("usage_pages.index", instrument_id=instrument_id)
    kinds = [(ANY, t("filter.difference.any")), *((each.value, term(each)) for each in Difference)]
    return Table(
        name="comparison",
        key=Occupancy.id,
        empty="page.comparison.empty",
        filters=[
            Filter(FIRST, _period, kind="day"),
            Filter(LAST, _period, kind="day"),
            Filter(DIFFERENCE, _known, options=lambda: kinds),
        ],
        columns=[
            Column("compared", lambda row: row.kind, kind="term"),
            Column("order", lambda row: row.order_id, kind="number", link=_order),
            Column("time_from", lambda row: row.slot.start, kind="moment"),
            Column("time_to", lambda row: row.slot.end, kind="moment", beneath=True),
            Column("booked_hours", lambda row: row.booked_hours, kind="number"),
            Column(
                "logged_hours",
                lambda row: row.logged_hours,
                kind="number",
                link=lambda row: log if row.logged else None,
            ),
            Column("measured_hours", lambda row: row.measured_hours, kind="number"),
            Column("difference", said),
        ],
    )


def _order(row: Beside) -> str | None:
    return None if row.order_id is None else link_to("order", row.order_id)


def _is_wanted(row: Beside, wanted: str) -> bool:
    if wanted == ANY:
        return bool(row.differences)
    return wanted not in list(Difference) or Difference(wanted) in row.differences


def _known(query: Select[Any], typed: str) -> Select[Any]:
    if typed != ANY:
        Difference(typed)
    return query


def _period(query: Select[Any], typed: str) -> Select[Any]:
    """The days are not in the list: it tells what is typed wrongly."""
    typed_day(typed)
    if _typed_days() is None:
        raise ValueError(typed)
    return query


def _days() -> Days:
    today = clock.today(clock.now())
    return _typed_days() or Days(today - timedelta(days=LAST_DAYS - 1), today)


def _typed_days() -> Days | None:
    """What was typed; one end alone stands with a week. None where it is no range to look at."""
    first, last = (request.args.get(name, "").strip() for name in (FIRST, LAST))
    try:
        begins = typed_day(first) if first else typed_day(last) - timedelta(days=LAST_DAYS - 1)
        ends = typed_day(last) if last else begins + timedelta(days=LAST_DAYS - 1)
    except ValueError:
        return None
    return None if longest_faults(begins, ends) else Days(begins, ends)
