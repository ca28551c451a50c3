"""What is said about an instrument, written and judged in one go; drafts made, changes noted (S11, S14)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from psycopg import errors as pg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Organisation
from core import audit
from core.clock import today
from core.db import require_transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.permissions import Actor
from core.states import state_refusal
from instruments.models import Instrument
from instruments.policy import places
from instruments.rules.listing import obstacles
from instruments.rules.merging import instrument_tokens
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind
from instruments.states import LISTING, ListingState

EDITABLE_STATES = frozenset({ListingState.DRAFT, ListingState.RETURNED, ListingState.PUBLISHED, ListingState.SUSPENDED})

BLANK: Mapping[str, Any] = {
    **dict.fromkeys(
        (
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
        ),
        "",
    ),
    **dict.fromkeys(("value_fen", "acquired_on", "accepted_on", "reference_price_fen", "reference_price_unit")),
    "kind": InstrumentKind.INSTRUMENT,
    "funding": Funding.UNKNOWN,
    "external_use": ExternalUse.OPEN,
    "iot_sensor": False,
    "duty_free": False,
}
"""An instrument about which nothing is said."""


class InstrumentRefused(Refused):
    """What is said about the instrument has faults; all are named."""

    code = "instrument_refused"


class ListingRefused(Refused):
    """The listing may not be submitted or published yet; everything missing is named."""

    code = "listing_refused"


class ExternalIdTaken(Conflict):
    """The provider already has something with this id."""

    code = "external_id_taken"


def draft(owner: Organisation, fields: Mapping[str, Any], *, actor: Actor, now: datetime) -> Instrument:
    """A draft of a provider; an id of its own is made where none is given. Needs a transaction."""
    current = require_transaction()
    instrument = Instrument(
        provider_id=owner.id,
        external_id=fields.get("external_id") or f"own-{secrets.token_hex(8)}",
        state=LISTING.initial,
        created_at=now,
        updated_at=now,
        **BLANK,
    )
    instrument.provider = owner
    _write(instrument, fields, on=today(now), now=now)
    current.add(instrument)
    _flush(current)
    audit.record(actor=actor, now=now, action="create", subject=instrument, to_state=instrument.state)
    return instrument


def change(instrument: Instrument, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Write changes into a locked instrument. A published one stays published, so it must stay publishable; the day of
    its change starts the term of S14. Needs a transaction."""
    if instrument.state not in EDITABLE_STATES:
        raise state_refusal(instrument.state, "update", transitions=LISTING)
    if instrument.state in (ListingState.PUBLISHED, ListingState.SUSPENDED):
        changes = {"changed_on": today(now), **changes}
    _write(instrument, changes, on=today(now), now=now)
    _flush(require_transaction())
    audit.record(actor=actor, now=now, action="update", subject=instrument, data={"fields": sorted(changes)})


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
