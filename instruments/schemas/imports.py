"""Imports in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CountField, EnumField, IdField, InstantField, ReasonSchema, Schema, TextField, UploadField
from instruments.models import ImportJob
from instruments.queries.details import first_errors
from instruments.schemas.fields import FlagField
from instruments.states import ImportState


class NewImportSchema(Schema):
    """What to import, and how."""

    file = UploadField(
        required=True,
        metadata={"description": "CSV, XLSX or XLS in a known layout: the service's templates or the national ones."},
    )
    dry_run = FlagField(load_default=False, metadata={"description": "Only say what would happen; writes nothing."})


class RowErrorSchema(Schema):
    """A refused row."""

    line = CountField(required=True, metadata={"description": "Line of the file, or row of the sheet."})
    external_id = TextField(min_length=0, required=True, metadata={"description": "Its id, where it has one."})
    reasons = fields.List(
        fields.Dict(), required=True, metadata={"description": "All its faults: code, article, text, text_en, field."}
    )


class ProblemOfFileSchema(Schema):
    """Why a file was refused as a whole."""

    code = TextField(required=True, metadata={"description": "What went wrong, as a stable name."})
    text = TextField(required=True, metadata={"description": "In Chinese."})
    text_en = TextField(required=True, metadata={"description": "In English."})
    reasons = fields.List(fields.Nested(ReasonSchema), required=True, metadata={"description": "Every fault."})


class ImportSummarySchema(Schema):
    """An import and how far it came."""

    id = IdField(required=True, metadata={"description": "Number of the import."})
    filename = TextField(required=True, metadata={"description": "Name of the file."})
    layout = TextField(min_length=0, required=True, metadata={"description": "The layouts recognised."})
    dry_run = fields.Boolean(required=True, metadata={"description": "Whether nothing is written."})
    state = EnumField(ImportState, required=True, metadata={"description": "How far it came."})
    total_rows = CountField(required=True, metadata={"description": "Rows of the file."})
    done_rows = CountField(required=True, metadata={"description": "Rows done so far."})
    new_rows = CountField(required=True, metadata={"description": "Rows that were new."})
    changed_rows = CountField(required=True, metadata={"description": "Rows that changed something."})
    unchanged_rows = CountField(required=True, metadata={"description": "Rows that said nothing new."})
    repeated_rows = CountField(required=True, metadata={"description": "Rows that stood in the file before."})
    refused_rows = CountField(required=True, metadata={"description": "Rows refused."})
    problem = fields.Nested(
        ProblemOfFileSchema, required=True, allow_none=True, metadata={"description": "Why the file was refused."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was asked for."})
    started_at = InstantField(required=True, allow_none=True, metadata={"description": "When it began."})
    finished_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})

    @pre_dump
    def flatten(self, job: ImportJob, **_: Any) -> dict[str, Any]:
        """The job with the name of its file."""
        names = [name for name in self.fields if name not in ("filename", "errors")]
        shown = {name: getattr(job, name) for name in names}
        if "errors" in self.fields:
            shown["errors"] = first_errors(job)
        return {**shown, "filename": job.file.filename}


class ImportSchema(ImportSummarySchema):
    """An import with its first row errors."""

    errors = fields.List(
        fields.Nested(RowErrorSchema), required=True, metadata={"description": "The first hundred refused rows."}
    )
