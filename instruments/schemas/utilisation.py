"""Utilisation out, and what is asked for."""

from __future__ import annotations

from marshmallow import fields

from core.http import CursorSchema, DecimalField, EnumField, FlagField, IdField, Schema, TextField
from core.http.schemas import DayField
from instruments.queries.time_pieces import UtilisationBy


class UtilisationQuerySchema(CursorSchema):
    """Which days, added up by what."""

    first_day = DayField(required=True, metadata={"description": "First day, of Asia/Shanghai."})
    last_day = DayField(required=True, metadata={"description": "Last day; at most 366 days in all."})
    by = EnumField(
        UtilisationBy,
        load_default=UtilisationBy.INSTRUMENT,
        metadata={"description": "instrument, provider, city or province."},
    )
    provider = IdField(metadata={"description": "Of one provider alone."})
    city = TextField(max_length=6, metadata={"description": "Of providers of one city alone, by its code."})
    days = FlagField(load_default=False, metadata={"description": "Whether each day is told too."})


class TimeSchema(Schema):
    """Hours of one day or several; rates are shares of the usable hours, to the thousandth."""

    usable = DecimalField(required=True, metadata={"description": "Open, and neither closed nor in maintenance."})
    booked = DecimalField(required=True, metadata={"description": "Booked."})
    used = DecimalField(required=True, metadata={"description": "Used by the log, maintenance left out (S19)."})
    measured = DecimalField(required=True, metadata={"description": "Running, as sensors tell."})
    watched = DecimalField(required=True, metadata={"description": "Of the usable ones those with a sensor."})
    booked_rate = DecimalField(
        required=True, allow_none=True, metadata={"description": "Booked of usable; null where nothing is usable."}
    )
    used_rate = DecimalField(
        required=True, allow_none=True, metadata={"description": "Used beside usable; above 1 outside opening hours."}
    )
    measured_rate = DecimalField(
        required=True, allow_none=True, metadata={"description": "Measured beside what is usable with a sensor."}
    )


class TimeOfDaySchema(TimeSchema):
    """Hours of one day."""

    day = DayField(required=True, metadata={"description": "The day, of Asia/Shanghai."})


class UtilisationSchema(TimeSchema):
    """Utilisation of an instrument, a provider, a city or the province."""

    instrument_id = IdField(allow_none=True, required=True, metadata={"description": "The instrument, by instrument."})
    provider_id = IdField(allow_none=True, required=True, metadata={"description": "The provider, by provider."})
    city = TextField(
        allow_none=True, required=True, metadata={"description": "The code of the city, by city; '' outside of all."}
    )
    name = TextField(required=True, metadata={"description": "What it is called."})
    days = fields.List(
        fields.Nested(TimeOfDaySchema), required=True, metadata={"description": "Each day, if asked for; else none."}
    )
