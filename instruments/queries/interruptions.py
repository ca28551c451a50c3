"""Reads of interruptions: whether an instrument is out of service, and which bookings that meets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from core.types import Span
from instruments.models import Instrument, ListingInterruption, Occupancy
from instruments.queries.instruments import InstrumentMissing, in_scope
from instruments.queries.usage import visible_bookings
from instruments.rules.terms import OccupancyKind


class InterruptionMissing(NotFound):
    """The instrument is in service."""

    code = "interruption_missing"


def open_interruption(instrument_id: int) -> ListingInterruption | None:
    """Why an instrument is out of service now; None where it is not."""
    found = select(ListingInterruption).where(
        ListingInterruption.instrument_id == instrument_id, ListingInterruption.ended_at.is_(None)
    )
    return session().scalar(found)


def find_interruption(instrument_id: int, *, actor: Actor) -> ListingInterruption:
    """The same for who may look into the instrument or has booked it; raises InstrumentMissing for others, and
    :class:`InterruptionMissing` where it is in service."""
    own = select(Instrument.id).where(Instrument.id == instrument_id, in_scope(actor))
    booked = visible_bookings(actor).where(Occupancy.instrument_id == instrument_id).with_only_columns(Occupancy.id)
    if session().scalar(own) is None and session().scalar(booked.limit(1)) is None:
        raise InstrumentMissing
    found = open_interruption(instrument_id)
    if found is None:
        raise InterruptionMissing
    return found


def is_interrupted(instrument_id: int, slot: Span) -> bool:
    """Whether an instrument is out of service now, or was at any time of a slot: then nobody owes a fee for not using
    it."""
    found = select(ListingInterruption.id).where(
        ListingInterruption.instrument_id == instrument_id,
        or_(
            ListingInterruption.ended_at.is_(None),
            and_(ListingInterruption.began_at < slot.end, ListingInterruption.ended_at > slot.start),
        ),
    )
    return session().scalar(found.limit(1)) is not None


def bookings_ahead(instrument_id: int, *, now: datetime) -> Select[tuple[Occupancy]]:
    """The live bookings of an instrument that are not over, the soonest first."""
    return (
        select(Occupancy)
        .join(Instrument, Instrument.id == Occupancy.instrument_id)
        .where(
            Occupancy.instrument_id == instrument_id,
            Occupancy.kind == OccupancyKind.BOOKING,
            Occupancy.live,
            func.upper(Occupancy.slot) > now,
        )
        .order_by(func.lower(Occupancy.slot))
    )


def count_ahead(instrument_id: int, *, now: datetime) -> int:
    """How many these are."""
    found = bookings_ahead(instrument_id, now=now).order_by(None).with_only_columns(func.count())
    return session().scalar(found) or 0
