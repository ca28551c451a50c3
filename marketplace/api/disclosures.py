"""Disclosure on application over HTTP (V18)."""

from __future__ import annotations

from typing import Any

from flask import Response

from accounts.queries.organisations import OrganisationMissing
from core import clock
from core.files import PDF, UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment, download
from core.permissions import authorise
from core.states import StateForbids
from marketplace.models import DisclosureApplication, DisclosureConsultation
from marketplace.permissions import (
    is_office_of,
    may_answer_consultation,
    may_answer_disclosure,
    may_apply_for_disclosure,
    may_read_disclosures,
)
from marketplace.queries.disclosures import (
    ConsultationMissing,
    DisclosureAnswerMissing,
    DisclosureMissing,
    find_answer,
    find_application,
    find_consultation,
    visible_applications,
    visible_consultations,
)
from marketplace.schemas.disclosures import (
    ConsultationAnswerSchema,
    ConsultationSchema,
    DisclosureAnswerSchema,
    DisclosureExtensionSchema,
    DisclosureQuerySchema,
    DisclosureSchema,
    NewConsultationSchema,
    NewDisclosureSchema,
)
from marketplace.service import disclosures as service
from marketplace.service.disclosures import (
    ConsultationOver,
    ConsultationTwice,
    DisclosureExtendedBefore,
    DisclosureRefused,
)
from marketplace.steps.disclosure_sheets import SheetImpossible, sheet_pdf
from vouchers.schemas.uploads import upload_or_none

FILE = {"type": "string", "format": "binary"}

applications = Blueprint(
    "disclosure-applications",
    __name__,
    url_prefix="/disclosure-applications",
    description="Applications for disclosure of claims, summaries and reports (V18).",
)
consultations = Blueprint(
    "disclosure-consultations",
    __name__,
    url_prefix="/disclosure-consultations",
    description="Questions to whoever wanted information is about.",
)


@applications.route("", methods=["POST"])
@allow(may_apply_for_disclosure)
@problems(DisclosureRefused)
@idempotent
@applications.arguments(NewDisclosureSchema)
@applications.response(201, DisclosureSchema)
def apply(given: dict[str, Any]) -> DisclosureApplication:
    """Apply for disclosure

    To a city's bureau or the province, by any signed-in person, who says who applies and where the answer goes.
    """
    return service.apply_for_disclosure(**given, actor=current_actor(), now=clock.now())


@applications.route("", methods=["GET"])
@allow(may_read_disclosures)
@applications.arguments(DisclosureQuerySchema, location="query")
@applications.response(200, page_schema(DisclosureSchema))
def list_applications(given: dict[str, Any]) -> dict[str, Any]:
    """Applications in sight

    One's own; those to a bureau; all for the province and the auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_applications(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=DisclosureApplication.id)


@applications.route("/<int:application_id>", methods=["GET"])
@allow(may_read_disclosures)
@problems(DisclosureMissing)
@applications.response(200, DisclosureSchema)
def show(application_id: int) -> DisclosureApplication:
    """An application

    With its last day as it stands, and its answer.
    """
    return find_application(application_id, actor=current_actor())


@applications.route("/<int:application_id>/withdrawal", methods=["POST"])
@allow(may_apply_for_disclosure)
@problems(DisclosureMissing, StateForbids)
@idempotent
@applications.response(201, DisclosureSchema)
def withdraw(application_id: int) -> DisclosureApplication:
    """Withdraw an application

    By whoever applied, before its answer.
    """
    return service.withdraw_application(application_id=application_id, actor=current_actor(), now=clock.now())


@applications.route("/<int:application_id>/extension", methods=["POST"])
@allow(may_answer_disclosure)
@problems(DisclosureMissing, DisclosureExtendedBefore, DisclosureRefused, StateForbids)
@idempotent
@applications.arguments(DisclosureExtensionSchema)
@applications.response(201, DisclosureSchema)
def extend(given: dict[str, Any], application_id: int) -> DisclosureApplication:
    """Put the answer off

    Once, with a reason, before the last day is over.
    """
    return service.extend_term(application_id=application_id, **given, actor=current_actor(), now=clock.now())


@applications.route("/<int:application_id>/consultations", methods=["POST"])
@allow(may_answer_disclosure)
@problems(DisclosureMissing, OrganisationMissing, ConsultationTwice, StateForbids)
@idempotent
@applications.arguments(NewConsultationSchema)
@applications.response(201, ConsultationSchema)
def consult(given: dict[str, Any], application_id: int) -> DisclosureConsultation:
    """Ask whoever it is about

    The term of the office rests until all who were asked have answered, or their last day is over.
    """
    return service.consult(application_id=application_id, **given, actor=current_actor(), now=clock.now())


@applications.route("/<int:application_id>/sheet", methods=["GET"])
@allow(may_answer_disclosure)
@problems(DisclosureMissing, SheetImpossible)
@applications.response(200, FILE, content_type=PDF)
def sheet(application_id: int) -> Response:
    """The redacted sheet

    As it would be given out now: names, kinds of service and sums by article, and nothing else.
    """
    actor = current_actor()
    application = find_application(application_id, actor=actor)
    authorise(actor, is_office_of, application)
    return download(sheet_pdf(application, actor=actor, now=clock.now()), media_type=PDF, filename="sheet.pdf")


@applications.route("/<int:application_id>/answer", methods=["POST"])
@allow(may_answer_disclosure)
@problems(DisclosureMissing, DisclosureRefused, SheetImpossible, StateForbids, *UPLOAD_PROBLEMS)
@idempotent
@applications.arguments(DisclosureAnswerSchema, location=MULTIPART)
@applications.response(201, DisclosureSchema)
def answer(given: dict[str, Any], application_id: int) -> DisclosureApplication:
    """Answer an application

    Grant it or grant it in part with a file or the redacted sheet, or refuse it on grounds of the closed list.
    """
    upload = upload_or_none(given.pop("file"))
    return service.answer_application(
        application_id=application_id, upload=upload, **given, actor=current_actor(), now=clock.now()
    )


@applications.route("/<int:application_id>/answer-file", methods=["GET"])
@allow(may_read_disclosures)
@problems(DisclosureMissing, DisclosureAnswerMissing)
@applications.response(200, FILE, content_type="*/*")
def answer_file(application_id: int) -> Response:
    """What was given out

    As an attachment, to whoever applied and to the office.
    """
    return attachment(find_answer(application_id, actor=current_actor()))


@consultations.route("", methods=["GET"])
@allow(may_read_disclosures)
@consultations.arguments(DisclosureQuerySchema(only=("cursor", "limit")), location="query")
@consultations.response(200, page_schema(ConsultationSchema))
def list_consultations(given: dict[str, Any]) -> dict[str, Any]:
    """Questions in sight

    Those put to one's own organisation, and those of applications that an office sees.
    """
    found = visible_consultations(current_actor())
    return page_of(found, **given, key=DisclosureConsultation.id)


@consultations.route("/<int:consultation_id>", methods=["GET"])
@allow(may_read_disclosures)
@problems(ConsultationMissing)
@consultations.response(200, ConsultationSchema)
def show_consultation(consultation_id: int) -> DisclosureConsultation:
    """A question

    To whoever is asked it says what is to be given out; not who wants it.
    """
    return find_consultation(consultation_id, actor=current_actor())


@consultations.route("/<int:consultation_id>/answer", methods=["POST"])
@allow(may_answer_consultation)
@problems(ConsultationMissing, ConsultationOver)
@idempotent
@consultations.arguments(ConsultationAnswerSchema)
@consultations.response(201, ConsultationSchema)
def answer_consultation(given: dict[str, Any], consultation_id: int) -> DisclosureConsultation:
    """Answer a question

    Consent or not, within the term, with reasons.
    """
    return service.answer_consultation(consultation_id=consultation_id, **given, actor=current_actor(), now=clock.now())
