"""Opening hours of an instrument: a week of stretches with their beginning and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, url_for
from marshmallow import ValidationError, fields

from core import clock
from core.errors import Reason
from core.http import Schema, TextField, allow, current_actor
from core.http.problem import FieldsInvalid, field_faults
from core.pages import Done, Form, Pages, form_page
from core.pages.language import t
from core.permissions import authorise
from instruments.models import Instrument
from instruments.pages.calendars import WEEKDAYS
from instruments.permissions import may_manage, may_offer
from instruments.queries.calendar import opening_hours
from instruments.queries.instruments import find_instrument
from instruments.rules.opening import WeeklyHours
from instruments.schemas.calendars import WeekSchema
from instruments.service.calendar import HoursRefused, set_opening_hours

hours = Pages("hours_pages", __name__, url_prefix="/instruments")

LEAST_STRETCHES = 2
"""Stretches of a day that may be entered: morning and afternoon."""
MIDNIGHT = "24:00"
AS_TYPED = "00:00"
"""How a time input says midnight at a day's end."""


class StretchFormSchema(Schema):
    """One stretch of a day; both times are empty, or neither."""

    opens = TextField(min_length=0, max_length=5)
    closes = TextField(min_length=0, max_length=5)


@hours.route("/<int:instrument_id>/opening-hours", methods=["GET", "POST"])
@allow(may_offer)
def edit(instrument_id: int) -> Response:
    """The whole week at once, as the API takes it."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    form, rows = _form(opening_hours(instrument_id))
    here = url_for("instrument_pages.one", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        _set(instrument, given, form)
        return Done(here, "page.opening_hours.done")

    return form_page(
        form, effect=effect, back=here, template="instruments/opening_hours.html", instrument=instrument, rows=rows
    )


def _form(week: Iterable[WeeklyHours]) -> tuple[Form, list[tuple[str, list[str]]]]:
    """The form, and for each weekday its name and the paths of its stretches."""
    typed: dict[str, dict[str, Any]] = {name: {} for name in WEEKDAYS}
    for each in WeekSchema().dump({"hours": sorted(week)})["hours"]:
        day = typed[WEEKDAYS[each["weekday"] - 1]]
        closes = AS_TYPED if each["closes"] == MIDNIGHT else each["closes"]
        day[str(len(day) + 1)] = {"opens": each["opens"], "closes": closes}
    count = max(LEAST_STRETCHES, *(len(day) for day in typed.values()))
    numbers = [str(number) for number in range(1, count + 1)]
    day_schema = Schema.from_dict({number: fields.Nested(StretchFormSchema) for number in numbers})
    week_schema = Schema.from_dict({name: fields.Nested(day_schema) for name in WEEKDAYS})
    paths = [f"{name}.{number}" for name in WEEKDAYS for number in numbers]
    inputs = [f"{path}.{side}" for path in paths for side in ("opens", "closes")]
    form = Form(week_schema, name="opening_hours", initial=typed, widgets=dict.fromkeys(inputs, "time"))
    for name in inputs:
        day_name, number, side = name.split(".")
        form[name].label = t(f"opening.{side}", day=t(f"weekday.{day_name}"), number=number)
    rows = [(t(f"weekday.{name}"), [f"{name}.{number}" for number in numbers]) for name in WEEKDAYS]
    return form, rows


def _set(instrument: Instrument, given: Mapping[str, Any], form: Form) -> None:
    """Hand the week to the service; every fault comes back to the stretch it is about."""
    stretches = list(_stretches(given))
    paths = [path for path, _ in stretches]
    try:
        week: list[WeeklyHours] = WeekSchema().load({"hours": [entry for _, entry in stretches]})["hours"]
        set_opening_hours(instrument_id=instrument.id, hours=week, actor=current_actor(), now=clock.now())
    except ValidationError as invalid:
        form.note(_at_their_place(field_faults({"": invalid.messages}), paths))
        raise FieldsInvalid from invalid
    except HoursRefused as refused:
        raise HoursRefused(reasons=list(_at_their_place(refused.reasons, paths))) from refused


def _stretches(given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every stretch that was filled in, with its path in the form."""
    for weekday, name in enumerate(WEEKDAYS, start=1):
        for number, typed in given.get(name, {}).items():
            if typed.get("opens") or typed.get("closes"):
                entry = {"weekday": weekday, "opens": typed.get("opens", ""), "closes": typed.get("closes", "")}
                yield f"{name}.{number}", entry


def _at_their_place(reasons: Iterable[Reason], paths: list[str]) -> Iterator[Reason]:
    """``hours.3.opens`` of the API is the fourth stretch that was filled in."""
    for each in reasons:
        _, number, side = [*(each.field or "").split("."), "", ""][:3]
        if number.isdecimal():
            yield replace(each, field=f"{paths[int(number)]}.{side or 'opens'}")
        else:
            yield each
