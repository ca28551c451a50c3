"""Reads of the yearly renewal of figures (V8(1))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import contains_eager

from accounts import policy
from accounts.kinds import OrganisationKind
from accounts.models import BeneficiaryFigures, FiguresRenewal, Membership, Organisation
from accounts.queries.organisations import figures, visible_organisations
from accounts.rules.registration import last_completed_year
from accounts.states import RENEWAL_TRANSITIONS, MembershipState, RenewalAction, RenewalState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor

_MEMBERS = (MembershipState.APPROVED, MembershipState.SUSPENDED)


class RenewalMissing(NotFound):
    """There is no such renewal for this actor."""

    code = "renewal_missing"


def visible_renewals(
    actor: Actor, *, state: RenewalState | None = None, year: int | None = None
) -> Select[tuple[FiguresRenewal]]:
    """The renewals of the organisations an actor may see, perhaps of one state or year only."""
    found = (
        select(FiguresRenewal)
        .join(Organisation, Organisation.id == FiguresRenewal.organisation_id)
        .options(contains_eager(FiguresRenewal.organisation))
        .where(visible_organisations(actor))
    )
    if state is not None:
        found = found.where(FiguresRenewal.state == state)
    return found if year is None else found.where(FiguresRenewal.year == year)


def find_renewal(renewal_id: int, *, actor: Actor, lock: bool = False) -> FiguresRenewal:
    """The renewal if the actor may see its organisation; raises :class:`RenewalMissing`."""
    found = visible_renewals(actor).where(FiguresRenewal.id == renewal_id)
    if lock:
        found = found.with_for_update(of=FiguresRenewal).execution_options(populate_existing=True)
    renewal = session().scalar(found)
    if renewal is None:
        raise RenewalMissing
    return renewal


def renewal_of(organisation_id: int, year: int) -> FiguresRenewal | None:
    """An enterprise's renewal of one year's figures."""
    return session().scalar(
        select(FiguresRenewal).where(FiguresRenewal.organisation_id == organisation_id, FiguresRenewal.year == year)
    )


def to_be_opened(year: int) -> Sequence[Organisation]:
    """Enterprises that are members, have no renewal of ``year`` yet, and whose figures of it no bureau has seen.

    Figures stated before a registration was approved were seen with it.
    """
    opened = exists().where(FiguresRenewal.organisation_id == Organisation.id, FiguresRenewal.year == year)
    found = (
        select(Organisation)
        .join(Membership, and_(Membership.organisation_id == Organisation.id, Membership.state.in_(_MEMBERS)))
        .where(Organisation.kind == OrganisationKind.ENTERPRISE, ~opened, ~_seen_with_registration(year))
    )
    return session().scalars(found.order_by(Organisation.id)).all()


def may_be_handed_in(organisation_id: int, year: int) -> bool:
    """Whether a member's figures of a year still wait for being handed in, or were returned."""
    renewal = renewal_of(organisation_id, year)
    if renewal is not None:
        return RenewalAction.HAND_IN in RENEWAL_TRANSITIONS.actions(renewal.state)
    wanted = select(Membership.id).where(
        Membership.organisation_id == organisation_id, Membership.state.in_(_MEMBERS), ~_seen_with_registration(year)
    )
    return session().scalar(wanted.limit(1)) is not None


def _seen_with_registration(year: int) -> ColumnElement[bool]:
    return exists().where(
        BeneficiaryFigures.organisation_id == Membership.organisation_id,
        BeneficiaryFigures.year == year,
        BeneficiaryFigures.stated_at <= Membership.reviewed_at,
    )


def fallen_due(today: date) -> Sequence[FiguresRenewal]:
    """Open renewals whose last day is over, locked."""
    found = select(FiguresRenewal).where(FiguresRenewal.state == RenewalState.OPEN, FiguresRenewal.due_on < today)
    return session().scalars(found.order_by(FiguresRenewal.id).with_for_update(skip_locked=True)).all()


def orders_are_stopped(organisation_id: int, *, on: date) -> bool:
    """Whether an enterprise may place no order because its figures of the last completed year are overdue.

    Never where the pack does not say so. Whoever stated that year's figures is not stopped while the bureau looks.
    """
    year = last_completed_year(on)
    if not policy.member_rules(on).orders_stop_for(year, on=on):
        return False
    found = session().get(Organisation, organisation_id)
    is_firm = found is not None and found.kind is OrganisationKind.ENTERPRISE
    return is_firm and figures(organisation_id, year) is None
