"""What authorities put on record against an organisation (V8(2))."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import AdverseKind
from accounts.models import AdverseRecord
from accounts.permissions import may_enter_standing
from accounts.queries.organisations import find_organisation, lock_organisation, organisation
from accounts.queries.standing import find_adverse_record, standing_record
from accounts.rules import adverse
from accounts.rules.grounds import STANDING
from accounts.steps.standing import add_adverse_record, end_record
from core import clock
from core.db import transaction
from core.errors import Conflict, Refused, reason, refuse_all
from core.permissions import Actor, authorise


class StandingRefused(Refused):
    """The entry has faults; all of them are named."""

    code = "standing_refused"


class RecordEnded(Conflict):
    """The record has an end already, or counts for nothing."""

    code = "record_ended"
    article = "V8(2)"


class AdverseRecordKnown(Conflict):
    """A record of this kind and day stands against the organisation already; its number is named."""

    code = "adverse_record_known"


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

    ``until`` is the last day of a listing or of a misconduct's sanction. Raises :class:`AdverseRecordKnown`.
    """
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_enter_standing, owner)
        refuse_all(adverse.faults(kind=kind, since=since, until=until, today=clock.today(now)), error=StandingRefused)
        lock_organisation(owner.id)
        known = standing_record(owner.id, kind, since)
        if known is not None:
            raise AdverseRecordKnown(
                reasons=[reason("adverse_record_known", article=STANDING, field="since", number=known)]
            )
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
