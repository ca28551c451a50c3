"""Opening hours, closures and availability in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from core.http import CountField, DayField, EnumField, IdField, InstantField, Schema, TextField
from core.http.schemas import fault
from instruments.models import Occupancy
from instruments.rules.opening import MINUTES_A_DAY, WeeklyHours
from instruments.rules.series import Repetition
from instruments.rules.slots import ClosedBy, Starts
from instruments.rules.terms import OccupancyKind, TakenKind
from instruments.schemas.booking_rules import MOST_MINUTES
from instruments.schemas.fields import FlagField, TimeOfDayField

MOST_STRETCHES = 50
SECONDS_A_MINUTE = 60


class HoursSchema(Schema):
    """One weekly stretch. A closing time not after the opening time is on the next day."""

    weekday = CountField(required=True, metadata={"description": "1 Monday to 7 Sunday."})
    opens = TimeOfDayField(required=True, metadata={"description": "Opens, in Asia/Shanghai."})
    closes = TimeOfDayField(required=True, metadata={"description": "Closes; 24:00 is midnight at the day's end."})

    @post_load
    def stretch(self, given: dict[str, Any], **_: Any) -> WeeklyHours:
        """The stretch as the rules see it."""
        opens, closes = given["opens"], given["closes"]
        return WeeklyHours(given["weekday"], opens, closes if closes > opens else closes + MINUTES_A_DAY)

    @pre_dump
    def shown(self, hours: WeeklyHours, **_: Any) -> dict[str, int]:
        """Times of day again."""
        closes = hours.closes if hours.closes <= MINUTES_A_DAY else hours.closes - MINUTES_A_DAY
        return {"weekday": hours.weekday, "opens": hours.opens, "closes": closes}


class WeekSchema(Schema):
    """A whole week."""

    hours = fields.List(
        fields.Nested(HoursSchema),
        required=True,
        validate=validate.Length(max=MOST_STRETCHES, error=fault("invalid")),
        metadata={"description": "Every stretch of the week; none closes it."},
    )


class NewSeasonSchema(WeekSchema):
    """Opening hours of a range of days, in place of the week's."""

    name = TextField(required=True, max_length=100, metadata={"description": "What it is, such as a summer break."})
    first_day = DayField(required=True, metadata={"description": "The first day."})
    last_day = DayField(required=True, metadata={"description": "The last day, included."})


class SeasonSchema(NewSeasonSchema):
    """Opening hours of a range of days."""

    id = IdField(required=True, metadata={"description": "Its number."})


class SeasonsSchema(Schema):
    """Every range of days with hours of its own."""

    items = fields.List(
        fields.Nested(SeasonSchema), required=True, metadata={"description": "In order of time; they do not overlap."}
    )


class AvailabilityQuerySchema(Schema):
    """A period to look at."""

    starts_at = InstantField(data_key="from", metadata={"description": "Start; now by default."})
    ends_at = InstantField(data_key="to", metadata={"description": "End; at most 92 days later, a week by default."})
    minutes = CountField(
        minimum=1,
        maximum=MOST_MINUTES,
        metadata={"description": "A length in minutes: where a booking of it may begin is answered too."},
    )
    organisation_id = IdField(
        metadata={"description": "Whose quotas are told: an organisation one acts for; one's own by default."}
    )


class StretchSchema(Schema):
    """A period."""

    starts_at = InstantField(required=True, metadata={"description": "Start."})
    ends_at = InstantField(required=True, metadata={"description": "End, not part of it."})


class TakenSchema(StretchSchema):
    """A period that is taken, by nobody named."""

    kind = EnumField(
        TakenKind, required=True, metadata={"description": "Booking, closure, maintenance, or kept free around one."}
    )


class ClosedSchema(StretchSchema):
    """A period that cannot be booked though nobody has taken it."""

    kind = EnumField(
        ClosedBy,
        required=True,
        metadata={"description": "Outside opening hours, a public holiday, too soon, or too far ahead."},
    )


class StartsSchema(Schema):
    """Where bookings may begin."""

    first = InstantField(required=True, metadata={"description": "The first start."})
    last = InstantField(required=True, metadata={"description": "The last start."})
    every_minutes = CountField(required=True, metadata={"description": "From each start between them to the next."})

    @pre_dump
    def in_minutes(self, starts: Starts, **_: Any) -> dict[str, Any]:
        """The step as a number."""
        every = int(starts.every.total_seconds()) // SECONDS_A_MINUTE
        return {"first": starts.first, "last": starts.last, "every_minutes": every}


class PeriodLeftSchema(StretchSchema):
    """A week or a month of the period looked at."""

    minutes = CountField(required=True, metadata={"description": "Minutes that may still be booked in it."})


class QuotaLeftSchema(Schema):
    """What a user organisation may still book; null where nothing is counted."""

    organisation_id = IdField(required=True, metadata={"description": "Whose it is."})
    open_bookings = CountField(
        required=True, allow_none=True, metadata={"description": "Further bookings at a time that have not ended."}
    )
    weeks = fields.List(
        fields.Nested(PeriodLeftSchema), required=True, allow_none=True, metadata={"description": "Week by week."}
    )
    months = fields.List(
        fields.Nested(PeriodLeftSchema), required=True, allow_none=True, metadata={"description": "Month by month."}
    )


class QualifiedDaysSchema(Schema):
    """Days on which a user is qualified."""

    first_day = DayField(required=True, metadata={"description": "The first day."})
    last_day = DayField(
        required=True, allow_none=True, metadata={"description": "The last day; null until it is revoked."}
    )


class QualifiedSchema(Schema):
    """When a user may book an instrument that is for qualified users only."""

    organisation_id = IdField(
        required=True, allow_none=True, metadata={"description": "Whose it is; null for who books nothing."}
    )
    days = fields.List(
        fields.Nested(QualifiedDaysSchema), required=True, metadata={"description": "Empty where it has yet to ask."}
    )


class AvailabilitySchema(Schema):
    """When an instrument can be booked, and what is in the way."""

    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    starts_at = InstantField(required=True, metadata={"description": "Start of the period."})
    ends_at = InstantField(required=True, metadata={"description": "End of the period."})
    provisional = fields.Boolean(
        required=True,
        metadata={"description": "Whether public holidays of the period matter and are not all published yet."},
    )
    free = fields.List(fields.Nested(StretchSchema), required=True, metadata={"description": "Where bookings may lie."})
    closed = fields.List(
        fields.Nested(ClosedSchema), required=True, metadata={"description": "What cannot be booked, and why."}
    )
    occupied = fields.List(fields.Nested(TakenSchema), required=True, metadata={"description": "Taken."})
    quota = fields.Nested(
        QuotaLeftSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What is left of the user's quotas; null for who books nothing, and without quotas."},
    )
    qualification = fields.Nested(
        QualifiedSchema,
        required=True,
        allow_none=True,
        metadata={"description": "When the user is qualified, where that is asked; null where everybody may book."},
    )
    starts = fields.List(
        fields.Nested(StartsSchema), metadata={"description": "Where a booking of the length asked for may begin."}
    )


class NewClosureSchema(Schema):
    """A closure or maintenance window."""

    kind = EnumField(
        OccupancyKind,
        load_default=OccupancyKind.CLOSURE,
        validate=validate.NoneOf([OccupancyKind.BOOKING], error=fault("invalid")),
        metadata={"description": "closure or maintenance.", "enum": ["closure", "maintenance"]},
    )
    starts_at = InstantField(required=True, metadata={"description": "Start."})
    ends_at = InstantField(required=True, metadata={"description": "End, not part of it."})
    note = TextField(min_length=0, load_default="", metadata={"description": "Why; seen by the owner and its bureau."})
    every_days = CountField(
        minimum=1,
        maximum=366,
        allow_none=True,
        load_default=None,
        metadata={"description": "Again every so many days; needs the day until when."},
    )
    repeat_until = DayField(
        allow_none=True, load_default=None, metadata={"description": "The last day on which it may begin again."}
    )

    @validates_schema
    def whole(self, given: dict[str, Any], **_: Any) -> None:
        """Both of a series or neither."""
        for name, other in (("every_days", "repeat_until"), ("repeat_until", "every_days")):
            if given.get(name) is None and given.get(other) is not None:
                raise ValidationError({name: [fault("required")]})

    @post_load
    def repetition(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The two as one."""
        every_days, until = given.pop("every_days"), given.pop("repeat_until")
        return {**given, "again": None if every_days is None else Repetition(every_days, until)}


class ClosureRemovalSchema(Schema):
    """What ends."""

    series = FlagField(
        load_default=False, metadata={"description": "Those of the same series that have not ended, too."}
    )


class ClosureSchema(Schema):
    """A closure or maintenance window."""

    id = IdField(required=True, metadata={"description": "Its number."})
    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    kind = EnumField(OccupancyKind, required=True, metadata={"description": "closure or maintenance."})
    starts_at = InstantField(required=True, metadata={"description": "Start."})
    ends_at = InstantField(required=True, metadata={"description": "End."})
    note = TextField(min_length=0, required=True, metadata={"description": "Why."})
    series_id = IdField(
        required=True, allow_none=True, metadata={"description": "The number of its series, where it is of one."}
    )

    @pre_dump
    def flatten(self, taken: Occupancy, **_: Any) -> dict[str, Any]:
        """The period as two instants."""
        return {
            "id": taken.id,
            "instrument_id": taken.instrument_id,
            "kind": taken.kind,
            "starts_at": taken.during.start,
            "ends_at": taken.during.end,
            "note": taken.note,
            "series_id": taken.series_id,
        }
