"""Telling owners which terms of their listings come to an end or are over, each once (S13, S14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import insert

from accounts.queries import organisation
from core import audit
from core.clock import today
from core.db import require_transaction, transaction
from core.permissions import SYSTEM
from core.workdays import WorkingCalendar, load_calendar
from instruments.models import TermReminder, TermReminderLine
from instruments.policy import ListingPolicy, listing_policy
from instruments.queries.terms import RunningTerm, latest_begun, untold
from instruments.rules.deadlines import ReminderStep, Term
from instruments.rules.listing import due_on

ACTIONS = {ReminderStep.COMING: "remind", ReminderStep.OVERDUE: "fall_due"}


def remind_of_terms(*, now: datetime) -> int:
    """Tell each provider of the terms whose last day is near, and of those that are over; returns how many reminders
    there were.

    A reminder is a transaction of its own with all the terms it tells of, so what a crash leaves is told the next time
    and nothing twice. A provider is told once a day at most; what comes to light later that day is told the next.
    """
    on = today(now)
    policy, calendar = listing_policy(on), load_calendar()
    return sum(_remind(step, policy, calendar, now=now) for step in ReminderStep)


def _remind(step: ReminderStep, policy: ListingPolicy, calendar: WorkingCalendar, *, now: datetime) -> int:
    on = today(now)
    latest = latest_begun(step, policy, calendar, on)
    # What is overdue already is told as such, and not as coming.
    over = latest_begun(ReminderStep.OVERDUE, policy, calendar, on)
    is_coming = step is ReminderStep.COMING
    earliest = {term: day + timedelta(days=1) if is_coming else date.min for term, day in over.items()}
    working_days = {Term.LISTING: policy.listing_due_working_days, Term.UPDATE: policy.update_due_working_days}
    reminded = 0
    for provider_id in [each.provider_id for each in untold(step, latest, earliest, on=on)]:
        with transaction():
            terms = untold(step, latest, earliest, on=on, provider_id=provider_id)
            begun = {(each.term, each.began_on) for each in terms}
            due = {key: due_on(key[1], working_days=working_days[key[0]], calendar=calendar) for key in begun}
            if terms:
                _tell(provider_id, step, terms, due, now=now)
                reminded += 1
    return reminded


def _tell(
    provider_id: int,
    step: ReminderStep,
    terms: Sequence[RunningTerm],
    due: Mapping[tuple[Term, date], date],
    *,
    now: datetime,
) -> None:
    current = require_transaction()
    counts = Counter(each.term for each in terms)
    reminder = TermReminder(
        provider_id=provider_id,
        on=today(now),
        step=step,
        listings=counts[Term.LISTING],
        updates=counts[Term.UPDATE],
        first_due_on=min(due.values()),
        reminded_at=now,
    )
    current.add(reminder)
    current.flush()
    lines = [
        {
            "reminder_id": reminder.id,
            "instrument_id": each.instrument_id,
            "term": each.term,
            "began_on": each.began_on,
            "step": step,
            "due_on": due[each.term, each.began_on],
        }
        for each in terms
    ]
    current.execute(insert(TermReminderLine), lines)
    said = {
        "provider": organisation(provider_id).name,
        "listings": reminder.listings,
        "updates": reminder.updates,
        "day": reminder.first_due_on.isoformat(),
    }
    audit.record(actor=SYSTEM, now=now, action=ACTIONS[step], subject=reminder, data=said)
