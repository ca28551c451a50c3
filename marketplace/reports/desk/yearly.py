"""What desks say of yearly reports (V18 report) and of applications for disclosure (V18)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from core.permissions import Actor
from marketplace.models import AnnualReport, DisclosureApplication, DisclosureConsultation
from marketplace.reports.desk.items import Line
from marketplace.states import UNSUBMITTED, AnnualReportState, DisclosureState


def bureau_report_lines(actor: Actor, *, today: date) -> list[Line]:
    """The report of a completed year that a bureau owes, or has to mend."""
    owed = select(AnnualReport).where(
        AnnualReport.city == actor.city,
        AnnualReport.year < today.year,
        AnnualReport.state.in_((*UNSUBMITTED, AnnualReportState.RETURNED)),
    )
    return [Line("annual_report_to_submit", owed, due=AnnualReport.due_on)]


def province_report_lines(*, today: date) -> list[Line]:
    """What was submitted, and which cities let the day pass."""
    sent = select(AnnualReport).where(AnnualReport.state == AnnualReportState.SUBMITTED)
    overdue = select(AnnualReport).where(AnnualReport.state.in_(UNSUBMITTED), AnnualReport.due_on < today)
    return [
        Line("annual_reports_to_receive", sent, oldest=AnnualReport.submitted_at),
        Line("annual_reports_overdue", overdue, due=AnnualReport.due_on, is_fact=True),
    ]


def disclosure_lines(city: str | None) -> list[Line]:
    """Applications that an office has to answer; those to the province name no city."""
    waiting = select(DisclosureApplication).where(
        DisclosureApplication.state == DisclosureState.RECEIVED,
        DisclosureApplication.city.is_not_distinct_from(city),
    )
    return [
        Line(
            "disclosures_to_answer",
            waiting,
            oldest=DisclosureApplication.received_at,
            due=DisclosureApplication.due_on,
        )
    ]


def consultation_lines(own: Collection[int], *, today: date) -> list[Line]:
    """Questions whether information about oneself may be given out, which may still be answered."""
    asked = DisclosureConsultation
    waiting = select(asked).where(
        asked.organisation_id.in_(own), asked.answered_at.is_(None), asked.lapsed_at.is_(None), asked.answer_by >= today
    )
    return [Line("consultations_to_answer", waiting, oldest=asked.asked_at, due=asked.answer_by)]
