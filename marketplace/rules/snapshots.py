"""The yearly evaluation: which years are frozen, how long it is commented on, when it may be published (V20). Pure."""

from __future__ import annotations

from datetime import date

from core.errors import Reason, reason
from core.policy import PolicyPack
from core.workdays import WorkingCalendar
from marketplace.rules.annual_reports import years_in_force

EVALUATION = "V20"


def years_to_freeze(pack: PolicyPack, today: date) -> list[int]:
    """The completed years in which the measure was in force for a day at least (V23), the latest first."""
    return [year for year in reversed(years_in_force(pack, today)) if year < today.year]


def comment_by(today: date, working_days: int, calendar: WorkingCalendar) -> date:
    """The last day of comments on what is frozen today; it counts in full."""
    return calendar.add_working_days(today, working_days)


def may_still_comment(last_day: date, today: date) -> bool:
    """Whether the term of comments runs."""
    return today <= last_day


def publication_faults(last_day: date, today: date, *, unanswered: int, ungraded: int = 0) -> list[Reason]:
    """Why an evaluation cannot be published yet: the term runs, comments wait for their answer, or providers that have
    enough data for their grade (S24). Without the last, why nobody is graded yet."""
    found = []
    if may_still_comment(last_day, today):
        found.append(reason("evaluation_comments_open", article=EVALUATION, day=last_day))
    if unanswered:
        found.append(reason("evaluation_comments_unanswered", article=EVALUATION, count=unanswered))
    if ungraded:
        found.append(reason("evaluation_grades_missing", article="S24", count=ungraded))
    return found
