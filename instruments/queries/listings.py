"""Instruments, services and closures as their owners and reviewers work through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, false, func, select

from accounts.models import Organisation
from accounts.permissions import province
from core.db import session
from core.files import StoredFile
from core.permissions import Actor
from core.workdays import load_calendar
from instruments.models import ImportJob, Instrument, Occupancy, Service, ServiceInstrument
from instruments.policy import listing_policy
from instruments.queries.searching.conditions import words_found
from instruments.rules.deadlines import last_begun
from instruments.rules.listing import due_on
from instruments.rules.search import query_tokens
from instruments.rules.terms import OccupancyKind
from instruments.states import ListingState, ServiceState


def own_instruments(actor: Actor) -> Select[tuple[Instrument]]:
    """The instruments of the actor's provider in every state."""
    return select(Instrument).where(Instrument.provider_id == actor.organisation_id)


def own_services(actor: Actor) -> Select[tuple[Service]]:
    """The services of the actor's provider in every state."""
    return select(Service).where(Service.provider_id == actor.organisation_id)


def waiting_listings(actor: Actor) -> Select[tuple[Instrument]]:
    """Submitted listings that the actor is to review: a bureau those of its city, the province those from outside
    (S11, V10)."""
    found = (
        select(Instrument)
        .join(Organisation, Organisation.id == Instrument.provider_id)
        .where(Instrument.state == ListingState.SUBMITTED)
    )
    if province(actor):
        return found.where(Organisation.city.is_(None))
    return found.where(false() if actor.city is None else Organisation.city == actor.city)


def search_instruments(found: Select[tuple[Instrument]], q: str) -> Select[tuple[Instrument]]:
    """Those of a selection that the words find."""
    return found.where(*words_found(q))


def search_services(found: Select[tuple[Service]], q: str) -> Select[tuple[Service]]:
    """Those of a selection that the words find."""
    return found.where(Service.tokens.contains(query_tokens(q)))


def offered_services(instrument: Instrument) -> Sequence[Service]:
    """The published services that rest on an instrument, the cheapest unit first."""
    found = select(Service).where(
        Service.state == ServiceState.PUBLISHED, Service.instruments.any(Instrument.id == instrument.id)
    )
    return session().scalars(found.order_by(Service.price_fen, Service.id)).all()


@dataclass(frozen=True, slots=True)
class Offering:
    """How many published services rest on an instrument, and whether orders of one of them are accepted at once."""

    count: int
    is_instant: bool


def offerings(instrument_ids: Iterable[int]) -> dict[int, Offering]:
    """What is offered on each instrument; those on which nothing is are left out."""
    tied = ServiceInstrument.instrument_id
    found = (
        select(tied, func.count(), func.bool_or(Service.consent_id.is_not(None)))
        .join(Service, Service.id == ServiceInstrument.service_id)
        .where(Service.state == ServiceState.PUBLISHED, tied.in_(list(instrument_ids)))
        .group_by(tied)
    )
    return {number: Offering(count, is_instant) for number, count, is_instant in session().execute(found).tuples()}


def coming_closures(instrument_id: int, *, now: datetime) -> Sequence[Occupancy]:
    """Closures and maintenance windows that have not ended, in order of time."""
    found = select(Occupancy).where(
        Occupancy.instrument_id == instrument_id,
        Occupancy.live,
        Occupancy.kind != OccupancyKind.BOOKING,
        func.upper(Occupancy.during) > now,
    )
    return session().scalars(found.order_by(func.lower(Occupancy.during))).all()


def due_days(instruments: Iterable[Instrument], *, on: date) -> dict[int, date]:
    """The last day to list each accepted instrument (S13), by number."""
    policy, calendar = listing_policy(on), load_calendar()
    return {
        each.id: due_on(each.accepted_on, working_days=policy.listing_due_working_days, calendar=calendar)
        for each in instruments
        if each.accepted_on is not None
    }


def overdue_alone(found: Select[tuple[Instrument]], *, on: date) -> Select[tuple[Instrument]]:
    """Those of the deadlines that have passed before ``on``."""
    last = last_begun(load_calendar(), listing_policy(on).listing_due_working_days, due_before=on)
    return found.where(Instrument.accepted_on <= last)


def choosable_instruments(actor: Actor, *, limit: int) -> Sequence[Instrument]:
    """Instruments a service of the actor's may rest on, or nothing where there are more than ``limit``."""
    found = own_instruments(actor).where(Instrument.state != ListingState.RETIRED).order_by(Instrument.name)
    rows = session().scalars(found.limit(limit + 1)).all()
    return [] if len(rows) > limit else rows


def import_filenames(jobs: Sequence[ImportJob]) -> dict[int, str]:
    """The names of imported files, by the number of the import."""
    files = {each.file_id for each in jobs}
    found = select(StoredFile.id, StoredFile.filename).where(StoredFile.id.in_(files))
    names = dict(session().execute(found).tuples().all())
    return {each.id: names[each.file_id] for each in jobs}
