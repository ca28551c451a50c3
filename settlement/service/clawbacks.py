"""Use cases of clawbacks (V19, V21)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.errors import Busy, Refused
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Clawback, OrderCharge, Payable
from settlement.queries.batches import find_batch
from settlement.queries.clawbacks import find_clawback
from settlement.queries.payables import PayableMissing, find_payable, payable_of
from settlement.steps.clawbacks import open_clawback, recover


class PayableUnnamed(Refused):
    """Name the payable by its number or by its source, one of the two."""

    code = "payable_unnamed"


class PayableMoving(Busy):
    """A bank return moved the payable at this very moment."""

    code = "payable_moving"


class StrangerNamed(Refused):
    """Misconduct can be recorded against the payee, the user or the provider of the order, nobody else."""

    code = "stranger_named"


class SanctionOver(Refused):
    """A sanction ends on the day of the clawback or later, and only misconduct has one."""

    code = "sanction_over"


def claw_back(
    *,
    payable_id: int | None,
    source: str | None,
    amount_fen: int,
    cause: str,
    misconduct: bool,
    misconduct_by: int | None,
    sanction_until: date | None,
    actor: Actor,
    now: datetime,
) -> Clawback:
    """Claim a paid subsidy back and, for misconduct, put it on record (by default against the payee).

    Raises :class:`PayableUnnamed`, ``PayableMissing``, :class:`StrangerNamed`, :class:`SanctionOver` and
    ``ClawbackTooLarge``.
    """
    with transaction():
        authorise(actor, permissions.may_claw_back)
        payable = _named(payable_id, source, actor)
        if sanction_until is not None and (not misconduct or sanction_until < clock.today(now)):
            raise SanctionOver
        return open_clawback(
            payable,
            amount_fen=amount_fen,
            cause=cause,
            misconduct_by=_culprit(payable, misconduct_by) if misconduct else None,
            sanction_until=sanction_until,
            actor=actor,
            now=now,
        )


def record_recovery(*, clawback_id: int, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Clawback:
    """Record money that came back. Raises ``ClawbackMissing`` and ``RecoveryTooLarge``."""
    with transaction():
        clawback = find_clawback(clawback_id, actor=actor, lock=True)
        authorise(actor, permissions.may_record_recovery, clawback)
        recover(clawback, amount_fen=amount_fen, reference=reference, actor=actor, now=now)
        return clawback


def _named(payable_id: int | None, source: str | None, actor: Actor) -> Payable:
    """The payable, locked after the batch that paid it: a bank return of that batch moves it too."""
    if (payable_id is None) == (source is None):
        raise PayableUnnamed
    named = payable_of(source) if source is not None else find_payable(payable_id or 0, actor=actor)
    if named is None:
        raise PayableMissing
    paid_by = named.batch_id
    if paid_by is not None:
        find_batch(paid_by, lock=True)
    payable = find_payable(named.id, actor=actor, lock=True)
    if payable.batch_id != paid_by:
        raise PayableMoving
    return payable


def _culprit(payable: Payable, named: int | None) -> int:
    if named is None or named == payable.payee_id:
        return payable.payee_id
    charge = session().scalar(select(OrderCharge).where(OrderCharge.order_id == payable.order_id))
    if charge is None or named not in (charge.user_id, charge.provider_id):
        raise StrangerNamed
    return named
