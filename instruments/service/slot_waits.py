"""Waiting for a slot that somebody else has: asking, taking it back, and telling who is next once it is free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from accounts.queries import is_approved_member
from accounts.queries.beneficiaries import beneficiary_of
from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import require_transaction, transaction
from core.errors import Reason, Refused, reason
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply
from core.types import Span
from instruments.models import Instrument, Occupancy, SlotWait
from instruments.permissions import may_ask_for_it
from instruments.policy import WaitingTerms, waiting_terms
from instruments.queries.availability import terms_of
from instruments.queries.calendar import interval
from instruments.queries.instruments import lock_instrument
from instruments.queries.qualifications import qualified
from instruments.queries.slot_waits import find_wait, lock_open_waits, open_waits, taken_in, to_look_at
from instruments.rules.opening import Interval
from instruments.rules.slot_waits import Booked, Waiting, book_by, ended, next_offers
from instruments.rules.slots import Terms, slot_faults
from instruments.rules.ways import to_qualify
from instruments.states import SLOT_WAIT, ListingState
from instruments.steps.booking import InstrumentNotPublished


class SlotWaitRefused(Refused):
    """One cannot wait for this slot; every fault is named."""

    code = "slot_wait_refused"
    article = "V14"


def wait_for_slot(
    *,
    instrument_id: int,
    starts_at: datetime,
    ends_at: datetime,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> SlotWait:
    """Ask to be told when a slot that is taken becomes free. Nothing is held, and nothing is owed.

    Raises :class:`SlotWaitRefused` for what could not be booked anyway, is free, is the user's own or waited for
    already; InstrumentNotPublished.
    """
    with transaction() as current:
        authorise(actor, may_ask_for_it)
        user = beneficiary_of(actor, beneficiary_id)
        # Whoever books or cancels at this moment is waited for, and so is the same user's other request.
        instrument = lock_instrument(instrument_id, actor=actor)
        if instrument.state is not ListingState.PUBLISHED:
            raise InstrumentNotPublished
        if ends_at <= starts_at:
            raise SlotWaitRefused(reasons=[reason("slot_reversed", field="ends_at")])
        slot = Interval(starts_at, ends_at)
        faults = list(_faults(slot, instrument, user=user, now=now))
        if faults:
            raise SlotWaitRefused(reasons=faults, ways=to_qualify(instrument.id, faults))
        wait = SlotWait(
            instrument_id=instrument.id,
            organisation_id=user,
            during=Span(slot.start, slot.end),
            state=SLOT_WAIT.initial,
            asked_by=user_id_of(actor),
            asked_at=now,
        )
        current.add(wait)
        audit.record(
            actor=actor,
            now=now,
            action="wait_for_slot",
            subject=wait,
            to_state=wait.state,
            data={"instrument_id": instrument.id},
        )
        return wait


def stop_waiting(*, wait_id: int, actor: Actor, now: datetime) -> SlotWait:
    """Wait no more, or decline what was offered."""
    with transaction():
        authorise(actor, may_ask_for_it)
        wait = find_wait(wait_id, actor=actor, lock=True)
        _step(wait, "withdraw", actor=actor, now=now)
        return wait


def tell_waiting(*, now: datetime) -> int:
    """Look where a slot that somebody waits for has become free, and tell the first; returns how many were told.

    By what the calendar says, not by how it came to say so: a booking that was cancelled, lapsed or moved and a closure
    that was lifted are the same. Each instrument is a transaction of its own; what a crash leaves is taken up again.
    """
    return sum(_look(number, now=now) for number in to_look_at(now))


def _look(instrument_id: int, *, now: datetime) -> int:
    with transaction() as current:
        waits = {each.id: each for each in lock_open_waits(instrument_id)}
        if not waits:
            return 0
        instrument = current.get_one(Instrument, instrument_id, populate_existing=True)
        first = min(each.during.start for each in waits.values())
        terms = terms_of(instrument, since=first, now=now)
        taken = _taken(instrument_id, list(waits.values()), terms)
        for each in waits.values():
            action = ended(_waiting(each), taken, now=now)
            if action is not None:
                _step(each, action, actor=SYSTEM, now=now)
        # Before the next offer: the database refuses two of one time.
        current.flush()
        if instrument.state is not ListingState.PUBLISHED:
            return 0
        still = [_waiting(each) for each in waits.values() if SLOT_WAIT.target(each.state, "withdraw") is not None]
        told = next_offers(still, may_book=lambda each: _may_book(instrument_id, each, taken, terms, now=now))
        for one in told:
            _offer(waits[one.id], waiting_terms(today(now)), now=now)
        return len(told)


def _faults(slot: Interval, instrument: Instrument, *, user: int, now: datetime) -> Iterator[Reason]:
    terms, most = terms_of(instrument, since=slot.start, now=now), waiting_terms(today(now)).most
    yield from _slot_faults(instrument.id, slot, terms, user=user, now=now)
    if not is_approved_member(user, on=today(now)):
        yield reason("not_a_member", article="V15")
    taken = taken_in(instrument.id, terms.rules.held(slot))
    if not taken:
        yield reason("slot_is_free", article="V14", field="starts_at")
    if any(each.organisation_id == user and interval(each.slot).overlaps(slot) for each in taken):
        yield reason("slot_is_own", article="V14", field="starts_at")
    waited = open_waits(user)
    if any(each.instrument_id == instrument.id and interval(each.during).overlaps(slot) for each in waited):
        yield reason("slot_waited_for", article="V14", field="starts_at")
    if len(waited) >= most:
        yield reason("slot_waits_full", article="V14", limit=most)


def _slot_faults(instrument_id: int, slot: Interval, terms: Terms, *, user: int, now: datetime) -> list[Reason]:
    """Why a user could not book a slot if it were free; quotas change until then and do not count."""
    held = qualified(instrument_id, user) if terms.rules.qualified_only else ()
    return slot_faults(slot, terms=terms, own=(), now=now, qualified=held)


def _taken(instrument_id: int, waits: Sequence[SlotWait], terms: Terms) -> list[Booked]:
    slots = [interval(each.during) for each in waits]
    window = terms.rules.held(Interval(min(each.start for each in slots), max(each.end for each in slots)))
    return [_booked(each) for each in taken_in(instrument_id, window)]


def _booked(taken: Occupancy) -> Booked:
    return Booked(taken.organisation_id, interval(taken.slot), interval(taken.during))


def _waiting(wait: SlotWait) -> Waiting:
    return Waiting(wait.id, wait.organisation_id, interval(wait.during), wait.book_by)


def _may_book(instrument_id: int, waiting: Waiting, taken: Sequence[Booked], terms: Terms, *, now: datetime) -> bool:
    held = terms.rules.held(waiting.slot)
    if any(each.held.overlaps(held) for each in taken):
        return False
    if any(_slot_faults(instrument_id, waiting.slot, terms, user=waiting.organisation_id, now=now)):
        return False
    return is_approved_member(waiting.organisation_id, on=today(now))


def _offer(wait: SlotWait, terms: WaitingTerms, *, now: datetime) -> None:
    wait.offered_at = now
    wait.book_by = book_by(interval(wait.during), term=terms.term, now=now)
    _apply(wait, "offer_slot", actor=SYSTEM, now=now)


def _step(wait: SlotWait, action: str, *, actor: Actor, now: datetime) -> None:
    """Anything but an offer ends the one in force."""
    wait.offered_at = wait.book_by = None
    _apply(wait, action, actor=actor, now=now)


def _apply(wait: SlotWait, action: str, *, actor: Actor, now: datetime) -> None:
    require_transaction()
    apply(wait, action, transitions=SLOT_WAIT, actor=actor, now=now, data={"instrument_id": wait.instrument_id})
