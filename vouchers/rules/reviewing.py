"""How offices deal with claims: terms, holds, opinions, numbers of summaries. The pack says it, not the measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from core.policy import Edition
from core.texts import Text, text
from core.workdays import WorkingCalendar

PHRASE_SEPARATOR = "；"


class CaseEnding(StrEnum):
    """How an officer's hold of a case ended."""

    RELEASED = "released"
    LAPSED = "lapsed"
    TAKEN_OVER = "taken_over"
    DECIDED = "decided"
    CLOSED = "closed"


class CaseAction(StrEnum):
    """What happens to a case that is held."""

    TAKE = "take_case"
    TAKE_OVER = "take_over_case"
    RELEASE = "release_case"
    LAPSE = "lapse_case"


class Recommendation(StrEnum):
    """What an opinion recommends."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    CONFIRM = "confirm"
    SEND_BACK = "send_back"


class BatchKind(StrEnum):
    """What is decided about many claims at once."""

    CITY_REVIEW = "city_review"
    CONFIRMATION = "confirmation"


class CheckItem(StrEnum):
    """What somebody who prepares a case looks at."""

    MATERIALS_COMPLETE = "materials_complete"
    MATERIALS_LEGIBLE = "materials_legible"
    PARTIES_AGREE = "parties_agree"
    INVOICE_AGREES = "invoice_agrees"
    SERVICE_SUPPORTED = "service_supported"
    RELATED_TO_BUSINESS = "related_to_business"
    NO_OTHER_FUNDING = "no_other_funding"
    AMOUNT_AGREES = "amount_agrees"


class Phrase(StrEnum):
    """A standard sentence of opinions."""

    COMPLETE = "complete"
    AGREES = "agrees"
    RELATED = "related"
    PARTLY = "partly"
    UNCLEAR = "unclear"
    MISSING = "missing"
    EXCLUDED = "excluded"
    DIFFERS = "differs"

    @property
    def text(self) -> Text:
        """The sentence."""
        return text(f"term.Phrase.{self.value}")


AGREEING = (Phrase.COMPLETE, Phrase.AGREES, Phrase.RELATED)
"""What fits an opinion that only agrees, with nothing cut."""


@dataclass(frozen=True)
class ReviewPolicy:
    """What the pack says on a day about the work of offices. Terms are working days."""

    city_review_working_days: int
    confirmation_working_days: int
    case_hold_working_days: int
    batch_max_claims: int
    summary_number: str


@cache
def reviewing(edition: Edition) -> ReviewPolicy:
    """The offices' policy of an edition; raises core.policy.PolicyMissing for a pack without it."""
    return ReviewPolicy(**{name: edition[f"reviews.{name}"] for name in ReviewPolicy.__dataclass_fields__})


def overdue_since(today: date, *, working_days: int, calendar: WorkingCalendar) -> date:
    """The latest first day of a term of so many working days whose last day is over today."""
    day = today - timedelta(days=1)
    while working_days > 0:
        working_days -= calendar.is_working_day(day)
        day -= timedelta(days=1)
    return day


def composed_opinion(phrases: Sequence[Phrase], opinion: str) -> str:
    """An opinion as it is kept: standard phrases, then what was written."""
    return PHRASE_SEPARATOR.join([*(each.text.zh.rstrip("。") for each in phrases), *filter(None, [opinion.strip()])])
