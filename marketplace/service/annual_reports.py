"""The yearly report of a city: opened, written, submitted, received, returned once (V18 report)."""

from __future__ import annotations

from datetime import datetime

from accounts.policy import city_codes
from core import audit, clock, policy
from core.db import require_transaction, transaction
from core.errors import Conflict, Refused, refuse_all
from core.permissions import SYSTEM, Actor, authorise
from core.states import allowed_target, apply
from core.workdays import load_calendar
from marketplace.models import AnnualReport, AnnualReportEdition
from marketplace.permissions import may_receive_reports, may_write_reports
from marketplace.queries.annual_reports import (
    cities_reported,
    find_report,
    queue_for_report,
    report_of,
    unsubmitted,
)
from marketplace.reports.annual import counted
from marketplace.rules.annual_reports import report_terms, submission_faults, years_to_report
from marketplace.states import ANNUAL_REPORT, AnnualReportAction, AnnualReportState
from marketplace.steps.annual_documents import write_documents


class AnnualYearRefused(Refused):
    """There is no yearly report of this year."""

    code = "annual_year_refused"
    article = "V18 report"


class AnnualReportIncomplete(Refused):
    """The report cannot be submitted yet; everything that is missing is named."""

    code = "annual_report_incomplete"


class AnnualReportReturnedBefore(Conflict):
    """The report was returned once already; a second return is not provided for."""

    code = "annual_report_returned_before"
    article = "V18 report"


def open_report(*, year: int, actor: Actor, now: datetime) -> AnnualReport:
    """The bureau begins the report of its city, of the running year or the last; one that there is stays as it is.

    Of several that are opened at once, the first is the answer to all. Raises :class:`AnnualYearRefused`.
    """
    with transaction():
        authorise(actor, may_write_reports)
        if year not in years_to_report(policy.current(), clock.today(now)) or actor.city is None:
            raise AnnualYearRefused(year=year)
        return _opened(actor.city, year, actor=actor, now=now)


def write_report(
    *, report_id: int, work_done: str, problems: str, suggestions: str, actor: Actor, now: datetime
) -> AnnualReport:
    """The bureau writes its sections, until it has submitted them and again after a return."""
    with transaction():
        authorise(actor, may_write_reports)
        report = find_report(report_id, actor=actor, lock=True)
        allowed_target(report.state, AnnualReportAction.SUBMIT, transitions=ANNUAL_REPORT)
        report.work_done, report.problems, report.suggestions = work_done, problems, suggestions
        report.edited_by, report.edited_at = actor.user_id, now
        audit.record(actor=actor, now=now, action="write", subject=report, data=_about(report))
        return report


def submit_report(*, report_id: int, actor: Actor, now: datetime) -> AnnualReport:
    """Freeze the figures of a completed year with the texts, make PDF and workbook, and send them up.

    The first date is kept: what comes again after a return is as early as what came first. Raises
    :class:`AnnualReportIncomplete` and :class:`core.states.StateForbids`.
    """
    with transaction() as current:
        authorise(actor, may_write_reports)
        report = find_report(report_id, actor=actor, lock=True)
        allowed_target(report.state, AnnualReportAction.SUBMIT, transitions=ANNUAL_REPORT)
        today = clock.today(now)
        refuse_all(submission_faults(report.texts, year=report.year, today=today), error=AnnualReportIncomplete)
        made = write_documents(
            counted(report.city, report.year, now=now),
            report.texts,
            round=len(report.editions) + 1,
            number=report_terms(policy.current(), today).number,
            owner_id=actor.organisation_id,
            now=now,
        )
        edition = AnnualReportEdition(report=report, submitted_by=actor.user_id, submitted_at=now, **made)
        current.add(edition)
        is_late = report.first_submitted_at is None and today > report.due_on
        report.first_submitted_at = report.first_submitted_at or now
        report.submitted_by, report.submitted_at = actor.user_id, now
        data = {**_about(report), "number": edition.number, "digest": edition.digest, "late": is_late}
        apply(report, AnnualReportAction.SUBMIT, transitions=ANNUAL_REPORT, actor=actor, now=now, data=data)
        return report


def return_report(*, report_id: int, reason: str, actor: Actor, now: datetime) -> AnnualReport:
    """The province returns a report, once and with its reasons; the first date stays.

    Raises :class:`AnnualReportReturnedBefore`.
    """
    with transaction():
        report = find_report(report_id, actor=actor, lock=True)
        authorise(actor, may_receive_reports)
        allowed_target(report.state, AnnualReportAction.RETURN, transitions=ANNUAL_REPORT)
        if report.returned_at is not None:
            raise AnnualReportReturnedBefore
        report.returned_by, report.returned_at, report.return_reason = actor.user_id, now, reason
        apply(
            report,
            AnnualReportAction.RETURN,
            transitions=ANNUAL_REPORT,
            actor=actor,
            now=now,
            note=reason,
            data=_about(report),
        )
        return report


def accept_report(*, report_id: int, actor: Actor, now: datetime) -> AnnualReport:
    """The province accepts a report; from then on nothing of it is asked again."""
    with transaction():
        report = find_report(report_id, actor=actor, lock=True)
        authorise(actor, may_receive_reports)
        report.accepted_by, report.accepted_at = actor.user_id, now
        apply(report, AnnualReportAction.RECEIVE, transitions=ANNUAL_REPORT, actor=actor, now=now, data=_about(report))
        return report


def keep_reports(*, now: datetime) -> int:
    """The worker's part of every day: reports are opened, asked for, recalled, and fall due; returns how many steps.

    What was missed while nothing ran is caught up: each of it depends on the day and on what is on record alone.
    """
    with transaction():
        today = clock.today(now)
        terms = report_terms(policy.current(), today)
        steps = 0
        for year in years_to_report(policy.current(), today):
            for city in sorted(city_codes(today) - cities_reported(year)):
                _opened(city, year, actor=SYSTEM, now=now)
                steps += 1
        for report in unsubmitted(before_year=today.year):
            reminder = terms.reminder(report.due_on, today)
            if today > report.due_on:
                steps += _fall_due(report, now=now)
            elif report.reminded_on is None:
                _remind(report, "call", now=now)
                steps += 1
            elif reminder is not None and report.reminded_on < reminder:
                _remind(report, "remind", now=now)
                steps += 1
        return steps


def _opened(city: str, year: int, *, actor: Actor, now: datetime) -> AnnualReport:
    """The one report of a city about a year: that which there is, else a new one."""
    queue_for_report(city, year)
    return report_of(city, year) or _open(city, year, actor=actor, now=now)


def _open(city: str, year: int, *, actor: Actor, now: datetime) -> AnnualReport:
    terms = report_terms(policy.current(), clock.today(now))
    report = AnnualReport(
        city=city,
        year=year,
        state=ANNUAL_REPORT.initial,
        due_on=terms.due_on(year, load_calendar()),
        opened_at=now,
        work_done="",
        problems="",
        suggestions="",
        return_reason="",
    )
    require_transaction().add(report)
    audit.record(actor=actor, now=now, action="open", subject=report, to_state=report.state, data=_about(report))
    return report


def _fall_due(report: AnnualReport, *, now: datetime) -> int:
    if report.state is not AnnualReportState.OPEN:
        return 0
    apply(
        report,
        AnnualReportAction.FALL_DUE,
        transitions=ANNUAL_REPORT,
        actor=SYSTEM,
        now=now,
        data=_about(report),
    )
    return 1


def _remind(report: AnnualReport, action: str, *, now: datetime) -> None:
    report.reminded_on = clock.today(now)
    audit.record(actor=SYSTEM, now=now, action=action, subject=report, data=_about(report))


def _about(report: AnnualReport) -> dict[str, object]:
    return {"city": report.city, "year": report.year, "due_on": report.due_on.isoformat()}
