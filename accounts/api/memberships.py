"""Registration and review over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts import service
from accounts.models import Membership, MembershipDocument
from accounts.permissions import (
    authority,
    enterprise,
    incubator,
    may_read_memberships,
    may_register,
    provider,
)
from accounts.queries.applications import Dossier, dossier, dossier_of
from accounts.queries.memberships import DocumentMissing, MembershipMissing, find_document, visible_memberships
from accounts.queries.rounds import membership_rounds
from accounts.schemas.memberships import (
    MembershipDocumentSchema,
    MembershipOpinionSchema,
    MembershipQuerySchema,
    MembershipReviewSchema,
    MembershipSchema,
    MembershipSummarySchema,
    MembershipSuspensionSchema,
    NewMembershipDocumentSchema,
    RegistrationSchema,
    ResubmissionSchema,
)
from accounts.schemas.rounds import MembershipRoundsSchema
from accounts.service.memberships import DocumentsClosed, ReviewRefused
from accounts.service.suspensions import SuspensionAnnounced, SuspensionRefused
from accounts.steps.attempts import SignUpPaused
from accounts.steps.interests import ConflictOfInterest
from accounts.steps.memberships import DocumentsMissing, SubmitterReviews
from accounts.steps.organisations import RegistrationRefused
from accounts.steps.rounds import NamedLate
from core import clock
from core.errors import Forbidden, Unauthenticated
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.address import client_address
from core.http.attachment import attachment
from core.states import StateForbids

memberships = Blueprint(
    "memberships", __name__, url_prefix="/memberships", description="Registration, review, suspension."
)


@memberships.route("", methods=["POST"])
@allow(may_register)
@problems(RegistrationRefused, SignUpPaused, Unauthenticated, Forbidden)
@idempotent
@memberships.arguments(RegistrationSchema)
@memberships.response(201, MembershipSchema)
def register(given: dict[str, Any]) -> Dossier:
    """Register

    Open to everybody for an enterprise or a provider; a team is registered by its incubator, with the incubator's
    token. Creates the organisation and its first user and submits it to the bureau of its city, or to the province for
    a provider from outside. Visitors of one address are answered 429 after very many within the hour.
    """
    return _shown(
        service.memberships.register(**given, address=client_address(), actor=current_actor(), now=clock.now())
    )


@memberships.route("", methods=["GET"])
@allow(may_read_memberships)
@memberships.arguments(MembershipQuerySchema, location="query")
@memberships.response(200, page_schema(MembershipSummarySchema))
def list_memberships(given: dict[str, Any]) -> dict[str, Any]:
    """Memberships in sight

    A bureau's own city, an incubator's teams, one's own. `state=submitted` is the queue.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_memberships(current_actor(), **given), cursor=cursor, limit=limit, key=Membership.id)


@memberships.route("/<int:membership_id>", methods=["GET"])
@allow(may_read_memberships)
@problems(MembershipMissing)
@memberships.response(200, MembershipSchema)
def show(membership_id: int) -> Dossier:
    """A membership

    With what its reviewer should look at.
    """
    return dossier(membership_id, actor=current_actor(), on=clock.today(clock.now()))


@memberships.route("/<int:membership_id>/rounds", methods=["GET"])
@allow(may_read_memberships)
@problems(MembershipMissing)
@memberships.response(200, MembershipRoundsSchema)
def list_rounds(membership_id: int) -> dict[str, Any]:
    """The rounds of a registration

    Every submission with what changed since the one before, and the return that ended it: each defect, and whether the
    next round mended it (V15).
    """
    return {"items": membership_rounds(membership_id, actor=current_actor())}


@memberships.route("/<int:membership_id>/review", methods=["POST"])
@allow(authority)
@problems(
    MembershipMissing, StateForbids, ReviewRefused, SubmitterReviews, ConflictOfInterest, DocumentsMissing, NamedLate
)
@idempotent
@memberships.arguments(MembershipReviewSchema)
@memberships.response(201, MembershipSchema)
def review(given: dict[str, Any], membership_id: int) -> Dossier:
    """Review a registration

    By the bureau of its city, or by the province for a provider from outside. Approval makes a member and verifies the
    bank account shown; documents that are missing then are owed by a day. A return names every defect at once, and a
    later one only what was changed since or is still not mended.
    """
    return _shown(
        service.memberships.review(membership_id=membership_id, **given, actor=current_actor(), now=clock.now())
    )


@memberships.route("/<int:membership_id>/submission", methods=["POST"])
@allow(enterprise | provider | incubator)
@problems(MembershipMissing, StateForbids, RegistrationRefused, DocumentsMissing)
@idempotent
@memberships.arguments(ResubmissionSchema)
@memberships.response(201, MembershipSchema)
def resubmit(given: dict[str, Any], membership_id: int) -> Dossier:
    """Hand in a draft, or a returned registration again

    With whatever is corrected; a team's by its incubator. Documents that are missing are named all at once.
    """
    return _shown(
        service.memberships.resubmit(membership_id=membership_id, **given, actor=current_actor(), now=clock.now())
    )


@memberships.route("/<int:membership_id>/suspension", methods=["POST"])
@allow(authority)
@problems(MembershipMissing, StateForbids, SuspensionRefused, SuspensionAnnounced)
@idempotent
@memberships.arguments(MembershipSuspensionSchema)
@memberships.response(201, MembershipSchema)
def suspend(given: dict[str, Any], membership_id: int) -> Dossier:
    """Suspend a member

    By the bureau of its city or the province. A suspended member keeps its records and its orders, and may place none.
    A later first day is announced and begins by itself; a last one ends it by itself.
    """
    return _shown(
        service.suspensions.suspend(membership_id=membership_id, **given, actor=current_actor(), now=clock.now())
    )


@memberships.route("/<int:membership_id>/resumption", methods=["POST"])
@allow(authority)
@problems(MembershipMissing, StateForbids)
@idempotent
@memberships.arguments(MembershipOpinionSchema)
@memberships.response(201, MembershipSchema)
def resume(given: dict[str, Any], membership_id: int) -> Dossier:
    """End a suspension

    By the bureau of its city or the province.
    """
    return _shown(
        service.suspensions.resume(membership_id=membership_id, **given, actor=current_actor(), now=clock.now())
    )


@memberships.route("/<int:membership_id>/documents", methods=["POST"])
@allow(enterprise | provider | incubator)
@problems(MembershipMissing, DocumentsClosed, *UPLOAD_PROBLEMS)
@idempotent
@memberships.arguments(NewMembershipDocumentSchema, location=MULTIPART)
@memberships.response(201, MembershipDocumentSchema)
def add_document(given: dict[str, Any], membership_id: int) -> MembershipDocument:
    """Add a document

    While the registration is not decided, and afterwards what is still owed. Content decides the type, not the name.
    """
    upload: FileStorage = given["file"]
    return service.memberships.add_document(
        membership_id=membership_id,
        kind=given["kind"],
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@memberships.route("/<int:membership_id>/documents/<int:document_id>", methods=["GET"])
@allow(may_read_memberships)
@problems(DocumentMissing)
@memberships.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_document(membership_id: int, document_id: int) -> Response:
    """A document's content

    As an attachment.
    """
    return attachment(find_document(membership_id, document_id, actor=current_actor()).file)


def _shown(membership: Membership) -> Dossier:
    return dossier_of(membership, on=clock.today(clock.now()))
