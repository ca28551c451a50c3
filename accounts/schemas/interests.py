"""Interests of officers as the API shows them."""

from __future__ import annotations

from accounts.kinds import InterestKind
from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField


class InterestQuerySchema(CursorSchema):
    """Which interests are wanted."""

    user_id = IdField(metadata={"description": "Only those of this officer."})


class NewInterestSchema(Schema):
    """What ties an officer to an organisation."""

    user_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The officer; oneself by default. Others are for the administrator."},
    )
    uscc = TextField(
        load_default=None,
        allow_none=True,
        max_length=40,
        metadata={"description": "The other's code; it need not be registered here. This or `organisation_id`."},
    )
    organisation_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "An organisation of the platform, for instance a team, which has no code."},
    )
    name = TextField(
        load_default="", min_length=0, max_length=200, metadata={"description": "What the other is called."}
    )
    kind = EnumField(InterestKind, required=True, metadata={"description": "What ties the officer to it."})
    since = DayField(required=True, metadata={"description": "Its first day."})
    until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Its last day; leave it out while it lasts."}
    )
    note = TextField(load_default="", min_length=0, max_length=500, metadata={"description": "A note."})


class InterestEndingSchema(Schema):
    """The end of an interest."""

    until = DayField(required=True, metadata={"description": "Its last day; the cooling period counts from it."})


class InterestVoidingSchema(Schema):
    """Taking back a mistaken declaration."""

    reason = TextField(required=True, max_length=500, metadata={"description": "Why it was mistaken."})


class InterestSchema(Schema):
    """What ties an officer to an organisation."""

    id = IdField(required=True, metadata={"description": "Number of the interest."})
    user_id = IdField(required=True, metadata={"description": "The officer."})
    organisation_id = IdField(
        required=True, allow_none=True, metadata={"description": "The organisation, where it was named by number."}
    )
    uscc = TextField(required=True, allow_none=True, metadata={"description": "The code, where it was named by it."})
    name = TextField(required=True, metadata={"description": "What it is called."})
    kind = EnumField(InterestKind, required=True, metadata={"description": "What ties the officer to it."})
    since = DayField(required=True, metadata={"description": "Its first day."})
    until = DayField(required=True, allow_none=True, metadata={"description": "Its last day; null while it lasts."})
    note = TextField(required=True, metadata={"description": "A note."})
    entered_at = InstantField(required=True, metadata={"description": "When it was declared."})
    voided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was taken back."})
    void_reason = TextField(required=True, metadata={"description": "Why it was taken back."})
