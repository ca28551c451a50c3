"""Reads of clawbacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, exists, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import Clawback, Payable
from settlement.queries.scope import concerns_visible
from settlement.states import ClawbackState


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


def has_overdue_clawback(organisation_id: int, on: date) -> bool:
    """Whether an organisation has not paid a clawback back that was due before a day."""
    found = exists().where(
        Clawback.payee_id == organisation_id, Clawback.state == ClawbackState.OPEN, Clawback.due_on < on
    )
    return bool(session().scalar(select(found)))


def clawbacks_for(occasions: Collection[str]) -> Sequence[Clawback]:
    """What was claimed back for these occasions, the earliest first."""
    found = select(Clawback).where(Clawback.occasion.in_(occasions))
    return session().scalars(found.order_by(Clawback.id)).all()


def clawbacks_of_order(order_id: int) -> Sequence[Clawback]:
    """What was claimed back of all that an order's claim was paid, by province and cities, the earliest first."""
    found = select(Clawback).join(Payable, Payable.id == Clawback.payable_id).where(Payable.order_id == order_id)
    return session().scalars(found.order_by(Clawback.id)).all()
