"""Mandatory instruments of which no sensor tells: which those are, and the alarms about them (S4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal_column, or_, select, true
from sqlalchemy.orm import joinedload, lazyload

from core.audit import AuditEntry
from core.clock import today
from core.db import session
from core.permissions import Actor
from core.types import UTC
from instruments.models import AlarmReminder, Instrument, SensorAlarm, SensorPlacement, SensorReading
from instruments.policy import alarm_terms, listing_policy
from instruments.queries.details import must_be_listed
from instruments.queries.instruments import InstrumentMissing, in_scope
from instruments.rules.alarms import Watch, Watched
from instruments.states import STANDING_ALARMS, ListingState, SensorAlarmState


class SensorAlarmMissing(InstrumentMissing):
    """There is no such alarm for this actor."""

    code = "sensor_alarm_missing"


@dataclass(frozen=True, slots=True)
class SensorsAt:
    """The last reading of a sensor while it was at an instrument, and since when one stands there now."""

    last_told: datetime | None
    placed_since: datetime | None

    @property
    def watch(self) -> Watch:
        """Whether a sensor stands there at all."""
        return Watch.NONE if self.placed_since is None else Watch.SILENT


@dataclass(frozen=True, slots=True)
class Alarmed:
    """An alarm with what is known of the sensors at its instrument now."""

    alarm: SensorAlarm
    instrument: Instrument
    sensors: SensorsAt


def alarms(actor: Actor, *, state: SensorAlarmState | None = None) -> Select[tuple[SensorAlarm]]:
    """Alarms in the actor's scope: those that stand, or those of one state."""
    found = (
        select(SensorAlarm)
        .join(Instrument, Instrument.id == SensorAlarm.instrument_id)
        .where(in_scope(actor))
        .options(joinedload(SensorAlarm.instrument).joinedload(Instrument.provider))
    )
    return found.where(SensorAlarm.state.in_(STANDING_ALARMS) if state is None else SensorAlarm.state == state)


def watched_by(watch: Watch) -> ColumnElement[bool]:
    """Instruments at which a sensor stands now, or none."""
    at = exists().where(SensorPlacement.instrument_id == Instrument.id, func.upper_inf(SensorPlacement.during))
    return ~at if watch is Watch.NONE else at


def find_alarm(alarm_id: int, *, actor: Actor, lock: bool = False) -> SensorAlarm:
    """An alarm about an instrument in the actor's scope; raises :class:`SensorAlarmMissing`."""
    found = (
        select(SensorAlarm)
        .join(Instrument, Instrument.id == SensorAlarm.instrument_id)
        .where(SensorAlarm.id == alarm_id, in_scope(actor))
        .options(joinedload(SensorAlarm.instrument).joinedload(Instrument.provider))
    )
    if lock:
        locked = found.with_for_update(key_share=True, of=SensorAlarm)
        found = locked.execution_options(populate_existing=True)
    alarm = session().scalar(found)
    if alarm is None:
        raise SensorAlarmMissing
    return alarm


def alarms_of(instrument_id: int) -> tuple[SensorsAt, list[SensorAlarm]]:
    """What is known of the sensors at an instrument, and every alarm about it, the latest first; in one query."""
    found = (
        select(_last_told(), _placed_since(), SensorAlarm)
        .select_from(Instrument)
        .outerjoin(SensorAlarm, SensorAlarm.instrument_id == Instrument.id)
        .where(Instrument.id == instrument_id)
        .options(lazyload(SensorAlarm.instrument))
        .order_by(SensorAlarm.id.desc())
    )
    rows = session().execute(found).all()
    return SensorsAt(*rows[0][:2]), [alarm for *_, alarm in rows if alarm is not None]


def with_sensors(found: Sequence[SensorAlarm]) -> list[Alarmed]:
    """Alarms with what is known of the sensors, in one query for all."""
    at = sensors_at({each.instrument_id for each in found})
    return [Alarmed(each, each.instrument, at[each.instrument_id]) for each in found]


def sensors_at(instrument_ids: Iterable[int]) -> dict[int, SensorsAt]:
    """What is known of the sensors at instruments, by number."""
    found = select(Instrument.id, _last_told(), _placed_since()).where(Instrument.id.in_(list(instrument_ids)))
    return {number: SensorsAt(told, placed) for number, told, placed in session().execute(found)}


def silent_providers(*, now: datetime) -> Sequence[int]:
    """Providers with instruments about which an alarm is due and none stands."""
    return session().scalars(_silent(now, Instrument.provider_id).distinct().order_by(Instrument.provider_id)).all()


def silent_instruments(provider_id: int, *, now: datetime) -> Sequence[tuple[int, datetime]]:
    """Those instruments of a provider, with the instant after which nothing was heard of each."""
    found = _silent(now, Instrument.id, _heard()).where(Instrument.provider_id == provider_id)
    return session().execute(found.order_by(Instrument.id)).tuples().all()


def ending_alarms(*, now: datetime, alarm_id: int | None = None) -> dict[int, Watched]:
    """Standing alarms that are not due any more, with what tells why: of one alone where it is named."""
    on = today(now)
    is_due = and_(_demanded(on), _heard() < alarm_terms(on).silent_before(now))
    resumed = func.coalesce(_resumed() > SensorAlarm.since, false())
    found = (
        select(
            SensorAlarm.id,
            _last_told(),
            Instrument.secrecy_exempted_on.is_not(None),
            Instrument.state == ListingState.RETIRED,
            or_(Instrument.state == ListingState.SUSPENDED, resumed),
        )
        .join(Instrument, Instrument.id == SensorAlarm.instrument_id)
        .where(SensorAlarm.state.in_(STANDING_ALARMS), ~is_due)
    )
    if alarm_id is not None:
        found = found.where(SensorAlarm.id == alarm_id)
    return {number: Watched(*rest) for number, *rest in session().execute(found.order_by(SensorAlarm.id))}


def overdue_answers(*, now: datetime) -> Sequence[int]:
    """Alarms that were answered and whose day to tell again is over."""
    found = select(SensorAlarm.id).where(
        SensorAlarm.state == SensorAlarmState.ANSWERED, SensorAlarm.back_on < today(now)
    )
    return session().scalars(found.order_by(SensorAlarm.id)).all()


def providers_to_remind(*, now: datetime) -> Sequence[int]:
    """Providers with open alarms of which they were never told, or not for long, and who were told nothing today."""
    on = today(now)
    told_today = exists().where(AlarmReminder.provider_id == Instrument.provider_id, AlarmReminder.on == on)
    untold = or_(SensorAlarm.reminded_on.is_(None), SensorAlarm.reminded_on <= on - alarm_terms(on).remind_every)
    found = (
        select(Instrument.provider_id)
        .join(SensorAlarm, SensorAlarm.instrument_id == Instrument.id)
        .where(SensorAlarm.state == SensorAlarmState.OPEN, untold, ~told_today)
    )
    return session().scalars(found.distinct().order_by(Instrument.provider_id)).all()


def lock_open_alarms(provider_id: int) -> Sequence[SensorAlarm]:
    """The open alarms about a provider's instruments, locked in one order."""
    found = (
        select(SensorAlarm)
        .join(Instrument, Instrument.id == SensorAlarm.instrument_id)
        .where(SensorAlarm.state == SensorAlarmState.OPEN, Instrument.provider_id == provider_id)
        .order_by(SensorAlarm.id)
        .with_for_update(key_share=True, of=SensorAlarm)
        .execution_options(populate_existing=True)
    )
    return session().scalars(found).all()


def _silent(now: datetime, *columns: Any) -> Select[Any]:
    on = today(now)
    alarmed = exists().where(SensorAlarm.instrument_id == Instrument.id, SensorAlarm.state.in_(STANDING_ALARMS))
    return select(*columns).where(_demanded(on), ~alarmed, _heard() < alarm_terms(on).silent_before(now))


def _demanded(on: date) -> ColumnElement[bool]:
    """Public instruments that carry a sensor by S4."""
    return and_(Instrument.state == ListingState.PUBLISHED, must_be_listed(listing_policy(on).mandatory_min_fen))


def _heard() -> ColumnElement[datetime]:
    """When something was heard of an instrument last; not before it was public, or public again."""
    return func.greatest(_last_told(), Instrument.published_at, _resumed(), type_=UTC)


def _last_told() -> ColumnElement[datetime]:
    """The last reading of a sensor while it was at the instrument: of each placement the newest, by its key."""
    during = SensorPlacement.during
    newest = (
        select(SensorReading.at)
        .where(
            SensorReading.sensor_id == SensorPlacement.sensor_id,
            SensorReading.at >= func.lower(during),
            SensorReading.at < func.coalesce(func.upper(during), literal_column("'infinity'::timestamptz")),
        )
        .order_by(SensorReading.at.desc())
        .limit(1)
        .correlate(SensorPlacement)
        .lateral()
    )
    found = select(func.max(newest.c.at)).select_from(SensorPlacement).join(newest, true())
    return found.where(SensorPlacement.instrument_id == Instrument.id).correlate(Instrument).scalar_subquery()


def _placed_since() -> ColumnElement[datetime]:
    """Since when a sensor stands at the instrument now."""
    found = select(func.min(func.lower(SensorPlacement.during))).where(
        SensorPlacement.instrument_id == Instrument.id, func.upper_inf(SensorPlacement.during)
    )
    return found.correlate(Instrument).scalar_subquery()


def _resumed() -> ColumnElement[datetime]:
    """When the instrument became public again after a suspension, as the trail has it."""
    found = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_kind == Instrument.__tablename__,
        AuditEntry.subject_id == Instrument.id,
        AuditEntry.action == "resume",
    )
    return found.correlate(Instrument).scalar_subquery()
