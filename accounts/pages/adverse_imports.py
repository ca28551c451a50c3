"""Public lists of what stands against firms: reading one in, and what it did."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from werkzeug.datastructures import FileStorage

from accounts.models import AdverseImport
from accounts.permissions import auditor, authority, city_finance
from accounts.queries.standing import find_adverse_import, visible_adverse_imports
from accounts.schemas.standing import NewAdverseImportSchema
from accounts.service import adverse_imports as service
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t

may_read_imports = authority | city_finance | auditor

adverse_imports = Pages(
    "adverse_import_pages",
    __name__,
    url_prefix="/adverse-record-imports",
    navigation=(NavEntry("adverse_imports", "adverse_import_pages.index", "members", may_read_imports, order=45),),
    links={"adverse_import": ("adverse_import_pages.one", "import_id")},
)

IMPORTS = Table(
    name="adverse-imports",
    key=AdverseImport.id,
    default_sort="-number",
    empty="page.adverse_imports.empty",
    columns=[
        Column("number", lambda row: row.id, sort=AdverseImport.id, link=lambda row: link_to("adverse_import", row.id)),
        Column("filename", lambda row: row.file.filename),
        Column("dry_run", lambda row: row.dry_run, kind="flag"),
        Column("total_rows", lambda row: row.total_rows, kind="number", sort=AdverseImport.total_rows),
        Column("added_rows", lambda row: row.added_rows, kind="number", sort=AdverseImport.added_rows),
        Column("ended_rows", lambda row: row.ended_rows, kind="number", sort=AdverseImport.ended_rows),
        Column("refused_rows", lambda row: row.refused_rows, kind="number"),
        Column("imported_at", lambda row: row.imported_at, kind="moment", sort=AdverseImport.imported_at),
    ],
)


def _start() -> dict[str, Any]:
    label, href = t("page.adverse_import_new.title"), url_for("adverse_import_pages.start")
    return {"label": label, "href": href, "primary": True}


@adverse_imports.get("")
@allow(may_read_imports)
def index() -> Any:
    """The lists that were read in, the latest first."""
    return table_page(
        IMPORTS,
        visible_adverse_imports(current_actor()),
        title="page.adverse_imports.title",
        actions=[_start()] if authority(current_actor()) else [],
    )


@adverse_imports.get("/<int:import_id>")
@allow(may_read_imports)
def one(import_id: int) -> str:
    """What one list did, with every row that was not taken."""
    return render_template("accounts/adverse_import.html", made=find_adverse_import(import_id, actor=current_actor()))


@adverse_imports.route("/new", methods=["GET", "POST"])
@allow(authority)
def start() -> Response:
    """Read in a list, first as a trial if wanted."""

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        made = service.import_adverse_records(
            **given,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("adverse_import", made.id), "page.adverse_import_new.done")

    form = Form(NewAdverseImportSchema, name="adverse_import_new", initial={"dry_run": True})
    return form_page(form, effect=effect, back=url_for("adverse_import_pages.index"))
