"""Alarms about mandatory instruments of which no sensor tells: the list, the owner's answer, the instrument's part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import moment, t
from core.pages.tables import choice
from core.permissions import Actor, authorise
from instruments.models import Instrument, SensorAlarm
from instruments.pages.terms import CITY, WORDS
from instruments.permissions import may_manage, may_offer, may_read_alarms
from instruments.queries.alarms import (
    Alarmed,
    alarms,
    alarms_of,
    find_alarm,
    watched_by,
    with_sensors,
)
from instruments.rules.alarms import AlarmReason, Watch
from instruments.schemas.alarms import AlarmAnswerSchema
from instruments.service import alarms as service
from instruments.states import STANDING_ALARMS, SensorAlarmState

sensor_alarm_pages = Pages(
    "sensor_alarm_pages",
    __name__,
    url_prefix="/sensor-alarms",
    navigation=(NavEntry("sensor_alarms", "sensor_alarm_pages.index", "catalogue", may_read_alarms, order=42),),
    links={"sensor_alarms": ("sensor_alarm_pages.index", "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An alarm with the name of the provider and the days since something was heard."""

    found: Alarmed
    provider: str
    silent_days: int

    @property
    def alarm(self) -> SensorAlarm:
        """The alarm itself."""
        return self.found.alarm


def _rows(found: Sequence[SensorAlarm]) -> list[Row]:
    on = clock.today(clock.now())
    names = organisation_names({each.provider_id for each in found})
    return [
        Row(
            each,
            names[each.alarm.provider_id],
            ((clock.today(each.alarm.closed_at) if each.alarm.closed_at else on) - clock.today(each.alarm.since)).days,
        )
        for each in with_sensors(found)
    ]


ALARMS = Table(
    name="sensor-alarms",
    key=SensorAlarm.id,
    default_sort="silent_since",
    empty="page.sensor_alarms.empty",
    prepare=_rows,
    filters=[
        WORDS,
        CITY,
        choice("state", SensorAlarm.state, SensorAlarmState),
        Filter(
            "watch",
            lambda found, typed: found.where(watched_by(Watch(typed))),
            options=lambda: [(each.value, term(each)) for each in Watch],
        ),
        choice("alarm_reason", SensorAlarm.reason, AlarmReason),
    ],
    columns=[
        Column(
            "instrument",
            lambda row: row.found.instrument.name,
            sort=Instrument.name,
            link=lambda row: link_to("instrument", row.found.instrument.id),
        ),
        Column("provider", lambda row: row.provider, beneath=True),
        Column("state", lambda row: row.alarm.state, kind="state", sort=SensorAlarm.state),
        Column("watch", lambda row: row.found.sensors.watch, kind="term"),
        Column("silent_since", lambda row: row.alarm.since, kind="moment", sort=SensorAlarm.since),
        Column("silent_days", lambda row: row.silent_days, kind="number"),
        Column("last_reading_at", lambda row: row.found.sensors.last_told, kind="moment"),
        Column(
            "alarm_reason",
            lambda row: row.alarm.reason,
            kind="term",
            sort=SensorAlarm.reason,
            link=lambda row: answer_href(row.alarm, current_actor()),
        ),
        Column("note", lambda row: row.alarm.note, beneath=True),
        Column("back_on", lambda row: row.alarm.back_on, kind="day", sort=SensorAlarm.back_on),
        Column("alarm_ended_for", lambda row: row.alarm.ended_for, kind="term"),
    ],
)


@sensor_alarm_pages.get("")
@allow(may_read_alarms)
def index() -> Any:
    """Alarms in sight: those that stand, or those of the state that was chosen."""
    typed = request.args.get("state", "").strip()
    state = SensorAlarmState(typed) if typed in list(SensorAlarmState) else None
    return table_page(ALARMS, alarms(current_actor(), state=state), title="page.sensor_alarms.title")


@sensor_alarm_pages.route("/<int:alarm_id>/answer", methods=["GET", "POST"])
@allow(may_offer)
def answer(alarm_id: int) -> Response:
    """The owner says why, and until when."""
    alarm = find_alarm(alarm_id, actor=current_actor())
    authorise(current_actor(), may_manage, alarm)
    here = link_to("instrument", alarm.instrument_id)
    form = Form(
        AlarmAnswerSchema,
        name="alarm_answer",
        initial={"reason": alarm.reason, "note": alarm.note, "back_on": alarm.back_on},
        widgets={"note": "textarea"},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.answer_alarm(alarm_id=alarm_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.alarm_answer.done")

    facts = [
        ("column.instrument", alarm.instrument.name),
        ("field_label.model", alarm.instrument.model),
        ("column.silent_since", moment(alarm.since)),
    ]
    sensors = {"label": t("page.sensors.title"), "href": url_for("sensor_pages.index")}
    return form_page(form, effect=effect, back=here, facts=facts, actions=[sensors])


def answer_href(alarm: SensorAlarm, actor: Actor) -> str | None:
    """Where an owner answers an alarm that stands."""
    may = alarm.state in STANDING_ALARMS and may_manage(actor, alarm)
    return url_for("sensor_alarm_pages.answer", alarm_id=alarm.id) if may else None


def sensor_part(instrument: Instrument, *, actor: Actor) -> dict[str, Any]:
    """What the page of an instrument says of its sensors, for those whom its listing concerns."""
    at, found = alarms_of(instrument.id)
    facts = [
        ("column.placed_since", at.placed_since and moment(at.placed_since)),
        ("column.last_reading_at", at.last_told and moment(at.last_told)),
    ]
    told = [{"alarm": each, "actions": list(_actions(each, actor))} for each in found]
    return {"facts": [(label, value) for label, value in facts if value], "alarms": told}


def _actions(alarm: SensorAlarm, actor: Actor) -> Iterator[dict[str, Any]]:
    href = answer_href(alarm, actor)
    if href is not None:
        yield {"label": t("page.alarm_answer.title"), "href": href, "primary": alarm.state is SensorAlarmState.OPEN}
