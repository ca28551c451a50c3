"""Imports of a provider: a file, how far it came, and every refused row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Response, make_response, redirect, render_template, url_for
from werkzeug.datastructures import FileStorage

from core import clock
from core.errors import NotFound
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import CHINESE, current_language, say, t
from core.pages.tables import choice
from instruments.models import ImportJob, ImportRowError
from instruments.pages.fragments import is_fragment
from instruments.permissions import may_import, may_read_imports
from instruments.queries.details import find_import, own_imports, row_errors
from instruments.queries.listings import import_filenames
from instruments.rules.imports.layouts import LAYOUTS
from instruments.rules.imports.layouts.own import INSTRUMENT_COLUMNS, SERVICE_COLUMNS
from instruments.schemas.imports import NewImportSchema
from instruments.service.imports import request_import
from instruments.states import ImportState

imports = Pages(
    "import_pages",
    __name__,
    url_prefix="/instrument-imports",
    navigation=(NavEntry("imports", "import_pages.index", "catalogue", may_read_imports, order=30),),
    links={"import": ("import_pages.one", "import_id")},
)

TEMPLATES = {"instruments": INSTRUMENT_COLUMNS, "services": SERVICE_COLUMNS}
"""Templates of our own by name."""
UNFINISHED = (ImportState.QUEUED, ImportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Row:
    """An import as the table shows it."""

    job: ImportJob
    filename: str


def _rows(found: Sequence[ImportJob]) -> list[Row]:
    names = import_filenames(found)
    return [Row(each, names[each.id]) for each in found]


IMPORTS = Table(
    name="imports",
    key=ImportJob.id,
    empty="page.imports.empty",
    prepare=_rows,
    filters=[choice("state", ImportJob.state, ImportState)],
    columns=[
        Column("number", lambda row: row.job.id, sort=ImportJob.id, link=lambda row: link_to("import", row.job.id)),
        Column("filename", lambda row: row.filename),
        Column("dry_run", lambda row: row.job.dry_run, kind="flag"),
        Column("state", lambda row: row.job.state, kind="state", sort=ImportJob.state),
        Column("total_rows", lambda row: row.job.total_rows, kind="number", sort=ImportJob.total_rows),
        Column("new_rows", lambda row: row.job.new_rows, kind="number"),
        Column("changed_rows", lambda row: row.job.changed_rows, kind="number"),
        Column("refused_rows", lambda row: row.job.refused_rows, kind="number", sort=ImportJob.refused_rows),
        Column("created_at", lambda row: row.job.created_at, kind="moment", sort=ImportJob.created_at),
    ],
)

ROW_ERRORS = Table(
    name="row-errors",
    key=ImportRowError.id,
    default_sort="line",
    empty="page.import.no_errors",
    columns=[
        Column("line", lambda each: each.line, kind="number", sort=ImportRowError.line),
        Column("external_id", lambda each: each.external_id, sort=ImportRowError.external_id),
        Column("row_reasons", lambda each: " ".join(say(reason) for reason in each.reasons)),
    ],
)


@imports.get("")
@allow(may_read_imports)
def index() -> Any:
    """One's own imports, the latest first."""
    actions = [{"label": t("page.import_new.title"), "href": url_for("import_pages.new"), "primary": True}]
    return table_page(IMPORTS, own_imports(current_actor()), title="page.imports.title", actions=actions)


@imports.route("/new", methods=["GET", "POST"])
@allow(may_import)
def new() -> Response:
    """A file: taken in at once where it is small, else by the worker."""
    form = Form(NewImportSchema, name="import_new")
    form["file"].attributes["accept"] = ".csv,.xlsx,.xls"

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        job = request_import(
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            dry_run=given["dry_run"],
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("import", job.id), "page.import_new.done")

    return form_page(
        form,
        effect=effect,
        back=url_for("import_pages.index"),
        template="instruments/import_new.html",
        layouts=[t(f"instruments.layout.{each.name}") for each in LAYOUTS],
        templates=TEMPLATES,
    )


@imports.get("/templates/<name>.csv")
@allow(may_import)
def template(name: str) -> Response:
    """A table with nothing but the headers of a template of our own, in the language of the reader."""
    if name not in TEMPLATES:
        raise NotFound
    columns = TEMPLATES[name]
    headers = columns.values() if current_language() == CHINESE else columns
    response = Response(f"\ufeff{','.join(headers)}\r\n", content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


@imports.get("/<int:import_id>")
@allow(may_read_imports)
def one(import_id: int) -> Any:
    """One import: how far it came, its counts, the refused rows."""
    job = find_import(import_id, actor=current_actor())
    return table_page(
        ROW_ERRORS,
        row_errors(job),
        title="page.import.errors",
        template="instruments/import.html",
        job=job,
        layout=", ".join(t(f"instruments.layout.{name}") for name in job.layout.split(", ") if name),
        is_running=job.state in UNFINISHED,
        actions=list(_next(job)),
    )


def _next(job: ImportJob) -> Iterator[dict[str, Any]]:
    """Where the work goes on: a dry run is followed by the import, an import by submitting the drafts."""
    if job.state is ImportState.DONE and job.dry_run:
        yield {"label": t("page.import.real"), "href": url_for("import_pages.new"), "primary": True}
    elif job.state is ImportState.DONE:
        yield {"label": t("page.import.drafts"), "href": url_for("own_instrument_pages.index"), "primary": True}


@imports.get("/<int:import_id>/progress")
@allow(may_read_imports)
def progress(import_id: int) -> Response:
    """How far it came; once it has ended, or opened by itself, it is the whole page."""
    job = find_import(import_id, actor=current_actor())
    if not is_fragment():
        return make_response(redirect(link_to("import", import_id), 303))
    is_running = job.state in UNFINISHED
    response = make_response(render_template("instruments/import_progress.html", job=job, is_running=is_running))
    if not is_running:
        response.headers["HX-Refresh"] = "true"
    return response
