"""Who may book an instrument that a provider leaves only to those it has trained or approved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.clock import today
from core.errors import Reason, reason
from instruments.rules.booking import SHARING_RULES, BookingRules
from instruments.rules.opening import Interval


class QualificationDecision(StrEnum):
    """What a provider says to somebody who asks."""

    QUALIFY = "qualify"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Validity:
    """Days in Asia/Shanghai, both included, on which a user is qualified; without a last one until that is revoked."""

    first_day: date
    last_day: date | None

    def covers(self, slot: Interval) -> bool:
        """Whether the whole slot lies within it."""
        ends_on = today(slot.end - timedelta(microseconds=1))
        return self.first_day <= today(slot.start) and (self.last_day is None or ends_on <= self.last_day)


def qualification_faults(slot: Interval, rules: BookingRules, qualified: Sequence[Validity]) -> Iterator[Reason]:
    """A slot of somebody whom the provider has not qualified for it, where that is asked."""
    if not rules.qualified_only or any(each.covers(slot) for each in qualified):
        return
    code = "slot_qualification_over" if qualified else "slot_not_qualified"
    yield reason(code, article=SHARING_RULES, field="instrument_id")


def validity_faults(first_day: date, last_day: date | None, *, today: date) -> list[Reason]:
    """What is wrong with the days for which somebody is to be qualified."""
    if last_day is not None and last_day < first_day:
        return [reason("qualification_days_reversed", article=SHARING_RULES, field="last_day")]
    if last_day is not None and last_day < today:
        return [reason("qualification_over", article=SHARING_RULES, field="last_day")]
    return []
