"""The yearly renewal of staff and revenue figures: opened, handed in with evidence, confirmed or returned (V8(1))."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from accounts import policy
from accounts.kinds import OrganisationKind, RenewalDecision
from accounts.models import FiguresRenewal, Organisation
from accounts.permissions import may_renew_figures, may_review_renewal
from accounts.queries.memberships import membership_of
from accounts.queries.organisations import figures, find_organisation, lock_organisation
from accounts.queries.renewals import fallen_due, find_renewal, renewal_of, to_be_opened
from accounts.rules.grounds import SIZE
from accounts.rules.registration import figures_faults, last_completed_year
from accounts.service.organisations import FiguresRefused, FiguresStated
from accounts.states import RENEWAL_TRANSITIONS, MembershipState, RenewalAction, RenewalState
from accounts.steps.memberships import user_id_of
from accounts.steps.organisations import state_figures
from core import audit, clock
from core.db import session, transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.files import store_file
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply

ACTION_OF_DECISION = {
    RenewalDecision.CONFIRM: RenewalAction.CONFIRM,
    RenewalDecision.RETURN: RenewalAction.RETURN,
}
_MEMBERS = frozenset({MembershipState.APPROVED, MembershipState.SUSPENDED})


class RenewalNotDue(Conflict):
    """Only an approved member renews its figures; a registration states them itself."""

    code = "renewal_not_due"
    article = "V8(1)"


class RenewalRefused(Refused):
    """The review of a renewal contradicts itself."""

    code = "renewal_refused"


def renew_figures(
    *,
    organisation_id: int,
    year: int,
    staff: int,
    revenue_fen: int,
    orderly_finances: bool,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> FiguresRenewal:
    """State a completed year's figures with the document that shows them.

    A year stated already may be handed in as it stands, and changed only after its return. Raises
    :class:`FiguresRefused`, :class:`FiguresStated`, :class:`RenewalNotDue` and StateForbids once it is confirmed.
    """
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_renew_figures, owner)
        lock_organisation(owner.id)
        refuse_all(_faults(owner, year, now), error=FiguresRefused)
        membership = membership_of(owner.id)
        if membership is None or membership.state not in _MEMBERS:
            raise RenewalNotDue
        renewal = renewal_of(owner.id, year) or _open(owner, year, due_on=_due_on(year, now), actor=actor, now=now)
        known = figures(owner.id, year)
        wanted = (staff, revenue_fen, orderly_finances)
        stated = None if known is None else (known.staff, known.revenue_fen, known.orderly_finances)
        if stated not in {None, wanted} and renewal.state is not RenewalState.RETURNED:
            raise FiguresStated(year=year)
        stored = store_file(stream, filename=filename, owner_id=owner.id, now=now)
        renewal.file_id = stored.id
        renewal.handed_in_by = user_id_of(actor)
        renewal.handed_in_at = now
        renewal.reviewed_by, renewal.reviewed_at = None, None
        apply(
            renewal,
            RenewalAction.HAND_IN,
            transitions=RENEWAL_TRANSITIONS,
            actor=actor,
            now=now,
            data={"organisation_id": owner.id, "year": year, "late": clock.today(now) > renewal.due_on},
        )
        state_figures(
            organisation=owner,
            year=year,
            staff=staff,
            revenue_fen=revenue_fen,
            orderly_finances=orderly_finances,
            actor=actor,
            user_id=user_id_of(actor),
            now=now,
        )
        return renewal


def review_renewal(
    *, renewal_id: int, decision: RenewalDecision, opinion: str, actor: Actor, now: datetime
) -> FiguresRenewal:
    """The bureau of its city confirms the figures, or returns them and says why."""
    with transaction():
        renewal = find_renewal(renewal_id, actor=actor, lock=True)
        authorise(actor, may_review_renewal, renewal.organisation)
        if decision is RenewalDecision.RETURN and not opinion:
            raise RenewalRefused(reasons=[reason("opinion_missing", article=SIZE, field="opinion")])
        apply(
            renewal,
            ACTION_OF_DECISION[decision],
            transitions=RENEWAL_TRANSITIONS,
            actor=actor,
            now=now,
            note=opinion,
            data={"organisation_id": renewal.organisation_id, "year": renewal.year},
        )
        renewal.reviewed_by = user_id_of(actor)
        renewal.reviewed_at = now
        renewal.opinion = opinion
        return renewal


def open_renewals(*, now: datetime) -> int:
    """The worker's part: every enterprise learns what it has to renew, and what it has let pass; returns how many."""
    today = clock.today(now)
    year = last_completed_year(today)
    due_on = policy.member_rules(today).figures_due_on(year)
    if due_on is None:
        return 0
    with transaction():
        found = to_be_opened(year)
        for each in found:
            _open(each, year, due_on=due_on, actor=SYSTEM, now=now)
        overdue = fallen_due(today)
        for renewal in overdue:
            apply(
                renewal,
                RenewalAction.FALL_DUE,
                transitions=RENEWAL_TRANSITIONS,
                actor=SYSTEM,
                now=now,
                data={
                    "organisation_id": renewal.organisation_id,
                    "year": renewal.year,
                    "due_on": renewal.due_on.isoformat(),
                },
            )
        return len(found) + len(overdue)


def _open(owner: Organisation, year: int, *, due_on: date, actor: Actor, now: datetime) -> FiguresRenewal:
    renewal = FiguresRenewal(
        organisation_id=owner.id,
        year=year,
        state=RENEWAL_TRANSITIONS.initial,
        due_on=due_on,
        opened_at=now,
        opinion="",
    )
    renewal.organisation = owner
    session().add(renewal)
    audit.record(
        actor=actor,
        now=now,
        action="open",
        subject=renewal,
        to_state=renewal.state,
        data={"organisation_id": owner.id, "year": year, "due_on": due_on.isoformat()},
    )
    return renewal


def _due_on(year: int, now: datetime) -> date:
    """The day its figures are due; the day they are handed in where the pack names none."""
    return policy.member_rules(clock.today(now)).figures_due_on(year) or clock.today(now)


def _faults(owner: Organisation, year: int, now: datetime) -> list[Reason]:
    found = figures_faults(year, field="year", today=clock.today(now))
    if owner.kind is not OrganisationKind.ENTERPRISE:
        found.append(reason("figures_of_enterprises_only", article="V8(1)", field="year"))
    return found
