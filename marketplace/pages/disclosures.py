"""Disclosure on application: applied for by anybody signed in, answered by the office it was sent to (V18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.policy import city_names
from accounts.queries.names import organisation_names
from core import clock, policy
from core.db import session
from core.errors import NotFound
from core.files import PDF
from core.http import allow, current_actor
from core.http.attachment import attachment, download
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.forms import Options
from core.pages.language import day, moment, say, t, term
from core.pages.tables import choice
from core.permissions import Actor, authorise
from core.workdays import Countdown, load_calendar
from marketplace.models import DisclosureApplication, DisclosureConsultation
from marketplace.permissions import (
    is_office_of,
    may_answer_consultation,
    may_answer_disclosure,
    may_apply_for_disclosure,
    may_read_disclosures,
)
from marketplace.queries.disclosures import (
    find_answer,
    find_application,
    find_consultation,
    is_late,
    visible_applications,
    visible_consultations,
)
from marketplace.rules.disclosure_policy import disclosure_terms
from marketplace.schemas.disclosures import (
    ConsultationAnswerSchema,
    DisclosureAnswerSchema,
    DisclosureExtensionSchema,
    NewConsultationSchema,
    NewDisclosureSchema,
)
from marketplace.service import disclosures as service
from marketplace.states import DisclosureState
from marketplace.steps.disclosure_sheets import claims_about, sheet_of, sheet_pdf
from vouchers.schemas.uploads import upload_or_none

disclosures = Pages(
    "disclosure_pages",
    __name__,
    url_prefix="/disclosure-applications",
    navigation=(NavEntry("disclosures", "disclosure_pages.index", "oversight", may_read_disclosures, order=60),),
    links={"disclosure": ("disclosure_pages.one", "application_id")},
)
consultations = Pages(
    "consultation_pages",
    __name__,
    url_prefix="/disclosure-consultations",
    links={"disclosure_consultation": ("consultation_pages.one_question", "consultation_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An application as the register shows it."""

    application: DisclosureApplication
    office: str


def _rows(found: Sequence[DisclosureApplication]) -> list[Row]:
    return [Row(each, _office(each.city)) for each in found]


def _office(city: str | None) -> str:
    return t("page.disclosure.province") if city is None else city_names(clock.today(clock.now())).get(city, city)


APPLICATIONS = Table(
    name="disclosures",
    key=DisclosureApplication.id,
    default_sort="-disclosure",
    empty="page.disclosures.empty",
    prepare=_rows,
    filters=[choice("state", DisclosureApplication.state, DisclosureState)],
    columns=[
        Column(
            "disclosure",
            lambda row: row.application.number,
            sort=DisclosureApplication.id,
            link=lambda row: link_to("disclosure", row.application.id),
        ),
        Column("receiving_office", lambda row: row.office, sort=DisclosureApplication.city),
        Column("applicant", lambda row: row.application.applicant_name),
        Column("state", lambda row: row.application.state, kind="state", sort=DisclosureApplication.state),
        Column(
            "received_at",
            lambda row: row.application.received_at,
            kind="moment",
            sort=DisclosureApplication.received_at,
        ),
        Column("due_on", lambda row: row.application.due_on, kind="day", sort=DisclosureApplication.due_on),
        Column(
            "decided_at",
            lambda row: row.application.decided_at,
            kind="moment",
            sort=DisclosureApplication.decided_at,
        ),
    ],
)


@disclosures.get("")
@allow(may_read_disclosures)
def index() -> Any:
    """The register: one's own applications, an office's, all for the province and the auditor."""
    actor = current_actor()
    actions = [{"label": t("page.disclosure_new.title"), "href": url_for("disclosure_pages.new"), "primary": True}]
    return table_page(APPLICATIONS, visible_applications(actor), title="page.disclosures.title", actions=actions)


@disclosures.route("/new", methods=["GET", "POST"])
@allow(may_apply_for_disclosure)
def new() -> Response:
    """Apply."""

    def effect(given: dict[str, Any]) -> Done:
        made = service.apply_for_disclosure(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("disclosure", made.id), "page.disclosure_new.done")

    cities = city_names(clock.today(clock.now()))
    form = Form(
        NewDisclosureSchema,
        name="disclosure_new",
        options={"city": [("", t("page.disclosure.province")), *cities.items()]},
    )
    return form_page(form, effect=effect, back=url_for("disclosure_pages.index"))


@disclosures.get("/<int:application_id>")
@allow(may_read_disclosures)
def one(application_id: int) -> str:
    """An application with its term, its questions and its answer."""
    actor, today = current_actor(), clock.today(clock.now())
    application = find_application(application_id, actor=actor)
    is_waiting = application.state is DisclosureState.RECEIVED and application.paused_on is None
    countdown = load_calendar().countdown(today, application.due_on) if is_waiting else None
    return render_template(
        "marketplace/disclosure.html",
        application=application,
        facts=_facts(application, countdown),
        names=organisation_names(each.organisation_id for each in application.consultations),
        shows_questions=is_office_of(actor, application) or application.user_id != actor.user_id,
        late=is_late(application, today=today),
        actions=list(_actions(application, actor)),
    )


def _facts(application: DisclosureApplication, countdown: Countdown | None) -> list[tuple[str, object]]:
    """What is known of an application; what there is not yet is left out."""
    shown: list[tuple[str, object]] = [
        ("column.receiving_office", _office(application.city)),
        ("column.applicant", application.applicant_name),
        ("form.disclosure_new.applicant_kind", term(application.applicant_kind)),
        ("form.disclosure_new.contact", application.contact),
        ("form.disclosure_new.wanted", application.wanted),
        ("form.disclosure_new.about_kind", term(application.about_kind) if application.about_kind else None),
        ("form.disclosure_new.about_id", application.about_id),
        ("column.received_at", moment(application.received_at)),
        ("column.due_on", day(application.due_on)),
        (
            "page.disclosure.days_left",
            countdown.working_days_left if countdown is not None and not countdown.overdue else None,
        ),
        ("page.disclosure.extension", application.extension_reason),
        ("column.decided_at", moment(application.decided_at) if application.decided_at else None),
        ("page.disclosure.opinion", application.opinion),
    ]
    return [(label, value) for label, value in shown if value not in (None, "")]


@disclosures.get("/<int:application_id>/sheet")
@allow(may_answer_disclosure)
def sheet(application_id: int) -> str:
    """The redacted sheet as it would be given out now, before anything is decided."""
    application = _own(application_id)
    found = sheet_of(application, actor=current_actor(), now=clock.now())
    return render_template("marketplace/disclosure_sheet.html", application=application, sheet=found)


@disclosures.get("/<int:application_id>/sheet-file")
@allow(may_answer_disclosure)
def sheet_file(application_id: int) -> Response:
    """The same as the PDF that would be given out."""
    application = _own(application_id)
    content = sheet_pdf(application, actor=current_actor(), now=clock.now())
    return download(content, media_type=PDF, filename="sheet.pdf")


def _own(application_id: int) -> DisclosureApplication:
    """An application to the actor's own office."""
    application = find_application(application_id, actor=current_actor())
    authorise(current_actor(), is_office_of, application)
    return application


@disclosures.get("/<int:application_id>/answer-file")
@allow(may_read_disclosures)
def answer_file(application_id: int) -> Response:
    """What was given out."""
    return attachment(find_answer(application_id, actor=current_actor()))


@disclosures.route("/<int:application_id>/withdrawal", methods=["GET", "POST"])
@allow(may_apply_for_disclosure)
def withdraw(application_id: int) -> Response:
    """Take it back."""
    application = find_application(application_id, actor=current_actor())
    form = Form(EmptySchema, name="disclosure_withdrawal", ends=True)
    return _step(application, form, service.withdraw_application)


@disclosures.route("/<int:application_id>/extension", methods=["GET", "POST"])
@allow(may_answer_disclosure)
def extend(application_id: int) -> Response:
    """Put the answer off, once."""
    application = find_application(application_id, actor=current_actor())
    return _step(application, Form(DisclosureExtensionSchema, name="disclosure_extension"), service.extend_term)


@disclosures.route("/<int:application_id>/consultations", methods=["GET", "POST"])
@allow(may_answer_disclosure)
def consult(application_id: int) -> Response:
    """Ask whoever it is about."""
    actor = current_actor()
    application = find_application(application_id, actor=actor)
    form = Form(NewConsultationSchema, name="disclosure_consultation_new", options=_parties(application, actor))
    return _step(application, form, service.consult)


@disclosures.route("/<int:application_id>/answer", methods=["GET", "POST"])
@allow(may_answer_disclosure)
def answer(application_id: int) -> Response:
    """Grant, in part, or refuse."""
    application = find_application(application_id, actor=current_actor())
    grounds = disclosure_terms(policy.current(), clock.today(clock.now())).grounds
    form = Form(
        DisclosureAnswerSchema,
        name="disclosure_answer",
        widgets={"decision": "radio"},
        options={"grounds": [(code, say(said)) for code, said in grounds.items()]},
    )

    def act(*, file: Any, **given: Any) -> object:
        return service.answer_application(upload=upload_or_none(file), **given)

    return _step(application, form, act)


@consultations.get("")
@allow(may_read_disclosures)
def questions() -> str:
    """The questions put to one's own organisation, and those an office sees."""
    found = visible_consultations(current_actor()).order_by(DisclosureConsultation.id.desc()).limit(MOST_SHOWN)
    return render_template("marketplace/disclosure_consultations.html", found=session().scalars(found).all())


MOST_SHOWN = 200
"""The latest questions."""


@consultations.get("/<int:consultation_id>")
@allow(may_read_disclosures)
def one_question(consultation_id: int) -> str:
    """A question, and what was said to it; not who wants the information."""
    actor = current_actor()
    consultation = find_consultation(consultation_id, actor=actor)
    own = consultation.organisation_id == actor.organisation_id or may_answer_consultation(actor)
    return render_template(
        "marketplace/disclosure_consultation.html",
        consultation=consultation,
        name=organisation_names([consultation.organisation_id])[consultation.organisation_id],
        may_answer=own and consultation.is_open and clock.today(clock.now()) <= consultation.answer_by,
    )


@consultations.route("/<int:consultation_id>/answer", methods=["GET", "POST"])
@allow(may_answer_consultation)
def answer_question(consultation_id: int) -> Response:
    """Consent or not."""
    consultation = find_consultation(consultation_id, actor=current_actor())
    here = link_to("disclosure_consultation", consultation.id)

    def effect(given: dict[str, Any]) -> Done:
        service.answer_consultation(consultation_id=consultation_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.disclosure_consultation_answer.done")

    form = Form(
        ConsultationAnswerSchema,
        name="disclosure_consultation_answer",
        options={"consents": [("true", t("yes")), ("false", t("no"))]},
        widgets={"consents": "radio"},
    )
    facts = [
        ("form.disclosure_consultation_new.question", consultation.question),
        ("page.disclosure.answer_by", day(consultation.answer_by)),
    ]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _step(application: DisclosureApplication, form: Form, act: Any) -> Response:
    """A form about an application, and back to it."""
    here = link_to("disclosure", application.id)

    def effect(given: dict[str, Any]) -> Done:
        act(application_id=application.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [
        ("column.disclosure", application.number),
        ("form.disclosure_new.wanted", application.wanted),
        ("column.due_on", day(application.due_on)),
    ]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _parties(application: DisclosureApplication, actor: Actor) -> dict[str, Options]:
    """The users and providers of the record that is named, to choose from; a number is typed where none is."""
    try:
        claims = claims_about(application, actor=actor)
    except NotFound:
        return {}
    names = organisation_names({party for each in claims for party in (each.beneficiary_id, each.provider_id)})
    return {"organisation_id": [(str(number), name) for number, name in sorted(names.items())]} if names else {}


def _actions(application: DisclosureApplication, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do about an application today."""
    if application.state is not DisclosureState.RECEIVED:
        return
    if may_answer_disclosure(actor) and is_office_of(actor, application):
        yield _button(application, "answer", "disclosure_answer", primary=True)
        if application.about_kind is not None:
            yield _button(application, "sheet", "disclosure_sheet")
        yield _button(application, "consult", "disclosure_consultation_new")
        if application.extended_at is None:
            yield _button(application, "extend", "disclosure_extension")
    if application.user_id == actor.user_id:
        yield _button(application, "withdraw", "disclosure_withdrawal")


def _button(application: DisclosureApplication, view: str, form: str, *, primary: bool = False) -> dict[str, Any]:
    href = url_for(f"disclosure_pages.{view}", application_id=application.id)
    return {"label": t(f"page.{form}.title"), "href": href, "primary": primary}
