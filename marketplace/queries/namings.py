"""Reads of complaints, namings and referrals, each actor within its scope (V6, V20, S29)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, false, or_, select, true

from accounts.models import Organisation, ProviderRestriction
from accounts.permissions import Role
from accounts.queries import acts_for, visible_organisations
from accounts.queries.restrictions import restrictions_by_source
from core.db import session
from core.errors import NotFound
from core.grounds import Ground
from core.permissions import Actor
from instruments.models import Service
from instruments.states import ServiceState
from marketplace.models import Complaint, Naming, Order, Referral
from marketplace.queries.orders import visible_orders
from marketplace.rules.grounds import Hearing, naming_grounds
from marketplace.rules.naming import NamingDecision
from marketplace.states import ComplaintState, NamingState, ReferralState

_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR})


class ComplaintMissing(NotFound):
    """There is no such complaint for this actor."""

    code = "complaint_missing"


class NamingMissing(NotFound):
    """There is no such naming for this actor."""

    code = "naming_missing"


class ReferralMissing(NotFound):
    """There is no such referral for this actor."""

    code = "referral_missing"


def visible_complaints(actor: Actor, *, state: ComplaintState | None = None) -> Select[tuple[Complaint]]:
    """A user's own complaints, and all for province and auditor. A provider learns of one by its naming."""
    found = select(Complaint).where(_sees_complaints(actor))
    return found if state is None else found.where(Complaint.state == state)


def find_complaint(complaint_id: int, *, actor: Actor, lock: bool = False) -> Complaint:
    """A complaint the actor may see, locked and read afresh if asked; raises :class:`ComplaintMissing`."""
    found = visible_complaints(actor).where(Complaint.id == complaint_id)
    if lock:
        found = found.with_for_update(of=Complaint).execution_options(populate_existing=True)
    complaint = session().scalar(found)
    if complaint is None:
        raise ComplaintMissing
    return complaint


def complaint_about(order_id: int) -> Complaint | None:
    """The complaint about an order, if there is one."""
    return session().scalar(select(Complaint).where(Complaint.order_id == order_id))


def visible_namings(
    actor: Actor, *, state: NamingState | None = None, organisation_id: int | None = None
) -> Select[tuple[Naming]]:
    """Namings of those an actor may see; whoever is named is seen by everybody."""
    found = (
        select(Naming)
        .join(Organisation, Organisation.id == Naming.organisation_id)
        .where(or_(visible_organisations(actor), Naming.state == NamingState.NAMED))
    )
    if state is not None:
        found = found.where(Naming.state == state)
    return found if organisation_id is None else found.where(Naming.organisation_id == organisation_id)


def find_naming(naming_id: int, *, actor: Actor, lock: bool = False) -> Naming:
    """A naming the actor may see, locked and read afresh if asked; raises :class:`NamingMissing`."""
    found = visible_namings(actor).where(Naming.id == naming_id)
    if lock:
        found = found.with_for_update(of=Naming).execution_options(populate_existing=True)
    naming = session().scalar(found)
    if naming is None:
        raise NamingMissing
    return naming


def naming_of_complaint(complaint_id: int, *, actor: Actor) -> int | None:
    """The number of the naming that took a complaint up, if the actor may see it."""
    found = visible_namings(actor).where(Naming.complaint_id == complaint_id)
    return session().scalar(found.with_only_columns(Naming.id))


def rests_on(naming: Naming, *, actor: Actor) -> Iterator[tuple[str, int]]:
    """The complaint and the order a naming rests on, as kinds and numbers, as far as the actor may see them."""
    if naming.complaint_id is not None:
        complaint = visible_complaints(actor).where(Complaint.id == naming.complaint_id)
        if session().scalar(complaint.with_only_columns(Complaint.id)) is not None:
            yield Complaint.__tablename__, naming.complaint_id
    if naming.order_id is not None:
        order = visible_orders(actor).where(Order.id == naming.order_id)
        if session().scalar(order.with_only_columns(Order.id)) is not None:
            yield Order.__tablename__, naming.order_id


def visible_referrals(actor: Actor, *, state: ReferralState | None = None) -> Select[tuple[Referral]]:
    """Every referral, for province and auditor."""
    found = select(Referral).where(true() if actor.role in _READS_ALL else false())
    return found if state is None else found.where(Referral.state == state)


def find_referral(referral_id: int, *, actor: Actor, lock: bool = False) -> Referral:
    """A referral the actor may see, locked and read afresh if asked; raises :class:`ReferralMissing`."""
    found = visible_referrals(actor).where(Referral.id == referral_id)
    if lock:
        found = found.with_for_update(of=Referral).execution_options(populate_existing=True)
    referral = session().scalar(found)
    if referral is None:
        raise ReferralMissing
    return referral


def publishes_services(provider_id: int) -> bool:
    """Whether a provider offers any service at present (V14)."""
    offered = select(Service.id).where(Service.provider_id == provider_id, Service.state == ServiceState.PUBLISHED)
    return session().scalar(select(exists(offered))) is True


def _sees_complaints(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role in _READS_ALL else Complaint.complainant_id.in_(acts_for(actor))


@dataclass(frozen=True, slots=True)
class NamingView:
    """A naming with its restrictions; ``private``: its reader may also know what is not public."""

    naming: Naming
    restrictions: Sequence[ProviderRestriction]
    private: bool

    @property
    def reasons(self) -> list[Ground]:
        """What the decision rests on, as far as its reader may know."""
        naming = self.naming
        if naming.decided_at is None:
            return []
        return naming_grounds(
            NamingDecision.NAME if naming.state is NamingState.NAMED else NamingDecision.DISMISS,
            cause=naming.cause,
            decided_on=naming.decided_at,
            hearing=Hearing(naming.facts, naming.answer_by, naming.answer, naming.opinion) if self.private else None,
            restrictions=[ground for each in self.restrictions for ground in each.reasons],
        )


def naming_views(namings: Sequence[Naming], *, actor: Actor) -> list[NamingView]:
    """Namings as their reader may see them, in two queries however many they are."""
    wanted = {each.organisation_id for each in namings}
    seen = set(
        session().scalars(select(Organisation.id).where(Organisation.id.in_(wanted), visible_organisations(actor)))
    )
    restrictions = restrictions_by_source([each.source for each in namings])
    return [
        NamingView(each, restrictions.get(each.source, []), private=each.organisation_id in seen) for each in namings
    ]
