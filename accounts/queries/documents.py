"""Reads of organisations' documents, each actor seeing its own scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, literal, or_, select, union
from sqlalchemy.orm import contains_eager
from sqlalchemy.sql.elements import SQLCoreOperations

from accounts.kinds import DocumentKind
from accounts.models import Membership, MembershipDocument, Organisation, OrganisationDocument
from accounts.queries.organisations import visible_organisations
from accounts.states import DocumentState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class OrganisationDocumentMissing(NotFound):
    """There is no such document of an organisation for this actor."""

    code = "organisation_document_missing"


def visible_documents(
    actor: Actor, *, state: DocumentState | None = None, organisation_id: int | None = None
) -> Select[tuple[OrganisationDocument]]:
    """The documents of the organisations an actor may see; an authority's queue is ``state=pending``."""
    found = (
        select(OrganisationDocument)
        .join(Organisation, Organisation.id == OrganisationDocument.organisation_id)
        .options(contains_eager(OrganisationDocument.organisation))
        .where(visible_organisations(actor))
    )
    if state is not None:
        found = found.where(OrganisationDocument.state == state)
    if organisation_id is not None:
        found = found.where(OrganisationDocument.organisation_id == organisation_id)
    return found


def find_organisation_document(document_id: int, *, actor: Actor, lock: bool = False) -> OrganisationDocument:
    """The document if the actor may see its organisation; raises :class:`OrganisationDocumentMissing` (V6)."""
    found = visible_documents(actor).where(OrganisationDocument.id == document_id)
    if lock:
        found = found.with_for_update(of=OrganisationDocument).execution_options(populate_existing=True)
    document = session().scalar(found)
    if document is None:
        raise OrganisationDocumentMissing
    return document


def document_in_state(
    organisation_id: int, kind: DocumentKind, title: str, *, state: DocumentState
) -> OrganisationDocument | None:
    """The one document of a kind and title that is pending or certified."""
    return session().scalar(
        select(OrganisationDocument).where(
            OrganisationDocument.organisation_id == organisation_id,
            OrganisationDocument.kind == kind,
            OrganisationDocument.title == title,
            OrganisationDocument.state == state,
        )
    )


def standing_documents(organisation_ids: Collection[int], *, on: date) -> Sequence[OrganisationDocument]:
    """The certified documents of some organisations that are not over on a day, the latest first."""
    found = select(OrganisationDocument).where(OrganisationDocument.organisation_id.in_(organisation_ids), _stands(on))
    return session().scalars(found.order_by(OrganisationDocument.id.desc())).all()


def documents_at_hand(membership: Membership, *, on: date) -> set[DocumentKind]:
    """What was handed in with a membership, and what its organisation has certified already and that is not over."""
    at_hand = kinds_at_hand(literal(membership.id), literal(membership.organisation_id), on=on)
    return set(session().scalars(at_hand))


def kinds_at_hand(
    membership_id: SQLCoreOperations[int], organisation_id: SQLCoreOperations[int], *, on: date
) -> CompoundSelect[tuple[DocumentKind]]:
    """The query of the kinds at hand, also to stand within another query about memberships."""
    handed_in = select(MembershipDocument.kind).where(MembershipDocument.membership_id == membership_id)
    certified = select(OrganisationDocument.kind).where(
        OrganisationDocument.organisation_id == organisation_id, _stands(on)
    )
    return union(handed_in.correlate(Membership), certified.correlate(Membership))


def _stands(on: date) -> ColumnElement[bool]:
    return and_(
        OrganisationDocument.state == DocumentState.CERTIFIED,
        or_(OrganisationDocument.valid_until.is_(None), OrganisationDocument.valid_until >= on),
    )
