"""Changes of a member's facts from a day on: seat, name, representative, contact, controller."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from accounts import policy
from accounts.kinds import ChangeDecision
from accounts.models import MemberChange, Organisation
from accounts.permissions import may_request_change, may_review_change
from accounts.queries.changes import changes_to_apply, decides_withdrawal, find_change, open_change
from accounts.queries.controllers import find_controller_in_sight, namesakes_of
from accounts.queries.groups import facts_about, open_naming
from accounts.queries.memberships import membership_of
from accounts.queries.organisations import Seat, find_organisation, lock_organisation, seats_of
from accounts.rules.grounds import VETTING
from accounts.rules.groups import ChangeFacts
from accounts.rules.groups import change_faults as naming_faults
from accounts.rules.seats import Change, change_faults
from accounts.rules.standing import CAP, name_faults
from accounts.states import CHANGE_TRANSITIONS, ChangeAction, ChangeKind, ChangeState, MembershipState
from accounts.steps.changes import apply_change
from accounts.steps.groups import propose_change
from accounts.steps.memberships import user_id_of
from accounts.steps.seats import begin_seat, forget_seat
from core import audit, clock
from core.db import session, transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.files import store_file
from core.permissions import SYSTEM, Actor, authorise
from core.states import allowed_target, apply

_MEMBERS = frozenset({MembershipState.APPROVED, MembershipState.SUSPENDED})


class ChangeRefused(Refused):
    """The change has faults; all of them are named."""

    code = "change_refused"


class ChangePending(Conflict):
    """A change of this member waits already, for its review or for its day."""

    code = "change_pending"
    article = "V15"


class ChangeInEffect(Conflict):
    """The day of the change has come; another change is asked for."""

    code = "change_in_effect"
    article = "V15"


class AskerDecides(Forbidden):
    """Who asked for a withdrawal does not decide it."""

    code = "asker_decides"


class NotYetAMember(Conflict):
    """A registration that is not approved is corrected by submitting it again."""

    code = "change_before_approval"
    article = "V15"


def request_change(
    *,
    organisation_id: int,
    change: Change,
    reason_given: str,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> MemberChange:
    """A member asks for a change, with the document that shows it.

    The bureau of the city it moves to reviews a move, the bureau in charge everything else. Raises
    :class:`ChangeRefused` with every fault, :class:`ChangePending` and :class:`NotYetAMember`.
    """
    with transaction() as current:
        member = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_request_change, member)
        lock_organisation(member.id)
        membership = membership_of(member.id)
        if membership is not None and membership.state not in _MEMBERS:
            raise NotYetAMember
        refuse_all(_faults(member, change, now), error=ChangeRefused)
        if open_change(member.id) is not None:
            raise ChangePending
        seat = _seat(change, now)
        stored = store_file(stream, filename=filename, owner_id=member.id, now=now)
        wanted = MemberChange(
            organisation_id=member.id,
            state=CHANGE_TRANSITIONS.initial,
            effective_on=change.effective_on,
            from_city=member.city,
            city=member.city if seat is None else seat.city,
            county=change.county,
            name=change.name,
            legal_representative=change.legal_representative,
            phone=change.phone,
            address=change.address,
            controller=change.controller,
            reason=reason_given,
            file_id=stored.id,
            requested_by=user_id_of(actor),
            requested_at=now,
            opinion="",
        )
        wanted.organisation = member
        current.add(wanted)
        audit.record(
            actor=actor,
            now=now,
            action="request",
            subject=wanted,
            to_state=wanted.state,
            data={
                "organisation_id": member.id,
                "effective_on": change.effective_on.isoformat(),
                "from_city": wanted.from_city,
                "city": wanted.city,
                "county": change.county,
            },
        )
        return wanted


def review_change(
    *,
    change_id: int,
    decision: ChangeDecision,
    opinion: str,
    controller_id: int | None,
    actor: Actor,
    now: datetime,
) -> MemberChange:
    """Approve a change, which takes effect on its day, at once where that has come; or refuse it and say why.

    A new controller is the one of ``controller_id``, or a new one of the name stated; the approval proposes it to the
    province, where another person decides. Orders placed before keep what was frozen with them (V12 facts).
    """
    with transaction():
        change = find_change(change_id, actor=actor, lock=True)
        authorise(actor, may_review_change, change)
        lock_organisation(change.organisation_id)
        refuse_all(_review_faults(change, decision, opinion, controller_id, actor=actor, now=now), error=ChangeRefused)
        change.reviewed_by = user_id_of(actor)
        change.reviewed_at = now
        change.opinion = opinion
        action = ChangeAction.APPROVE if decision is ChangeDecision.APPROVE else ChangeAction.REFUSE
        apply(
            change,
            action,
            transitions=CHANGE_TRANSITIONS,
            actor=actor,
            now=now,
            note=opinion,
            data={
                "organisation_id": change.organisation_id,
                "effective_on": change.effective_on.isoformat(),
                "from_city": change.from_city,
                "city": change.city,
            },
        )
        if decision is ChangeDecision.APPROVE:
            _arrange(change, controller_id, actor=actor, now=now)
        return change


def withdraw_change(*, change_id: int, why: str, actor: Actor, now: datetime) -> MemberChange:
    """Take a request back: the member before its review at once; the member or its bureau after that with a reason.

    An approved change then waits for another person of the bureau. Where nobody decided by its day, that lapses, as
    everybody is told, and it takes effect. Raises :class:`ChangeRefused` and :class:`ChangeInEffect`.
    """
    with transaction():
        change = find_change(change_id, actor=actor, lock=True)
        if not may_request_change(actor, change.organisation):
            authorise(actor, may_review_change, change)
        if change.state is ChangeState.SUBMITTED:
            authorise(actor, may_request_change, change.organisation)
            _move(change, ChangeAction.WITHDRAW, note=why, actor=actor, now=now)
            return change
        allowed_target(change.state, ChangeAction.ASK_WITHDRAWAL, transitions=CHANGE_TRANSITIONS)
        _require_ahead(change, now)
        if not why:
            raise ChangeRefused(reasons=[reason("withdrawal_unexplained", article=VETTING, field="why")])
        change.withdrawal_asked_by, change.withdrawal_asked_at = user_id_of(actor), now
        change.withdrawal_reason = why
        change.withdrawal_decided_by = change.withdrawal_decided_at = change.withdrawal_opinion = None
        _move(change, ChangeAction.ASK_WITHDRAWAL, note=why, actor=actor, now=now)
        return change


def review_withdrawal(
    *, change_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> MemberChange:
    """Let an approved change be taken back before its day, or keep it; by another person than who asked for that, of
    its bureau, or of the province where the bureau has nobody else.

    A controller whose naming waits at the province must be refused there first. Raises :class:`AskerDecides`,
    :class:`ChangeInEffect` and :class:`ChangeRefused`.
    """
    with transaction():
        change = find_change(change_id, actor=actor, lock=True)
        if not decides_withdrawal(actor, change):
            authorise(actor, may_review_change, change)
        lock_organisation(change.organisation_id)
        action = ChangeAction.CONFIRM_WITHDRAWAL if decision is ChangeDecision.APPROVE else ChangeAction.KEEP
        allowed_target(change.state, action, transitions=CHANGE_TRANSITIONS)
        if change.withdrawal_asked_by == actor.user_id:
            raise AskerDecides(reasons=[reason("asker_decides", article=VETTING)])
        _require_ahead(change, now)
        if decision is ChangeDecision.REFUSE and not opinion:
            raise ChangeRefused(reasons=[reason("opinion_missing", article=VETTING, field="opinion")])
        if decision is ChangeDecision.APPROVE:
            if change.controller is not None and open_naming(change.organisation_id) is not None:
                raise ChangeRefused(reasons=[reason("naming_undecided", article=CAP, field="decision")])
            forget_seat(change)
        change.withdrawal_decided_by, change.withdrawal_decided_at = user_id_of(actor), now
        change.withdrawal_opinion = opinion
        _move(change, action, note=opinion, actor=actor, now=now)
        return change


def apply_due_changes(*, now: datetime) -> int:
    """The worker's part: approved changes whose day has come; returns how many."""
    due = changes_to_apply(clock.today(now))
    for number in due:
        with transaction():
            change = find_change(number, actor=SYSTEM, lock=True)
            lock_organisation(change.organisation_id)
            if change.state is ChangeState.WITHDRAWING:
                _move(change, ChangeAction.LAPSE_WITHDRAWAL, note="", actor=SYSTEM, now=now)
            apply_change(change=change, seat=_seat(_wanted(change), now), actor=SYSTEM, now=now)
    return len(due)


def _require_ahead(change: MemberChange, now: datetime) -> None:
    if change.effective_on <= clock.today(now):
        raise ChangeInEffect(day=change.effective_on)


def _move(change: MemberChange, action: ChangeAction, *, note: str, actor: Actor, now: datetime) -> None:
    apply(
        change,
        action,
        transitions=CHANGE_TRANSITIONS,
        actor=actor,
        now=now,
        note=note,
        data={"organisation_id": change.organisation_id, "from_city": change.from_city, "city": change.city},
    )


def _arrange(change: MemberChange, controller_id: int | None, *, actor: Actor, now: datetime) -> None:
    """Write the dated rows at once, so that every later day already knows them, and the plain facts on their day."""
    seat = _seat(_wanted(change), now)
    if seat is not None:
        begin_seat(change.organisation, seat, since=change.effective_on, change_id=change.id)
    if change.controller is not None:
        _propose_controller(change, controller_id, actor=actor, now=now)
    session().flush()
    if change.effective_on <= clock.today(now):
        apply_change(change=change, seat=seat, actor=actor, now=now)


def _propose_controller(change: MemberChange, controller_id: int | None, *, actor: Actor, now: datetime) -> None:
    """Another person of the province decides on its day or later: whose cap the firm uses depends on it (V12 cap)."""
    propose_change(_naming(change, controller_id), evidence=change.reason, actor=actor, now=now)


def _naming(change: MemberChange, controller_id: int | None) -> ChangeFacts:
    return facts_about(
        kind=ChangeKind.NAMING,
        controller_id=None,
        into_id=controller_id,
        new_name="" if controller_id else change.controller or "",
        new_note="",
        organisation_ids=[change.organisation_id],
        effective_on=change.effective_on,
    )


def _wanted(change: MemberChange) -> Change:
    return Change(
        effective_on=change.effective_on,
        county=change.county,
        name=change.name,
        legal_representative=change.legal_representative,
        phone=change.phone,
        address=change.address,
        controller=change.controller,
    )


def _seat(change: Change, now: datetime) -> Seat | None:
    if change.county is None:
        return None
    known = policy.places(clock.today(now))
    return Seat(
        county=change.county, city=known.cities.get(change.county), in_province=known.in_province(change.county)
    )


def _faults(member: Organisation, change: Change, now: datetime) -> list[Reason]:
    today = clock.today(now)
    return change_faults(
        change,
        kind=member.kind,
        present_county=member.county,
        in_province=member.in_province,
        seats=seats_of(member.id),
        places=policy.places(today),
        latest=policy.member_rules(today).latest_change(today),
    )


def _review_faults(
    change: MemberChange,
    decision: ChangeDecision,
    opinion: str,
    controller_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> list[Reason]:
    if decision is ChangeDecision.REFUSE:
        return [] if opinion else [reason("opinion_missing", article=VETTING, field="opinion")]
    found = _faults(change.organisation, _wanted(change), now)
    if controller_id is not None and change.controller is None:
        found.append(reason("controller_not_asked", field="controller_id"))
    if change.controller is None:
        return found
    if controller_id is None:
        found += name_faults(note="", namesakes=namesakes_of(change.controller), field="controller_id")
    else:
        find_controller_in_sight(controller_id, actor=actor)
    found += naming_faults(replace(_naming(change, controller_id), namesakes={}))
    if open_naming(change.organisation_id) is not None:
        found.append(reason("naming_open", article=CAP, field="decision"))
    return found
