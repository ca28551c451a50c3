"""Keeping officers from deciding about those they are tied to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from accounts.models import Organisation
from accounts.queries.interests import OFFICERS, barring_interests, involvements, ties
from accounts.queries.parties import parties_of
from accounts.rules.interests import decides
from core import clock
from core.db import Model, require_transaction
from core.errors import Forbidden
from core.permissions import Actor


class ConflictOfInterest(Forbidden):
    """Whoever entered something or is tied to one of the parties decides nothing about it; every ground is named."""

    code = "conflict_of_interest"


def require_uninvolved(actor: Actor, parties: Collection[Organisation], *, now: datetime) -> None:
    """Raise :class:`ConflictOfInterest` where the actor entered something for one of the parties or is tied to it."""
    if actor.user_id is None:
        return
    found = involvements(actor.user_id, parties, on=clock.today(now))
    if found:
        raise ConflictOfInterest(reasons=[each for grounds in found.values() for each in grounds])


def refuse_tied(actor: Actor, subject: Model, action: str, now: datetime) -> None:
    """The guard of the audit trail: an officer writes nothing about those he declared to be tied to.

    It stands before every entry, and so before every decision there is or will be. Raises
    :class:`ConflictOfInterest`, every tie named.
    """
    if actor.user_id is None or actor.role not in OFFICERS or not decides(subject.__tablename__, action):
        return
    with require_transaction().no_autoflush:  # the record may be half written when its entry is
        interests = barring_interests(actor.user_id, on=clock.today(now))
        found = ties(interests, parties_of(subject)) if interests else []
    if found:
        raise ConflictOfInterest(reasons=found)
