"""Reads of memberships, each actor seeing its own scope."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from accounts.kinds import OrganisationKind
from accounts.models import Membership, MembershipDocument, Organisation
from accounts.queries.organisations import visible_organisations
from accounts.states import MembershipState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class MembershipMissing(NotFound):
    """There is no such membership for this actor."""

    code = "membership_missing"


class DocumentMissing(NotFound):
    """There is no such registration document for this actor."""

    code = "document_missing"


def is_approved_member(organisation_id: int) -> bool:
    """Whether an organisation is a member in good standing now (V15)."""
    found = select(Membership.id).where(
        Membership.organisation_id == organisation_id, Membership.state == MembershipState.APPROVED
    )
    return session().scalar(found) is not None


def membership_of(organisation_id: int) -> Membership | None:
    """The membership of an organisation, in whatever state."""
    return session().scalar(select(Membership).where(Membership.organisation_id == organisation_id))


def visible_memberships(
    actor: Actor,
    *,
    state: MembershipState | None = None,
    kind: OrganisationKind | None = None,
    in_province: bool | None = None,
) -> Select[tuple[Membership]]:
    """The memberships an actor may see, perhaps of one state or kind only.

    The bureau's queue is ``state=submitted``.
    """
    found = (
        select(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .options(contains_eager(Membership.organisation))
        .where(visible_organisations(actor))
    )
    if state is not None:
        found = found.where(Membership.state == state)
    if kind is not None:
        found = found.where(Membership.kind == kind)
    if in_province is not None:
        found = found.where(Organisation.in_province.is_(in_province))
    return found


def find_membership(membership_id: int, *, actor: Actor, lock: bool = False) -> Membership:
    """The membership if the actor may see it; a foreign one is missing (V6)."""
    found = visible_memberships(actor).where(Membership.id == membership_id)
    if lock:
        found = found.with_for_update(of=Membership).execution_options(populate_existing=True)
    membership = session().scalar(found)
    if membership is None:
        raise MembershipMissing
    return membership


def find_document(membership_id: int, document_id: int, *, actor: Actor) -> MembershipDocument:
    """A document of a membership the actor may see; raises :class:`DocumentMissing`."""
    found = (
        select(MembershipDocument)
        .join(Membership, Membership.id == MembershipDocument.membership_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            MembershipDocument.id == document_id,
            MembershipDocument.membership_id == membership_id,
            visible_organisations(actor),
        )
    )
    document = session().scalar(found)
    if document is None:
        raise DocumentMissing
    return document
