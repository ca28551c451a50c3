"""Changes of listed instruments: reported, followed by the listing in time, or taken back (S14)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.conditions import fingerprint
from core.db import transaction
from core.errors import Conflict, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import apply, state_refusal
from instruments.models import Instrument, ReportedChange
from instruments.permissions import is_reporter, may_judge, may_manage
from instruments.queries.instruments import lock_instrument, own_provider
from instruments.queries.terms import LISTED, find_change
from instruments.rules.deadlines import ChangeKind
from instruments.states import LISTING, REPORTED_CHANGE
from instruments.steps.describing import BLANK, InstrumentRefused


class ChangeNotFollowed(Conflict):
    """The listing says what it said when the change was reported."""

    code = "change_not_followed"
    article = "S14"


def report_change(
    *, instrument_id: int, kind: ChangeKind, changed_on: date, note: str, actor: Actor, now: datetime
) -> ReportedChange:
    """Say that something about a listed instrument changed, which starts the term of S14. Its owner may, and the
    authority in charge of it."""
    with transaction() as current:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage | may_judge, instrument)
        if instrument.state not in LISTED:
            raise state_refusal(instrument.state, "report", transitions=LISTING)
        ahead = [reason("instrument_date_ahead", field="changed_on")] if changed_on > today(now) else []
        refuse_all(ahead, error=InstrumentRefused)
        change = ReportedChange(
            instrument_id=instrument.id,
            kind=kind,
            changed_on=changed_on,
            note=note,
            digest=_said(instrument),
            state=REPORTED_CHANGE.initial,
            reporter_id=own_provider(actor),
            reported_by=user_id_of(actor),
            reported_at=now,
        )
        change.instrument = instrument
        current.add(change)
        current.flush()
        audit.record(
            actor=actor,
            now=now,
            action="report",
            subject=change,
            to_state=change.state,
            data={"kind": kind, "changed_on": changed_on.isoformat(), "note": note},
        )
        return change


def follow_change(*, change_id: int, actor: Actor, now: datetime) -> ReportedChange:
    """The owner says that the listing tells the change by now; raises :class:`ChangeNotFollowed` where it says nothing
    else than when the change was reported."""
    with transaction():
        change = find_change(change_id, actor=actor, lock=True)
        authorise(actor, may_manage, change)
        _end(change, "follow", note="", actor=actor, now=now)
        if _said(change.instrument) == change.digest:
            raise ChangeNotFollowed
        return change


def withdraw_change(*, change_id: int, note: str, actor: Actor, now: datetime) -> ReportedChange:
    """Who reported it takes it back."""
    with transaction():
        change = find_change(change_id, actor=actor, lock=True)
        authorise(actor, is_reporter, change)
        _end(change, "withdraw", note=note, actor=actor, now=now)
        return change


def _end(change: ReportedChange, action: str, *, note: str, actor: Actor, now: datetime) -> None:
    apply(change, action, transitions=REPORTED_CHANGE, actor=actor, now=now, note=note or None)
    change.ended_by = user_id_of(actor)
    change.ended_at = now


def _said(instrument: Instrument) -> str:
    """What the listing says, as one value."""
    return fingerprint([getattr(instrument, name) for name in BLANK])
