"""Records of instruments imported free of duty, in and out (S5)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CursorSchema, DayField, EnumField, InstantField, Schema, TextField, UploadField
from instruments.queries.duty_free import DutyFree
from instruments.rules.duty_free import DutyFreeStatus, SharingLeave
from instruments.schemas.instruments import InstrumentSummarySchema

NAME = 200


class DutyFreeFieldsSchema(Schema):
    """What customs has on record."""

    declaration_number = TextField(
        required=True, max_length=NAME, metadata={"description": "Number of the customs declaration."}
    )
    released_on = DayField(required=True, metadata={"description": "When customs released it."})
    leave = EnumField(
        SharingLeave,
        required=True,
        metadata={"description": "allowed, limited or barred: whether others may use it while customs supervises it."},
    )
    leave_reference = TextField(
        min_length=0,
        load_default="",
        max_length=NAME,
        metadata={"description": "Number of the paper that says so; needed unless it is barred."},
    )
    limits = TextField(
        min_length=0,
        load_default="",
        max_length=1000,
        metadata={"description": "To whom or what for it is limited; shown to everybody."},
    )


class NewDutyFreeSchema(DutyFreeFieldsSchema):
    """The same with the paper."""

    file = UploadField(required=True, metadata={"description": "The paper: PDF, PNG, JPEG, OFD or XML by content."})


class DutyFreeQuerySchema(CursorSchema):
    """Which instruments."""

    status = EnumField(
        DutyFreeStatus,
        load_default=None,
        metadata={"description": "missing (no record), supervised, barred or released."},
    )


class DutyFreeRecordSchema(DutyFreeFieldsSchema):
    """A record as it stands."""

    supervised_until = DayField(required=True, metadata={"description": "Last day of the supervision."})
    recorded_at = InstantField(required=True, metadata={"description": "When it was handed in."})


class DutyFreeSchema(Schema):
    """An instrument imported free of duty, with its record."""

    instrument = fields.Nested(InstrumentSummarySchema, required=True, metadata={"description": "The instrument."})
    status = EnumField(DutyFreeStatus, required=True, metadata={"description": "How it stands today."})
    record = fields.Nested(
        DutyFreeRecordSchema, required=True, allow_none=True, metadata={"description": "Its record; null if missing."}
    )

    @pre_dump
    def parts(self, found: DutyFree, **_: Any) -> dict[str, Any]:
        """Its parts by name."""
        return {"instrument": found.instrument, "status": found.status, "record": found.record}
