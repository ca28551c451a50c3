"""A week of opening hours as a form: stretches by weekday with their beginning and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, fields

from core.errors import Reason
from core.http import Schema, TextField
from core.http.problem import FieldsInvalid, field_faults
from core.pages import Form
from core.pages.language import t
from instruments.pages.calendars import WEEKDAYS
from instruments.rules.opening import WeeklyHours
from instruments.schemas.calendars import WeekSchema
from instruments.service.calendar import HoursRefused

LEAST_STRETCHES = 2
"""Stretches of a day that may be entered: morning and afternoon."""
MIDNIGHT = "24:00"
AS_TYPED = "00:00"
"""How a time input says midnight at a day's end."""

Rows = list[tuple[str, list[str]]]
"""For each weekday its name and the paths of its stretches."""


class StretchFormSchema(Schema):
    """One stretch of a day; both times are empty, or neither."""

    opens = TextField(min_length=0, max_length=5)
    closes = TextField(min_length=0, max_length=5)


def week_form(
    name: str, week: Iterable[WeeklyHours], *, beside: Mapping[str, fields.Field[Any]] | None = None
) -> tuple[Form, Rows]:
    """The form with a week, and with what else is asked ``beside`` it; and where its stretches are."""
    typed: dict[str, dict[str, Any]] = {weekday: {} for weekday in WEEKDAYS}
    for each in WeekSchema().dump({"hours": sorted(week)})["hours"]:
        day = typed[WEEKDAYS[each["weekday"] - 1]]
        closes = AS_TYPED if each["closes"] == MIDNIGHT else each["closes"]
        day[str(len(day) + 1)] = {"opens": each["opens"], "closes": closes}
    count = max(LEAST_STRETCHES, *(len(day) for day in typed.values()))
    numbers = [str(number) for number in range(1, count + 1)]
    day_schema = Schema.from_dict({number: fields.Nested(StretchFormSchema) for number in numbers})
    days = {weekday: fields.Nested(day_schema) for weekday in WEEKDAYS}
    week_schema = Schema.from_dict({**(beside or {}), **days})
    paths = [f"{weekday}.{number}" for weekday in WEEKDAYS for number in numbers]
    inputs = [f"{path}.{side}" for path in paths for side in ("opens", "closes")]
    form = Form(week_schema, name=name, initial=typed, widgets=dict.fromkeys(inputs, "time"))
    for path in inputs:
        day_name, number, side = path.split(".")
        form[path].label = t(f"opening.{side}", day=t(f"weekday.{day_name}"), number=number)
    rows = [(t(f"weekday.{each}"), [f"{each}.{number}" for number in numbers]) for each in WEEKDAYS]
    return form, rows


class TypedWeek:
    """The stretches that were filled in; every fault comes back to the one it is about."""

    def __init__(self, given: Mapping[str, Any], form: Form) -> None:
        self._stretches, self._form = list(_stretches(given)), form

    def hours(self) -> list[WeeklyHours]:
        """The week as the rules see it; raises FieldsInvalid, noted in the form."""
        try:
            found: list[WeeklyHours] = WeekSchema().load({"hours": [entry for _, entry in self._stretches]})["hours"]
        except ValidationError as invalid:
            self._form.note(self._at_their_place(field_faults({"": invalid.messages})))
            raise FieldsInvalid from invalid
        return found

    def refusal(self, refused: HoursRefused) -> HoursRefused:
        """What the service refused, with the fields of the form."""
        return HoursRefused(reasons=list(self._at_their_place(refused.reasons)))

    def _at_their_place(self, reasons: Iterable[Reason]) -> Iterator[Reason]:
        """``hours.3.opens`` of the API is the fourth stretch that was filled in."""
        for each in reasons:
            _, number, side = [*(each.field or "").split("."), "", ""][:3]
            if number.isdecimal():
                path, _ = self._stretches[int(number)]
                yield replace(each, field=f"{path}.{side or 'opens'}")
            else:
                yield each


def _stretches(given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every stretch that was filled in, with its path in the form."""
    for weekday, name in enumerate(WEEKDAYS, start=1):
        for number, typed in given.get(name, {}).items():
            if typed.get("opens") or typed.get("closes"):
                entry = {"weekday": weekday, "opens": typed.get("opens", ""), "closes": typed.get("closes", "")}
                yield f"{name}.{number}", entry
