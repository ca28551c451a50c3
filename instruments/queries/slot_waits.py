"""Reads of who waits for slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from core.types import UTC
from instruments.models import Instrument, Occupancy, SlotWait
from instruments.queries.calendar import touching
from instruments.rules.opening import Interval
from instruments.states import OPEN_WAITS, SlotWaitState


class SlotWaitMissing(NotFound):
    """The actor's organisation waits for no such slot."""

    code = "slot_wait_missing"


@dataclass(frozen=True, slots=True)
class PlacedWait:
    """Somebody who waits, with how many are told before: None where nobody waits any more."""

    wait: SlotWait
    ahead: int | None


def own_waits(actor: Actor) -> Select[tuple[SlotWait]]:
    """What the actor's organisation, an incubator's teams too, waits and waited for."""
    return select(SlotWait).where(SlotWait.organisation_id.in_(acts_for(actor)))


def waits_in_sight(actor: Actor) -> Select[tuple[SlotWait]]:
    """The same, and of a provider who waits for its instruments."""
    own = acts_for(actor)
    about = select(Instrument.id).where(Instrument.id == SlotWait.instrument_id, Instrument.provider_id.in_(own))
    return select(SlotWait).where(or_(SlotWait.organisation_id.in_(own), about.correlate(SlotWait).exists()))


def waits_about_named(found: Select[Any], typed: str) -> Select[Any]:
    """Those for instruments in whose names these words stand."""
    named = select(Instrument.id).where(
        Instrument.id == SlotWait.instrument_id, Instrument.name.icontains(typed, autoescape=True)
    )
    return found.where(named.correlate(SlotWait).exists())


def see_wait(wait_id: int, *, actor: Actor) -> SlotWait:
    """One in sight; raises :class:`SlotWaitMissing`."""
    wait = session().scalar(waits_in_sight(actor).where(SlotWait.id == wait_id))
    if wait is None:
        raise SlotWaitMissing
    return wait


def find_wait(wait_id: int, *, actor: Actor, lock: bool = False) -> SlotWait:
    """One's own; raises :class:`SlotWaitMissing`."""
    found = own_waits(actor).where(SlotWait.id == wait_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    wait = session().scalar(found)
    if wait is None:
        raise SlotWaitMissing
    return wait


def placed(waits: Sequence[SlotWait]) -> list[PlacedWait]:
    """Each with how many wait for the same time and asked before, in one query."""
    mine, other = aliased(SlotWait), aliased(SlotWait)
    ahead = (
        select(mine.id, func.count())
        .join(other, and_(other.instrument_id == mine.instrument_id, other.id < mine.id))
        .where(
            mine.id.in_([each.id for each in waits]),
            other.state.in_(OPEN_WAITS),
            other.during.op("&&")(mine.during),
        )
        .group_by(mine.id)
    )
    found = dict(session().execute(ahead).tuples().all())
    return [PlacedWait(each, found.get(each.id, 0) if each.state in OPEN_WAITS else None) for each in waits]


def open_waits(organisation_id: int) -> Sequence[SlotWait]:
    """What an organisation waits for."""
    found = select(SlotWait).where(SlotWait.organisation_id == organisation_id, SlotWait.state.in_(OPEN_WAITS))
    return session().scalars(found).all()


def to_look_at(now: datetime) -> Sequence[int]:
    """The instruments where something may have changed for somebody who waits: a slot is free or begins, an offer is
    over or its slot taken, or who waits has booked."""
    starts = func.lower(SlotWait.during, type_=UTC())
    taken = _taken()
    own = _taken(Occupancy.organisation_id == SlotWait.organisation_id)
    offered = and_(SlotWait.state == SlotWaitState.OFFERED, or_(SlotWait.book_by <= now, taken))
    found = select(SlotWait.instrument_id).where(
        SlotWait.state.in_(OPEN_WAITS),
        or_(starts <= now, offered, own, and_(SlotWait.state == SlotWaitState.WAITING, ~taken)),
    )
    return session().scalars(found.distinct().order_by(SlotWait.instrument_id)).all()


def lock_open_waits(instrument_id: int) -> Sequence[SlotWait]:
    """Who waits for slots of an instrument, in order of asking, locked."""
    found = select(SlotWait).where(SlotWait.instrument_id == instrument_id, SlotWait.state.in_(OPEN_WAITS))
    locked = found.order_by(SlotWait.id).with_for_update(key_share=True)
    return session().scalars(locked.execution_options(populate_existing=True)).all()


def taken_in(instrument_id: int, window: Interval) -> Sequence[Occupancy]:
    """What of an instrument is taken within a window, read anew."""
    found = select(Occupancy).where(touching(instrument_id, window.start, window.end))
    return session().scalars(found.execution_options(populate_existing=True)).all()


def _taken(*also: ColumnElement[bool]) -> ColumnElement[bool]:
    start, end = func.lower(SlotWait.during, type_=UTC()), func.upper(SlotWait.during, type_=UTC())
    found = select(literal(1)).select_from(Occupancy)
    return found.where(touching(SlotWait.instrument_id, start, end), *also).correlate(SlotWait).exists()
