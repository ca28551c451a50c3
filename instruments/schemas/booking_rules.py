"""What providers ask of bookings, in and out."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, Schema
from instruments.rules.opening import MINUTES_A_DAY
from instruments.schemas.fields import FlagField

MOST_MINUTES = 366 * MINUTES_A_DAY
MOST_DAYS = 1000
MOST_HOURS = 1000


class BookingRulesSchema(Schema):
    """What is asked of every booking of an instrument; what is left out or null is not asked, and limits that hold for
    all bookings remain."""

    min_minutes = CountField(
        minimum=1,
        maximum=MOST_MINUTES,
        allow_none=True,
        load_default=None,
        metadata={"description": "The shortest booking, in minutes."},
    )
    max_minutes = CountField(
        minimum=1,
        maximum=MOST_MINUTES,
        allow_none=True,
        load_default=None,
        metadata={"description": "The longest booking, in minutes."},
    )
    step_minutes = CountField(
        minimum=1,
        maximum=MINUTES_A_DAY,
        allow_none=True,
        load_default=None,
        metadata={"description": "Lengths are multiples of it, and starts lie on multiples of it after midnight."},
    )
    before_minutes = CountField(
        maximum=MINUTES_A_DAY, load_default=0, metadata={"description": "Minutes kept free before each booking."}
    )
    after_minutes = CountField(
        maximum=MINUTES_A_DAY, load_default=0, metadata={"description": "Minutes kept free after each booking."}
    )
    lead_minutes = CountField(
        maximum=MOST_MINUTES, load_default=0, metadata={"description": "How long beforehand it must be booked."}
    )
    horizon_days = CountField(
        minimum=1,
        maximum=MOST_DAYS,
        allow_none=True,
        load_default=None,
        metadata={"description": "How far ahead it may be booked, in days."},
    )
    week_hours = CountField(
        minimum=1,
        maximum=MOST_HOURS,
        allow_none=True,
        load_default=None,
        metadata={"description": "Hours a user organisation may book in a week, Monday to Sunday."},
    )
    month_hours = CountField(
        minimum=1,
        maximum=MOST_HOURS,
        allow_none=True,
        load_default=None,
        metadata={"description": "Hours a user organisation may book in a calendar month."},
    )
    open_bookings = CountField(
        minimum=1,
        maximum=MOST_HOURS,
        allow_none=True,
        load_default=None,
        metadata={"description": "Bookings a user organisation may have that have not ended."},
    )
    closed_on_holidays = FlagField(
        load_default=False,
        metadata={"description": "Closed on public holidays, the weekends beside them included."},
    )
    makeup_weekday = CountField(
        minimum=1,
        maximum=7,
        allow_none=True,
        load_default=None,
        metadata={"description": "As which weekday (1 Monday to 7 Sunday) it opens on weekend days that are worked."},
    )
    qualified_only = FlagField(
        load_default=False,
        metadata={"description": "Only for users whom the provider has trained or approved; they ask to be."},
    )


class InstrumentRulesSchema(Schema):
    """What is asked of bookings of an instrument."""

    is_own = fields.Boolean(
        required=True, metadata={"description": "Whether it has rules of its own, or follows its provider's."}
    )
    rules = fields.Nested(BookingRulesSchema, required=True, metadata={"description": "The rules that hold."})
