"""Alarms about mandatory instruments without a reading, over HTTP (S4)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.models import SensorAlarm
from instruments.permissions import may_offer, may_read_alarms
from instruments.queries.alarms import Alarmed, SensorAlarmMissing, alarms, find_alarm, watched_by, with_sensors
from instruments.queries.terms import in_city
from instruments.schemas.alarms import AlarmAnswerSchema, AlarmQuerySchema, SensorAlarmSchema
from instruments.service import alarms as service
from instruments.service.alarms import AlarmAnswerRefused

sensor_alarms = Blueprint(
    "sensor_alarms",
    __name__,
    url_prefix="/sensor-alarms",
    description="Mandatory instruments of which no sensor tells (S4).",
)


@sensor_alarms.route("", methods=["GET"])
@allow(may_read_alarms)
@sensor_alarms.arguments(AlarmQuerySchema, location="query")
@sensor_alarms.response(200, page_schema(SensorAlarmSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """Instruments without a reading

    Public instruments that carry a sensor by S4 and of which none told anything for longer than the policy allows: of
    one's own, of a bureau its city's, all for the province.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    query = alarms(current_actor(), state=given.get("state"))
    if "city" in given:
        query = query.where(in_city(given["city"]))
    if "watch" in given:
        query = query.where(watched_by(given["watch"]))
    page = page_of(query, cursor=cursor, limit=limit, key=SensorAlarm.id)
    return {**page, "items": with_sensors(page["items"])}


@sensor_alarms.route("/<int:alarm_id>", methods=["GET"])
@allow(may_read_alarms)
@problems(SensorAlarmMissing)
@sensor_alarms.response(200, SensorAlarmSchema)
def show(alarm_id: int) -> Alarmed:
    """An alarm

    With what its owner answered and what is known of the sensors there.
    """
    return with_sensors([find_alarm(alarm_id, actor=current_actor())])[0]


@sensor_alarms.route("/<int:alarm_id>/answer", methods=["POST"])
@allow(may_offer)
@problems(SensorAlarmMissing, AlarmAnswerRefused, StateForbids)
@idempotent
@sensor_alarms.arguments(AlarmAnswerSchema)
@sensor_alarms.response(201, SensorAlarmSchema)
def answer(given: dict[str, Any], alarm_id: int) -> Alarmed:
    """Answer an alarm

    By the owner: why nothing is told, what is done about it, and by which day a sensor tells again. Until then nobody
    is reminded; the alarm itself ends with the next reading.
    """
    return with_sensors([service.answer_alarm(alarm_id=alarm_id, **given, actor=current_actor(), now=clock.now())])[0]
