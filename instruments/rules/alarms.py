"""Mandatory instruments of which no sensor tells: why, until when, and why an alarm ends (S4). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.errors import Reason, reason

ARTICLE = "S4"


class AlarmReason(StrEnum):
    """Why nothing is told, as the owner says."""

    REPAIR = "repair"
    MOVED = "moved"
    NO_POWER = "no_power"
    NETWORK = "network"
    SENSOR_ORDERED = "sensor_ordered"
    OTHER = "other"


class AlarmEnding(StrEnum):
    """Why an alarm ended."""

    READING = "reading"
    EXEMPTED = "exempted"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    NOT_DEMANDED = "not_demanded"


class Watch(StrEnum):
    """Whether a sensor stands at an instrument."""

    NONE = "none"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class AlarmTerms:
    """Policy: after how long without a reading an alarm is due, how often its owner is told again, and for how long an
    answer may put that off."""

    silence: timedelta
    remind_every: timedelta
    longest_answer: timedelta

    def silent_before(self, now: datetime) -> datetime:
        """Nothing since then is silence."""
        return now - self.silence


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of an instrument that is to be watched: the last reading of a sensor at it, whether it is exempt,
    retired, or was suspended after ``since``."""

    last_told: datetime | None
    is_exempt: bool
    is_retired: bool
    was_suspended: bool


def ending(watched: Watched, *, silent_before: datetime) -> AlarmEnding:
    """Why an alarm that is not due any more ends."""
    if watched.last_told is not None and watched.last_told >= silent_before:
        return AlarmEnding.READING
    if watched.is_exempt:
        return AlarmEnding.EXEMPTED
    if watched.is_retired:
        return AlarmEnding.RETIRED
    return AlarmEnding.SUSPENDED if watched.was_suspended else AlarmEnding.NOT_DEMANDED


def back_faults(back_on: date, *, today: date, terms: AlarmTerms) -> list[Reason]:
    """What is wrong with the day by which a sensor is to tell again: it lies ahead, and not too far."""
    if back_on <= today:
        return [reason("alarm_back_on_past", article=ARTICLE, field="back_on")]
    if back_on > today + terms.longest_answer:
        return [reason("alarm_back_on_far", article=ARTICLE, field="back_on", days=terms.longest_answer.days)]
    return []
