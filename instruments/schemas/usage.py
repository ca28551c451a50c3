"""The log of use and attendance in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from core.http import (
    CountField,
    CursorSchema,
    DecimalField,
    EnumField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
)
from instruments.rules.terms import UsePurpose
from instruments.states import ListingState
from instruments.steps.usage import Used

MOST_SAMPLES = 1_000_000


class UsedSchema(Schema):
    """One use of an instrument."""

    starts_at = InstantField(required=True, metadata={"description": "When it began."})
    ends_at = InstantField(required=True, metadata={"description": "When it ended; not after now."})
    operator = TextField(required=True, max_length=100, metadata={"description": "Who operated the instrument."})
    samples = CountField(
        maximum=MOST_SAMPLES, load_default=None, allow_none=True, metadata={"description": "Samples, if counted."}
    )
    remarks = TextField(
        min_length=0, max_length=1000, load_default="", metadata={"description": "What else is to be said."}
    )

    @post_load
    def used(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What is said of the use, as the service takes it, beside the rest."""
        own = {name: given.pop(name) for name in ("starts_at", "ends_at", "operator", "samples", "remarks")}
        return {**given, "used": Used(**own)}


class NewUseSchema(UsedSchema):
    """A use by the provider itself; what an order used is logged with the order."""

    purpose = EnumField(UsePurpose, required=True, metadata={"description": "own, teaching or maintenance."})


class UseCorrectionSchema(UsedSchema):
    """What stands for an entry from now on, and why."""

    why = TextField(required=True, max_length=500, metadata={"description": "What was wrong with the entry."})


class UseWithdrawalSchema(Schema):
    """Why an entry counts no more."""

    why = TextField(required=True, max_length=500, metadata={"description": "Why the entry was none."})


class UseQuerySchema(CursorSchema):
    """Which part of the log."""

    purpose = EnumField(UsePurpose, metadata={"description": "Of this purpose only."})
    starts_from = InstantField(data_key="from", metadata={"description": "Begun at this instant or after."})
    starts_to = InstantField(data_key="to", metadata={"description": "Begun before this instant."})
    everything = FlagField(
        load_default=False, metadata={"description": "With entries that were corrected or withdrawn."}
    )


class UseSchema(Schema):
    """An entry of the log."""

    id = IdField(required=True, metadata={"description": "Its number."})
    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    purpose = EnumField(UsePurpose, required=True, metadata={"description": "What it was used for."})
    order_id = IdField(required=True, allow_none=True, metadata={"description": "The order, where it was for one."})
    booking_id = IdField(
        required=True,
        allow_none=True,
        attribute="occupancy_id",
        metadata={"description": "The booking that was checked out, if one was."},
    )
    starts_at = InstantField(required=True, metadata={"description": "When it began."})
    ends_at = InstantField(required=True, metadata={"description": "When it ended."})
    operator = TextField(required=True, metadata={"description": "Who operated the instrument."})
    samples = CountField(required=True, allow_none=True, metadata={"description": "Samples; null where not counted."})
    remarks = TextField(required=True, metadata={"description": "What else was said."})
    is_late = fields.Boolean(required=True, metadata={"description": "Whether it was logged long after the use."})
    corrects_id = IdField(
        required=True, allow_none=True, metadata={"description": "The entry in whose place this one stands."}
    )
    why = TextField(required=True, metadata={"description": "Why the other one was corrected; empty for a first one."})
    withdrawn = fields.Boolean(required=True, metadata={"description": "Whether it only takes the other one away."})
    logged_at = InstantField(required=True, metadata={"description": "When it was logged."})


class AttendanceRuleSchema(Schema):
    """Who notes that somebody comes."""

    users_check_in = FlagField(required=True, metadata={"description": "Whether users check in and out by themselves."})


class CheckInSchema(Schema):
    """Coming to a booking."""

    at = InstantField(load_default=None, metadata={"description": "When, for the provider; now if left out."})


class CheckOutSchema(Schema):
    """Leaving a booking."""

    at = InstantField(load_default=None, metadata={"description": "When, for the provider; now if left out."})
    operator = TextField(
        max_length=100, load_default=None, metadata={"description": "Who operated it; the caller if left out."}
    )
    samples = CountField(
        maximum=MOST_SAMPLES, load_default=None, allow_none=True, metadata={"description": "Samples, if counted."}
    )
    remarks = TextField(
        min_length=0, max_length=1000, load_default="", metadata={"description": "What else is to be said."}
    )


class BookingQuerySchema(CursorSchema):
    """Which bookings."""

    instrument_id = IdField(load_default=None, metadata={"description": "Of one instrument alone."})
    ends_after = InstantField(load_default=None, metadata={"description": "Only those that end after this instant."})


class BookingSchema(Schema):
    """A booking beside what came of it."""

    id = IdField(required=True, attribute="booking.id", metadata={"description": "Its number."})
    order_id = IdField(required=True, attribute="booking.order_id", metadata={"description": "The order."})
    instrument_id = IdField(
        required=True, attribute="booking.instrument_id", metadata={"description": "The instrument."}
    )
    instrument_state = EnumField(
        ListingState,
        required=True,
        attribute="instrument.state",
        metadata={"description": "published, or out of service: suspended or retired."},
    )
    organisation_id = IdField(
        required=True, attribute="booking.organisation_id", metadata={"description": "Who booked."}
    )
    starts_at = InstantField(required=True, attribute="booking.slot.start", metadata={"description": "Booked from."})
    ends_at = InstantField(required=True, attribute="booking.slot.end", metadata={"description": "Booked to."})
    booked_hours = DecimalField(required=True, metadata={"description": "Hours booked."})
    came_at = InstantField(required=True, allow_none=True, metadata={"description": "Checked in; null if not yet."})
    left_at = InstantField(required=True, allow_none=True, metadata={"description": "Checked out; null if not yet."})
    logged_hours = DecimalField(
        required=True, allow_none=True, metadata={"description": "Hours by the log; null where nothing is logged."}
    )
