"""Imports over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import (
    MULTIPART,
    Blueprint,
    CursorSchema,
    allow,
    current_actor,
    idempotent,
    page_of,
    page_schema,
    problems,
)
from core.tables.files import FileUnreadable, NotATable
from instruments.models import ImportJob, ImportRowError
from instruments.permissions import may_import, may_read_imports
from instruments.queries.details import ImportMissing, find_import, own_imports, row_errors
from instruments.rules.imports.reading import LayoutUnknown, NothingToImport
from instruments.schemas.imports import (
    ImportSchema,
    ImportSummarySchema,
    NewImportSchema,
    RowErrorSchema,
)
from instruments.service.imports import request_import
from instruments.states import ImportState

instrument_imports = Blueprint(
    "instrument_imports",
    __name__,
    url_prefix="/instrument-imports",
    description="Instruments and price lists from CSV, XLSX and XLS.",
)


@instrument_imports.route("", methods=["POST"])
@allow(may_import)
@problems(*UPLOAD_PROBLEMS, NotATable, FileUnreadable, LayoutUnknown, NothingToImport)
@idempotent
@instrument_imports.arguments(NewImportSchema, location=MULTIPART)
@instrument_imports.response(201, ImportSchema)
@instrument_imports.alt_response(202, schema=ImportSchema, description="Queued for the worker.")  # type: ignore[untyped-decorator]
def start(given: dict[str, Any]) -> tuple[ImportJob, int]:
    """Import a file

    Up to 2,000 rows at once (201), more by the worker (202). Rows are told by their own id: known ones are updated,
    refused ones named with line and reasons. New instruments and services are drafts.
    """
    upload: FileStorage = given["file"]
    job = request_import(
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        dry_run=given["dry_run"],
        actor=current_actor(),
        now=clock.now(),
    )
    return job, 201 if job.state is ImportState.DONE else 202


@instrument_imports.route("", methods=["GET"])
@allow(may_read_imports)
@instrument_imports.arguments(CursorSchema, location="query")
@instrument_imports.response(200, page_schema(ImportSummarySchema))
def list_imports(given: dict[str, Any]) -> dict[str, Any]:
    """One's own imports

    The latest first.
    """
    return page_of(own_imports(current_actor()), **given, key=ImportJob.id, descending=True)


@instrument_imports.route("/<int:import_id>", methods=["GET"])
@allow(may_read_imports)
@problems(ImportMissing)
@instrument_imports.response(200, ImportSchema)
def show(import_id: int) -> ImportJob:
    """An import

    Counts, progress, and the first row errors.
    """
    return find_import(import_id, actor=current_actor())


@instrument_imports.route("/<int:import_id>/errors", methods=["GET"])
@allow(may_read_imports)
@problems(ImportMissing)
@instrument_imports.arguments(CursorSchema, location="query")
@instrument_imports.response(200, page_schema(RowErrorSchema))
def errors(given: dict[str, Any], import_id: int) -> dict[str, Any]:
    """The refused rows of an import

    All of them, page by page, with line and reasons.
    """
    return page_of(row_errors(find_import(import_id, actor=current_actor())), **given, key=ImportRowError.id)
