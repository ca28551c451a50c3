"""Secret addresses of calendars: issued, renewed, revoked, and read by whoever knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, or_, update

from accounts.queries.users import lock_user
from accounts.rules import tokens
from accounts.steps.memberships import user_id_of
from accounts.steps.tokens import new_token
from core import audit
from core.clock import today
from core.db import require_transaction, transaction
from core.errors import Conflict, TooManyAttempts
from core.permissions import Actor, authorise
from instruments.models import CalendarAddress, Instrument
from instruments.permissions import may_have_calendars, may_manage
from instruments.policy import calendar_reads_an_hour
from instruments.queries.calendar_addresses import CalendarMissing, find_address, known_address, live_address
from instruments.queries.calendar_feeds import bookings_feed, owners_feed
from instruments.queries.instruments import InstrumentMissing, find_instrument

HOUR = timedelta(hours=1)


class CalendarAddressEnded(Conflict):
    """The address has ended already."""

    code = "calendar_address_ended"
    article = "V14"


class CalendarReadTooOften(TooManyAttempts):
    """The calendar was read at this address as often within the hour as is let."""

    code = "calendar_read_too_often"


@dataclass(frozen=True, slots=True)
class IssuedAddress:
    """An address as it is given out, once: afterwards only its digest is known."""

    address: CalendarAddress
    token: str


def issue_address(*, instrument_id: int | None, actor: Actor, now: datetime) -> IssuedAddress:
    """An address for the bookings the actor sees or, by its owner, for an instrument's calendar.

    One that was in force for the same calendar ends at once. Raises InstrumentMissing.
    """
    with transaction() as current:
        authorise(actor, may_have_calendars)
        if instrument_id is not None:
            authorise(actor, may_manage, find_instrument(instrument_id, actor=actor))
        user_id = user_id_of(actor)
        lock_user(user_id)
        former = live_address(instrument_id, actor=actor)
        if former is not None:
            _end(former, actor=actor, now=now)
            current.flush()
        prefix, secret = new_token()
        address = CalendarAddress(
            user_id=user_id,
            instrument_id=instrument_id,
            prefix=prefix,
            digest=tokens.digest(secret),
            issued_at=now,
            reads_from=now,
            reads=0,
        )
        current.add(address)
        audit.record(actor=actor, now=now, action="issue", subject=address, data={"instrument_id": instrument_id})
        return IssuedAddress(address, tokens.join(prefix, secret))


def revoke_address(*, address_id: int, actor: Actor, now: datetime) -> CalendarAddress:
    """End an address at once. Raises :class:`CalendarAddressEnded`."""
    with transaction():
        authorise(actor, may_have_calendars)
        address = find_address(address_id, actor=actor, lock=True)
        if address.ended_at is not None:
            raise CalendarAddressEnded
        _end(address, actor=actor, now=now)
        return address


def read_calendar(*, token: str, now: datetime) -> bytes:
    """The calendar at a secret address, as its user may see it now; each reading is counted.

    Raises CalendarMissing and :class:`CalendarReadTooOften`.
    """
    with transaction():
        address, user = known_address(token)
        actor = user.as_actor()
        instrument = _instrument(address, actor)
        _count(address, now)
        return bookings_feed(actor, now=now) if instrument is None else owners_feed(instrument, now=now)


def _instrument(address: CalendarAddress, actor: Actor) -> Instrument | None:
    """The instrument it is for; what its user may no longer see is not there."""
    if not may_have_calendars(actor):
        raise CalendarMissing
    if address.instrument_id is None:
        return None
    try:
        instrument = find_instrument(address.instrument_id, actor=actor)
    except InstrumentMissing as gone:
        raise CalendarMissing from gone
    if not may_manage(actor, instrument):
        raise CalendarMissing
    return instrument


def _count(address: CalendarAddress, now: datetime) -> None:
    """Count a reading within the hour that began with the first of them, or refuse it."""
    each = CalendarAddress
    is_over = each.reads_from <= now - HOUR
    counted = (
        update(each)
        .where(
            each.id == address.id,
            each.ended_at.is_(None),
            or_(is_over, each.reads < calendar_reads_an_hour(today(now))),
        )
        .values(
            reads=case((is_over, 1), else_=each.reads + 1),
            reads_from=case((is_over, now), else_=each.reads_from),
            last_read_at=now,
        )
        .returning(each.id)
        .execution_options(synchronize_session=False)
    )
    if require_transaction().scalar(counted) is None:
        raise CalendarReadTooOften


def _end(address: CalendarAddress, *, actor: Actor, now: datetime) -> None:
    address.ended_at = now
    audit.record(actor=actor, now=now, action="revoke", subject=address, data={"instrument_id": address.instrument_id})
