"""Alarms about instruments without a reading, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField
from instruments.rules.alarms import AlarmEnding, AlarmReason, Watch
from instruments.schemas.instruments import InstrumentSummarySchema
from instruments.states import SensorAlarmState

WORDS = 2000


class AlarmQuerySchema(CursorSchema):
    """Which alarms."""

    state = EnumField(
        SensorAlarmState, metadata={"description": "In one state only; without it those that are open or answered."}
    )
    city = TextField(max_length=6, metadata={"description": "Six-digit code of the provider's city."})
    watch = EnumField(Watch, metadata={"description": "Where no sensor stands, or one that is silent."})


class AlarmAnswerSchema(Schema):
    """Why nothing is told of an instrument."""

    reason = EnumField(AlarmReason, required=True, metadata={"description": "Why no sensor tells of it."})
    note = TextField(required=True, max_length=WORDS, metadata={"description": "What is being done about it."})
    back_on = DayField(required=True, metadata={"description": "Day by which a sensor tells again."})


class SensorAlarmSchema(Schema):
    """A mandatory instrument of which no sensor tells (S4)."""

    id = IdField(required=True, metadata={"description": "Number of the alarm."})
    instrument = fields.Nested(InstrumentSummarySchema, required=True, metadata={"description": "The instrument."})
    state = EnumField(SensorAlarmState, required=True, metadata={"description": "How it stands."})
    since = InstantField(
        required=True,
        metadata={"description": "After when nothing was heard: the last reading, or when it became public."},
    )
    opened_at = InstantField(required=True, metadata={"description": "When the alarm was opened."})
    watch = EnumField(Watch, required=True, metadata={"description": "Whether a sensor stands there today."})
    sensor_since = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when a sensor stands there; null without one."}
    )
    last_reading_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "Last reading of a sensor at it, also after the alarm."},
    )
    reason = EnumField(
        AlarmReason, required=True, allow_none=True, metadata={"description": "The owner's answer, the last one."}
    )
    note = TextField(required=True, metadata={"description": "What the owner does about it, or empty."})
    back_on = DayField(
        required=True, allow_none=True, metadata={"description": "Day by which a sensor tells again, as answered."}
    )
    answered_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was answered."})
    ended_for = EnumField(AlarmEnding, required=True, allow_none=True, metadata={"description": "Why it ended."})
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})

    @pre_dump
    def flatten(self, shown: Any, **_: Any) -> dict[str, Any]:
        """The alarm's own fields beside what is known of the sensors."""
        sensors = {
            "watch": shown.sensors.watch,
            "sensor_since": shown.sensors.placed_since,
            "last_reading_at": shown.sensors.last_told,
            "instrument": shown.instrument,
        }
        return {**{name: getattr(shown.alarm, name) for name in self.fields if name not in sensors}, **sensors}
