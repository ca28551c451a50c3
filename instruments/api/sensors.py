"""Sensors, keys and readings over HTTP.

Keys are issued and replaced without an Idempotency-Key, as the stored answer would keep a secret that is shown once.
Readings come without one as well: a batch may come any number of times and is taken once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from instruments.models import IngestKey, IotSensor
from instruments.permissions import may_hand_in_readings, may_keep_sensors, may_read_use
from instruments.queries.availability import WindowRefused, window_faults
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.sensors import (
    IngestKeyMissing,
    SensorMissing,
    find_sensor,
    last_readings,
    own_keys,
    own_sensors,
    placements_of,
    ran,
)
from instruments.queries.usage import find_logged_instrument
from instruments.rules.opening import Interval
from instruments.rules.usage import hours_of
from instruments.schemas.sensors import (
    IngestKeySchema,
    IssuedKeySchema,
    NewKeySchema,
    NewSensorSchema,
    PlacementSchema,
    ReadingBatchSchema,
    RemovalSchema,
    RunningQuerySchema,
    RunningSchema,
    SensorSchema,
    TakenBatchSchema,
)
from instruments.service import readings as reading_service
from instruments.service import sensors as service
from instruments.service.readings import IngestKeyRefused, Taken
from instruments.service.sensors import IssuedKey, KeyEnded, PlacementRefused, SensorTaken

sensors = Blueprint("sensors", __name__, url_prefix="/sensors", description="IoT sensors and where they are.")
keys = Blueprint("ingest_keys", __name__, url_prefix="/ingest-keys", description="Keys with which sensors report.")
readings = Blueprint("sensor_readings", __name__, url_prefix="/sensor-readings", description="What sensors say.")
running = Blueprint(
    "running", __name__, url_prefix="/instruments/<int:instrument_id>", description="When instruments ran."
)


@sensors.route("", methods=["GET"])
@allow(may_keep_sensors)
@sensors.arguments(CursorSchema, location="query")
@sensors.response(200, page_schema(SensorSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """One's sensors

    With where they were and are, and when they said something last.
    """
    page = page_of(own_sensors(current_actor()), **given, key=IotSensor.id)
    return {**page, "items": _shown(page["items"])}


@sensors.route("", methods=["POST"])
@allow(may_keep_sensors)
@problems(SensorTaken)
@idempotent
@sensors.arguments(NewSensorSchema)
@sensors.response(201, SensorSchema)
def register(given: dict[str, Any]) -> dict[str, Any]:
    """Register a sensor"""
    return _shown([service.register_sensor(**given, actor=current_actor(), now=clock.now())])[0]


@sensors.route("/<int:sensor_id>/placement", methods=["POST"])
@allow(may_keep_sensors)
@problems(SensorMissing, InstrumentMissing, PlacementRefused)
@idempotent
@sensors.arguments(PlacementSchema)
@sensors.response(201, SensorSchema)
def place(given: dict[str, Any], sensor_id: int) -> dict[str, Any]:
    """Place a sensor

    At an instrument, from an instant on that has passed; it is no longer where it was before.
    """
    actor = current_actor()
    service.place_sensor(sensor_id=sensor_id, **given, actor=actor, now=clock.now())
    return _shown([find_sensor(sensor_id, actor=actor)])[0]


@sensors.route("/<int:sensor_id>/removal", methods=["POST"])
@allow(may_keep_sensors)
@problems(SensorMissing, PlacementRefused)
@idempotent
@sensors.arguments(RemovalSchema)
@sensors.response(201, SensorSchema)
def remove(given: dict[str, Any], sensor_id: int) -> dict[str, Any]:
    """Take a sensor away

    It is nowhere from then on.
    """
    return _shown([service.remove_sensor(sensor_id=sensor_id, **given, actor=current_actor(), now=clock.now())])[0]


@keys.route("", methods=["GET"])
@allow(may_keep_sensors)
@keys.arguments(CursorSchema, location="query")
@keys.response(200, page_schema(IngestKeySchema))
def index_of_keys(given: dict[str, Any]) -> dict[str, Any]:
    """One's keys

    Without their secrets; ended ones too.
    """
    return page_of(own_keys(current_actor()), **given, key=IngestKey.id)


@keys.route("", methods=["POST"])
@allow(may_keep_sensors)
@problems(InstrumentMissing)
@keys.arguments(NewKeySchema)
@keys.response(201, IssuedKeySchema)
def issue(given: dict[str, Any]) -> IssuedKey:
    """Issue a key

    It hands in readings and does nothing else. The token is shown this once.
    """
    return service.issue_key(**given, actor=current_actor(), now=clock.now())


@keys.route("/<int:key_id>/replacement", methods=["POST"])
@allow(may_keep_sensors)
@problems(IngestKeyMissing, KeyEnded)
@keys.response(201, IssuedKeySchema)
def replace(key_id: int) -> IssuedKey:
    """Replace a key

    By another one for the same; the former one works for 24 hours yet.
    """
    return service.replace_key(key_id=key_id, actor=current_actor(), now=clock.now())


@keys.route("/<int:key_id>/revocation", methods=["POST"])
@allow(may_keep_sensors)
@problems(IngestKeyMissing, KeyEnded)
@idempotent
@keys.response(201, IngestKeySchema)
def revoke(key_id: int) -> IngestKey:
    """Revoke a key

    It ends at once.
    """
    return service.revoke_key(key_id=key_id, actor=current_actor(), now=clock.now())


@readings.route("", methods=["POST"])
@allow(may_hand_in_readings)
@problems(IngestKeyRefused)
@readings.arguments(ReadingBatchSchema)
@readings.response(201, TakenBatchSchema)
def take(given: dict[str, Any]) -> Taken:
    """Hand in readings

    With an ingest key as the bearer token. A reading that was taken before is counted and dropped, one with a fault is
    refused by its line, and the others are taken: send a batch again as often as needed.
    """
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    return reading_service.take_batch(lines=given["readings"], token=token, now=clock.now())


@running.route("/running", methods=["GET"])
@allow(may_read_use)
@problems(InstrumentMissing, WindowRefused)
@running.arguments(RunningQuerySchema, location="query")
@running.response(200, RunningSchema)
def show_running(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """When an instrument ran

    As its sensors tell, for its owner and the offices of its city and the province.
    """
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    start, end = given["starts_at"], given["ends_at"]
    faults = window_faults(start, end)
    if faults:
        raise WindowRefused(reasons=faults)
    found = ran(instrument.id, Interval(start, end))
    return {"running": found, "hours": hours_of(found)}


def _shown(found: Iterable[IotSensor]) -> list[dict[str, Any]]:
    rows = list(found)
    numbers = [each.id for each in rows]
    placed, told = placements_of(numbers), last_readings(numbers)
    return [
        {
            "id": each.id,
            "serial": each.serial,
            "running_from_w": each.running_from_w,
            "placements": placed.get(each.id, []),
            "last_reading_at": told.get(each.id),
        }
        for each in rows
    ]
