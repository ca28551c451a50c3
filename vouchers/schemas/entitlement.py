"""What can still be used of a year's cap, as the API shows it."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, FenField, IdField, Schema, TextField
from core.http.paging import CursorSchema

YEAR_MIN, YEAR_MAX = 2000, 2200


class EntitlementQuerySchema(Schema):
    """Which year is wanted."""

    year = CountField(
        minimum=YEAR_MIN, maximum=YEAR_MAX, metadata={"description": "Year of the cap; this year by default."}
    )


class EntitlementListQuerySchema(CursorSchema):
    """Which page of which year is wanted."""

    year = CountField(
        minimum=YEAR_MIN, maximum=YEAR_MAX, metadata={"description": "Year of the cap; this year by default."}
    )


class CapPartSchema(Schema):
    """What one firm, or all others of its group together, hold and have used of the cap."""

    organisation_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The firm; null for all others under the same controller, as one sum."},
    )
    held_fen = FenField(required=True, metadata={"description": "Held by orders and claims on their way."})
    consumed_fen = FenField(required=True, metadata={"description": "Confirmed."})


class EntitlementSchema(Schema):
    """The cap of a user in a year (V12 cap)."""

    organisation_id = IdField(required=True, metadata={"description": "The enterprise or team."})
    year = CountField(required=True, metadata={"description": "Year of the cap."})
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    cap_fen = FenField(required=True, metadata={"description": "The cap of the group, or of the team."})
    held_fen = FenField(required=True, metadata={"description": "Held of it by all of the group."})
    consumed_fen = FenField(required=True, metadata={"description": "Confirmed of it by all of the group."})
    room_fen = FenField(required=True, metadata={"description": "What an order may still hold."})
    overhang_fen = FenField(
        required=True, metadata={"description": "How far merged groups are above the cap; no room while it is not 0."}
    )
    parts = fields.List(
        fields.Nested(CapPartSchema),
        required=True,
        metadata={"description": "Of whom it is: the user's own part, then that of the others in its group."},
    )
