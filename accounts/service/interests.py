"""Officers declare what ties them to others; the administrator keeps it for them."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import InterestKind
from accounts.models import UserInterest
from accounts.permissions import admin, may_end_interest, may_keep_interests
from accounts.queries.interests import OFFICERS, declared_already, find_interest
from accounts.queries.organisations import find_organisation
from accounts.queries.users import lock_user, user
from accounts.rules import uscc as codes
from accounts.rules.interests import ending_faults, interest_faults
from accounts.steps.memberships import user_id_of
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise


class InterestRefused(Refused):
    """The declaration has faults; all of them are named."""

    code = "interest_refused"


class InterestEnded(Conflict):
    """The interest has an end already, or is void."""

    code = "interest_ended"


class OthersInterest(Forbidden):
    """Officers declare their own interests only; the administrator keeps those of all."""

    code = "others_interest"


def declare(
    *,
    user_id: int | None,
    organisation_id: int | None,
    uscc: str | None,
    name: str,
    kind: InterestKind,
    since: date,
    until: date | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> UserInterest:
    """Put on record what ties an officer (oneself where none is named) to an organisation or to a code.

    The code need not be registered yet. ``until`` is the last day. What is on record already stays one declaration,
    however often it is given. Raises :class:`InterestRefused`.
    """
    with transaction() as current:
        authorise(actor, may_keep_interests)
        officer_id = user_id_of(actor) if user_id is None else user_id
        if officer_id != actor.user_id and not admin(actor):
            raise OthersInterest
        faults = [
            *interest_faults(
                organisation_id=organisation_id, code=uscc, since=since, until=until, today=clock.today(now)
            ),
            *_officer_faults(officer_id),
        ]
        refuse_all(faults, error=InterestRefused)
        code = None if uscc is None else codes.normalised(uscc)
        lock_user(officer_id)
        known = declared_already(
            user_id=officer_id, organisation_id=organisation_id, uscc=code, kind=kind, since=since, until=until
        )
        if known is not None:
            return known
        interest = UserInterest(
            user_id=officer_id,
            organisation_id=organisation_id,
            uscc=code,
            name=name if organisation_id is None else find_organisation(organisation_id, actor=actor).name,
            kind=kind,
            since=since,
            until=until,
            note=note,
            entered_by=user_id_of(actor),
            entered_at=now,
            void_reason="",
        )
        current.add(interest)
        audit.record(actor=actor, now=now, action="declare", subject=interest, data={"user_id": officer_id})
        return interest


def end(*, interest_id: int, until: date, actor: Actor, now: datetime) -> UserInterest:
    """Say when it ended; the cooling period counts from this last day.

    Officers end what they declared themselves, and not before today; an earlier day, or the end of what the
    administrator entered, is the administrator's to record. Raises :class:`InterestEnded`, :class:`OthersInterest`
    and :class:`InterestRefused`.
    """
    with transaction():
        authorise(actor, may_keep_interests)
        interest = find_interest(interest_id, actor=actor, lock=True)
        if not may_end_interest(actor, interest):
            raise OthersInterest
        if interest.until is not None or interest.voided_at is not None:
            raise InterestEnded
        faults = ending_faults(since=interest.since, until=until, today=clock.today(now), by_administrator=admin(actor))
        refuse_all(faults, error=InterestRefused)
        interest.until = until
        audit.record(actor=actor, now=now, action="end", subject=interest, data={"until": until.isoformat()})
        return interest


def void(*, interest_id: int, reason: str, actor: Actor, now: datetime) -> UserInterest:
    """Take a mistaken declaration out of force; it is kept with the reason. By the administrator alone."""
    with transaction():
        authorise(actor, admin)
        interest = find_interest(interest_id, actor=actor, lock=True)
        if interest.voided_at is not None:
            raise InterestEnded
        interest.voided_by, interest.voided_at, interest.void_reason = user_id_of(actor), now, reason
        audit.record(actor=actor, now=now, action="void", subject=interest, data={"note": reason})
        return interest


def _officer_faults(user_id: int) -> list[Reason]:
    return [] if user(user_id).role in OFFICERS else [reason("interest_of_no_officer", field="user_id")]
