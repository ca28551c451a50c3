"""Putting things right after an insufficient grade: who has to, and when it has failed (S24). Pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from core.errors import Reason, reason
from marketplace.rules.grading import GRADING, Grade


class CheckResult(StrEnum):
    """What the check of a rectification finds."""

    RECTIFIED = "rectified"
    REPORT_AGAIN = "report_again"
    NOT_RECTIFIED = "not_rectified"


def demand_faults(grade: Grade, *, is_in_force: bool, is_published: bool) -> list[Reason]:
    """Why nothing can be demanded after a grade: only the published lowest one in force asks for it."""
    found = []
    if not is_published:
        found.append(reason("evaluation_rectification_unpublished", article=GRADING))
    if grade is not Grade.UNQUALIFIED or not is_in_force:
        found.append(reason("evaluation_rectification_grade", article=GRADING))
    return found


def may_still_report(due_on: date, today: date) -> bool:
    """Whether the term runs; its last day counts in full."""
    return today <= due_on


def failing_faults(due_on: date, today: date, *, is_reported: bool) -> list[Reason]:
    """Why it cannot have failed yet: the term runs, and nothing was reported that could be found wanting."""
    if is_reported or not may_still_report(due_on, today):
        return []
    return [reason("evaluation_rectification_term", article=GRADING, field="result", day=due_on)]
