"""Complaints about refusals, namings, restrictions and referrals over HTTP (V20, S29)."""

from __future__ import annotations

from typing import Any

from flask import Response

from accounts.models import ProviderRestriction
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.restrictions import RestrictionMissing
from accounts.steps.restrictions import RestrictionLifted
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from marketplace.api.orders import orders
from marketplace.models import Complaint, Naming, Referral
from marketplace.permissions import (
    may_answer_namings,
    may_complain,
    may_name,
    may_read_namings,
    may_read_referrals,
    may_refer,
)
from marketplace.queries.namings import (
    ComplaintMissing,
    NamingMissing,
    NamingView,
    ReferralMissing,
    find_complaint,
    find_naming,
    find_referral,
    naming_views,
    visible_complaints,
    visible_namings,
    visible_referrals,
)
from marketplace.queries.orders import OrderMissing
from marketplace.schemas.namings import (
    CaseOpinionSchema,
    ComplaintQuerySchema,
    ComplaintSchema,
    NamingAnswerSchema,
    NamingDecisionSchema,
    NamingQuerySchema,
    NamingSchema,
    NewComplaintSchema,
    NewNamingSchema,
    NewReferralSchema,
    ReferralQuerySchema,
    ReferralSchema,
    ReplySchema,
    RestrictionLiftingSchema,
    RestrictionSchema,
    SendingSchema,
)
from marketplace.service import complaints as complaint_service
from marketplace.service import namings as naming_service
from marketplace.service import referrals as referral_service
from marketplace.service.complaints import ComplaintFiled, NotRefused
from marketplace.service.namings import AnswerLate, HearingOpen, NamingRefused, SameOfficer
from marketplace.service.referrals import ReferralRefused

complaints = Blueprint(
    "complaints", __name__, url_prefix="/complaints", description="Complaints about refused orders (V20)."
)
namings = Blueprint(
    "namings", __name__, url_prefix="/namings", description="Providers named for refusing or not publishing (V20)."
)
restrictions = Blueprint(
    "restrictions", __name__, url_prefix="/restrictions", description="What named providers may not do (V20)."
)
referrals = Blueprint(
    "referrals", __name__, url_prefix="/referrals", description="Institutions reported to their department (S29)."
)


@orders.route("/<int:order_id>/complaint", methods=["POST"])
@allow(may_complain)
@problems(OrderMissing, NotRefused, ComplaintFiled)
@idempotent
@orders.arguments(NewComplaintSchema)
@orders.response(201, ComplaintSchema)
def complain(given: dict[str, Any], order_id: int) -> Complaint:
    """Complain about a refusal

    Of an order that the provider declined or let lapse; once.
    """
    return complaint_service.complain(order_id=order_id, **given, actor=current_actor(), now=clock.now())


@complaints.route("", methods=["GET"])
@allow(may_read_namings)
@complaints.arguments(ComplaintQuerySchema, location="query")
@complaints.response(200, page_schema(ComplaintSchema))
def list_complaints(wanted: dict[str, Any]) -> dict[str, Any]:
    """Complaints in sight

    One's own; all for province and auditor.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    return page_of(visible_complaints(current_actor(), **wanted), cursor=cursor, limit=limit, key=Complaint.id)


@complaints.route("/<int:complaint_id>", methods=["GET"])
@allow(may_read_namings)
@problems(ComplaintMissing)
@complaints.response(200, ComplaintSchema)
def show_complaint(complaint_id: int) -> Complaint:
    """A complaint

    With what became of it.
    """
    return find_complaint(complaint_id, actor=current_actor())


@complaints.route("/<int:complaint_id>/dismissal", methods=["POST"])
@allow(may_name)
@problems(ComplaintMissing, StateForbids)
@idempotent
@complaints.arguments(CaseOpinionSchema)
@complaints.response(201, ComplaintSchema)
def dismiss_complaint(given: dict[str, Any], complaint_id: int) -> Complaint:
    """Dismiss a complaint

    With a reason. To take it up, open a naming on it.
    """
    return complaint_service.dismiss_complaint(
        complaint_id=complaint_id, **given, actor=current_actor(), now=clock.now()
    )


@namings.route("", methods=["POST"])
@allow(may_name)
@problems(OrganisationMissing, OrderMissing, ComplaintMissing, NamingRefused, StateForbids)
@idempotent
@namings.arguments(NewNamingSchema)
@namings.response(201, NamingSchema)
def open_naming(given: dict[str, Any]) -> NamingView:
    """Tell a provider why it may be named

    On a complaint, on an order it refused, or because it publishes nothing. It may answer within its term.
    """
    return _view(naming_service.open_naming(**given, actor=current_actor(), now=clock.now()))


@namings.route("", methods=["GET"])
@allow(may_read_namings)
@namings.arguments(NamingQuerySchema, location="query")
@namings.response(200, page_schema(NamingSchema))
def list_namings(wanted: dict[str, Any]) -> dict[str, Any]:
    """Namings in sight

    Whoever was named is seen by all; cases about oneself and one's city too; all for province and auditor.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    actor = current_actor()
    page = page_of(visible_namings(actor, **wanted), cursor=cursor, limit=limit, key=Naming.id)
    return {**page, "items": naming_views(page["items"], actor=actor)}


@namings.route("/<int:naming_id>", methods=["GET"])
@allow(may_read_namings)
@problems(NamingMissing)
@namings.response(200, NamingSchema)
def show_naming(naming_id: int) -> NamingView:
    """A naming

    With its restrictions.
    """
    return _view(find_naming(naming_id, actor=current_actor()))


@namings.route("/<int:naming_id>/answer", methods=["POST"])
@allow(may_answer_namings)
@problems(NamingMissing, StateForbids, AnswerLate)
@idempotent
@namings.arguments(NamingAnswerSchema)
@namings.response(201, NamingSchema)
def answer_naming(given: dict[str, Any], naming_id: int) -> NamingView:
    """Answer before a naming

    By the provider it is about, until the last day of its term.
    """
    return _view(naming_service.answer_naming(naming_id=naming_id, **given, actor=current_actor(), now=clock.now()))


@namings.route("/<int:naming_id>/decision", methods=["POST"])
@allow(may_name)
@problems(NamingMissing, StateForbids, SameOfficer, HearingOpen, NamingRefused)
@idempotent
@namings.arguments(NamingDecisionSchema)
@namings.response(201, NamingSchema)
def decide_naming(given: dict[str, Any], naming_id: int) -> NamingView:
    """Name a provider or dismiss the case

    After its answer or its term, by another officer than opened it. Restrictions begin at once and end after their
    last day.
    """
    return _view(naming_service.decide_naming(naming_id=naming_id, **given, actor=current_actor(), now=clock.now()))


@restrictions.route("/<int:restriction_id>/lifting", methods=["POST"])
@allow(may_name)
@problems(RestrictionMissing, RestrictionLifted)
@idempotent
@restrictions.arguments(RestrictionLiftingSchema)
@restrictions.response(201, RestrictionSchema)
def lift_restriction(given: dict[str, Any], restriction_id: int) -> ProviderRestriction:
    """Lift a restriction

    Before its last day, at once.
    """
    return naming_service.lift(restriction_id=restriction_id, **given, actor=current_actor(), now=clock.now())


@referrals.route("", methods=["POST"])
@allow(may_refer)
@problems(OrganisationMissing, NamingMissing, ReferralRefused)
@idempotent
@referrals.arguments(NewReferralSchema)
@referrals.response(201, ReferralSchema)
def prepare_referral(given: dict[str, Any]) -> Referral:
    """Write a referral

    Of a fiscal institution that refuses to share, to the department it belongs to; the document is kept.
    """
    return referral_service.prepare_referral(**given, actor=current_actor(), now=clock.now())


@referrals.route("", methods=["GET"])
@allow(may_read_referrals)
@referrals.arguments(ReferralQuerySchema, location="query")
@referrals.response(200, page_schema(ReferralSchema))
def list_referrals(wanted: dict[str, Any]) -> dict[str, Any]:
    """Referrals

    Every one.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    return page_of(visible_referrals(current_actor(), **wanted), cursor=cursor, limit=limit, key=Referral.id)


@referrals.route("/<int:referral_id>", methods=["GET"])
@allow(may_read_referrals)
@problems(ReferralMissing)
@referrals.response(200, ReferralSchema)
def show_referral(referral_id: int) -> Referral:
    """A referral

    With the department's answer.
    """
    return find_referral(referral_id, actor=current_actor())


@referrals.route("/<int:referral_id>/document", methods=["GET"])
@allow(may_read_referrals)
@problems(ReferralMissing)
@referrals.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def download_referral(referral_id: int) -> Response:
    """The document of a referral

    As an attachment.
    """
    return attachment(find_referral(referral_id, actor=current_actor()).document_file)


@referrals.route("/<int:referral_id>/dispatch", methods=["POST"])
@allow(may_refer)
@problems(ReferralMissing, StateForbids, ReferralRefused)
@idempotent
@referrals.arguments(SendingSchema)
@referrals.response(201, ReferralSchema)
def send_referral(given: dict[str, Any], referral_id: int) -> Referral:
    """Record that a referral went out

    On a day, today at the latest.
    """
    return referral_service.send_referral(referral_id=referral_id, **given, actor=current_actor(), now=clock.now())


@referrals.route("/<int:referral_id>/answer", methods=["POST"])
@allow(may_refer)
@problems(ReferralMissing, StateForbids, ReferralRefused)
@idempotent
@referrals.arguments(ReplySchema)
@referrals.response(201, ReferralSchema)
def answer_referral(given: dict[str, Any], referral_id: int) -> Referral:
    """Record the department's answer

    With its day.
    """
    return referral_service.answer_referral(referral_id=referral_id, **given, actor=current_actor(), now=clock.now())


def _view(naming: Naming) -> NamingView:
    return naming_views([naming], actor=current_actor())[0]
