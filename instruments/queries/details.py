"""Instruments as their readers see them: the public part, and the listing for owners and authorities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import joinedload

from accounts.models import Organisation
from accounts.queries import visible_organisations
from core.db import session
from core.kinds import ServiceKind
from core.permissions import Actor
from core.workdays import WorkingCalendar, load_calendar
from instruments.models import ImportJob, ImportRowError, Instrument, Service, ServiceInstrument
from instruments.permissions import owns
from instruments.policy import ListingPolicy, listing_policy
from instruments.queries.instruments import InstrumentMissing, find_instrument, in_scope, services_in_scope
from instruments.rules.deadlines import last_begun
from instruments.rules.listing import FISCAL, advice, defects, due_on, obligation
from instruments.rules.search import query_tokens
from instruments.rules.terms import InstrumentKind
from instruments.states import ListingState, ServiceState

ERRORS_SHOWN = 100
"""Row errors shown with an import; all of them are listed page by page."""


class ImportMissing(InstrumentMissing):
    """There is no such import of this provider."""

    code = "import_missing"


def instrument_details(
    instrument_id: int, *, actor: Actor, on: date, calendar: WorkingCalendar | None = None
) -> dict[str, Any]:
    """One instrument; ``listing`` is null for the public. ``calendar`` is given where it was read before."""
    return details(find_instrument(instrument_id, actor=actor), actor=actor, on=on, calendar=calendar)


def details(
    instrument: Instrument, *, actor: Actor, on: date, calendar: WorkingCalendar | None = None
) -> dict[str, Any]:
    """The instrument with its listing where the actor may look into it."""
    shown: dict[str, Any] = {"instrument": instrument, "listing": None}
    if owns(actor, instrument) or _in_scope(instrument, actor):
        shown["listing"] = _listing(instrument, listing_policy(on), calendar or load_calendar())
    return shown


def listing_deadlines(*, actor: Actor, on: date, overdue: bool) -> Select[tuple[Instrument]]:
    """Mandatory instruments in the actor's scope that are accepted but not listed, by S13; with ``overdue`` only
    those whose term has ended before ``on``. Exempted ones are left out (S23)."""
    policy = listing_policy(on)
    found = select(Instrument).where(
        in_scope(actor),
        Instrument.accepted_on.is_not(None),
        Instrument.state.in_((ListingState.DRAFT, ListingState.SUBMITTED, ListingState.RETURNED)),
        must_be_listed(policy.mandatory_min_fen),
    )
    if overdue:
        found = found.where(
            Instrument.accepted_on <= last_begun(load_calendar(), policy.listing_due_working_days, due_before=on)
        )
    return found


def must_be_listed(mandatory_min_fen: int) -> ColumnElement[bool]:
    """Facilities, and instruments from the threshold on, paid wholly or partly by the public and not exempted (S2, S4,
    S23); the same as ``rules.listing.obligation`` says of one."""
    return and_(
        Instrument.secrecy_exempted_on.is_(None),
        Instrument.funding.in_(FISCAL),
        (Instrument.kind == InstrumentKind.FACILITY) | (Instrument.value_fen >= mandatory_min_fen),
    )


def deadlines(instruments: Sequence[Instrument], *, on: date) -> list[dict[str, Any]]:
    """Entries of the list of deadlines; the calendar is read once for all."""
    working_days, calendar = listing_policy(on).listing_due_working_days, load_calendar()
    found = []
    for instrument in instruments:
        due = due_on(instrument.accepted_on or on, working_days=working_days, calendar=calendar)
        found.append({"instrument": instrument, "due_on": due, "overdue": due < on})
    return found


def services(
    *,
    actor: Actor,
    q: str = "",
    kind: ServiceKind | None = None,
    provider: int | None = None,
    instrument: int | None = None,
    state: ServiceState | None = None,
    min_price_fen: int | None = None,
    max_price_fen: int | None = None,
) -> Select[tuple[Service]]:
    """Priced services: published ones, and the actor's own where another state is asked for."""
    found = select(Service).where(services_in_scope(actor), Service.state == (state or ServiceState.PUBLISHED))
    found = found.options(joinedload(Service.provider))
    words = query_tokens(q)
    if words:
        found = found.where(Service.tokens.contains(words))
    if kind is not None:
        found = found.where(Service.kind == kind)
    if provider is not None:
        found = found.where(Service.provider_id == provider)
    if instrument is not None:
        tied = select(ServiceInstrument.service_id).where(ServiceInstrument.instrument_id == instrument)
        found = found.where(Service.id.in_(tied))
    if min_price_fen is not None:
        found = found.where(Service.price_fen >= min_price_fen)
    if max_price_fen is not None:
        found = found.where(Service.price_fen <= max_price_fen)
    return found


def find_import(job_id: int, *, actor: Actor) -> ImportJob:
    """An import of the actor's provider; raises :class:`ImportMissing`."""
    job = session().scalar(
        select(ImportJob).where(ImportJob.id == job_id, ImportJob.provider_id == actor.organisation_id)
    )
    if job is None:
        raise ImportMissing
    return job


def own_imports(actor: Actor) -> Select[tuple[ImportJob]]:
    """Every import of the actor's provider."""
    return select(ImportJob).where(ImportJob.provider_id == actor.organisation_id)


def first_errors(job: ImportJob) -> Sequence[ImportRowError]:
    """The first row errors of an import, by line."""
    return session().scalars(row_errors(job).order_by(ImportRowError.id).limit(ERRORS_SHOWN)).all()


def row_errors(job: ImportJob) -> Select[tuple[ImportRowError]]:
    """Every row error of an import."""
    return select(ImportRowError).where(ImportRowError.job_id == job.id)


def _in_scope(instrument: Instrument, actor: Actor) -> bool:
    if not actor.is_signed_in:
        return False
    found = select(Organisation.id).where(Organisation.id == instrument.provider_id, visible_organisations(actor))
    return session().scalar(found) is not None


def _listing(instrument: Instrument, policy: ListingPolicy, calendar: WorkingCalendar) -> dict[str, Any]:
    facts, least = instrument.facts, policy.mandatory_min_fen

    def term(day: date | None, working_days: int) -> date | None:
        return None if day is None else due_on(day, working_days=working_days, calendar=calendar)

    return {
        "obligation": obligation(facts, mandatory_min_fen=least),
        "defects": defects(facts, mandatory_min_fen=least),
        "advice": advice(facts, mandatory_min_fen=least),
        "accepted_on": instrument.accepted_on,
        "due_on": term(instrument.accepted_on, policy.listing_due_working_days),
        "changed_on": instrument.changed_on,
        "update_due_on": term(instrument.changed_on, policy.update_due_working_days),
        "secrecy_exempted_on": instrument.secrecy_exempted_on,
        "submitted_at": instrument.submitted_at,
        "reviewed_at": instrument.reviewed_at,
        "opinion": instrument.review_opinion,
        "returned_defects": instrument.review_defects,
        "reasons": instrument.reasons,
    }
