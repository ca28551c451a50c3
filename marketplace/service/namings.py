"""Naming a provider that refuses service or publishes nothing: heard first, decided by another person (V20).

Who is named is restricted from the day of the decision on; restrictions take effect where orders are quoted and placed
and where listings are handed in, and end with their last day or by being lifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from accounts.kinds import OrganisationKind, RestrictionKind
from accounts.models import Organisation, ProviderRestriction
from accounts.queries import find_organisation
from accounts.queries.restrictions import find_restriction
from accounts.steps.restrictions import lift_restriction, restrict
from core import audit, clock, policy
from core.db import transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.workdays import load_calendar
from marketplace.models import Complaint, Naming, Order
from marketplace.permissions import may_answer_namings, may_name
from marketplace.queries import find_order
from marketplace.queries.namings import find_complaint, find_naming, publishes_services
from marketplace.rules.naming import (
    NAMING as ARTICLE,
)
from marketplace.rules.naming import (
    NamingCause,
    NamingDecision,
    decision_faults,
    evaluation_policy,
)
from marketplace.service.complaints import REFUSED
from marketplace.states import COMPLAINT, NAMING, ComplaintAction, NamingAction, NamingState


class NamingRefused(Refused):
    """The naming has faults; all of them are named."""

    code = "naming_refused"


class AnswerLate(Conflict):
    """The last day to answer is over."""

    code = "naming_answer_late"
    article = "V20"


class HearingOpen(Conflict):
    """The provider may still answer."""

    code = "hearing_open"
    article = "V20"


class SameOfficer(Forbidden):
    """Who opened the case does not decide it."""

    code = "same_officer"


def open_naming(
    *,
    organisation_id: int | None,
    complaint_id: int | None,
    order_id: int | None,
    cause: NamingCause,
    facts: str,
    actor: Actor,
    now: datetime,
) -> Naming:
    """Tell a provider why it may be named, and let it answer: on a complaint, on an order it refused, or by itself.

    Raises :class:`NamingRefused`.
    """
    with transaction() as current:
        authorise(actor, may_name)
        complaint = None if complaint_id is None else find_complaint(complaint_id, actor=actor, lock=True)
        refused_id = order_id if complaint is None else complaint.order_id
        order = None if refused_id is None else find_order(refused_id, actor=actor)
        provider = _accused(organisation_id, complaint, order, actor)
        refuse_all(_opening_faults(provider, cause, order), error=NamingRefused)
        today = clock.today(now)
        term = evaluation_policy(policy.current(), today).hearing_working_days
        naming = Naming(
            organisation=provider,
            cause=cause,
            order_id=None if order is None else order.id,
            complaint_id=complaint_id,
            facts=facts,
            state=NAMING.initial,
            answer_by=load_calendar().add_working_days(today, term),
            opened_by=actor.user_id,
            opened_at=now,
        )
        current.add(naming)
        current.flush()
        if complaint is not None:
            apply(complaint, ComplaintAction.TAKE_UP, transitions=COMPLAINT, actor=actor, now=now)
            complaint.decided_by, complaint.decided_at = actor.user_id, now
        data = {
            "organisation_id": naming.organisation_id,
            "cause": cause.value,
            "answer_by": naming.answer_by.isoformat(),
            "complaint_id": complaint_id,
            "order_id": naming.order_id,
        }
        audit.record(actor=actor, now=now, action="notify", subject=naming, to_state=naming.state, data=data)
        return naming


def answer_naming(*, naming_id: int, answer: str, actor: Actor, now: datetime) -> Naming:
    """The provider answers, until the last day of its term. Raises :class:`AnswerLate`."""
    with transaction():
        naming = find_naming(naming_id, actor=actor, lock=True)
        authorise(actor, may_answer_namings)
        if naming.organisation_id != actor.organisation_id:
            raise Forbidden
        allowed_target(naming.state, NamingAction.ANSWER, transitions=NAMING)
        if clock.today(now) > naming.answer_by:
            raise AnswerLate(day=naming.answer_by)
        data = {"organisation_id": naming.organisation_id}
        apply(naming, NamingAction.ANSWER, transitions=NAMING, actor=actor, now=now, data=data)
        naming.answer, naming.answered_by, naming.answered_at = answer, actor.user_id, now
        return naming


def decide_naming(
    *,
    naming_id: int,
    decision: NamingDecision,
    restrictions: Sequence[RestrictionKind],
    until: date | None,
    opinion: str,
    notice: str | None,
    actor: Actor,
    now: datetime,
) -> Naming:
    """Name a provider and restrict it from today to a last day, or dismiss the case; as another person than opened it.

    Raises :class:`SameOfficer`, :class:`HearingOpen` and :class:`NamingRefused`.
    """
    with transaction():
        naming = find_naming(naming_id, actor=actor, lock=True)
        authorise(actor, may_name)
        action = NamingAction.NAME if decision is NamingDecision.NAME else NamingAction.DISMISS
        allowed_target(naming.state, action, transitions=NAMING)
        if actor.user_id == naming.opened_by:
            raise SameOfficer(reasons=[reason("same_officer", article=ARTICLE)])
        today = clock.today(now)
        if naming.state is NamingState.NOTIFIED and today <= naming.answer_by:
            raise HearingOpen(day=naming.answer_by)
        faults = decision_faults(
            decision=decision,
            restrictions=restrictions,
            until=until,
            today=today,
            policy=evaluation_policy(policy.current(), today),
        )
        if decision is NamingDecision.NAME and not notice:
            faults.append(reason("notice_needed", article=ARTICLE, field="notice"))
        refuse_all(faults, error=NamingRefused)
        naming.opinion, naming.decided_by, naming.decided_at = opinion, actor.user_id, now
        naming.notice = notice if decision is NamingDecision.NAME else None
        data = {
            "organisation_id": naming.organisation_id,
            "restrictions": [kind.value for kind in restrictions],
            "until": None if until is None else until.isoformat(),
        }
        apply(naming, action, transitions=NAMING, actor=actor, now=now, note=opinion, data=data)
        if until is not None:
            for kind in dict.fromkeys(restrictions):
                restrict(
                    organisation_id=naming.organisation_id,
                    kind=kind,
                    since=today,
                    until=until,
                    source=naming.source,
                    actor=actor,
                    now=now,
                )
        return naming


def lift(*, restriction_id: int, why: str, actor: Actor, now: datetime) -> ProviderRestriction:
    """End a restriction before its last day, at once. Raises ``RestrictionLifted``."""
    with transaction():
        restriction = find_restriction(restriction_id, actor=actor, lock=True)
        authorise(actor, may_name)
        lift_restriction(restriction, why=why, actor=actor, now=now)
        return restriction


def _accused(
    organisation_id: int | None, complaint: Complaint | None, order: Order | None, actor: Actor
) -> Organisation:
    """The provider of the complaint or order, else the one that was said; both must agree."""
    known = complaint.provider_id if complaint is not None else None if order is None else order.provider_id
    wanted = known or organisation_id
    if wanted is None or organisation_id not in (None, wanted):
        raise NamingRefused(reasons=[reason("provider_unclear", article=ARTICLE, field="organisation_id")])
    return find_organisation(wanted, actor=actor)


def _opening_faults(provider: Organisation, cause: NamingCause, order: Order | None) -> list[Reason]:
    found = []
    if provider.kind is not OrganisationKind.PROVIDER:
        found.append(reason("naming_no_provider", article=ARTICLE, field="organisation_id"))
    if order is not None and order.state not in REFUSED:
        found.append(reason("naming_not_refused", article=ARTICLE, field="order_id"))
    if cause is NamingCause.NOT_PUBLISHING and publishes_services(provider.id):
        found.append(reason("naming_publishes", article=ARTICLE, field="cause"))
    return found
