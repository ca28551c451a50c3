"""Reads of clawbacks."""

from __future__ import annotations

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import Clawback
from settlement.queries.scope import concerns_visible


class ClawbackMissing(NotFound):
    """There is no such clawback for this actor."""

    code = "clawback_missing"


def visible_clawbacks(actor: Actor) -> Select[tuple[Clawback]]:
    """Clawbacks an actor may see: payees their own, province, finance and auditor all."""
    return select(Clawback).where(concerns_visible(actor, Clawback.payee_id))


def find_clawback(clawback_id: int, *, actor: Actor, lock: bool = False) -> Clawback:
    """The clawback if the actor may see it; raises :class:`ClawbackMissing`."""
    found = visible_clawbacks(actor).where(Clawback.id == clawback_id)
    if lock:
        found = found.with_for_update(of=Clawback).execution_options(populate_existing=True)
    clawback = session().scalar(found)
    if clawback is None:
        raise ClawbackMissing
    return clawback
