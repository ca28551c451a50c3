"""Disclosure on application (V18, 政府信息公开条例): who applies, about what, and how it may be answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.errors import Reason, reason
from core.texts import Text
from core.workdays import WorkingCalendar

ARTICLE = "V18"


class Applicant(StrEnum):
    """Who applies: a person, or an organisation."""

    PERSON = "person"
    ORGANISATION = "organisation"


class DisclosedRecord(StrEnum):
    """The kind of record that information is wanted of."""

    CLAIM = "claim"
    SUMMARY = "review_summary"
    REPORT = "annual_report"


class DisclosureAnswer(StrEnum):
    """How an application is answered."""

    GRANT = "grant"
    PARTLY = "grant_partly"
    REFUSE = "refuse"


@dataclass(frozen=True)
class DisclosureTerms:
    """The terms in force on a day, in working days, and the closed list of grounds of a refusal.

    ``consulted_grounds`` are those that presuppose that whoever is concerned was asked.
    """

    answer_working_days: int
    extension_working_days: int
    consultation_working_days: int
    reminder_days: Sequence[int]
    grounds: Mapping[str, Text]
    consulted_grounds: frozenset[str]
    number: str


def last_day(
    received_on: date, terms: DisclosureTerms, *, extended: bool, paused_working_days: int, calendar: WorkingCalendar
) -> date:
    """The last day of the answer: the term, once extended, longer by the days for which it rested."""
    days = terms.answer_working_days + paused_working_days
    return calendar.add_working_days(received_on, days + (terms.extension_working_days if extended else 0))


def answer_faults(
    answer: DisclosureAnswer,
    grounds: Sequence[str],
    *,
    terms: DisclosureTerms,
    has_file: bool,
    consulted: bool,
    waiting: bool,
) -> list[Reason]:
    """Why an application cannot be answered like this; every fault is named.

    ``consulted``: somebody was asked and answered or let the day pass; ``waiting``: somebody still may answer.
    """
    faults = [
        reason("disclosure_ground_unknown", article=ARTICLE, field="grounds", ground=each)
        for each in grounds
        if each not in terms.grounds
    ]
    if answer is DisclosureAnswer.GRANT and grounds:
        faults.append(reason("disclosure_ground_of_nothing", article=ARTICLE, field="grounds"))
    if answer is not DisclosureAnswer.GRANT and not grounds:
        faults.append(reason("disclosure_ground_missing", article=ARTICLE, field="grounds"))
    if answer is DisclosureAnswer.REFUSE and has_file:
        faults.append(reason("disclosure_file_of_refusal", article=ARTICLE, field="file"))
    if answer is not DisclosureAnswer.REFUSE and not has_file:
        faults.append(reason("disclosure_file_missing", article=ARTICLE, field="file"))
    if terms.consulted_grounds.intersection(grounds) and not consulted:
        faults.append(reason("disclosure_nobody_consulted", article=ARTICLE, field="grounds"))
    if waiting:
        faults.append(reason("disclosure_consultation_open", article=ARTICLE))
    return faults
