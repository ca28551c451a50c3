"""The story of an order as the API shows it."""

from __future__ import annotations

from marshmallow import fields

from core.http import EnumField, IdField, InstantField, Schema, TextField
from marketplace.queries.timelines import Party, Step
from vouchers.schemas.timelines import ClaimTimelineSchema, CountdownSchema


class OrderEventSchema(Schema):
    """One thing that happened to an order."""

    at = InstantField(required=True, metadata={"description": "When."})
    action = TextField(required=True, metadata={"description": "What was done."})
    party = EnumField(Party, required=True, metadata={"description": "Which side or office did it."})
    role = TextField(required=True, metadata={"description": "In which role; `system` for the service."})
    username = TextField(
        required=True, allow_none=True, metadata={"description": "Who it was, of one's own people only."}
    )
    note = TextField(required=True, allow_none=True, metadata={"description": "What was said with it."})
    state = TextField(required=True, allow_none=True, metadata={"description": "The state it led to, if it did."})
    consent_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The provider's standing consent that an acceptance rests on, if it does."},
    )
    moved_to = fields.List(
        InstantField(metadata={"description": "Start, then end."}),
        required=True,
        allow_none=True,
        metadata={"description": "The slot that the booking was moved to, if that is what happened."},
    )


class OrderWaitingSchema(Schema):
    """What waits now."""

    step = EnumField(Step, required=True, metadata={"description": "What is to be done."})
    parties = fields.List(
        EnumField(Party, metadata={"description": "A side or office."}),
        required=True,
        metadata={"description": "Whose turn it is."},
    )
    due = fields.Nested(
        CountdownSchema, required=True, allow_none=True, metadata={"description": "By when, where there is a day."}
    )


class OrderTimelineSchema(Schema):
    """What happened to an order, what waits now with whom, and what is still to come."""

    entries = fields.List(
        fields.Nested(OrderEventSchema), required=True, metadata={"description": "What happened, the earliest first."}
    )
    waiting = fields.List(fields.Nested(OrderWaitingSchema), required=True, metadata={"description": "What waits now."})
    ahead = fields.List(
        EnumField(Step, metadata={"description": "A step."}),
        required=True,
        metadata={"description": "The steps after those that wait; none once it has ended."},
    )
    claim = fields.Nested(
        ClaimTimelineSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The way of its claim from completion on, where there is one in sight."},
    )
