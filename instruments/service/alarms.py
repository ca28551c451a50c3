"""Alarms about mandatory instruments of which no sensor tells: opened, told again, answered by their owners, and closed
by the next reading (S4)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert

from accounts.queries import organisation
from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import require_transaction, transaction
from core.errors import Refused, refuse_all
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply
from instruments.models import AlarmReminder, SensorAlarm
from instruments.permissions import may_manage
from instruments.policy import alarm_terms
from instruments.queries.alarms import (
    ending_alarms,
    find_alarm,
    lock_open_alarms,
    overdue_answers,
    providers_to_remind,
    silent_instruments,
    silent_providers,
)
from instruments.rules.alarms import AlarmReason, Watched, back_faults, ending
from instruments.states import SENSOR_ALARM, SensorAlarmState


class AlarmAnswerRefused(Refused):
    """The answer has faults; all of them are named."""

    code = "alarm_answer_refused"


def answer_alarm(
    *, alarm_id: int, reason: AlarmReason, note: str, back_on: date, actor: Actor, now: datetime
) -> SensorAlarm:
    """The owner says why nothing is told of an instrument and by which day a sensor tells again; until then it is not
    told of the alarm. Raises :class:`AlarmAnswerRefused`."""
    with transaction():
        alarm = find_alarm(alarm_id, actor=actor, lock=True)
        authorise(actor, may_manage, alarm)
        refuse_all(back_faults(back_on, today=today(now), terms=alarm_terms(today(now))), error=AlarmAnswerRefused)
        said = {"reason": reason, "back_on": back_on.isoformat(), "instrument": alarm.instrument.name}
        apply(alarm, "explain", transitions=SENSOR_ALARM, actor=actor, now=now, note=note, data=said)
        alarm.reason, alarm.note, alarm.back_on = reason, note, back_on
        alarm.answered_by, alarm.answered_at = user_id_of(actor), now
        return alarm


def keep_alarms(*, now: datetime) -> int:
    """The worker's part of every morning: alarms that are over close, answers whose day has passed lapse, new alarms
    open, and providers are told of them together. Returns how many alarms and reminders changed or came."""
    closed = close_alarms(now=now)
    lapsed = sum(_lapse(number, now=now) for number in overdue_answers(now=now))
    opened = sum(_open(provider_id, now=now) for provider_id in silent_providers(now=now))
    reminded = sum(_remind(provider_id, now=now) for provider_id in providers_to_remind(now=now))
    return closed + lapsed + opened + reminded


def close_alarms(*, now: datetime) -> int:
    """Close what a reading came for, or what is demanded no more; returns how many alarms that were."""
    return sum(_close(number, now=now) for number in ending_alarms(now=now))


def _close(alarm_id: int, *, now: datetime) -> bool:
    """Looked at again once it is locked: somebody else may have closed it, or the sensor moved away again."""
    with transaction():
        alarm = find_alarm(alarm_id, actor=SYSTEM, lock=True)
        watched: Watched | None = ending_alarms(now=now, alarm_id=alarm_id).get(alarm_id)
        if watched is None:
            return False
        ended_for = ending(watched, silent_before=alarm_terms(today(now)).silent_before(now))
        apply(alarm, "end", transitions=SENSOR_ALARM, actor=SYSTEM, now=now, data={"ended_for": ended_for})
        alarm.ended_for, alarm.closed_at = ended_for, now
        return True


def _lapse(alarm_id: int, *, now: datetime) -> bool:
    """The day of the answer is over and nothing was heard; its owner is told anew."""
    with transaction():
        alarm = find_alarm(alarm_id, actor=SYSTEM, lock=True)
        if alarm.state is not SensorAlarmState.ANSWERED or alarm.back_on is None or alarm.back_on >= today(now):
            return False
        apply(alarm, "stay_silent", transitions=SENSOR_ALARM, actor=SYSTEM, now=now)
        alarm.reminded_on = None
        return True


def _open(provider_id: int, *, now: datetime) -> int:
    """Open what is due of a provider. The database has one standing alarm about an instrument: of two runs at once the
    second opens nothing."""
    with transaction() as current:
        rows = [
            {"instrument_id": number, "state": SENSOR_ALARM.initial, "since": since, "opened_at": now, "note": ""}
            for number, since in silent_instruments(provider_id, now=now)
        ]
        if not rows:
            return 0
        opening = insert(SensorAlarm).on_conflict_do_nothing().returning(SensorAlarm)
        opened = current.scalars(opening, rows).all()
        for alarm in opened:
            audit.record(
                actor=SYSTEM,
                now=now,
                action="open",
                subject=alarm,
                to_state=alarm.state,
                data={"since": alarm.since.isoformat()},
            )
        return len(opened)


def _remind(provider_id: int, *, now: datetime) -> bool:
    """Tell a provider of all its open alarms together."""
    with transaction() as current:
        standing = lock_open_alarms(provider_id)
        if not standing:
            return False
        row = {
            "provider_id": provider_id,
            "on": today(now),
            "opened": sum(each.reminded_on is None for each in standing),
            "standing": len(standing),
            "first_since": min(each.since for each in standing),
            "reminded_at": now,
        }
        telling = insert(AlarmReminder).values(row).on_conflict_do_nothing().returning(AlarmReminder)
        reminder = current.scalar(telling)
        if reminder is None:
            return False
        for alarm in standing:
            alarm.reminded_on = reminder.on
        _record(reminder, now=now)
        return True


def _record(reminder: AlarmReminder, *, now: datetime) -> None:
    said = {
        "provider": organisation(reminder.provider_id).name,
        "opened": reminder.opened,
        "standing": reminder.standing,
        "day": today(reminder.first_since).isoformat(),
    }
    require_transaction().flush()
    audit.record(actor=SYSTEM, now=now, action="remind", subject=reminder, data=said)
