"""A report as people read it: what was submitted or what is counted now, and which cities still owe theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.permissions import Role
from accounts.policy import city_codes
from core import clock, policy
from core.db import session
from core.permissions import Actor
from core.workdays import load_calendar
from marketplace.models import AnnualReport
from marketplace.queries.annual_reports import is_overdue, visible_reports
from marketplace.reports.annual.counting import ReportFigures, counted
from marketplace.reports.annual.differences import Difference, differences
from marketplace.rules.annual_reports import report_terms
from marketplace.states import AnnualReportState

_OF_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})


@dataclass(frozen=True, slots=True)
class ReportView:
    """The figures of a report; ``frozen`` says that they are those of a round that was submitted.

    ``differences``: what the data say otherwise by now; the report keeps what it said.
    """

    figures: ReportFigures
    frozen: bool
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class CityDuty:
    """Where the report of one city about a year stands; without one of its own, nobody has begun it."""

    city: str
    year: int
    due_on: date
    state: AnnualReportState
    overdue: bool
    report_id: int | None
    first_submitted_at: datetime | None


def view_of(report: AnnualReport, *, now: datetime) -> ReportView:
    """What was submitted last, beside what is counted now; a report under way is counted now."""
    present = counted(report.city, report.year, now=now)
    edition = report.edition
    if edition is None or report.state is AnnualReportState.RETURNED:
        return ReportView(present, frozen=False, differences=())
    frozen = ReportFigures.from_json(edition.content["figures"])
    return ReportView(frozen, frozen=True, differences=differences(frozen, present))


def duties(actor: Actor, *, year: int, now: datetime) -> list[CityDuty]:
    """Every city whose report the actor may see, with when it is due, whether or not anybody has begun it (V6)."""
    today = clock.today(now)
    due_on = report_terms(policy.current(), today).due_on(year, load_calendar())
    begun = {each.city: each for each in session().scalars(visible_reports(actor, year=year))}
    cities = [actor.city] if actor.role in _OF_ITS_CITY and actor.city else sorted(city_codes(today))
    return [_duty(begun.get(city), city, year, due_on, today) for city in cities]


def _duty(report: AnnualReport | None, city: str, year: int, due_on: date, today: date) -> CityDuty:
    if report is None:
        state = AnnualReportState.OVERDUE if due_on < today else AnnualReportState.OPEN
        return CityDuty(city, year, due_on, state, due_on < today, None, None)
    overdue = is_overdue(report, today=today)
    state = AnnualReportState.OVERDUE if overdue else report.state
    return CityDuty(city, year, report.due_on, state, overdue, report.id, report.first_submitted_at)
