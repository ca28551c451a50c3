"""Controllers, adverse records and relations as the API shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load, pre_dump

from accounts.kinds import AdverseKind
from accounts.models import AdverseImport
from accounts.rules.standing import ControllerName, Side
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    DecimalField,
    EnumField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)

ON_RECORD = "What it rests on, and why it counts no longer where it was annulled."
SOURCE = {"description": "Where this is known from: a document, a public list, a finding."}


class ControllerSchema(Schema):
    """An actual controller."""

    id = IdField(required=True, metadata={"description": "Number of the controller."})
    name = TextField(required=True, metadata={"description": "Name of the person or group."})
    note = TextField(required=True, metadata={"description": "What tells two of one name apart; may be empty."})


class ControllerQuerySchema(CursorSchema):
    """Which controllers to list."""

    q = TextField(max_length=100, metadata={"description": "Only those whose name holds this text."})


class TenureSchema(Schema):
    """Who controls an organisation in a period."""

    id = IdField(required=True, metadata={"description": "Number of the tenure."})
    controller = fields.Nested(ControllerSchema, required=True, metadata={"description": "Who."})
    since = DayField(required=True, metadata={"description": "First day."})
    until = DayField(
        required=True, allow_none=True, metadata={"description": "First day no longer; null while it runs."}
    )
    source = TextField(required=True, metadata=SOURCE)


class TenureListSchema(Schema):
    """Every controller an organisation had."""

    items = fields.List(fields.Nested(TenureSchema), required=True, metadata={"description": "The earliest first."})


class NewTenureSchema(Schema):
    """A change of controller: one already known by number, or a new one by name."""

    controller_id = IdField(metadata={"description": "A controller already known."})
    name = TextField(max_length=200, metadata={"description": "Name of a controller not known yet."})
    note = TextField(max_length=500, metadata={"description": "What tells it from another of that name."})
    since = DayField(required=True, metadata={"description": "First day; after every change known."})
    source = TextField(required=True, max_length=500, metadata=SOURCE)

    @post_load
    def _tenure(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        controller = ControllerName(
            controller_id=data.get("controller_id"), name=data.get("name", ""), note=data.get("note", "")
        )
        return {"controller": controller, "since": data["since"], "source": data["source"]}


class AdverseRecordSchema(Schema):
    """An adverse record (V8(2))."""

    id = IdField(required=True, metadata={"description": "Number of the record."})
    organisation_id = IdField(required=True, metadata={"description": "Against whom."})
    kind = EnumField(AdverseKind, required=True, metadata={"description": "What it is."})
    since = DayField(required=True, metadata={"description": "When it occurred, or the listing began."})
    until = DayField(
        required=True,
        allow_none=True,
        metadata={"description": "Last day of the listing or sanction; null where open or not applicable."},
    )
    source = TextField(required=True, metadata=SOURCE)
    source_text = TextField(
        required=True, attribute="source_text.zh", metadata={"description": "The source in words, in Chinese."}
    )
    source_text_en = TextField(
        required=True, attribute="source_text.en", metadata={"description": "The same in English."}
    )
    entered_at = InstantField(required=True, metadata={"description": "When it was entered."})
    annulled_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "Since when it counts for nothing; null while it counts."},
    )
    annulled_why = TextField(
        required=True, allow_none=True, max_length=2000, metadata={"description": "Why, if it was annulled."}
    )
    corrects_id = IdField(
        required=True, allow_none=True, metadata={"description": "The annulled record whose place it takes, if any."}
    )
    reasons = grounds_field(ON_RECORD)


class NewAdverseRecordSchema(Schema):
    """An adverse record to enter."""

    organisation_id = IdField(required=True, metadata={"description": "Against whom."})
    kind = EnumField(AdverseKind, required=True, metadata={"description": "What it is."})
    since = DayField(required=True, metadata={"description": "When it occurred, or the listing began."})
    until = DayField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Last day of a listing or of a misconduct's sanction."},
    )
    source = TextField(required=True, max_length=500, metadata=SOURCE)


class AdverseRecordEndingSchema(Schema):
    """The end of an open listing or sanction."""

    until = DayField(required=True, metadata={"description": "Its last day."})
    source = TextField(required=True, max_length=500, metadata=SOURCE)


class AnnulmentSchema(Schema):
    """Why an entry is to count for nothing."""

    why = TextField(required=True, max_length=2000, metadata={"description": "What was mistaken; it stays on record."})


class NewAdverseImportSchema(Schema):
    """A public list to read in."""

    file = UploadField(
        required=True,
        metadata={"description": "CSV, XLSX or XLS with 统一社会信用代码 and 列入日期 or 移出日期."},
    )
    kind = EnumField(
        AdverseKind, load_default=None, allow_none=True, metadata={"description": "Kind of rows that name none."}
    )
    source = TextField(required=True, max_length=300, metadata=SOURCE)
    dry_run = FlagField(load_default=False, metadata={"description": "Only say what would happen."})


class UnknownFirmSchema(Schema):
    """A firm of the list that is no member in sight."""

    line = CountField(required=True, metadata={"description": "Line of the file."})
    uscc = TextField(required=True, metadata={"description": "Its code."})
    name = TextField(min_length=0, required=True, metadata={"description": "Its name as listed."})


class RefusedAdverseRowSchema(Schema):
    """A row that was not taken."""

    line = CountField(required=True, metadata={"description": "Line of the file."})
    uscc = TextField(min_length=0, required=True, metadata={"description": "Its code as written."})
    reasons = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "Everything wrong with it."}
    )


class AdverseImportSummarySchema(Schema):
    """What reading a list did, in numbers."""

    id = IdField(required=True, metadata={"description": "Number of the import."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Name of the file."})
    dry_run = FlagField(required=True, metadata={"description": "Whether nothing was written."})
    total_rows = CountField(required=True, metadata={"description": "Rows of the list."})
    added_rows = CountField(required=True, metadata={"description": "New records."})
    ended_rows = CountField(required=True, metadata={"description": "Open records that ended."})
    known_rows = CountField(required=True, metadata={"description": "Rows that say what is known already."})
    unknown_rows = CountField(required=True, metadata={"description": "Firms that are no members in sight."})
    refused_rows = CountField(required=True, metadata={"description": "Rows that were not taken."})
    imported_at = InstantField(required=True, metadata={"description": "When."})


class AdverseImportSchema(AdverseImportSummarySchema):
    """What reading a list did, row by row where something was not taken."""

    unknown_firms = fields.List(
        fields.Nested(UnknownFirmSchema), required=True, metadata={"description": "Every firm not known here."}
    )
    refused = fields.List(
        fields.Nested(RefusedAdverseRowSchema), required=True, metadata={"description": "Every row not taken."}
    )

    @pre_dump
    def _named(self, made: AdverseImport, **_: Any) -> dict[str, Any]:
        return {
            **{name: getattr(made, name) for name in self.fields if name not in {"filename", "unknown_firms"}},
            "file": made.file,
            "unknown_firms": [{"line": line, "uscc": code, "name": name} for line, code, name in made.unknown],
        }


class AdverseRecordQuerySchema(CursorSchema):
    """Which records to list."""

    organisation_id = IdField(metadata={"description": "Only those against this organisation."})
    kind = EnumField(AdverseKind, metadata={"description": "Only this kind."})


CODE = {"description": "Or its unified social credit code, wherever it sits."}


class RelationSchema(Schema):
    """What every relation of two organisations says."""

    source = TextField(required=True, max_length=500, metadata=SOURCE)


class RelationEndingSchema(Schema):
    """The end of a relation."""

    until = DayField(required=True, metadata={"description": "First day no longer."})
    source = TextField(required=True, max_length=500, metadata=SOURCE)


class AnnulledSchema(Schema):
    """Whether an entry was annulled."""

    reasons = grounds_field(ON_RECORD)

    annulled_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "Since when it counts for nothing; null while it counts."},
    )
    annulled_why = TextField(
        required=True, allow_none=True, max_length=2000, metadata={"description": "Why, if it was annulled."}
    )


class HoldingFactsSchema(RelationSchema):
    """A share one organisation holds of another (V8(4))."""

    percent = DecimalField(
        required=True,
        places=4,
        minimum=Decimal(0),
        maximum=Decimal(100),
        metadata={"description": "Share in percent, over 0 and at most 100, at most four decimals."},
    )
    since = DayField(required=True, metadata={"description": "First day."})
    until = DayField(load_default=None, allow_none=True, metadata={"description": "First day no longer, if known."})


class NewHoldingSchema(HoldingFactsSchema):
    """A holding to enter; each side by number or by code."""

    holder_id = IdField(metadata={"description": "Who holds."})
    holder_uscc = TextField(max_length=40, metadata=CODE)
    held_id = IdField(metadata={"description": "Of whom."})
    held_uscc = TextField(max_length=40, metadata=CODE)

    @post_load
    def _sides(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"holder": _side(data, "holder"), "held": _side(data, "held"), **data}


class HoldingSchema(HoldingFactsSchema, AnnulledSchema):
    """A holding on record."""

    id = IdField(required=True, metadata={"description": "Number of the holding."})
    holder_id = IdField(required=True, metadata={"description": "Who holds."})
    held_id = IdField(required=True, metadata={"description": "Of whom."})
    until = DayField(
        required=True, allow_none=True, metadata={"description": "First day no longer; null while it runs."}
    )


class NewJointEstablishmentSchema(RelationSchema):
    """Two organisations that were built jointly (V8(4)); each by number or by code."""

    a_id = IdField(metadata={"description": "One of them."})
    a_uscc = TextField(max_length=40, metadata=CODE)
    b_id = IdField(metadata={"description": "The other."})
    b_uscc = TextField(max_length=40, metadata=CODE)
    since = DayField(load_default=None, allow_none=True, metadata={"description": "First day, if known."})
    until = DayField(load_default=None, allow_none=True, metadata={"description": "First day no longer, if known."})

    @post_load
    def _sides(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"a": _side(data, "a"), "b": _side(data, "b"), **data}


class JointEstablishmentSchema(RelationSchema, AnnulledSchema):
    """A joint establishment on record."""

    id = IdField(required=True, metadata={"description": "Number of the entry."})
    a_id = IdField(required=True, metadata={"description": "One of them."})
    b_id = IdField(required=True, metadata={"description": "The other."})
    since = DayField(required=True, allow_none=True, metadata={"description": "First day; null where not known."})
    until = DayField(
        required=True, allow_none=True, metadata={"description": "First day no longer; null while it runs."}
    )


class RelationQuerySchema(CursorSchema):
    """Which relations to list."""

    organisation_id = IdField(metadata={"description": "Only those of this organisation."})


def _side(data: dict[str, Any], name: str) -> Side:
    """Take one of two organisations out of what was given."""
    return Side(number=data.pop(f"{name}_id", None), code=data.pop(f"{name}_uscc", ""))
