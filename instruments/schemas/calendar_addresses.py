"""What goes in and out about secret addresses of calendars."""

from __future__ import annotations

from marshmallow import fields

from core.http import IdField, InstantField, Schema, TextField


class NewCalendarAddressSchema(Schema):
    """Which calendar."""

    instrument_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "One's own instrument; one's bookings if left out."},
    )


class CalendarAddressSchema(Schema):
    """An address; its secret part is never shown again."""

    id = IdField(required=True, metadata={"description": "Its number."})
    instrument_id = IdField(
        required=True, allow_none=True, metadata={"description": "The instrument; null for one's bookings."}
    )
    prefix = TextField(required=True, metadata={"description": "How its secret part begins."})
    issued_at = InstantField(required=True, metadata={"description": "When it was given out."})
    last_read_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was read last."})
    ended_at = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when it answers no more; null while it does."}
    )


class IssuedCalendarAddressSchema(Schema):
    """A new address, this once with its secret part."""

    address = fields.Nested(CalendarAddressSchema, required=True, metadata={"description": "The address."})
    url = TextField(required=True, metadata={"description": "Where calendar programs read it; shown this once."})
