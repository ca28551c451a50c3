"""Alarms about mandatory instruments of which no sensor tells (S4): providers are told of theirs together."""

from __future__ import annotations

from instruments.models import AlarmReminder, SensorAlarm
from marketplace.notifications.recipients import bureau_of, of
from marketplace.notifications.rules.told import Subject, news

_COUNTS = ("opened", "standing", "day")

ALARM_REMINDER = Subject(
    AlarmReminder,
    "sensor_alarms",
    {
        "remind": (
            news("sensor_alarm.standing", of("provider_id"), says=_COUNTS),
            news("sensor_alarm.of_provider", bureau_of("provider_id"), says=(*_COUNTS, "provider")),
        ),
    },
)
SENSOR_ALARM = Subject(
    SensorAlarm,
    "instrument",
    {
        "explain": (
            news(
                "sensor_alarm.answered",
                bureau_of("provider_id"),
                link_id=lambda alarm: alarm.instrument_id,
                says=("instrument", "back_on"),
            ),
        ),
    },
)
