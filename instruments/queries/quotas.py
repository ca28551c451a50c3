"""What a user organisation may still book of an instrument."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from accounts.kinds import BENEFICIARY_KINDS
from accounts.queries import acts_for, organisation
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import Instrument, Occupancy
from instruments.queries.booking_rules import booking_rules
from instruments.queries.calendar import interval, touching
from instruments.rules.booking import BookingRules, counted_since
from instruments.rules.opening import Interval
from instruments.rules.quotas import QuotaLeft, quota_left


class UserMissing(NotFound):
    """The actor acts for no such organisation."""

    code = "not_found"


def user_of(actor: Actor, wanted: int | None) -> int | None:
    """Whose quotas an actor asks for: an organisation it acts for, or its own where that books; else nobody's.

    Raises :class:`UserMissing`.
    """
    if wanted is not None:
        if wanted not in acts_for(actor):
            raise UserMissing
        return wanted
    own = actor.organisation_id
    return own if own is not None and organisation(own).kind in BENEFICIARY_KINDS else None


def left_of(
    instrument: Instrument, organisation_id: int, window: Interval, *, now: datetime, rules: BookingRules | None = None
) -> QuotaLeft | None:
    """What is left of the quotas in the weeks and months of a window; None where the instrument has none. ``rules`` are
    the instrument's, where they were read already."""
    asked = rules or booking_rules(instrument)
    if not asked.has_quota:
        return None
    own = select(Occupancy).where(
        touching(instrument.id, counted_since(window.start, now), None), Occupancy.organisation_id == organisation_id
    )
    return quota_left(asked, [interval(each.slot) for each in session().scalars(own)], window, now=now)
