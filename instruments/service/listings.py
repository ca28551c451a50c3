"""Instruments and their listing: draft, submission, review by the bureau, suspension, retirement (S11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from accounts.queries import is_approved_member, organisation
from core import audit
from core.clock import today
from core.conditions import UNCONDITIONAL, Condition
from core.db import transaction
from core.errors import Conflict, Forbidden, Reason, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from instruments.models import Instrument
from instruments.permissions import has_jurisdiction, is_no_owner, may_manage, may_offer, may_review
from instruments.queries.duty_free import record_of
from instruments.queries.instruments import InstrumentMissing, lock_instrument, lock_own_instrument, own_provider
from instruments.queries.interruptions import count_ahead
from instruments.rules.duty_free import opening_faults
from instruments.rules.interruptions import InterruptionKind, interruption_faults
from instruments.rules.listing import obstacles
from instruments.states import LISTING
from instruments.steps.describing import BLANK, InstrumentRefused, ListingRefused, change, draft
from instruments.steps.interruptions import bring_back, interrupt
from instruments.steps.restrictions import require_unrestricted

_IN_CHARGE = may_manage | (may_review & has_jurisdiction)


class Decision(StrEnum):
    """What a bureau decides about a listing."""

    APPROVE = "approve"
    RETURN = "return"


class ProviderNotMember(Conflict):
    """Only a provider whose membership is approved may list and offer."""

    code = "provider_not_member"
    article = "V15"


class SuspendedByAuthority(Forbidden):
    """The bureau suspended this listing, so the bureau resumes it."""

    code = "suspended_by_authority"
    article = "S11"


class NotTheReviewer(Forbidden):
    """Another authority reviews this provider's listings."""

    code = "not_the_reviewer"
    article = "S11"


def create_instrument(*, fields: Mapping[str, Any], actor: Actor, now: datetime) -> Instrument:
    """A draft of the actor's provider. Raises :class:`InstrumentRefused`, :class:`ExternalIdTaken`."""
    authorise(actor, may_offer)
    with transaction():
        return draft(organisation(own_provider(actor)), fields, actor=actor, now=now)


def update_instrument(
    *,
    instrument_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Instrument:
    """Change what is said about an instrument; the day of the change of a published one starts the term of S14."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        condition.require(instrument.version)
        change(instrument, changes, actor=actor, now=now)
        return instrument


def put_instrument(
    *, external_id: str, fields: Mapping[str, Any], condition: Condition, actor: Actor, now: datetime
) -> tuple[Instrument, bool]:
    """State an instrument of the actor's provider whole, by the provider's own id; the second part says whether it is
    new. What is left out is blank afterwards. Saying again what stands there changes nothing.

    Raises :class:`InstrumentRefused`, :class:`ListingRefused` and what the condition is refused for.
    """
    authorise(actor, may_offer)
    with transaction():
        known = lock_own_instrument(external_id, actor=actor)
        condition.require(None if known is None else known.version)
        if known is None:
            owner = organisation(own_provider(actor))
            return draft(owner, {**fields, "external_id": external_id}, actor=actor, now=now), True
        said = {**BLANK, **fields}
        said["category"] = said["category"] or said["category_code"]
        changes = {name: value for name, value in said.items() if getattr(known, name) != value}
        if changes:
            change(known, changes, actor=actor, now=now)
        return known, False


def submit_listing(*, instrument_id: int, actor: Actor, now: datetime) -> Instrument:
    """Hand a draft or returned listing to the bureau. Raises :class:`ListingRefused` naming all that is missing,
    and ``ProviderRestricted`` (V20)."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        _require_member(instrument.provider_id, now=now)
        require_unrestricted(instrument.provider_id, now=now)
        _require_action(instrument, "submit")
        refuse_all(_obstacles(instrument, now=now), error=ListingRefused)
        apply(instrument, "submit", transitions=LISTING, actor=actor, now=now)
        instrument.submitted_by = actor.user_id
        instrument.submitted_at = now
        instrument.reviewed_by = None
        instrument.reviewed_at = None
        instrument.updated_at = now
        return instrument


def review_listing(
    *,
    instrument_id: int,
    decision: Decision,
    opinion: str,
    defects: Sequence[str],
    actor: Actor,
    now: datetime,
) -> Instrument:
    """Approve a submitted listing, or return it with all its defects. Reviewed by the bureau of the provider's city,
    for providers outside the cities by the province, never by its owner."""
    with transaction():
        instrument = _lock_for_review(instrument_id, actor)
        _require_action(instrument, "publish" if decision is Decision.APPROVE else "return")
        if decision is Decision.APPROVE:
            refuse_all(_obstacles(instrument, now=now), error=ListingRefused)
        elif not defects and not opinion:
            raise InstrumentRefused(reasons=[reason("instrument_defects_missing", field="defects")])
        apply(
            instrument,
            "publish" if decision is Decision.APPROVE else "return",
            transitions=LISTING,
            actor=actor,
            now=now,
            note=opinion or None,
            data={"defects": list(defects)},
        )
        instrument.reviewed_by = actor.user_id
        instrument.reviewed_at = now
        instrument.review_opinion = opinion
        instrument.review_defects = list(defects)
        instrument.updated_at = now
        if decision is Decision.APPROVE:
            instrument.published_at = now
        return instrument


def suspend_listing(
    *, instrument_id: int, note: str, expected_back_on: date | None = None, actor: Actor, now: datetime
) -> Instrument:
    """Take a published instrument out of the catalogue for a while; its owner or its bureau may.

    Bookings stand; those who made them are told why and until about when. Raises :class:`ListingRefused` where there
    are any and nothing says why.
    """
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, _IN_CHARGE, instrument)
        _interrupt(instrument, "suspend", note=note, back_on=expected_back_on, actor=actor, now=now)
        return instrument


def resume_listing(*, instrument_id: int, note: str, actor: Actor, now: datetime) -> Instrument:
    """Put a suspended instrument back; it must still be publishable."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, _IN_CHARGE, instrument)
        _require_action(instrument, "resume")
        _require_right_to_resume(instrument, actor)
        refuse_all(_obstacles(instrument, now=now), error=ListingRefused)
        apply(instrument, "resume", transitions=LISTING, actor=actor, now=now, note=note or None, data={"back": True})
        bring_back(instrument, now=now)
        instrument.updated_at = now
        return instrument


def retire_listing(*, instrument_id: int, note: str, actor: Actor, now: datetime) -> Instrument:
    """End the listing of a published instrument for good; its owner may. Raises as :func:`suspend_listing`."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        _interrupt(instrument, "retire", note=note, back_on=None, actor=actor, now=now)
        return instrument


def _interrupt(
    instrument: Instrument, action: str, *, note: str, back_on: date | None, actor: Actor, now: datetime
) -> None:
    _require_action(instrument, action)
    ahead = count_ahead(instrument.id, now=now)
    faults = interruption_faults(note=note, back_on=back_on, bookings=ahead, today=today(now))
    refuse_all(faults, error=ListingRefused)
    kind = InterruptionKind.SUSPENDED if action == "suspend" else InterruptionKind.RETIRED
    told = interrupt(instrument, kind, note=note, back_on=back_on, now=now)
    apply(instrument, action, transitions=LISTING, actor=actor, now=now, note=note or None, data=told)
    instrument.updated_at = now


def _require_right_to_resume(instrument: Instrument, actor: Actor) -> None:
    """What an authority has suspended its owner does not bring back."""
    suspended = [each for each in audit.history("instrument", instrument.id) if each.action == "suspend"]
    by_owner = not suspended or suspended[-1].actor_organisation_id == instrument.provider_id
    if actor.organisation_id == instrument.provider_id and not by_owner:
        raise SuspendedByAuthority


def _lock_for_review(instrument_id: int, actor: Actor) -> Instrument:
    authorise(actor, may_review)
    instrument = lock_instrument(instrument_id, actor=actor)
    if not has_jurisdiction(actor, instrument):
        # The province may read every listing and is told why it does not decide; a foreign bureau sees none.
        raise NotTheReviewer if actor.city is None else InstrumentMissing
    authorise(actor, is_no_owner, instrument)
    return instrument


def _obstacles(instrument: Instrument, *, now: datetime) -> list[Reason]:
    """What keeps it from being public: of its own, and while customs bars a duty-free import from sharing (S5)."""
    record = record_of(instrument.id) if instrument.duty_free else None
    barred = [] if record is None else opening_faults(record.leave, record.supervised_until, today=today(now))
    return [*obstacles(instrument.facts), *barred]


def _require_action(instrument: Instrument, action: str) -> None:
    """The state is judged before the content, so that a wrong state is not hidden behind other faults."""
    allowed_target(instrument.state, action, transitions=LISTING)


def _require_member(provider_id: int, *, now: datetime) -> None:
    if not is_approved_member(provider_id, on=today(now)):
        raise ProviderNotMember
