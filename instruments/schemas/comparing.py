"""Booked, logged and measured time side by side, over HTTP."""

from __future__ import annotations

from marshmallow import fields

from core.http import DayField, DecimalField, EnumField, IdField, InstantField, Schema
from instruments.rules.comparing import Compared, Difference


class TimeComparisonQuerySchema(Schema):
    """Which days."""

    first_day = DayField(required=True, metadata={"description": "First day, in Asia/Shanghai."})
    last_day = DayField(required=True, metadata={"description": "Last day, included; at most 31 days together."})


class ComparedTimeSchema(Schema):
    """A booking, closure or use, or a time an instrument ran beside all of them."""

    kind = EnumField(Compared, required=True, metadata={"description": "What it is about."})
    starts_at = InstantField(required=True, attribute="slot.start", metadata={"description": "Start."})
    ends_at = InstantField(required=True, attribute="slot.end", metadata={"description": "End, not part of it."})
    booking_id = IdField(
        required=True, allow_none=True, metadata={"description": "Number of the booking, closure or maintenance."}
    )
    order_id = IdField(required=True, allow_none=True, metadata={"description": "The order, where it is about one."})
    use_ids = fields.List(IdField(), required=True, metadata={"description": "Entries of the log that belong to it."})
    booked_hours = DecimalField(required=True, allow_none=True, metadata={"description": "Hours of a booking."})
    logged_hours = DecimalField(
        required=True, allow_none=True, metadata={"description": "Hours by the log; null where nothing is logged."}
    )
    measured_hours = DecimalField(
        required=True,
        allow_none=True,
        metadata={
            "description": "Hours it ran, those before and after that belong to it too; null where no sensor told."
        },
    )
    differences = fields.List(
        EnumField(Difference), required=True, metadata={"description": "Where the three do not agree."}
    )


class TimeComparisonSchema(Schema):
    """Booked, logged and measured time of an instrument."""

    items = fields.List(fields.Nested(ComparedTimeSchema), required=True, metadata={"description": "In order of time."})
