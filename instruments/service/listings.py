"""Instruments and their listing: draft, submission, review by the bureau, suspension, retirement (S11)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from psycopg import errors as pg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.queries import is_approved_member, organisation
from core import audit
from core.clock import today
from core.db import transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply, state_refusal
from instruments.models import Instrument
from instruments.permissions import has_jurisdiction, is_no_owner, may_manage, may_offer, may_review
from instruments.policy import places
from instruments.queries.instruments import InstrumentMissing, lock_instrument
from instruments.rules.listing import obstacles
from instruments.rules.merging import instrument_tokens
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind
from instruments.states import LISTING, ListingState
from instruments.steps.restrictions import require_unrestricted

EDITABLE_STATES = frozenset({ListingState.DRAFT, ListingState.RETURNED, ListingState.PUBLISHED, ListingState.SUSPENDED})


class Decision(StrEnum):
    """What a bureau decides about a listing."""

    APPROVE = "approve"
    RETURN = "return"


class InstrumentRefused(Refused):
    """What is said about the instrument has faults; all are named."""

    code = "instrument_refused"


class ListingRefused(Refused):
    """The listing may not be submitted or published yet; everything missing is named."""

    code = "listing_refused"


class ExternalIdTaken(Conflict):
    """The provider already has something with this id."""

    code = "external_id_taken"


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
    with transaction() as session:
        owner = organisation(_own(actor))
        instrument = Instrument(
            provider_id=owner.id,
            external_id=fields.get("external_id") or f"own-{secrets.token_hex(8)}",
            kind=InstrumentKind.INSTRUMENT,
            funding=Funding.UNKNOWN,
            external_use=ExternalUse.OPEN,
            state=LISTING.initial,
            created_at=now,
            updated_at=now,
            **dict.fromkeys(_TEXTS, ""),
            iot_sensor=False,
            duty_free=False,
        )
        instrument.provider = owner
        _write(instrument, fields, on=today(now), now=now)
        session.add(instrument)
        _flush(session)
        audit.record(actor=actor, now=now, action="create", subject=instrument, to_state=instrument.state)
        return instrument


def update_instrument(*, instrument_id: int, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Instrument:
    """Change what is said about an instrument. A published one stays published, so it must stay publishable; the day
    of its change starts the term of S14."""
    with transaction() as session:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        if instrument.state not in EDITABLE_STATES:
            raise state_refusal(instrument.state, "update", transitions=LISTING)
        if instrument.state in (ListingState.PUBLISHED, ListingState.SUSPENDED):
            changes = {"changed_on": today(now), **changes}
        _write(instrument, changes, on=today(now), now=now)
        _flush(session)
        audit.record(actor=actor, now=now, action="update", subject=instrument, data={"fields": sorted(changes)})
        return instrument


def submit_listing(*, instrument_id: int, actor: Actor, now: datetime) -> Instrument:
    """Hand a draft or returned listing to the bureau. Raises :class:`ListingRefused` naming all that is missing,
    and ``ProviderRestricted`` (V20)."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        _require_member(instrument.provider_id, now=now)
        require_unrestricted(instrument.provider_id, now=now)
        _require_action(instrument, "submit")
        refuse_all(obstacles(instrument.facts), error=ListingRefused)
        apply(instrument, "submit", transitions=LISTING, actor=actor, now=now)
        instrument.submitted_by = actor.user_id
        instrument.submitted_at = now
        instrument.reviewed_by = None
        instrument.reviewed_at = None
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
            refuse_all(obstacles(instrument.facts), error=ListingRefused)
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
        if decision is Decision.APPROVE:
            instrument.published_at = now
        return instrument


def suspend_listing(*, instrument_id: int, note: str, actor: Actor, now: datetime) -> Instrument:
    """Take a published instrument out of the catalogue for a while; its owner or its bureau may."""
    return _change(instrument_id, "suspend", note, actor, now)


def resume_listing(*, instrument_id: int, note: str, actor: Actor, now: datetime) -> Instrument:
    """Put a suspended instrument back; it must still be publishable."""
    return _change(instrument_id, "resume", note, actor, now)


def retire_listing(*, instrument_id: int, note: str, actor: Actor, now: datetime) -> Instrument:
    """End the listing of a published instrument for good; its owner may."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        apply(instrument, "retire", transitions=LISTING, actor=actor, now=now, note=note or None)
        return instrument


def exempt_for_secrecy(
    *, instrument_id: int, exempted_on: date, reference: str, actor: Actor, now: datetime
) -> Instrument:
    """Record an approved and filed exemption (S23); until then an instrument counts as unlisted."""
    with transaction():
        instrument = _lock_for_review(instrument_id, actor)
        if instrument.state is ListingState.PUBLISHED:
            raise state_refusal(instrument.state, "exempt", transitions=LISTING)
        if exempted_on > today(now):
            raise InstrumentRefused(reasons=[reason("instrument_date_ahead", field="exempted_on")])
        instrument.secrecy_exempted_on = exempted_on
        instrument.secrecy_reference = reference
        instrument.updated_at = now
        audit.record(
            actor=actor,
            now=now,
            action="exempt",
            subject=instrument,
            data={"exempted_on": exempted_on.isoformat(), "reference": reference},
        )
        return instrument


def _change(instrument_id: int, action: str, note: str, actor: Actor, now: datetime) -> Instrument:
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage | (may_review & has_jurisdiction), instrument)
        _require_action(instrument, action)
        if action == "resume":
            _require_right_to_resume(instrument, actor)
            refuse_all(obstacles(instrument.facts), error=ListingRefused)
        apply(instrument, action, transitions=LISTING, actor=actor, now=now, note=note or None)
        return instrument


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


def _require_action(instrument: Instrument, action: str) -> None:
    """The state is judged before the content, so that a wrong state is not hidden behind other faults."""
    allowed_target(instrument.state, action, transitions=LISTING)


def _require_member(provider_id: int, *, now: datetime) -> None:
    if not is_approved_member(provider_id, on=today(now)):
        raise ProviderNotMember


def _own(actor: Actor) -> int:
    if actor.organisation_id is None:
        raise Forbidden
    return actor.organisation_id


_TEXTS = (
    "name",
    "name_en",
    "model",
    "maker",
    "category_code",
    "category",
    "specifications",
    "functions",
    "description",
    "address",
    "county",
    "duty_free_record",
)


def _write(instrument: Instrument, fields: Mapping[str, Any], *, on: date, now: datetime) -> None:
    # Nothing may be read between writing and judging: a flush would meet the constraints first.
    city = instrument.provider.city or ""
    for name, value in fields.items():
        setattr(instrument, name, value)
    instrument.category = instrument.category or instrument.category_code
    refuse_all(_faults(instrument, on), error=InstrumentRefused)
    if instrument.state is ListingState.PUBLISHED:
        refuse_all(obstacles(instrument.facts), error=ListingRefused)
    instrument.city = places(on).codes.get(instrument.county, city)
    searched = ("name", "name_en", "model", "maker", "category", "category_code", "functions", "description")
    instrument.tokens = instrument_tokens({name: getattr(instrument, name) for name in searched})
    instrument.updated_at = now


def _faults(instrument: Instrument, on: date) -> list[Reason]:
    faults = []
    known, county = places(on), instrument.county
    if county and county.startswith(known.prefix) and county not in known.codes:
        faults.append(reason("instrument_county_unknown", field="county", county=county))
    if (instrument.reference_price_fen is None) != (instrument.reference_price_unit is None):
        faults.append(reason("instrument_reference_price_half", field="reference_price_unit"))
    faults += [
        reason("instrument_date_ahead", field=name)
        for name in ("acquired_on", "accepted_on", "changed_on")
        if (day := getattr(instrument, name)) is not None and day > on
    ]
    return faults


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.UniqueViolation):
            raise ExternalIdTaken from violated
        raise
