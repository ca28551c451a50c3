"""Files for the national network over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response

from core import clock
from core.files import XLSX
from core.http import Blueprint, allow, current_actor, problems
from core.http.attachment import download_written
from instruments.permissions import may_read_national_lists
from instruments.queries.national_lists import NationalListTooLong, national_workbook
from instruments.schemas.national_lists import NationalListQuerySchema

national_lists = Blueprint(
    "national_lists",
    __name__,
    url_prefix="/national-lists",
    description="The catalogue in the national network's reporting templates.",
)


@national_lists.route("/file", methods=["GET"])
@allow(may_read_national_lists)
@problems(NationalListTooLong)
@national_lists.arguments(NationalListQuerySchema, location="query")
@national_lists.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
def file(given: dict[str, Any]) -> Response:
    """A file in the national network's template

    One's own instruments, one's city's, or the province's. Read back by an import, it changes nothing.
    """
    wanted = given.pop("list")
    content = national_workbook(wanted, actor=current_actor(), on=clock.today(clock.now()), **given)
    return download_written(content, media_type=XLSX, filename=f"{wanted.value}.xlsx")
