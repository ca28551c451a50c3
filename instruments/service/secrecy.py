"""Exemptions from listing for secrecy: asked for by the owner, reviewed by the city, confirmed by the province, ended
(S23)."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.files import read_upload, store_upload
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply, state_refusal
from core.workdays import load_calendar
from instruments.models import Instrument, SecrecyExemption
from instruments.permissions import may_confirm_exemptions, may_judge, may_manage
from instruments.policy import listing_policy
from instruments.queries.instruments import lock_instrument
from instruments.queries.secrecy import (
    ending_exemptions,
    find_exemption,
    is_asked,
    lock_exemption_in_force,
    unreminded_exemptions,
)
from instruments.rules.interruptions import InterruptionKind
from instruments.rules.secrecy import ARTICLE, ExemptionDecision, ExemptionReview, until_faults
from instruments.states import EXEMPTION, LISTING, ListingState
from instruments.steps.interruptions import interrupt


class ExemptionRefused(Refused):
    """The request or the decision about it has faults; all of them are named."""

    code = "exemption_refused"


class ExemptionAskedFor(Conflict):
    """Another request about the instrument waits."""

    code = "exemption_asked_for"
    article = ARTICLE


class EndorsedBySame(Forbidden):
    """Whoever endorsed a request does not confirm it."""

    code = "endorsed_by_same"
    article = ARTICLE


def ask_for_exemption(
    *, instrument_id: int, ground: str, until: date, stream: BinaryIO, filename: str, actor: Actor, now: datetime
) -> SecrecyExemption:
    """The owner states why an instrument is secret, with a document, and until when; also to renew what holds. Until it
    is filed the instrument counts as unlisted. Raises :class:`ExemptionRefused`, :class:`ExemptionAskedFor`."""
    with transaction() as current:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        if instrument.state is ListingState.RETIRED:
            raise state_refusal(instrument.state, "exempt", transitions=LISTING)
        on = today(now)
        faults = until_faults(until, today=on, most_months=listing_policy(on).exemption_max_months)
        refuse_all(faults, error=ExemptionRefused)
        if is_asked(instrument.id):
            raise ExemptionAskedFor
        stored = store_upload(read_upload(stream, filename=filename), owner_id=instrument.provider_id, now=now)
        exemption = SecrecyExemption(
            instrument_id=instrument.id,
            state=EXEMPTION.initial,
            ground=ground,
            file_id=stored.id,
            until=until,
            asked_by=user_id_of(actor),
            asked_at=now,
            review_opinion="",
            opinion="",
            reference="",
            ending_note="",
        )
        exemption.instrument, exemption.file = instrument, stored
        current.add(exemption)
        current.flush()
        data = {"until": until.isoformat(), "sha256": stored.sha256}
        audit.record(
            actor=actor,
            now=now,
            action="ask",
            subject=exemption,
            to_state=exemption.state,
            data={**data, "note": ground},
        )
        return exemption


def review_exemption(
    *, exemption_id: int, decision: ExemptionReview, opinion: str, actor: Actor, now: datetime
) -> SecrecyExemption:
    """The authority in charge of the instrument endorses a request or refuses it."""
    with transaction():
        exemption = find_exemption(exemption_id, actor=actor, lock=True)
        authorise(actor, may_judge, exemption.instrument)
        apply(exemption, _review_action(exemption, decision), transitions=EXEMPTION, actor=actor, now=now, note=opinion)
        exemption.reviewed_by, exemption.reviewed_at = user_id_of(actor), now
        exemption.review_opinion = opinion
        return exemption


def decide_exemption(
    *, exemption_id: int, decision: ExemptionDecision, opinion: str, reference: str, actor: Actor, now: datetime
) -> SecrecyExemption:
    """The province confirms and files an endorsed request, which takes the instrument out of the public catalogue, or
    refuses it; another person than who endorsed it. Raises :class:`EndorsedBySame`."""
    with transaction():
        authorise(actor, may_confirm_exemptions)
        exemption = _lock_with_instrument(exemption_id, actor)
        if exemption.reviewed_by == actor.user_id:
            raise EndorsedBySame
        before = lock_exemption_in_force(exemption.instrument_id)
        is_confirmed = decision is ExemptionDecision.CONFIRM
        if before is not None and is_confirmed and EXEMPTION.target(exemption.state, "confirm") is not None:
            _end(before, "supersede", note="", actor=actor, now=now)
        if is_confirmed and not reference:
            raise ExemptionRefused(reasons=[reason("exemption_reference_missing", article=ARTICLE, field="reference")])
        action = "confirm" if is_confirmed else _refusal(exemption, "confirm")
        apply(exemption, action, transitions=EXEMPTION, actor=actor, now=now, note=opinion)
        exemption.decided_by, exemption.decided_at = user_id_of(actor), now
        exemption.opinion = opinion
        if is_confirmed:
            exemption.reference, exemption.filed_on = reference, today(now)
            _exempt(exemption, actor=actor, now=now)
        return exemption


def withdraw_exemption(*, exemption_id: int, actor: Actor, now: datetime) -> SecrecyExemption:
    """The owner takes a request back before it is decided."""
    with transaction():
        exemption = find_exemption(exemption_id, actor=actor, lock=True)
        authorise(actor, may_manage, exemption)
        apply(exemption, "withdraw", transitions=EXEMPTION, actor=actor, now=now)
        return exemption


def end_exemption(*, exemption_id: int, note: str, actor: Actor, now: datetime) -> SecrecyExemption:
    """The province ends an exemption before its last day; the instrument must be listed again."""
    with transaction():
        authorise(actor, may_confirm_exemptions)
        exemption = _lock_with_instrument(exemption_id, actor)
        _end(exemption, "end", note=note, actor=actor, now=now)
        exemption.ended_by = user_id_of(actor)
        _release(exemption.instrument, now=now)
        return exemption


def keep_exemptions(*, now: datetime) -> int:
    """The worker's part of every day: what is over ends, and owners are told once of what comes to its end within the
    term in which a listing is due. Returns how many there were."""
    on = today(now)
    soon = load_calendar().add_working_days(on, listing_policy(on).listing_due_working_days)
    ended = [_expire(*each, now=now) for each in ending_exemptions(before=on)]
    reminded = [_remind(*each, now=now) for each in unreminded_exemptions(until=soon)]
    return sum(ended) + sum(reminded)


def _expire(exemption_id: int, instrument_id: int, *, now: datetime) -> bool:
    with transaction():
        lock_instrument(instrument_id, actor=SYSTEM)
        exemption = lock_exemption_in_force(instrument_id)
        if exemption is None or exemption.id != exemption_id:
            return False
        _end(exemption, "expire", note="", actor=SYSTEM, now=now)
        _release(exemption.instrument, now=now)
        return True


def _remind(exemption_id: int, instrument_id: int, *, now: datetime) -> bool:
    with transaction():
        exemption = lock_exemption_in_force(instrument_id)
        if exemption is None or exemption.id != exemption_id or exemption.reminded_on is not None:
            return False
        exemption.reminded_on = today(now)
        data = {"until": exemption.until.isoformat()}
        audit.record(actor=SYSTEM, now=now, action="remind", subject=exemption, data=data)
        return True


def _lock_with_instrument(exemption_id: int, actor: Actor) -> SecrecyExemption:
    """The instrument first, as everybody locks who changes its listing."""
    lock_instrument(find_exemption(exemption_id, actor=actor).instrument_id, actor=actor)
    return find_exemption(exemption_id, actor=actor, lock=True)


def _review_action(exemption: SecrecyExemption, decision: ExemptionReview) -> str:
    return "endorse" if decision is ExemptionReview.ENDORSE else _refusal(exemption, "endorse")


def _refusal(exemption: SecrecyExemption, instead_of: str) -> str:
    """An office refuses what it could have let through: the city no endorsed request, the province none before."""
    if EXEMPTION.target(exemption.state, instead_of) is None:
        raise state_refusal(exemption.state, "refuse", transitions=EXEMPTION)
    return "refuse"


def _end(exemption: SecrecyExemption, action: str, *, note: str, actor: Actor, now: datetime) -> None:
    apply(exemption, action, transitions=EXEMPTION, actor=actor, now=now, note=note or None)
    exemption.ended_at, exemption.ending_note = now, note


def _exempt(exemption: SecrecyExemption, *, actor: Actor, now: datetime) -> None:
    """What is secret is not public; bookings made before stand, as after every suspension."""
    instrument = exemption.instrument
    if instrument.state is ListingState.PUBLISHED:
        told = interrupt(instrument, InterruptionKind.SUSPENDED, note="", back_on=None, now=now)
        data = {"exemption": exemption.id, **told}
        apply(instrument, "suspend", transitions=LISTING, actor=actor, now=now, data=data)
    instrument.secrecy_exempted_on = exemption.filed_on
    instrument.secrecy_reference = exemption.reference
    instrument.updated_at = now


def _release(instrument: Instrument, *, now: datetime) -> None:
    instrument.secrecy_exempted_on = None
    instrument.secrecy_reference = ""
    instrument.updated_at = now
