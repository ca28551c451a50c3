"""When a city's yearly report is due, and when its bureau is reminded (V18 report). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import Reason, reason
from core.policy import PolicyPack
from core.workdays import WorkingCalendar
from marketplace.rules.reminders import reminder_day

ARTICLE = "V18 report"
TERM = "vouchers.term"
DUE = "vouchers.annual_report_due"


@dataclass(frozen=True)
class ReportTerms:
    """What the pack says of yearly reports: the day of the next year, the days of reminders, the number."""

    due: str
    moves_to_working_day: bool
    reminder_days: Sequence[int]
    number: str

    def due_on(self, year: int, calendar: WorkingCalendar) -> date:
        """The last day of the report about a year; it counts in full."""
        day = date.fromisoformat(f"{year + 1}-{self.due}")
        return calendar.next_working_day_on_or_after(day) if self.moves_to_working_day else day

    def reminder(self, due_on: date, today: date) -> date | None:
        """The latest day of a reminder that has come."""
        return reminder_day(due_on, self.reminder_days, today)


def report_terms(pack: PolicyPack, day: date) -> ReportTerms:
    """The terms of a day, or of the nearest one that the pack covers."""
    edition = pack.nearest(day, term=TERM)
    return ReportTerms(
        due=edition[DUE],
        moves_to_working_day=edition["reports.annual_report_moves_to_working_day"],
        reminder_days=edition["reports.annual_report_reminder_days"],
        number=edition["reports.annual_report_number"],
    )


def years_to_report(pack: PolicyPack, today: date) -> list[int]:
    """The last completed year and the running one, as far as the measure was in force in them (V23)."""
    covered = years_in_force(pack, today)
    return [year for year in (today.year - 1, today.year) if year in covered]


def years_in_force(pack: PolicyPack, today: date) -> range:
    """The years, this one at the latest where no end is known, in which the measure was in force for a day (V23)."""
    covered = pack.history[TERM]
    first = min(each.since for each in covered).year
    lasts = [each.until for each in covered]
    last = today.year if None in lasts else max(each.year for each in lasts if each is not None)
    return range(first, last + 1)


def submission_faults(texts: dict[str, str], *, year: int, today: date) -> list[Reason]:
    """Why a report cannot be submitted yet; everything missing is named at once."""
    faults = [reason("annual_text_missing", article=ARTICLE, field=name) for name, text in texts.items() if not text]
    if today.year <= year:
        faults.append(reason("annual_year_running", article=ARTICLE, field="year", year=year))
    return faults
