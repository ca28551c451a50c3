"""Documents handed in once and used again: one's own, and the queue of the authority that certifies them."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, url_for
from werkzeug.datastructures import FileStorage

from accounts.kinds import DocumentKind
from accounts.models import Organisation, OrganisationDocument
from accounts.permissions import (
    authority,
    enterprise,
    incubator,
    may_add_document,
    may_certify_document,
    may_read_standing,
    provider,
)
from accounts.queries.documents import find_organisation_document, visible_documents
from accounts.queries.organisations import find_organisation
from accounts.schemas.documents import CertificationSchema, NewOrganisationDocumentSchema
from accounts.service import documents as service
from accounts.states import DocumentState
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import day, said_together, t
from core.pages.tables import choice
from core.permissions import authorise

documents = Pages(
    "document_pages",
    __name__,
    navigation=(NavEntry("documents", "document_pages.index", "members", may_read_standing, order=25),),
    links={
        "organisation_document": ("document_pages.download", "document_id"),
        "documents": ("document_pages.index", ""),
    },
)


def _action(document: OrganisationDocument) -> str | None:
    """The way to its certification, for whoever decides on it."""
    if document.state is not DocumentState.PENDING or not may_certify_document(current_actor(), document.organisation):
        return None
    return url_for("document_pages.certify", document_id=document.id)


DOCUMENTS = Table(
    name="documents",
    key=OrganisationDocument.id,
    default_sort="-added_at",
    empty="page.documents.empty",
    filters=[
        choice("document_state", OrganisationDocument.state, DocumentState),
        choice("document_kind", OrganisationDocument.kind, DocumentKind),
    ],
    columns=[
        Column("organisation", lambda each: each.organisation.name, sort=Organisation.name),
        Column("document_kind", lambda each: each.kind, kind="term", sort=OrganisationDocument.kind),
        Column("document_title", lambda each: each.title, sort=OrganisationDocument.title),
        Column("document_state", lambda each: each.state, kind="state", sort=OrganisationDocument.state),
        Column("valid_until", lambda each: each.valid_until, kind="day", sort=OrganisationDocument.valid_until),
        Column("added_at", lambda each: each.added_at, kind="moment", sort=OrganisationDocument.added_at),
        Column(
            "file",
            lambda each: each.file.filename,
            link=lambda each: link_to("organisation_document", each.id),
        ),
        Column("reasons", lambda each: said_together(each.reasons)),
        Column("action", lambda each: t("page.document_certification.title") if _action(each) else None, link=_action),
    ],
)


@documents.get("/documents")
@allow(may_read_standing)
def index() -> Any:
    """The documents in sight; whoever hands some in finds the way to it above."""
    actor = current_actor()
    actions = []
    if actor.organisation_id is not None and (enterprise | provider | incubator)(actor):
        here = url_for("document_pages.hand_in", organisation_id=actor.organisation_id)
        actions = [{"label": t("page.document_new.title"), "href": here, "primary": True}]
    return table_page(DOCUMENTS, visible_documents(actor), title="page.documents.title", actions=actions)


@documents.route("/organisations/<int:organisation_id>/documents", methods=["GET", "POST"])
@allow(enterprise | provider | incubator)
def hand_in(organisation_id: int) -> Response:
    """Hand a document in; the certified one before serves until this one is."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_add_document, organisation)
    form = Form(NewOrganisationDocumentSchema, name="document_new")

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        service.hand_in(
            organisation_id=organisation_id,
            **given,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(_index(), "page.document_new.done")

    return form_page(form, effect=effect, back=_index(), facts=[("column.organisation", organisation.name)])


@documents.route("/documents/<int:document_id>/certification", methods=["GET", "POST"])
@allow(authority)
def certify(document_id: int) -> Response:
    """Certify a document to its last day, or refuse it, saying why."""
    document = find_organisation_document(document_id, actor=current_actor())
    authorise(current_actor(), may_certify_document, document.organisation)
    form = Form(
        CertificationSchema,
        name="document_certification",
        widgets={"decision": "radio"},
        initial={"valid_until": document.valid_until},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.decide(document_id=document_id, **given, actor=current_actor(), now=clock.now())
        return Done(_index(), "page.document_certification.done")

    facts = [
        ("column.organisation", document.organisation.name),
        ("column.document_kind", term(document.kind)),
        ("column.document_title", document.title),
        ("column.valid_until", day(document.valid_until)),
    ]
    return form_page(
        form,
        effect=effect,
        back=_index(),
        facts=facts,
        evidence=(document.file, link_to("organisation_document", document.id)),
    )


@documents.get("/documents/<int:document_id>/file")
@allow(may_read_standing)
def download(document_id: int) -> Response:
    """A document, as an attachment."""
    return attachment(find_organisation_document(document_id, actor=current_actor()).file)


def _index() -> str:
    return url_for("document_pages.index")
