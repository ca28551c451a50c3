"""Reads of memberships, each actor seeing its own scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from accounts.kinds import OrganisationKind
from accounts.models import (
    Membership,
    MembershipDefect,
    MembershipDocument,
    MembershipSubmission,
    Organisation,
    Suspension,
)
from accounts.permissions import Role
from accounts.queries.documents import kinds_at_hand
from accounts.queries.organisations import visible_organisations
from accounts.states import MembershipState
from core.db import session
from core.errors import NotFound
from core.permissions import SYSTEM, Actor

_APPLICANTS = frozenset({Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER})


class MembershipMissing(NotFound):
    """There is no such membership for this actor."""

    code = "membership_missing"


class DocumentMissing(NotFound):
    """There is no such registration document for this actor."""

    code = "document_missing"


def is_approved_member(organisation_id: int, *, on: date) -> bool:
    """Whether an organisation is a member in good standing on a day (V15)."""
    return session().scalar(approved_member(organisation_id, on)) is not None


def approved_member(
    organisation_id: int | BindParameter[int] | InstrumentedAttribute[int], on: date | BindParameter[date]
) -> Select[tuple[int]]:
    """The membership by which an organisation is in good standing on a day; none where it is not.

    A suspension holds from its first day and no longer than its last, whether or not the state has followed yet.
    """
    running = exists().where(Suspension.membership_id == Membership.id, Suspension.ended_at.is_(None))
    return select(Membership.id).where(
        Membership.organisation_id == organisation_id,
        or_(
            and_(
                Membership.state == MembershipState.APPROVED,
                ~running.where(Suspension.since <= on, func.coalesce(Suspension.until > on, true())),
            ),
            and_(Membership.state == MembershipState.SUSPENDED, running.where(Suspension.until <= on)),
        ),
    )


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

    The bureau's queue is ``state=submitted``. A draft is its applicant's alone.
    """
    found = (
        select(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .options(contains_eager(Membership.organisation))
        .where(visible_organisations(actor))
    )
    if actor != SYSTEM and actor.role not in _APPLICANTS:
        found = found.where(Membership.state != MembershipState.DRAFT)
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


def submissions(membership_id: int) -> Sequence[MembershipSubmission]:
    """What was submitted in each round, the first one first."""
    found = select(MembershipSubmission).where(MembershipSubmission.membership_id == membership_id)
    return session().scalars(found.order_by(MembershipSubmission.round)).all()


def present_round(membership_id: int) -> int:
    """The number of the round it is in; 0 before it was ever submitted."""
    found = select(func.max(MembershipSubmission.round)).where(MembershipSubmission.membership_id == membership_id)
    return session().scalar(found) or 0


def all_defects(membership_id: int) -> Sequence[MembershipDefect]:
    """Every defect a reviewer named in any round, in the order named."""
    found = select(MembershipDefect).where(MembershipDefect.membership_id == membership_id)
    return session().scalars(found.order_by(MembershipDefect.id)).all()


def defects_named(membership_id: int, *, in_round: int) -> Sequence[MembershipDefect]:
    """The defects a reviewer named in a round, in the order named."""
    found = select(MembershipDefect).where(
        MembershipDefect.membership_id == membership_id, MembershipDefect.round == in_round
    )
    return session().scalars(found.order_by(MembershipDefect.id)).all()


def running_suspension(membership_id: int) -> Suspension | None:
    """The suspension that runs or is announced."""
    return session().scalar(
        select(Suspension).where(Suspension.membership_id == membership_id, Suspension.ended_at.is_(None))
    )


def suspensions_of(membership_id: int) -> Sequence[Suspension]:
    """Every suspension of a member, the latest first."""
    found = select(Suspension).where(Suspension.membership_id == membership_id)
    return session().scalars(found.order_by(Suspension.id.desc())).all()


def suspensions_to_begin(today: date) -> Sequence[Suspension]:
    """Announced ones whose first day has come, locked with their members."""
    return _running(Suspension.began_at.is_(None), Suspension.since <= today)


def suspensions_to_end(today: date) -> Sequence[Suspension]:
    """Those that hold no longer, whether they ever began, locked with their members."""
    return _running(Suspension.until <= today)


def _running(*conditions: ColumnElement[bool]) -> Sequence[Suspension]:
    found = (
        select(Suspension)
        .join(Membership, Membership.id == Suspension.membership_id)
        .options(contains_eager(Suspension.membership))
        .where(Suspension.ended_at.is_(None), *conditions)
    )
    return session().scalars(found.order_by(Suspension.id).with_for_update()).all()


def owes_documents(*, on: date) -> ColumnElement[bool]:
    """The condition on :class:`Membership` that it was approved while documents were missing and some still are."""
    owed = func.jsonb_array_elements_text(Membership.owed_documents).column_valued("owed")
    at_hand = kinds_at_hand(Membership.id, Membership.organisation_id, on=on)
    return exists(select(owed).where(owed.not_in(at_hand)).correlate(Membership))


def owing_since(today: date) -> Sequence[Membership]:
    """Members whose owed documents were due before a day and about whom nothing was put on record yet, locked."""
    found = select(Membership).where(Membership.owed_until < today, Membership.owed_noted_at.is_(None))
    return session().scalars(found.order_by(Membership.id).with_for_update()).all()
