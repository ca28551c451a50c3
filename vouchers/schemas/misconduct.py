"""Misconduct decisions and appeals as the API takes and shows them (V21)."""

from __future__ import annotations

from marshmallow import fields

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from vouchers.rules.supervision import AppealDecision, MisconductKind, Seriousness
from vouchers.schemas.supervision import FILE, LONG
from vouchers.states import AppealState, MisconductState


class MisconductQuerySchema(CursorSchema):
    """Which decisions to list."""

    state = EnumField(MisconductState, metadata={"description": "Only those of this state."})
    organisation_id = IdField(metadata={"description": "Only those about this organisation."})


class NewMisconductSchema(Schema):
    """A decision of misconduct."""

    organisation_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "About whom; left out, whom the finding is against."},
    )
    finding_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "The upheld finding it rests on, if any."}
    )
    kind = EnumField(MisconductKind, required=True, metadata={"description": "What was done."})
    seriousness = EnumField(
        Seriousness, required=True, metadata={"description": "Serious misconduct is sanctioned and blocks (V8(2))."}
    )
    occurred_on = DayField(required=True, metadata={"description": "When it occurred."})
    sanction_until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Last day of the sanction of a serious one."}
    )
    notice = TextField(required=True, max_length=LONG, metadata={"description": "The text for the public."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "What it rests on."})


class MisconductSchema(Schema):
    """A decision of misconduct."""

    id = IdField(required=True, metadata={"description": "Its number."})
    organisation_id = IdField(required=True, metadata={"description": "About whom."})
    finding_id = IdField(required=True, allow_none=True, metadata={"description": "The finding it rests on."})
    kind = EnumField(MisconductKind, required=True, metadata={"description": "What was done."})
    seriousness = EnumField(Seriousness, required=True, metadata={"description": "How serious."})
    occurred_on = DayField(required=True, metadata={"description": "When it occurred."})
    sanction_until = DayField(
        required=True, allow_none=True, metadata={"description": "Last day of the sanction as it stands."}
    )
    notice = TextField(required=True, max_length=LONG, metadata={"description": "The text for the public."})
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "What it rests on."})
    state = EnumField(MisconductState, required=True, metadata={"description": "Whether it has its effect."})
    record_id = IdField(
        required=True, allow_none=True, metadata={"description": "The adverse record of a serious one."}
    )
    appeal_by = DayField(required=True, metadata={"description": "Last day to appeal."})
    appeal_id = IdField(required=True, allow_none=True, metadata={"description": "The appeal, if there is one."})
    reasons = grounds_field("What it rests on, with its sanction as it stands.")
    decided_at = InstantField(required=True, metadata={"description": "When it was decided."})


class AppealQuerySchema(CursorSchema):
    """Which appeals to list."""

    state = EnumField(AppealState, metadata={"description": "Only those of this state."})


class NewAppealSchema(Schema):
    """An appeal."""

    grounds = TextField(required=True, max_length=LONG, metadata={"description": "Why the decision is wrong."})
    file = UploadField(load_default=None, metadata={"description": "A file that shows it, if there is one."})


class AppealFileSchema(Schema):
    """A file handed in with an appeal."""

    file = UploadField(required=True, metadata=FILE)


class SanctionSuspensionSchema(Schema):
    """Why a sanction rests."""

    note = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class AppealDecisionSchema(Schema):
    """What becomes of an appeal."""

    decision = EnumField(AppealDecision, required=True, metadata={"description": "Dismiss, reduce or annul."})
    sanction_until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Last day of a reduced sanction."}
    )
    opinion = TextField(required=True, max_length=LONG, metadata={"description": "Why."})


class AppealItemSchema(Schema):
    """A file of an appeal."""

    id = IdField(required=True, metadata={"description": "Number of the file here."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Its name."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its SHA-256."})


class AppealSchema(Schema):
    """An appeal against a decision of misconduct."""

    id = IdField(required=True, metadata={"description": "Its number."})
    decision_id = IdField(required=True, metadata={"description": "The decision it is against."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "Why the decision is wrong."})
    state = EnumField(AppealState, required=True, metadata={"description": "What became of it."})
    files = fields.List(fields.Nested(AppealItemSchema), required=True, metadata={"description": "Its files."})
    suspended_at = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when the sanction rests; null: it applies."}
    )
    opinion = TextField(
        required=True, allow_none=True, max_length=LONG, metadata={"description": "Why it was decided so."}
    )
    sanction_until = DayField(
        required=True, allow_none=True, metadata={"description": "Last day of a reduced sanction."}
    )
    filed_at = InstantField(required=True, metadata={"description": "When it was filed."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What was decided on it so far and why; empty before.")
