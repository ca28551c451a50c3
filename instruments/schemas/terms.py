"""Terms of listings: deadlines and reported changes."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField
from instruments.rules.deadlines import ChangeKind
from instruments.schemas.fields import FlagField
from instruments.schemas.instruments import InstrumentSummarySchema
from instruments.states import ReportedChangeState


class DeadlineQuerySchema(CursorSchema):
    """Which deadlines."""

    overdue = FlagField(load_default=False, metadata={"description": "Only those that have passed."})
    city = TextField(max_length=6, metadata={"description": "Six-digit code of the provider's city."})


class DeadlineSchema(Schema):
    """A mandatory listing that is still to be made."""

    instrument = fields.Nested(InstrumentSummarySchema, required=True, metadata={"description": "The instrument."})
    due_on = DayField(required=True, metadata={"description": "Last day to list it (S13)."})
    overdue = fields.Boolean(required=True, metadata={"description": "Whether that day has passed."})


class NewReportedChangeSchema(Schema):
    """Something about a listed instrument that changed."""

    kind = EnumField(ChangeKind, required=True, metadata={"description": "What changed."})
    changed_on = DayField(required=True, metadata={"description": "When; starts the term of S14."})
    note = TextField(required=True, max_length=2000, metadata={"description": "What it is now."})


class ChangeWithdrawalSchema(Schema):
    """Why a report is taken back."""

    note = TextField(required=True, max_length=2000, metadata={"description": "Why; kept in the audit trail."})


class ReportedChangeSchema(Schema):
    """A change, and until when the listing has to tell it."""

    id = IdField(required=True, metadata={"description": "Number of the report."})
    kind = EnumField(ChangeKind, required=True, metadata={"description": "What changed."})
    changed_on = DayField(required=True, metadata={"description": "When."})
    note = TextField(required=True, max_length=2000, metadata={"description": "What it is now."})
    state = EnumField(ReportedChangeState, required=True, metadata={"description": "Whether the listing has followed."})
    reporter_id = IdField(required=True, metadata={"description": "Number of the organisation that reported it."})
    reported_at = InstantField(required=True, metadata={"description": "When it was reported."})
    ended_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When the listing followed, or it was taken back."}
    )
    due_on = DayField(required=True, metadata={"description": "Last day to update the listing (S14)."})
    overdue = fields.Boolean(required=True, metadata={"description": "Whether that day passed while it is open."})
    instrument = fields.Nested(InstrumentSummarySchema, required=True, metadata={"description": "The instrument."})

    @pre_dump
    def flatten(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The report's own fields beside its term."""
        apart = ("due_on", "overdue", "instrument")
        own = {name: getattr(shown["change"], name) for name in self.fields if name not in apart}
        return {**own, **{name: shown[name] for name in apart}}


class ReportedChangesSchema(Schema):
    """Every report about an instrument."""

    items = fields.List(
        fields.Nested(ReportedChangeSchema), required=True, metadata={"description": "The latest first."}
    )
