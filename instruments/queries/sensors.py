"""Sensors, their keys and what they told, each provider its own; when an instrument ran, for those who read its log."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, select, true

from accounts.rules import tokens
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import (
    IngestKey,
    InstrumentUse,
    IotSensor,
    Occupancy,
    RunningStretch,
    SensorPlacement,
    SensorReading,
)
from instruments.queries.calendar import interval
from instruments.queries.usage import standing
from instruments.rules.opening import Interval, join
from instruments.rules.readings import within
from instruments.rules.usage import hours_of

KEY_MARK = "ik_"
"""How the prefix of an ingest key begins, which tells it from the token of a user."""
SENSOR_ROLE = "sensor"
"""The role of whoever comes with an ingest key: it is no user and may hand in readings, nothing else."""


class SensorMissing(NotFound):
    """The provider has no such sensor."""

    code = "sensor_missing"


class IngestKeyMissing(NotFound):
    """The provider has no such ingest key."""

    code = "ingest_key_missing"


def own_sensors(actor: Actor) -> Select[tuple[IotSensor]]:
    """The sensors of the actor's provider."""
    return select(IotSensor).where(IotSensor.provider_id == actor.organisation_id)


def find_sensor(sensor_id: int, *, actor: Actor, lock: bool = False) -> IotSensor:
    """A sensor of the actor's provider, locked if asked; raises :class:`SensorMissing`."""
    found = own_sensors(actor).where(IotSensor.id == sensor_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    sensor = session().scalar(found)
    if sensor is None:
        raise SensorMissing
    return sensor


def placements_of(sensor_ids: Iterable[int]) -> dict[int, list[SensorPlacement]]:
    """Where sensors were and are, by sensor, the latest first."""
    found: dict[int, list[SensorPlacement]] = {}
    wanted = select(SensorPlacement).where(SensorPlacement.sensor_id.in_(list(sensor_ids)))
    for each in session().scalars(wanted.order_by(func.lower(SensorPlacement.during).desc())):
        found.setdefault(each.sensor_id, []).append(each)
    return found


def last_readings(sensor_ids: Iterable[int]) -> dict[int, datetime]:
    """When each sensor said something last; those that never did are left out."""
    newest = (
        select(SensorReading.at)
        .where(SensorReading.sensor_id == IotSensor.id)
        .order_by(SensorReading.at.desc())
        .limit(1)
        .lateral()
    )
    found = select(IotSensor.id, newest.c.at).join(newest, true()).where(IotSensor.id.in_(list(sensor_ids)))
    return dict(session().execute(found).tuples().all())


def own_keys(actor: Actor) -> Select[tuple[IngestKey]]:
    """The ingest keys of the actor's provider, ended ones too."""
    return select(IngestKey).where(IngestKey.provider_id == actor.organisation_id)


def find_key(key_id: int, *, actor: Actor, lock: bool = False) -> IngestKey:
    """An ingest key of the actor's provider; raises :class:`IngestKeyMissing`."""
    found = own_keys(actor).where(IngestKey.id == key_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    key = session().scalar(found)
    if key is None:
        raise IngestKeyMissing
    return key


def live_key(token: str, *, now: datetime) -> IngestKey | None:
    """The ingest key that was presented, None where it is none or has ended. Compared in constant time."""
    parts = tokens.split(token)
    if parts is None or not token.startswith(KEY_MARK):
        return None
    found = session().scalar(select(IngestKey).where(IngestKey.prefix == parts[0]))
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(parts[1])):
        return None
    return found if found.is_live(now) else None


def ingest_actor(token: str, *, now: datetime) -> Actor | None:
    """Who comes with an ingest key: nobody of any organisation, so that nothing else is open to it."""
    key = live_key(token, now=now)
    return None if key is None else Actor(user_id=None, organisation_id=None, role=SENSOR_ROLE, username=key.prefix)


def ran(instrument_id: int, window: Interval) -> list[Interval]:
    """When an instrument ran within a period, as its sensors tell: sorted periods that do not overlap."""
    found = select(RunningStretch).where(
        RunningStretch.instrument_id == instrument_id,
        RunningStretch.starts_at < window.end,
        RunningStretch.ends_at > window.start,
    )
    return join(within((each.interval for each in session().scalars(found)), window))


def has_reported(instrument_id: int, window: Interval) -> bool:
    """Whether a sensor at the instrument said anything within a period."""
    told = (
        select(SensorReading.sensor_id)
        .join(SensorPlacement, SensorPlacement.sensor_id == SensorReading.sensor_id)
        .where(
            SensorPlacement.instrument_id == instrument_id,
            SensorPlacement.during.op("@>")(SensorReading.at),
            SensorReading.at >= window.start,
            SensorReading.at < window.end,
        )
    )
    return session().scalar(told.limit(1)) is not None


def measured_hours(order_id: int) -> Decimal | None:
    """Hours instruments ran in the slots of an order or the times logged for it, the time kept free around a slot left
    out; None where sensors do not tell of all of it."""
    windows: dict[int, list[Interval]] = {}
    booked = select(Occupancy).where(Occupancy.order_id == order_id, Occupancy.live)
    for booking in session().scalars(booked):
        windows.setdefault(booking.instrument_id, []).append(interval(booking.slot))
    for use in session().scalars(standing(select(InstrumentUse)).where(InstrumentUse.order_id == order_id)):
        windows.setdefault(use.instrument_id, []).append(use.interval)
    asked = [(number, window) for number, each in windows.items() for window in join(each)]
    if not asked or not all(has_reported(number, window) for number, window in asked):
        return None
    return sum((hours_of(ran(number, window)) for number, window in asked), Decimal(0))


def orders_within(instrument_ids: Iterable[int], window: Interval) -> list[int]:
    """Orders whose bookings or logged uses of these instruments touch a period."""
    ids = list(instrument_ids)
    booked = select(Occupancy.order_id).where(
        Occupancy.instrument_id.in_(ids),
        Occupancy.live,
        Occupancy.order_id.is_not(None),
        Occupancy.slot.op("&&")(func.tstzrange(window.start, window.end, "[)")),
    )
    logged = standing(select(InstrumentUse.order_id)).where(
        InstrumentUse.instrument_id.in_(ids),
        InstrumentUse.order_id.is_not(None),
        InstrumentUse.starts_at < window.end,
        InstrumentUse.ends_at > window.start,
    )
    return sorted({number for number in session().scalars(booked.union(logged)) if number is not None})
