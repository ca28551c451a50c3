"""Sensors of a provider, where they are, and the keys they report with (S4)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from psycopg import errors as pg
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from accounts.rules import tokens
from core import audit
from core.clock import start_of_day, today
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.types import Span
from instruments.models import IngestKey, IotSensor, SensorPlacement
from instruments.permissions import may_manage
from instruments.queries.sensors import KEY_MARK, find_key, find_sensor
from instruments.queries.usage import find_logged_instrument
from instruments.steps.running import mark_period
from instruments.steps.usage import user_of

OVERLAP = timedelta(hours=24)
"""How long a key that was replaced still works, so that devices can be given the new one."""
PREFIX_BYTES = 9
SECRET_BYTES = 32


class SensorTaken(Conflict):
    """The provider has a sensor with this serial number already."""

    code = "sensor_taken"
    article = "S4"


class PlacementRefused(Refused):
    """The sensor cannot have been there then."""

    code = "placement_refused"


class KeyEnded(Conflict):
    """The key has ended already."""

    code = "ingest_key_ended"
    article = "S4"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as it is given out, once: afterwards only its digest is known."""

    key: IngestKey
    token: str


def register_sensor(*, serial: str, running_from_w: Decimal | None, actor: Actor, now: datetime) -> IotSensor:
    """Put a sensor on record; it is placed apart."""
    with transaction() as current:
        sensor = IotSensor(
            provider_id=_provider(actor),
            serial=serial,
            running_from_w=running_from_w,
            registered_by=user_of(actor),
            registered_at=now,
        )
        current.add(sensor)
        try:
            current.flush()
        except IntegrityError as taken:
            raise SensorTaken from taken
        audit.record(actor=actor, now=now, action="register", subject=sensor, data={"serial": serial})
        return sensor


def place_sensor(
    *, sensor_id: int, instrument_id: int, starts_at: datetime | None, actor: Actor, now: datetime
) -> SensorPlacement:
    """Say at which instrument a sensor is, from an instant on that has passed; it is no longer where it was before.

    What it told since then is derived anew. Raises PlacementRefused.
    """
    with transaction() as current:
        sensor = find_sensor(sensor_id, actor=actor, lock=True)
        instrument = find_logged_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        since = starts_at or now
        _end_present(sensor, since, now=now)
        placement = SensorPlacement(
            sensor_id=sensor.id,
            instrument_id=instrument.id,
            during=Span(since, None),
            placed_by=user_of(actor),
            placed_at=now,
        )
        current.add(placement)
        try:
            current.flush()
        except IntegrityError as violated:
            if isinstance(violated.orig, pg.ExclusionViolation):
                raise _placed_then() from violated
            raise
        _after(sensor, since, placement, action="place_sensor", actor=actor, now=now)
        return placement


def remove_sensor(*, sensor_id: int, ends_at: datetime | None, actor: Actor, now: datetime) -> IotSensor:
    """Say that a sensor is nowhere from an instant on that has passed."""
    with transaction():
        sensor = find_sensor(sensor_id, actor=actor, lock=True)
        since = ends_at or now
        ended = _end_present(sensor, since, now=now)
        if ended is None:
            raise PlacementRefused(reasons=[reason("sensor_nowhere", article="S4", field="ends_at")])
        _after(sensor, since, ended, action="remove_sensor", actor=actor, now=now)
        return sensor


def issue_key(*, label: str, instrument_id: int | None, actor: Actor, now: datetime) -> IssuedKey:
    """A key for all sensors of the provider, or for those at one of its instruments."""
    with transaction():
        if instrument_id is not None:
            authorise(actor, may_manage, find_logged_instrument(instrument_id, actor=actor))
        return _issue(label=label, instrument_id=instrument_id, replaces=None, actor=actor, now=now)


def replace_key(*, key_id: int, actor: Actor, now: datetime) -> IssuedKey:
    """Another key for the same; the former one works for a day yet."""
    with transaction():
        former = _live(key_id, actor, now)
        former.ends_at = now + OVERLAP
        audit.record(actor=actor, now=now, action="replace_ingest_key", subject=former, data={})
        return _issue(label=former.label, instrument_id=former.instrument_id, replaces=former, actor=actor, now=now)


def revoke_key(*, key_id: int, actor: Actor, now: datetime) -> IngestKey:
    """End a key at once."""
    with transaction():
        key = _live(key_id, actor, now)
        key.ends_at = now
        audit.record(actor=actor, now=now, action="revoke", subject=key, data={})
        return key


def _end_present(sensor: IotSensor, since: datetime, *, now: datetime) -> SensorPlacement | None:
    """End where a sensor is; None where it is nowhere."""
    if since > now:
        refuse_all([reason("placement_ahead", article="S4", field="starts_at")], error=PlacementRefused)
    current = require_transaction()
    present = current.scalar(
        select(SensorPlacement).where(SensorPlacement.sensor_id == sensor.id, func.upper_inf(SensorPlacement.during))
    )
    if present is None:
        return None
    if since <= present.during.start:
        raise _placed_then()
    present.during = Span(present.during.start, since)
    current.flush()
    return present


def _placed_then() -> PlacementRefused:
    return PlacementRefused(reasons=[reason("sensor_placed_then", article="S4", field="starts_at")])


def _after(
    sensor: IotSensor, since: datetime, placement: SensorPlacement, *, action: str, actor: Actor, now: datetime
) -> None:
    mark_period(start_of_day(today(since)), now + timedelta(days=1), sensor_id=sensor.id)
    audit.record(
        actor=actor,
        now=now,
        action=action,
        subject=placement,
        data={"sensor_id": sensor.id, "instrument_id": placement.instrument_id, "at": since.isoformat()},
    )


def _issue(
    *, label: str, instrument_id: int | None, replaces: IngestKey | None, actor: Actor, now: datetime
) -> IssuedKey:
    prefix, secret = KEY_MARK + secrets.token_urlsafe(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    key = IngestKey(
        provider_id=_provider(actor),
        instrument_id=instrument_id,
        label=label,
        prefix=prefix,
        digest=tokens.digest(secret),
        issued_by=user_of(actor),
        issued_at=now,
        replaces_id=None if replaces is None else replaces.id,
    )
    require_transaction().add(key)
    audit.record(actor=actor, now=now, action="issue", subject=key, data={"instrument_id": instrument_id})
    return IssuedKey(key, tokens.join(prefix, secret))


def _live(key_id: int, actor: Actor, now: datetime) -> IngestKey:
    key = find_key(key_id, actor=actor, lock=True)
    if not key.is_live(now):
        raise KeyEnded
    return key


def _provider(actor: Actor) -> int:
    if actor.organisation_id is None:
        raise Forbidden
    return actor.organisation_id
