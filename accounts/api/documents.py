"""Organisations' documents over HTTP: handed in once, certified, used again."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts import service
from accounts.api.organisations import organisations
from accounts.models import OrganisationDocument
from accounts.permissions import authority, enterprise, incubator, may_read_standing, provider
from accounts.queries.documents import OrganisationDocumentMissing, find_organisation_document, visible_documents
from accounts.queries.organisations import OrganisationMissing
from accounts.schemas.documents import (
    CertificationSchema,
    NewOrganisationDocumentSchema,
    OrganisationDocumentQuerySchema,
    OrganisationDocumentSchema,
)
from accounts.service.bank import OpinionMissing
from accounts.service.documents import DocumentRefused
from accounts.steps.documents import AddedByCertifier
from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids

documents = Blueprint(
    "documents",
    __name__,
    url_prefix="/documents",
    description="Documents of organisations, certified once and used again.",
)


@organisations.route("/<int:organisation_id>/documents", methods=["POST"])
@allow(enterprise | provider | incubator)
@problems(OrganisationMissing, DocumentRefused, *UPLOAD_PROBLEMS)
@idempotent
@organisations.arguments(NewOrganisationDocumentSchema, location=MULTIPART)
@organisations.response(201, OrganisationDocumentSchema)
def hand_in(given: dict[str, Any], organisation_id: int) -> OrganisationDocument:
    """Hand a document in for good

    By the organisation; a team's by its incubator. Once certified it serves claims and registrations until its last
    day, or until a newer one of its kind and title is certified.
    """
    upload: FileStorage = given.pop("file")
    return service.documents.hand_in(
        organisation_id=organisation_id,
        **given,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@documents.route("", methods=["GET"])
@allow(may_read_standing)
@documents.arguments(OrganisationDocumentQuerySchema, location="query")
@documents.response(200, page_schema(OrganisationDocumentSchema))
def list_documents(given: dict[str, Any]) -> dict[str, Any]:
    """Documents in sight

    One's own, an incubator's teams', a bureau's city's. `state=pending` is a bureau's queue.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_documents(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=OrganisationDocument.id)


@documents.route("/<int:document_id>", methods=["GET"])
@allow(may_read_standing)
@problems(OrganisationDocumentMissing)
@documents.response(200, OrganisationDocumentSchema)
def show(document_id: int) -> OrganisationDocument:
    """A document of an organisation in sight"""
    return find_organisation_document(document_id, actor=current_actor())


@documents.route("/<int:document_id>/file", methods=["GET"])
@allow(may_read_standing)
@problems(OrganisationDocumentMissing)
@documents.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download(document_id: int) -> Response:
    """A document's content

    As an attachment.
    """
    return attachment(find_organisation_document(document_id, actor=current_actor()).file)


@documents.route("/<int:document_id>/certification", methods=["POST"])
@allow(authority)
@problems(OrganisationDocumentMissing, StateForbids, AddedByCertifier, DocumentRefused, OpinionMissing)
@idempotent
@documents.arguments(CertificationSchema)
@documents.response(201, OrganisationDocumentSchema)
def certify(given: dict[str, Any], document_id: int) -> OrganisationDocument:
    """Certify or refuse a document

    By the bureau of the organisation's city, or the province for one from outside. Once certified it replaces the
    earlier one of its kind and title.
    """
    return service.documents.decide(document_id=document_id, **given, actor=current_actor(), now=clock.now())
