"""What this package reads from the policy pack: thresholds, terms, places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from core.policy import Edition, current
from instruments.rules.alarms import AlarmTerms
from instruments.rules.imports.layouts import Places
from instruments.rules.readings import ReadingTerms
from instruments.rules.usage import UsageTerms

TERM = "instruments.term"


@dataclass(frozen=True, slots=True)
class ListingPolicy:
    """S4, S13, S14, S23: from which value on, within how many working days, how many before the last one to remind, and
    for how long an exemption may be given."""

    mandatory_min_fen: int
    listing_due_working_days: int
    update_due_working_days: int
    reminder_working_days: int
    exemption_max_months: int


@dataclass(frozen=True, slots=True)
class PurchasePolicy:
    """S27: from how much provincial money on a purchase is reviewed; of how many days back the use of comparable
    instruments is told, and of how many ahead their free hours (both design decisions)."""

    review_min_fen: int
    look_back_days: int
    look_ahead_days: int


@dataclass(frozen=True, slots=True)
class BookingPolicy:
    """How long a booking may last and how far ahead it may lie."""

    longest: timedelta
    horizon: timedelta


@dataclass(frozen=True, slots=True)
class WaitingTerms:
    """How long who waited has to book what became free before the next is told, and for how many slots one waits."""

    term: timedelta
    most: int


def listing_policy(on: date) -> ListingPolicy:
    """The figures of the sharing measure on a day, or on the nearest day of its term (S31)."""
    edition = _edition(on)
    return ListingPolicy(
        mandatory_min_fen=edition["instruments.mandatory_listing_min_fen"],
        listing_due_working_days=edition["instruments.listing_due_working_days"],
        update_due_working_days=edition["instruments.update_due_working_days"],
        reminder_working_days=edition["instruments.listing_reminder_working_days"],
        exemption_max_months=edition["instruments.secrecy_exemption_max_months"],
    )


def purchase_policy(on: date) -> PurchasePolicy:
    """The figures of reviews of purchases."""
    edition = _edition(on)
    return PurchasePolicy(
        review_min_fen=edition["instruments.duplicate_purchase_review_min_fen"],
        look_back_days=edition["instruments.duplicate_purchase_look_back_days"],
        look_ahead_days=edition["instruments.duplicate_purchase_look_ahead_days"],
    )


def duty_free_supervision_months(on: date) -> int:
    """For how many months customs supervises what it released free of duty."""
    found: int = _edition(on)["instruments.duty_free_supervision_months"]
    return found


def booking_policy(on: date) -> BookingPolicy:
    """The limits of a booking."""
    edition = _edition(on)
    return BookingPolicy(
        longest=timedelta(days=edition["instruments.booking_max_days"]),
        horizon=timedelta(days=edition["instruments.booking_horizon_days"]),
    )


def saved_searches_max(on: date) -> int:
    """How many searches a user may keep."""
    found: int = _edition(on)["instruments.saved_searches_max"]
    return found


def calendar_reads_an_hour(on: date) -> int:
    """How often an hour a calendar is read at one secret address."""
    found: int = _edition(on)["instruments.calendar_reads_an_hour"]
    return found


def waiting_terms(on: date) -> WaitingTerms:
    """The terms of waiting for slots; the measures say nothing of it."""
    edition = _edition(on)
    return WaitingTerms(
        term=timedelta(minutes=edition["instruments.slot_wait_term_minutes"]),
        most=edition["instruments.slot_waits_max"],
    )


def reading_terms(on: date) -> ReadingTerms:
    """Which readings of sensors are taken, and for how long one holds (S19; the figures are design decisions)."""
    edition = _edition(on)
    return ReadingTerms(
        late_after=timedelta(minutes=edition["instruments.reading_late_after_minutes"]),
        back=timedelta(days=edition["instruments.reading_back_days"]),
        ahead=timedelta(seconds=edition["instruments.reading_ahead_seconds"]),
        gap=timedelta(minutes=edition["instruments.reading_gap_minutes"]),
    )


def alarm_terms(on: date) -> AlarmTerms:
    """When an alarm about an instrument without a reading is due and told again (S4; the figures are design
    decisions)."""
    edition = _edition(on)
    return AlarmTerms(
        silence=timedelta(days=edition["instruments.sensor_silence_days"]),
        remind_every=timedelta(days=edition["instruments.alarm_reminder_days"]),
        longest_answer=timedelta(days=edition["instruments.alarm_answer_max_days"]),
    )


def usage_terms(on: date) -> UsageTerms:
    """What may be logged of the use of instruments, and when (S19; the figures are design decisions)."""
    edition = _edition(on)
    return UsageTerms(
        longest=timedelta(days=edition["instruments.booking_max_days"]),
        back=timedelta(days=edition["instruments.usage_back_days"]),
        late_after=timedelta(days=edition["instruments.usage_late_after_days"]),
        early=timedelta(minutes=edition["instruments.check_in_early_minutes"]),
    )


def places(on: date) -> Places:
    """The province's counties, for files and forms that name one."""
    edition = _edition(on)
    cities = city_names(on)
    return Places(
        codes={each["code"]: each["city"] for each in edition["places.counties"]},
        names={(cities[each["city"]], each["name"]): each["code"] for each in edition["places.counties"]},
        prefix=edition["places.province"],
        province=edition["places.province_name"],
    )


def city_names(on: date) -> dict[str, str]:
    """City code → name."""
    return {each["code"]: each["name"] for each in _edition(on)["places.cities"]}


def county_names(on: date) -> dict[str, str]:
    """County code → name."""
    return {each["code"]: each["name"] for each in _edition(on)["places.counties"]}


def _edition(on: date) -> Edition:
    return current().nearest(on, term=TERM)
