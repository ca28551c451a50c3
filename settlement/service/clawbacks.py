"""Use cases of clawbacks (V19, V21)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.errors import DomainError, Refused, reason, refuse_first
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Clawback, OrderCharge, Payable
from settlement.queries.clawbacks import find_clawback
from settlement.queries.payables import named_payable, names_one, payable_unnamed
from settlement.steps.clawbacks import ARTICLE, lock_paid, open_clawback, recover, too_large


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

    Raises ``PayableUnnamed``, ``PayableMissing``, :class:`StrangerNamed`, :class:`SanctionOver` and
    ``ClawbackTooLarge``; one with the reasons of all that apply.
    """
    with transaction():
        authorise(actor, permissions.may_claw_back)
        faults: list[DomainError] = []
        if sanction_until is not None and (not misconduct or sanction_until < clock.today(now)):
            faults.append(SanctionOver(reasons=[reason("sanction_over", article=ARTICLE, field="sanction_until")]))
        if not names_one(payable_id, source):
            refuse_first([payable_unnamed(), *faults])
        payable = lock_paid(named_payable(payable_id, source, actor=actor), actor=actor)
        culprit = payable.payee_id if misconduct_by is None else misconduct_by
        if misconduct and not _takes_part(payable, culprit):
            faults.append(StrangerNamed(reasons=[reason("stranger_named", article=ARTICLE, field="misconduct_by")]))
        refuse_first([*faults, *too_large(payable, amount_fen)])
        return open_clawback(
            payable,
            amount_fen=amount_fen,
            cause=cause,
            misconduct_by=culprit if misconduct else None,
            sanction_until=sanction_until,
            occasion=None,
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


def _takes_part(payable: Payable, organisation_id: int) -> bool:
    """Whether it is the payee, the user or the provider of the order."""
    if organisation_id == payable.payee_id:
        return True
    charge = session().scalar(select(OrderCharge).where(OrderCharge.order_id == payable.order_id))
    return charge is not None and organisation_id in (charge.user_id, charge.provider_id)
