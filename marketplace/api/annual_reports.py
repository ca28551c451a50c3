"""The yearly reports of cities over HTTP (V18 report)."""

from __future__ import annotations

from typing import Any

from flask import Response

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from marketplace.models import AnnualReport
from marketplace.permissions import may_read_reports, may_receive_reports, may_write_reports
from marketplace.queries.annual_reports import (
    AnnualEditionMissing,
    AnnualReportMissing,
    find_edition,
    find_report,
    visible_reports,
)
from marketplace.reports.annual.definitions import definitions
from marketplace.reports.annual.reading import ReportView, duties, view_of
from marketplace.schemas.annual_reports import (
    AnnualDefinitionsSchema,
    AnnualQuerySchema,
    AnnualReportSchema,
    AnnualReturnSchema,
    AnnualRoundSchema,
    AnnualTextsSchema,
    AnnualYearSchema,
    CityDutiesSchema,
    ReportViewSchema,
)
from marketplace.service import annual_reports as service
from marketplace.service.annual_reports import (
    AnnualReportIncomplete,
    AnnualReportReturnedBefore,
    AnnualYearRefused,
)

annual_reports = Blueprint(
    "annual-reports",
    __name__,
    url_prefix="/annual-reports",
    description="The yearly reports of cities, due on 20 January (V18 report).",
)
FILE = {"type": "string", "format": "binary"}


@annual_reports.route("", methods=["POST"])
@allow(may_write_reports)
@problems(AnnualYearRefused)
@idempotent
@annual_reports.arguments(AnnualYearSchema)
@annual_reports.response(201, AnnualReportSchema)
def begin(given: dict[str, Any]) -> AnnualReport:
    """Begin a report

    Of the running year or the last, for the bureau's own city. One that there is already is answered as it stands.
    """
    return service.open_report(**given, actor=current_actor(), now=clock.now())


@annual_reports.route("", methods=["GET"])
@allow(may_read_reports)
@annual_reports.arguments(AnnualQuerySchema, location="query")
@annual_reports.response(200, page_schema(AnnualReportSchema))
def list_reports(given: dict[str, Any]) -> dict[str, Any]:
    """Reports in sight

    A city's own for its bureau and finance bureau; all for the province and the auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_reports(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=AnnualReport.id)


@annual_reports.route("/duties", methods=["GET"])
@allow(may_read_reports)
@annual_reports.arguments(AnnualYearSchema, location="query")
@annual_reports.response(200, CityDutiesSchema)
def list_duties(given: dict[str, Any]) -> dict[str, Any]:
    """Which cities owe their report

    Every city in sight with its last day and whether it is overdue, also where nobody has begun.
    """
    return {"items": duties(current_actor(), **given, now=clock.now())}


@annual_reports.route("/definitions", methods=["GET"])
@allow(may_read_reports)
@annual_reports.response(200, AnnualDefinitionsSchema)
def list_definitions() -> dict[str, Any]:
    """How every figure is counted

    In words, and as the query that gives it.
    """
    return {"items": list(definitions())}


@annual_reports.route("/<int:report_id>", methods=["GET"])
@allow(may_read_reports)
@problems(AnnualReportMissing)
@annual_reports.response(200, AnnualReportSchema)
def show(report_id: int) -> AnnualReport:
    """A report

    With its texts and what was submitted of it.
    """
    return find_report(report_id, actor=current_actor())


@annual_reports.route("/<int:report_id>/figures", methods=["GET"])
@allow(may_read_reports)
@problems(AnnualReportMissing)
@annual_reports.response(200, ReportViewSchema)
def figures(report_id: int) -> ReportView:
    """The figures of a report

    Counted now while it is under way; as they were submitted afterwards, with what has changed since.
    """
    return view_of(find_report(report_id, actor=current_actor()), now=clock.now())


@annual_reports.route("/<int:report_id>/texts", methods=["POST"])
@allow(may_write_reports)
@problems(AnnualReportMissing, StateForbids)
@idempotent
@annual_reports.arguments(AnnualTextsSchema)
@annual_reports.response(201, AnnualReportSchema)
def write(given: dict[str, Any], report_id: int) -> AnnualReport:
    """Write the sections of a report

    All of them at once, until it is submitted and again after a return.
    """
    return service.write_report(report_id=report_id, **given, actor=current_actor(), now=clock.now())


@annual_reports.route("/<int:report_id>/submission", methods=["POST"])
@allow(may_write_reports)
@problems(AnnualReportMissing, AnnualReportIncomplete, StateForbids)
@idempotent
@annual_reports.response(201, AnnualReportSchema)
def submit(report_id: int) -> AnnualReport:
    """Submit a report

    Freezes its figures with the texts and makes the PDF and the workbook, once the year is over.
    """
    return service.submit_report(report_id=report_id, actor=current_actor(), now=clock.now())


@annual_reports.route("/<int:report_id>/return", methods=["POST"])
@allow(may_receive_reports)
@problems(AnnualReportMissing, AnnualReportReturnedBefore, StateForbids)
@idempotent
@annual_reports.arguments(AnnualReturnSchema)
@annual_reports.response(201, AnnualReportSchema)
def give_back(given: dict[str, Any], report_id: int) -> AnnualReport:
    """Return a report

    Once, with reasons; its first date is kept.
    """
    return service.return_report(report_id=report_id, **given, actor=current_actor(), now=clock.now())


@annual_reports.route("/<int:report_id>/acceptance", methods=["POST"])
@allow(may_receive_reports)
@problems(AnnualReportMissing, StateForbids)
@idempotent
@annual_reports.response(201, AnnualReportSchema)
def accept(report_id: int) -> AnnualReport:
    """Accept a report

    The province has received it and asks nothing more.
    """
    return service.accept_report(report_id=report_id, actor=current_actor(), now=clock.now())


@annual_reports.route("/<int:report_id>/document", methods=["GET"])
@allow(may_read_reports)
@problems(AnnualReportMissing, AnnualEditionMissing)
@annual_reports.arguments(AnnualRoundSchema, location="query")
@annual_reports.response(200, FILE, content_type="application/pdf")
def document(given: dict[str, Any], report_id: int) -> Response:
    """A report as PDF

    As it was submitted: of the last round, or of the one asked for.
    """
    return attachment(find_edition(report_id, actor=current_actor(), **given).document_file)


@annual_reports.route("/<int:report_id>/workbook", methods=["GET"])
@allow(may_read_reports)
@problems(AnnualReportMissing, AnnualEditionMissing)
@annual_reports.arguments(AnnualRoundSchema, location="query")
@annual_reports.response(200, FILE, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(given: dict[str, Any], report_id: int) -> Response:
    """A report as XLSX

    Figures, tables, checks against the books, and how every figure was counted.
    """
    return attachment(find_edition(report_id, actor=current_actor(), **given).workbook_file)
