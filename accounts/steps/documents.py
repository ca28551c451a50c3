"""Writing documents: handed in by their organisation, certified by an authority; the old one serves till then."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import DocumentKind
from accounts.models import Membership, OrganisationDocument
from accounts.queries.documents import document_in_state
from accounts.states import DOCUMENT_TRANSITIONS, DocumentAction, DocumentState
from core import audit
from core.db import require_transaction
from core.errors import Forbidden
from core.files import StoredFile
from core.permissions import Actor
from core.states import apply


class AddedByCertifier(Forbidden):
    """Whoever handed a document in does not certify it."""

    code = "added_by_certifier"
    article = "V15"


def add_document(
    *,
    organisation_id: int,
    kind: DocumentKind,
    title: str,
    file: StoredFile,
    valid_until: date | None,
    user_id: int,
    actor: Actor,
    now: datetime,
) -> OrganisationDocument:
    """Hand a document in, pending; one of its kind and title that was pending before is superseded."""
    current = require_transaction()
    _supersede(organisation_id, kind, title, state=DocumentState.PENDING, actor=actor, now=now)
    document = OrganisationDocument(
        organisation_id=organisation_id,
        kind=kind,
        title=title,
        file=file,
        valid_until=valid_until,
        state=DOCUMENT_TRANSITIONS.initial,
        added_by=user_id,
        added_at=now,
        opinion="",
    )
    current.add(document)
    audit.record(
        actor=actor,
        now=now,
        action="add",
        subject=document,
        to_state=document.state,
        data={"organisation_id": organisation_id, "kind": kind.value, "title": title, "sha256": file.sha256},
    )
    return document


def certify_document(
    *,
    document: OrganisationDocument,
    valid_until: date | None,
    opinion: str,
    user_id: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Certify a pending document to its last day; the certified one before it is superseded."""
    require_transaction()
    _require_other_person(document, user_id)
    _supersede(
        document.organisation_id,
        document.kind,
        document.title,
        state=DocumentState.CERTIFIED,
        actor=actor,
        now=now,
    )
    document.valid_until = valid_until
    _decide(document, DocumentAction.CERTIFY, opinion, user_id=user_id, actor=actor, now=now)


def refuse_document(*, document: OrganisationDocument, opinion: str, user_id: int, actor: Actor, now: datetime) -> None:
    """Refuse a pending document, or take a certification back; claims that were handed in with it keep it."""
    require_transaction()
    _require_other_person(document, user_id)
    _decide(document, DocumentAction.REFUSE, opinion, user_id=user_id, actor=actor, now=now)


def certify_registration(*, membership: Membership, user_id: int, actor: Actor, now: datetime) -> None:
    """Certify what was handed in with a registration that is approved: of each kind the latest, of ``other`` all."""
    latest = {(each.kind, _title(each.kind, each.file)): each for each in membership.documents}
    for (kind, title), handed_in in latest.items():
        document = add_document(
            organisation_id=membership.organisation_id,
            kind=kind,
            title=title,
            file=handed_in.file,
            valid_until=None,
            user_id=handed_in.added_by,
            actor=actor,
            now=now,
        )
        certify_document(document=document, valid_until=None, opinion="", user_id=user_id, actor=actor, now=now)


def _title(kind: DocumentKind, file: StoredFile) -> str:
    return file.filename if kind is DocumentKind.OTHER else ""


def _supersede(
    organisation_id: int, kind: DocumentKind, title: str, *, state: DocumentState, actor: Actor, now: datetime
) -> None:
    previous = document_in_state(organisation_id, kind, title, state=state)
    if previous is not None:
        apply(previous, DocumentAction.SUPERSEDE, transitions=DOCUMENT_TRANSITIONS, actor=actor, now=now)
        require_transaction().flush()


def _require_other_person(document: OrganisationDocument, user_id: int) -> None:
    if document.added_by == user_id:
        raise AddedByCertifier


def _decide(
    document: OrganisationDocument, action: DocumentAction, opinion: str, *, user_id: int, actor: Actor, now: datetime
) -> None:
    valid_until = None if document.valid_until is None else document.valid_until.isoformat()
    document.decided_by, document.decided_at, document.opinion = user_id, now, opinion
    apply(
        document,
        action,
        transitions=DOCUMENT_TRANSITIONS,
        actor=actor,
        now=now,
        note=opinion,
        data={"organisation_id": document.organisation_id, "kind": document.kind.value, "valid_until": valid_until},
    )
    require_transaction().flush()
