"""Yearly renewals and changes of members' facts over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts import service
from accounts.models import FiguresRenewal, MemberChange
from accounts.permissions import (
    authority,
    city_bureau,
    enterprise,
    incubator,
    may_read_changes,
    may_read_standing,
    provider,
)
from accounts.queries.changes import ChangeMissing, find_change, visible_changes
from accounts.queries.controllers import ControllerMissing
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.renewals import RenewalMissing, find_renewal, visible_renewals
from accounts.schemas.changes import (
    ChangeQuerySchema,
    ChangeReviewSchema,
    ChangeSchema,
    NewChangeSchema,
    NewRenewalSchema,
    RenewalQuerySchema,
    RenewalReviewSchema,
    RenewalSchema,
    WithdrawalReviewSchema,
    WithdrawalSchema,
)
from accounts.service.changes import AskerDecides, ChangeInEffect, ChangePending, ChangeRefused, NotYetAMember
from accounts.service.organisations import FiguresRefused, FiguresStated
from accounts.service.renewals import RenewalNotDue, RenewalRefused
from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids

figures_renewals = Blueprint(
    "figures_renewals",
    __name__,
    url_prefix="/figures-renewals",
    description="Yearly renewal of staff and revenue figures (V8(1)).",
)
member_changes = Blueprint(
    "member_changes", __name__, url_prefix="/member-changes", description="Changes of members' facts from a day on."
)


@figures_renewals.route("", methods=["GET"])
@allow(may_read_standing)
@figures_renewals.arguments(RenewalQuerySchema, location="query")
@figures_renewals.response(200, page_schema(RenewalSchema))
def list_renewals(given: dict[str, Any]) -> dict[str, Any]:
    """Renewals in sight

    `state=overdue` are those that nobody handed in in time, `state=waiting` those that wait for the bureau.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_renewals(current_actor(), **given), cursor=cursor, limit=limit, key=FiguresRenewal.id)


@figures_renewals.route("", methods=["POST"])
@allow(enterprise)
@problems(OrganisationMissing, FiguresRefused, FiguresStated, RenewalNotDue, StateForbids, *UPLOAD_PROBLEMS)
@idempotent
@figures_renewals.arguments(NewRenewalSchema, location=MULTIPART)
@figures_renewals.response(201, RenewalSchema)
def renew(given: dict[str, Any]) -> FiguresRenewal:
    """Hand in a year's figures with their evidence

    Once for each completed year; again after a return.
    """
    upload: FileStorage = given.pop("file")
    return service.renewals.renew_figures(
        **given,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@figures_renewals.route("/<int:renewal_id>", methods=["GET"])
@allow(may_read_standing)
@problems(RenewalMissing)
@figures_renewals.response(200, RenewalSchema)
def show_renewal(renewal_id: int) -> FiguresRenewal:
    """A renewal"""
    return find_renewal(renewal_id, actor=current_actor())


@figures_renewals.route("/<int:renewal_id>/evidence", methods=["GET"])
@allow(may_read_standing)
@problems(RenewalMissing)
@figures_renewals.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def renewal_evidence(renewal_id: int) -> Response:
    """The document that shows the figures

    As an attachment; 404 before anything was handed in.
    """
    found = find_renewal(renewal_id, actor=current_actor()).file
    if found is None:
        raise RenewalMissing
    return attachment(found)


@figures_renewals.route("/<int:renewal_id>/review", methods=["POST"])
@allow(city_bureau)
@problems(RenewalMissing, StateForbids, RenewalRefused)
@idempotent
@figures_renewals.arguments(RenewalReviewSchema)
@figures_renewals.response(201, RenewalSchema)
def review_renewal(given: dict[str, Any], renewal_id: int) -> FiguresRenewal:
    """Confirm renewed figures, or return them

    By the bureau of its city.
    """
    return service.renewals.review_renewal(renewal_id=renewal_id, **given, actor=current_actor(), now=clock.now())


@member_changes.route("", methods=["GET"])
@allow(may_read_changes)
@member_changes.arguments(ChangeQuerySchema, location="query")
@member_changes.response(200, page_schema(ChangeSchema))
def list_changes(given: dict[str, Any]) -> dict[str, Any]:
    """Changes in sight

    A bureau sees those of its city's members, of members that come to its city and of those that leave it.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_changes(current_actor(), **given), cursor=cursor, limit=limit, key=MemberChange.id)


@member_changes.route("", methods=["POST"])
@allow(enterprise | provider | incubator)
@problems(OrganisationMissing, ChangeRefused, ChangePending, NotYetAMember, *UPLOAD_PROBLEMS)
@idempotent
@member_changes.arguments(NewChangeSchema, location=MULTIPART)
@member_changes.response(201, ChangeSchema)
def request_change(given: dict[str, Any]) -> MemberChange:
    """Ask for a change

    The bureau of the city a member moves to reviews a move; from its day on it is in charge. Everything else is
    reviewed by the bureau in charge, or by the province for a provider from outside.
    """
    upload: FileStorage = given["file"]
    return service.changes.request_change(
        organisation_id=given["organisation_id"],
        change=given["change"],
        reason_given=given["reason"],
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@member_changes.route("/<int:change_id>", methods=["GET"])
@allow(may_read_changes)
@problems(ChangeMissing)
@member_changes.response(200, ChangeSchema)
def show_change(change_id: int) -> MemberChange:
    """A change"""
    return find_change(change_id, actor=current_actor())


@member_changes.route("/<int:change_id>/evidence", methods=["GET"])
@allow(may_read_changes)
@problems(ChangeMissing)
@member_changes.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def change_evidence(change_id: int) -> Response:
    """The document that shows the change

    As an attachment.
    """
    return attachment(find_change(change_id, actor=current_actor()).file)


@member_changes.route("/<int:change_id>/review", methods=["POST"])
@allow(authority)
@problems(ChangeMissing, StateForbids, ChangeRefused, ControllerMissing)
@idempotent
@member_changes.arguments(ChangeReviewSchema)
@member_changes.response(201, ChangeSchema)
def review_change(given: dict[str, Any], change_id: int) -> MemberChange:
    """Approve or refuse a change

    Approved, it takes effect on its day, at once where that has come. A new controller is proposed to the province by
    the approval, and another person decides.
    """
    return service.changes.review_change(change_id=change_id, **given, actor=current_actor(), now=clock.now())


@member_changes.route("/<int:change_id>/withdrawal", methods=["POST"])
@allow(enterprise | provider | incubator | authority)
@problems(ChangeMissing, StateForbids, ChangeRefused, ChangeInEffect)
@idempotent
@member_changes.arguments(WithdrawalSchema)
@member_changes.response(201, ChangeSchema)
def withdraw_change(given: dict[str, Any], change_id: int) -> MemberChange:
    """Take a change back

    By the member at once before it is reviewed. An approved one whose day has not come by the member or the bureau,
    with a reason; another person of the bureau decides.
    """
    return service.changes.withdraw_change(change_id=change_id, **given, actor=current_actor(), now=clock.now())


@member_changes.route("/<int:change_id>/withdrawal-review", methods=["POST"])
@allow(authority)
@problems(ChangeMissing, StateForbids, ChangeRefused, ChangeInEffect, AskerDecides)
@idempotent
@member_changes.arguments(WithdrawalReviewSchema)
@member_changes.response(201, ChangeSchema)
def review_withdrawal(given: dict[str, Any], change_id: int) -> MemberChange:
    """Decide whether an approved change is taken back

    By another person than who asked for it, before the day of the change; not decided by then it takes effect.
    """
    return service.changes.review_withdrawal(change_id=change_id, **given, actor=current_actor(), now=clock.now())
