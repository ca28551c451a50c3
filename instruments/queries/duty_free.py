"""Reads of instruments imported free of duty and their records: an owner's own, offices those of their scope (S5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import DutyFreeImport, Instrument
from instruments.queries.instruments import InstrumentMissing, in_scope
from instruments.rules.duty_free import DutyFreeStatus, SharingLeave, status_of
from instruments.states import ListingState


class DutyFreeRecordMissing(NotFound):
    """No record was handed in for this instrument."""

    code = "duty_free_record_missing"


@dataclass(frozen=True, slots=True)
class DutyFree:
    """An instrument imported free of duty, with its record if there is one, and how it stands today."""

    instrument: Instrument
    record: DutyFreeImport | None
    status: DutyFreeStatus


def duty_free_instruments(actor: Actor, *, on: date, status: DutyFreeStatus | None = None) -> Select[tuple[Instrument]]:
    """Those in the actor's scope that are not retired, perhaps of one status on a day only."""
    found = (
        select(Instrument)
        .outerjoin(DutyFreeImport, DutyFreeImport.instrument_id == Instrument.id)
        .where(in_scope(actor), Instrument.duty_free, Instrument.state != ListingState.RETIRED)
    )
    return found if status is None else found.where(with_status(status, on=on))


def with_status(status: DutyFreeStatus, *, on: date) -> ColumnElement[bool]:
    """The same as ``rules.duty_free.status_of`` says of one."""
    until, is_barred = DutyFreeImport.supervised_until, DutyFreeImport.leave == SharingLeave.BARRED
    match status:
        case DutyFreeStatus.MISSING:
            return DutyFreeImport.id.is_(None)
        case DutyFreeStatus.RELEASED:
            return until < on
        case DutyFreeStatus.BARRED:
            return and_(until >= on, is_barred)
        case DutyFreeStatus.SUPERVISED:
            return and_(until >= on, ~is_barred)


def with_records(found: Sequence[Instrument], *, on: date) -> list[DutyFree]:
    """Instruments with their records, in one query."""
    records = records_of([each.id for each in found])
    return [_standing(each, records.get(each.id), on=on) for each in found]


def records_of(ids: Sequence[int]) -> Mapping[int, DutyFreeImport]:
    """Records by the number of their instrument."""
    rows = session().scalars(select(DutyFreeImport).where(DutyFreeImport.instrument_id.in_(ids)))
    return {each.instrument_id: each for each in rows}


def find_duty_free(instrument_id: int, *, actor: Actor, on: date) -> DutyFree:
    """One with its record, for its owner and the offices; raises InstrumentMissing and
    :class:`DutyFreeRecordMissing`."""
    found = select(Instrument).where(Instrument.id == instrument_id, in_scope(actor))
    instrument = session().scalar(found)
    if instrument is None:
        raise InstrumentMissing
    record = record_of(instrument_id)
    if record is None:
        raise DutyFreeRecordMissing
    return _standing(instrument, record, on=on)


def record_of(instrument_id: int) -> DutyFreeImport | None:
    """The record of an instrument."""
    return session().scalar(select(DutyFreeImport).where(DutyFreeImport.instrument_id == instrument_id))


def _standing(instrument: Instrument, record: DutyFreeImport | None, *, on: date) -> DutyFree:
    leave, until = (None, None) if record is None else (record.leave, record.supervised_until)
    return DutyFree(instrument, record, status_of(leave, until, today=on))
