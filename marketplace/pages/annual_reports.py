"""The yearly reports of cities: written by bureaus, received by the province (V18 report)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.policy import city_names
from core import clock, policy
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, t
from core.pages.tables import choice
from core.permissions import Actor
from core.workdays import load_calendar
from marketplace.models import AnnualReport
from marketplace.pages.annual_figures import SectionOf, TableOf, changed, sections, tables
from marketplace.permissions import may_read_reports, may_receive_reports, may_write_reports
from marketplace.queries.annual_reports import find_edition, find_report, is_overdue, visible_reports
from marketplace.reports.annual.definitions import definitions
from marketplace.reports.annual.reading import CityDuty, duties, view_of
from marketplace.rules.annual_reports import years_to_report
from marketplace.schemas.annual_reports import AnnualReturnSchema, AnnualTextsSchema, AnnualYearSchema
from marketplace.service import annual_reports as service
from marketplace.states import ANNUAL_REPORT, AnnualReportAction, AnnualReportState

annual_reports = Pages(
    "annual_report_pages",
    __name__,
    url_prefix="/annual-reports",
    navigation=(NavEntry("annual_reports", "annual_report_pages.index", "oversight", may_read_reports, order=15),),
    links={"annual_report": ("annual_report_pages.one", "report_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A report as the table shows it."""

    report: AnnualReport
    city: str
    state: AnnualReportState


def _rows(found: Sequence[AnnualReport]) -> list[Row]:
    today = clock.today(clock.now())
    names = city_names(today)
    return [
        Row(
            each,
            names.get(each.city, each.city),
            AnnualReportState.OVERDUE if is_overdue(each, today=today) else each.state,
        )
        for each in found
    ]


REPORTS = Table(
    name="annual_reports",
    key=AnnualReport.id,
    default_sort="-year",
    empty="page.annual_reports.empty",
    prepare=_rows,
    filters=[choice("state", AnnualReport.state, AnnualReportState)],
    columns=[
        Column(
            "annual_report",
            lambda row: row.report.id,
            sort=AnnualReport.id,
            link=lambda row: link_to("annual_report", row.report.id),
        ),
        Column("city", lambda row: row.city, sort=AnnualReport.city),
        Column("year", lambda row: str(row.report.year), sort=AnnualReport.year),
        Column("state", lambda row: row.state, kind="state", sort=AnnualReport.state),
        Column("due_on", lambda row: row.report.due_on, kind="day", sort=AnnualReport.due_on),
        Column(
            "first_submitted_at",
            lambda row: row.report.first_submitted_at,
            kind="moment",
            sort=AnnualReport.first_submitted_at,
        ),
    ],
)


@annual_reports.get("")
@allow(may_read_reports)
def index() -> Any:
    """The reports in sight, and which cities owe theirs of the last year."""
    actor, now = current_actor(), clock.now()
    today = clock.today(now)
    return table_page(
        REPORTS,
        visible_reports(actor),
        title="page.annual_reports.title",
        template="marketplace/annual_reports.html",
        actions=_beginnings(actor),
        owed=_owed(actor, year=today.year - 1),
        names=city_names(today),
        year=today.year - 1,
    )


@annual_reports.route("/new", methods=["GET", "POST"])
@allow(may_write_reports)
def new() -> Response:
    """Begin the report of a year."""
    years = years_to_report(policy.current(), clock.today(clock.now()))

    def effect(given: dict[str, Any]) -> Done:
        made = service.open_report(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("annual_report", made.id), "page.annual_report_new.done")

    form = Form(
        AnnualYearSchema,
        name="annual_report_new",
        options={"year": [(str(year), str(year)) for year in years]},
        initial={"year": request.args.get("year", type=int) or years[0]} if years else {},
    )
    return form_page(form, effect=effect, back=url_for("annual_report_pages.index"))


@annual_reports.get("/definitions")
@allow(may_read_reports)
def explain() -> str:
    """How every figure is counted."""
    return render_template("marketplace/annual_definitions.html", definitions=list(definitions()))


@annual_reports.get("/<int:report_id>")
@allow(may_read_reports)
def one(report_id: int) -> str:
    """A report with its figures, its texts and what may be done."""
    actor, now = current_actor(), clock.now()
    report = find_report(report_id, actor=actor)
    view, today = view_of(report, now=now), clock.today(now)
    shown_parts: list[SectionOf] = sections(view.figures)
    shown_tables: list[TableOf] = tables(view.figures, on=today)
    return render_template(
        "marketplace/annual_report.html",
        report=report,
        state=AnnualReportState.OVERDUE if is_overdue(report, today=today) else report.state,
        city=city_names(today).get(report.city, report.city),
        view=view,
        parts=shown_parts,
        tables=shown_tables,
        changed=changed(view.differences),
        countdown=None if report.edition else load_calendar().countdown(today, report.due_on),
        actions=list(_actions(report, actor)),
    )


@annual_reports.get("/<int:report_id>/document")
@allow(may_read_reports)
def document(report_id: int) -> Response:
    """The PDF of the last round, or of the one asked for."""
    return attachment(find_edition(report_id, actor=current_actor(), round=_round()).document_file)


@annual_reports.get("/<int:report_id>/workbook")
@allow(may_read_reports)
def workbook(report_id: int) -> Response:
    """The workbook of the last round, or of the one asked for."""
    return attachment(find_edition(report_id, actor=current_actor(), round=_round()).workbook_file)


@annual_reports.route("/<int:report_id>/texts", methods=["GET", "POST"])
@allow(may_write_reports)
def write(report_id: int) -> Response:
    """Write the sections."""
    report = find_report(report_id, actor=current_actor())
    form = Form(AnnualTextsSchema, name="annual_report_texts", initial=report.texts)
    return _step(report, form, service.write_report)


@annual_reports.route("/<int:report_id>/submission", methods=["GET", "POST"])
@allow(may_write_reports)
def submit(report_id: int) -> Response:
    """Submit it."""
    report = find_report(report_id, actor=current_actor())
    return _step(report, Form(EmptySchema, name="annual_report_submission"), service.submit_report, confirms=True)


@annual_reports.route("/<int:report_id>/return", methods=["GET", "POST"])
@allow(may_receive_reports)
def give_back(report_id: int) -> Response:
    """Return it, once."""
    report = find_report(report_id, actor=current_actor())
    return _step(report, Form(AnnualReturnSchema, name="annual_report_return"), service.return_report, confirms=True)


@annual_reports.route("/<int:report_id>/acceptance", methods=["GET", "POST"])
@allow(may_receive_reports)
def accept(report_id: int) -> Response:
    """Receive it."""
    report = find_report(report_id, actor=current_actor())
    return _step(report, Form(EmptySchema, name="annual_report_acceptance"), service.accept_report, confirms=True)


def _step(report: AnnualReport, form: Form, act: Any, *, confirms: bool = False) -> Response:
    """A form about a report, and back to it."""
    here = link_to("annual_report", report.id)

    def effect(given: dict[str, Any]) -> Done:
        act(report_id=report.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    names = city_names(clock.today(clock.now()))
    facts = [
        ("column.city", names.get(report.city, report.city)),
        ("column.year", str(report.year)),
        ("column.due_on", day(report.due_on)),
    ]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=facts)


def _actions(report: AnnualReport, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do in this state."""
    allowed = ANNUAL_REPORT.actions(report.state)
    if may_write_reports(actor) and AnnualReportAction.SUBMIT in allowed:
        yield _button(report, "write", "annual_report_texts")
        if clock.today(clock.now()).year > report.year:
            yield _button(report, "submit", "annual_report_submission", primary=True)
    if may_receive_reports(actor) and AnnualReportAction.RECEIVE in allowed:
        yield _button(report, "accept", "annual_report_acceptance", primary=True)
        if report.returned_at is None:
            yield _button(report, "give_back", "annual_report_return")


def _button(report: AnnualReport, view: str, form: str, *, primary: bool = False) -> dict[str, Any]:
    href = url_for(f"annual_report_pages.{view}", report_id=report.id)
    return {"label": t(f"page.{form}.title"), "href": href, "primary": primary}


def _beginnings(actor: Actor) -> list[dict[str, Any]]:
    if not may_write_reports(actor):
        return []
    return [{"label": t("page.annual_report_new.title"), "href": url_for("annual_report_pages.new"), "primary": True}]


def _owed(actor: Actor, *, year: int) -> list[CityDuty]:
    """The cities in sight that have not submitted their report of a year."""
    if year not in years_to_report(policy.current(), clock.today(clock.now())):
        return []
    return [each for each in duties(actor, year=year, now=clock.now()) if each.first_submitted_at is None]


def _round() -> int | None:
    return request.args.get("round", type=int)
