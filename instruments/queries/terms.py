"""Terms of listings that run: what is to be listed (S13), and which changes a listing does not tell yet (S14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, exists, literal, select, union_all
from sqlalchemy.orm import joinedload

from accounts.models import Organisation
from core.db import session
from core.permissions import SYSTEM, Actor
from core.types import Enumerated
from core.workdays import WorkingCalendar, load_calendar
from instruments.models import Instrument, ReportedChange, TermReminder, TermReminderLine
from instruments.policy import ListingPolicy, listing_policy
from instruments.queries.details import listing_deadlines
from instruments.queries.instruments import InstrumentMissing, in_scope
from instruments.rules.deadlines import ReminderStep, Term, last_begun
from instruments.rules.listing import due_on
from instruments.states import ListingState, ReportedChangeState

LISTED = (ListingState.PUBLISHED, ListingState.SUSPENDED)
"""Listings that have to follow what changes."""


class ReportedChangeMissing(InstrumentMissing):
    """There is no such report for this actor."""

    code = "reported_change_missing"


@dataclass(frozen=True, slots=True)
class RunningTerm:
    """A term that an instrument's listing is under."""

    instrument_id: int
    provider_id: int
    term: Term
    began_on: date


def open_changes(*, actor: Actor, on: date, overdue: bool) -> Select[tuple[ReportedChange]]:
    """Changes in the actor's scope that listings do not tell yet; with ``overdue`` those whose term has ended before
    ``on`` (S14). What was retired meanwhile has no listing to update."""
    found = _open(actor).options(joinedload(ReportedChange.instrument).joinedload(Instrument.provider))
    return overdue_changes(found, on=on) if overdue else found


def overdue_changes(found: Select[tuple[ReportedChange]], *, on: date) -> Select[tuple[ReportedChange]]:
    """Those of the changes whose term has ended before ``on``."""
    last = last_begun(load_calendar(), listing_policy(on).update_due_working_days, due_before=on)
    return found.where(ReportedChange.changed_on <= last)


def changes_of(instrument_id: int) -> Sequence[ReportedChange]:
    """Every report about an instrument, the latest first."""
    found = select(ReportedChange).where(ReportedChange.instrument_id == instrument_id)
    return session().scalars(found.order_by(ReportedChange.id.desc())).all()


def changes_in_scope(instrument_id: int, *, actor: Actor) -> Sequence[ReportedChange]:
    """The same for who may look into its listing; raises ``InstrumentMissing`` for all others."""
    inside = select(Instrument.id).where(Instrument.id == instrument_id, in_scope(actor))
    if session().scalar(inside) is None:
        raise InstrumentMissing
    return changes_of(instrument_id)


def find_change(change_id: int, *, actor: Actor, lock: bool = False) -> ReportedChange:
    """A report about an instrument in the actor's scope; raises :class:`ReportedChangeMissing`."""
    found = (
        select(ReportedChange)
        .join(Instrument, Instrument.id == ReportedChange.instrument_id)
        .where(ReportedChange.id == change_id, in_scope(actor))
        .options(joinedload(ReportedChange.instrument).joinedload(Instrument.provider))
    )
    if lock:
        locked = found.with_for_update(key_share=True, of=ReportedChange)
        found = locked.execution_options(populate_existing=True)
    change = session().scalar(found)
    if change is None:
        raise ReportedChangeMissing
    return change


def change_deadlines(
    changes: Sequence[ReportedChange], *, on: date, calendar: WorkingCalendar | None = None
) -> list[dict[str, Any]]:
    """Reports with the last day to follow each (S14); the calendar is read once for all, or given."""
    working_days, calendar = listing_policy(on).update_due_working_days, calendar or load_calendar()
    found = []
    for change in changes:
        due = due_on(change.changed_on, working_days=working_days, calendar=calendar)
        is_overdue = change.state is ReportedChangeState.OPEN and due < on
        found.append({"change": change, "instrument": change.instrument, "due_on": due, "overdue": is_overdue})
    return found


def in_city(city: str) -> ColumnElement[bool]:
    """Instruments of the providers of a city; those of providers from outside have none."""
    return Instrument.provider_id.in_(select(Organisation.id).where(Organisation.city == city))


def latest_begun(step: ReminderStep, policy: ListingPolicy, calendar: WorkingCalendar, on: date) -> dict[Term, date]:
    """For each kind of term the latest day it may have begun on to be told of by this step today."""
    ahead = calendar.add_working_days(on, policy.reminder_working_days + 1)
    return {
        term: last_begun(calendar, working_days, due_before=on if step is ReminderStep.OVERDUE else ahead)
        for term, working_days in (
            (Term.LISTING, policy.listing_due_working_days),
            (Term.UPDATE, policy.update_due_working_days),
        )
    }


def untold(
    step: ReminderStep,
    latest: dict[Term, date],
    earliest: dict[Term, date],
    *,
    on: date,
    provider_id: int | None = None,
) -> Sequence[RunningTerm]:
    """Running terms that began after ``earliest`` up to ``latest`` and were not told of by this step, by provider and
    day; of one provider alone where it is named. Without one, the first of each provider will do."""
    listings = listing_deadlines(actor=SYSTEM, on=on, overdue=False).with_only_columns(
        Instrument.id.label("instrument_id"),
        Instrument.provider_id.label("provider_id"),
        literal(Term.LISTING, Enumerated(Term)).label("term"),
        Instrument.accepted_on.label("began_on"),
    )
    updates = _open(SYSTEM).with_only_columns(
        ReportedChange.instrument_id,
        Instrument.provider_id,
        literal(Term.UPDATE, Enumerated(Term)),
        ReportedChange.changed_on,
    )
    listings = listings.where(Instrument.accepted_on.between(earliest[Term.LISTING], latest[Term.LISTING]))
    updates = updates.where(ReportedChange.changed_on.between(earliest[Term.UPDATE], latest[Term.UPDATE])).distinct()
    running = union_all(listings, updates).subquery()
    told = exists().where(
        TermReminderLine.instrument_id == running.c.instrument_id,
        TermReminderLine.term == running.c.term,
        TermReminderLine.began_on == running.c.began_on,
        TermReminderLine.step == step,
    )
    told_today = exists().where(
        TermReminder.provider_id == running.c.provider_id,
        TermReminder.on == literal(on, Date),
        TermReminder.step == step,
    )
    found = select(running).where(~told, ~told_today)
    if provider_id is None:
        found = found.distinct(running.c.provider_id).order_by(running.c.provider_id)
    else:
        found = found.where(running.c.provider_id == provider_id).order_by(running.c.began_on, running.c.instrument_id)
    return [RunningTerm(*row) for row in session().execute(found)]


def _open(actor: Actor) -> Select[tuple[ReportedChange]]:
    return (
        select(ReportedChange)
        .join(Instrument, Instrument.id == ReportedChange.instrument_id)
        .where(ReportedChange.state == ReportedChangeState.OPEN, Instrument.state.in_(LISTED), in_scope(actor))
    )
