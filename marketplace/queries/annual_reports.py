"""Reads of yearly reports: a city's own offices, the province and the auditor (V6, V18 report)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import selectinload

from accounts.permissions import Role
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from core.turns import queue_for
from marketplace.models import AnnualReport, AnnualReportEdition
from marketplace.states import UNSUBMITTED, AnnualReportState


class AnnualReportMissing(NotFound):
    """There is no such yearly report for this actor."""

    code = "annual_report_missing"


class AnnualEditionMissing(NotFound):
    """Nothing was submitted of this report yet."""

    code = "annual_edition_missing"


def visible_reports(
    actor: Actor, *, year: int | None = None, state: AnnualReportState | None = None
) -> Select[tuple[AnnualReport]]:
    """The reports an actor may see, perhaps of one year or state only."""
    found = select(AnnualReport).where(_visible(actor)).options(selectinload(AnnualReport.editions))
    if year is not None:
        found = found.where(AnnualReport.year == year)
    return found if state is None else found.where(AnnualReport.state == state)


def find_report(report_id: int, *, actor: Actor, lock: bool = False) -> AnnualReport:
    """A report the actor may see; a foreign one is missing (V6)."""
    found = visible_reports(actor).where(AnnualReport.id == report_id)
    if lock:
        found = found.with_for_update(of=AnnualReport).execution_options(populate_existing=True)
    report = session().scalar(found)
    if report is None:
        raise AnnualReportMissing
    return report


def find_edition(report_id: int, *, actor: Actor, round: int | None = None) -> AnnualReportEdition:
    """What was submitted: of a round, or the last. Raises :class:`AnnualEditionMissing`."""
    report = find_report(report_id, actor=actor)
    chosen = [each for each in report.editions if round is None or each.round == round]
    if not chosen:
        raise AnnualEditionMissing
    return chosen[-1]


def queue_for_report(city: str, year: int) -> None:
    """Wait for whoever opens the report of a city about a year at this moment, until the transaction ends."""
    queue_for(f"annual report of {city} about {year}")


def report_of(city: str, year: int) -> AnnualReport | None:
    """The report of a city about a year."""
    return session().scalar(select(AnnualReport).where(AnnualReport.city == city, AnnualReport.year == year))


def cities_reported(year: int) -> set[str]:
    """The cities that have a report of a year, in whatever state."""
    return set(session().scalars(select(AnnualReport.city).where(AnnualReport.year == year)))


def unsubmitted(*, before_year: int) -> Sequence[AnnualReport]:
    """Reports of completed years that were never submitted, locked."""
    found = select(AnnualReport).where(AnnualReport.state.in_(UNSUBMITTED), AnnualReport.year < before_year)
    return session().scalars(found.order_by(AnnualReport.id).with_for_update(skip_locked=True)).all()


def is_overdue(report: AnnualReport, *, today: date) -> bool:
    """Whether the last day is over and nothing was submitted by it or since; a return does not make it overdue."""
    return report.state in UNSUBMITTED and report.due_on < today


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.role in (Role.PROVINCE, Role.AUDITOR):
        return true()
    if actor.role in (Role.CITY_BUREAU, Role.CITY_FINANCE) and actor.city is not None:
        return AnnualReport.city == actor.city
    return false()
