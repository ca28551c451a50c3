"""Suspending members, from a day to a day, and ending it (V15, V20)."""

from __future__ import annotations

from datetime import date, datetime

from accounts import policy
from accounts.models import Membership, Suspension
from accounts.permissions import may_suspend_membership
from accounts.queries.memberships import find_membership, running_suspension
from accounts.rules.members import suspension_faults
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipAction, MembershipState
from accounts.steps.memberships import user_id_of
from accounts.steps.suspensions import begin_suspension, end_suspension
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Refused, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target


class SuspensionRefused(Refused):
    """The suspension has faults; all of them are named."""

    code = "suspension_refused"


class SuspensionAnnounced(Conflict):
    """A suspension of this member is announced already; it must be ended before another one."""

    code = "suspension_announced"
    article = "V15"


def suspend(
    *,
    membership_id: int,
    opinion: str,
    actor: Actor,
    now: datetime,
    article: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Membership:
    """Suspend a member: it keeps its records, its orders go on, and it may place none.

    ``since`` is the first day, today where none is given; a later one is announced and begins by itself. ``until`` is
    the first day on which it no longer holds; without one it lasts until :func:`resume`.
    """
    with transaction() as current:
        membership = find_membership(membership_id, actor=actor, lock=True)
        authorise(actor, may_suspend_membership, membership.organisation)
        allowed_target(membership.state, MembershipAction.SUSPEND, transitions=MEMBERSHIP_TRANSITIONS)
        today = clock.today(now)
        first = since or today
        known = policy.member_rules(today).suspension_articles
        refuse_all(
            suspension_faults(article=article, known=known, since=first, until=until, today=today),
            error=SuspensionRefused,
        )
        if running_suspension(membership.id) is not None:
            raise SuspensionAnnounced
        suspension = Suspension(
            membership_id=membership.id,
            since=first,
            until=until,
            article=article,
            reason=opinion,
            entered_by=user_id_of(actor),
            entered_at=now,
        )
        suspension.membership = membership
        current.add(suspension)
        current.flush()
        audit.record(
            actor=actor,
            now=now,
            action="enter",
            subject=suspension,
            data={
                "membership_id": membership.id,
                "organisation_id": membership.organisation_id,
                "since": first.isoformat(),
                "until": None if until is None else until.isoformat(),
                "article": article,
                "note": opinion,
            },
        )
        if first <= today:
            begin_suspension(suspension, actor=actor, now=now)
        return membership


def resume(*, membership_id: int, opinion: str, actor: Actor, now: datetime) -> Membership:
    """End a suspension, or take back one that is announced."""
    with transaction():
        membership = find_membership(membership_id, actor=actor, lock=True)
        authorise(actor, may_suspend_membership, membership.organisation)
        running = running_suspension(membership.id)
        if membership.state is not MembershipState.SUSPENDED and running is None:
            allowed_target(membership.state, MembershipAction.RESUME, transitions=MEMBERSHIP_TRANSITIONS)
        end_suspension(membership, running, note=opinion, actor=actor, now=now)
        return membership
