"""What authorities put on record: adverse records, holdings, joint establishments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from accounts.kinds import AdverseKind, OrganisationKind
from accounts.models import AdverseRecord, Holding, JointEstablishment, Organisation
from accounts.permissions import may_enter_standing
from accounts.queries.memberships import is_approved_member
from accounts.queries.organisations import OrganisationMissing, find_organisation, organisation
from accounts.queries.standing import find_adverse_record
from accounts.rules import adverse
from accounts.rules.standing import holding_faults
from accounts.steps.standing import (
    add_adverse_record,
    add_holding,
    add_joint_establishment,
    end_record,
)
from core import clock
from core.db import transaction
from core.errors import Conflict, NotFound, Refused, reason, refuse_all
from core.permissions import Actor, authorise


class StandingRefused(Refused):
    """The entry has faults; all of them are named."""

    code = "standing_refused"


class RecordEnded(Conflict):
    """The record has an end already, or counts for nothing."""

    code = "record_ended"


def enter_adverse_record(
    *,
    organisation_id: int,
    kind: AdverseKind,
    since: date,
    until: date | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> AdverseRecord:
    """Put an adverse record on file (V8(2)).

    ``until`` is the last day of a listing or of a misconduct's sanction.
    """
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_enter_standing, owner)
        refuse_all(adverse.faults(kind=kind, since=since, until=until, today=clock.today(now)), error=StandingRefused)
        return add_adverse_record(
            organisation_id=owner.id, kind=kind, since=since, until=until, source=source, actor=actor, now=now
        )


def end_adverse_record(*, record_id: int, until: date, source: str, actor: Actor, now: datetime) -> AdverseRecord:
    """Say when an open listing was removed or an open sanction ended; ``until`` is its last day."""
    with transaction():
        record = find_adverse_record(record_id, actor=actor, lock=True)
        authorise(actor, may_enter_standing, organisation(record.organisation_id))
        if record.until is not None or record.annulled_at is not None:
            raise RecordEnded
        refuse_all(
            adverse.faults(kind=record.kind, since=record.since, until=until, today=clock.today(now)),
            error=StandingRefused,
        )
        end_record(record=record, until=until, source=source, actor=actor, now=now)
        return record


def enter_holding(
    *,
    holder_id: int,
    held_id: int,
    percent: Decimal,
    since: date,
    until: date | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> Holding:
    """Put on record that one organisation owns a share of another (V8(4)).

    ``until`` is the first day it no longer does.
    """
    with transaction():
        _require_pair(holder_id, held_id, actor, on=clock.today(now))
        refuse_all(
            holding_faults(holder_id=holder_id, held_id=held_id, percent=percent, since=since, until=until),
            error=StandingRefused,
        )
        return add_holding(
            holder_id=holder_id,
            held_id=held_id,
            percent=percent,
            since=since,
            until=until,
            source=source,
            actor=actor,
            now=now,
        )


def enter_joint_establishment(*, a_id: int, b_id: int, source: str, actor: Actor, now: datetime) -> JointEstablishment:
    """Put on record that two organisations were built jointly (V8(4)); their order does not matter."""
    with transaction():
        _require_pair(a_id, b_id, actor, on=clock.today(now))
        if a_id == b_id:
            raise StandingRefused(reasons=[reason("same_organisation", field="b_id")])
        return add_joint_establishment(one_id=a_id, other_id=b_id, source=source, actor=actor, now=now)


def _require_pair(one_id: int, other_id: int, actor: Actor, *, on: date) -> None:
    """One side must be the actor's to enter facts about.

    The other too, or a member, which the catalogue names anyway.
    """
    sides = [_visible(one_id, actor), _visible(other_id, actor)]
    own = [side for side in sides if side is not None]
    if not own:
        raise OrganisationMissing
    if not any(may_enter_standing(actor, side) for side in own):
        authorise(actor, may_enter_standing, own[0])
    for side, identifier in zip(sides, (one_id, other_id), strict=True):
        if side is None and not _is_known_provider(identifier, on=on):
            raise OrganisationMissing


def _visible(organisation_id: int, actor: Actor) -> Organisation | None:
    try:
        return find_organisation(organisation_id, actor=actor)
    except OrganisationMissing:
        return None


def _is_known_provider(organisation_id: int, *, on: date) -> bool:
    try:
        found = organisation(organisation_id)
    except NotFound:
        return False
    return found.kind is OrganisationKind.PROVIDER and is_approved_member(found.id, on=on)
