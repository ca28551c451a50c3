"""Who may book an instrument that is for qualified users only: asked for, granted or refused, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import BinaryIO

from sqlalchemy import select

from accounts.queries.beneficiaries import beneficiary_of
from accounts.queries.organisations import lock_organisation
from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import session, transaction
from core.errors import Conflict, Refused, reason, refuse_all
from core.files import StoredFile, read_upload, store_upload
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from instruments.models import Instrument, Qualification
from instruments.permissions import holds_it, may_ask_for_it, may_manage
from instruments.queries.booking_rules import booking_rules
from instruments.queries.instruments import find_instrument
from instruments.queries.qualifications import find_qualification, is_asked_for
from instruments.rules.booking import SHARING_RULES
from instruments.rules.qualifications import QualificationDecision, validity_faults
from instruments.states import QUALIFICATION, ListingState
from instruments.steps.booking import InstrumentNotPublished


class QualificationRefused(Refused):
    """The request or the decision about it has faults; all of them are named."""

    code = "qualification_refused"


class QualificationNotNeeded(Conflict):
    """Everybody may book the instrument."""

    code = "qualification_not_needed"
    article = SHARING_RULES


class QualificationAskedFor(Conflict):
    """The same user's request about the instrument waits."""

    code = "qualification_asked_for"
    article = SHARING_RULES


def ask_to_qualify(
    *,
    instrument_id: int,
    note: str,
    stream: BinaryIO | None,
    filename: str,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> Qualification:
    """A user asks the provider of an instrument to be trained or approved for it, perhaps with a certificate; also to
    go on after the last day. Raises :class:`QualificationNotNeeded`, :class:`QualificationAskedFor`."""
    with transaction() as current:
        authorise(actor, may_ask_for_it)
        user = beneficiary_of(actor, beneficiary_id)
        # Two requests of one user for one instrument come one after the other.
        lock_organisation(user)
        instrument = find_instrument(instrument_id, actor=actor)
        if instrument.state is not ListingState.PUBLISHED:
            raise InstrumentNotPublished
        if not booking_rules(instrument).qualified_only:
            raise QualificationNotNeeded
        if is_asked_for(instrument.id, user):
            raise QualificationAskedFor
        stored = _stored(stream, filename, owner_id=user, now=now)
        asked = Qualification(
            organisation_id=user,
            provider_id=instrument.provider_id,
            state=QUALIFICATION.initial,
            note=note,
            file_id=None if stored is None else stored.id,
            opinion="",
            grounds="",
            asked_by=user_id_of(actor),
            asked_at=now,
        )
        asked.instruments, asked.file = [instrument], stored
        current.add(asked)
        current.flush()
        data: dict[str, object] = {"instrument_id": instrument.id, "note": note}
        if stored is not None:
            data["sha256"] = stored.sha256
        audit.record(actor=actor, now=now, action="ask", subject=asked, to_state=asked.state, data=data)
        return asked


def decide_qualification(
    *,
    qualification_id: int,
    decision: QualificationDecision,
    opinion: str,
    first_day: date | None,
    last_day: date | None,
    instrument_ids: Sequence[int] | None,
    actor: Actor,
    now: datetime,
) -> Qualification:
    """The provider qualifies a user from a day on, today where none is given, for the instrument asked about or others
    of its own, or refuses with its reasons. Raises :class:`QualificationRefused`."""
    with transaction():
        asked = find_qualification(qualification_id, actor=actor, lock=True)
        authorise(actor, may_manage, asked)
        allowed_target(asked.state, decision.value, transitions=QUALIFICATION)
        if decision is QualificationDecision.REFUSE:
            if not opinion:
                raise QualificationRefused(
                    reasons=[reason("qualification_opinion_missing", article=SHARING_RULES, field="opinion")]
                )
            said = {}
        else:
            said = _grant(asked, first_day or today(now), last_day, instrument_ids, now=now)
        asked.opinion, asked.decided_by, asked.decided_at = opinion, user_id_of(actor), now
        apply(asked, decision.value, transitions=QUALIFICATION, actor=actor, now=now, note=opinion, data=said)
        return asked


def withdraw_qualification(*, qualification_id: int, actor: Actor, now: datetime) -> Qualification:
    """The user takes its request back before it is decided."""
    with transaction():
        asked = find_qualification(qualification_id, actor=actor, lock=True)
        authorise(actor, may_ask_for_it & holds_it, asked)
        apply(asked, "withdraw", transitions=QUALIFICATION, actor=actor, now=now)
        return asked


def revoke_qualification(*, qualification_id: int, grounds: str, actor: Actor, now: datetime) -> Qualification:
    """The provider ends a qualification, with its grounds. What was booked under it stands (ADR 0233)."""
    with transaction():
        held = find_qualification(qualification_id, actor=actor, lock=True)
        authorise(actor, may_manage, held)
        apply(held, "revoke", transitions=QUALIFICATION, actor=actor, now=now, note=grounds)
        held.grounds, held.revoked_by, held.revoked_at = grounds, user_id_of(actor), now
        return held


def _grant(
    asked: Qualification, first_day: date, last_day: date | None, instrument_ids: Sequence[int] | None, *, now: datetime
) -> dict[str, object]:
    """Write down for when and what; returns what the trail tells of it."""
    faults = validity_faults(first_day, last_day, today=today(now))
    if instrument_ids is not None:
        own = select(Instrument).where(Instrument.id.in_(instrument_ids), Instrument.provider_id == asked.provider_id)
        found = list(session().scalars(own))
        unknown = sorted(set(instrument_ids) - {each.id for each in found})
        if unknown or not found:
            ids = "、".join(map(str, unknown)) or "–"
            faults.append(reason("service_instruments_unknown", field="instrument_ids", ids=ids))
        else:
            asked.instruments = found
    refuse_all(faults, error=QualificationRefused)
    asked.first_day, asked.last_day = first_day, last_day
    return {
        "instrument_ids": sorted(each.id for each in asked.instruments),
        "first_day": first_day.isoformat(),
        "last_day": None if last_day is None else last_day.isoformat(),
    }


def _stored(stream: BinaryIO | None, filename: str, *, owner_id: int, now: datetime) -> StoredFile | None:
    return None if stream is None else store_upload(read_upload(stream, filename=filename), owner_id=owner_id, now=now)
