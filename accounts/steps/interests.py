"""Keeping officers from deciding about those they are tied to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from accounts.models import Organisation
from accounts.queries.interests import involvements
from core import clock
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
