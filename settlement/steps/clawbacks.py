"""Clawbacks: a paid sum claimed back, and what comes back of it (V19, V21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from accounts.kinds import AdverseKind
from accounts.steps import add_adverse_record
from core import audit, clock, policy
from core.db import require_transaction
from core.errors import Busy, Refused, reason, refuse_first
from core.failpoints import failpoint
from core.money import yuan_text
from core.permissions import Actor
from core.workdays import load_calendar
from settlement.models import BatchLine, Clawback, Fund, Payable, Recovery, SettlementBatch
from settlement.queries.batches import find_batch
from settlement.queries.payables import find_payable
from settlement.queries.proposals import plan_of
from settlement.rules import postings
from settlement.rules.chart import TransactionKind
from settlement.states import CLAWBACK_TRANSITIONS, ClawbackAction, PayableState
from settlement.steps.funds import lock_fund
from settlement.steps.posting import Parties, Posting, post
from settlement.steps.proposals import follow_plan, move

ARTICLE = "V21"


class ClawbackTooLarge(Refused):
    """More would be clawed back than was paid, less what came back and what is clawed back already."""

    code = "clawback_too_large"


class RecoveryTooLarge(Refused):
    """More would be recovered than is still open of the clawback and not being netted in a batch."""

    code = "recovery_too_large"
    article = "V21"


class PayableMoving(Busy):
    """A bank return moved the payable at this very moment."""

    code = "payable_moving"
    article = "V21"


def lock_paid(named: Payable, *, actor: Actor) -> Payable:
    """The payable, locked after the batch that paid it: a bank return of that batch moves it too.

    Raises :class:`PayableMoving`.
    """
    paid_by = named.batch_id
    if paid_by is not None:
        find_batch(paid_by, lock=True)
    payable = find_payable(named.id, actor=actor, lock=True)
    if payable.batch_id != paid_by:
        raise PayableMoving
    return payable


def claw_back_paid(payables: Sequence[Payable], *, cause: str, occasion: str, actor: Actor, now: datetime) -> None:
    """Claim back all that is paid of these payables and not claimed back yet, in the order of their batches.

    Raises :class:`PayableMoving` where a bank return took one of them just now.
    """
    for named in sorted(payables, key=lambda each: (each.batch_id or 0, each.id)):
        payable = lock_paid(named, actor=actor)
        if payable.state is not PayableState.PAID:
            raise PayableMoving
        left_fen = payable.paid_fen - payable.clawed_back_fen
        if left_fen > 0:
            open_clawback(
                payable,
                amount_fen=left_fen,
                cause=cause,
                misconduct_by=None,
                sanction_until=None,
                occasion=occasion,
                actor=actor,
                now=now,
            )


def too_large(payable: Payable, amount_fen: int) -> list[ClawbackTooLarge]:
    """The refusal of a sum above what is paid of a locked payable and not claimed back yet; empty where it fits."""
    left_fen = 0 if payable.batch_id is None else payable.paid_fen - payable.clawed_back_fen
    if amount_fen <= left_fen:
        return []
    amount, left = yuan_text(amount_fen), yuan_text(left_fen)
    because = reason("clawback_too_large", article=ARTICLE, field="amount_fen", amount=amount, left=left)
    return [ClawbackTooLarge(amount=amount, left=left, reasons=[because])]


def open_clawback(
    payable: Payable,
    *,
    amount_fen: int,
    cause: str,
    misconduct_by: int | None,
    sanction_until: date | None,
    occasion: str | None,
    actor: Actor,
    now: datetime,
) -> Clawback:
    """Claim a paid sum back from the payee of a locked payable.

    ``misconduct_by`` is the organisation that misconduct is put on record against, None where there was none;
    ``occasion`` what it is opened for, opaquely. It is due after the working days of the policy.
    The yearly cap gets no room back (V12 hold). Raises :class:`ClawbackTooLarge`.
    """
    current = require_transaction()
    refuse_first(too_large(payable, amount_fen))
    payable.clawed_back_fen += amount_fen
    line_no, settled_id = _payout(payable)
    made = post(
        Posting(
            TransactionKind.CLAWBACK_OPENED,
            postings.clawback_opened(payee_id=payable.payee_id, amount_fen=amount_fen),
            source=payable.source,
            order_id=payable.order_id,
            article=ARTICLE,
            reverses_id=payable.transaction_id,
            data={"payout_transaction_id": settled_id},
            parties=Parties(party_id=payable.payee_id),
        ),
        actor=actor,
        now=now,
    )
    clawback = Clawback(
        payable_id=payable.id,
        payee_id=payable.payee_id,
        batch_id=payable.batch_id,
        line_no=line_no,
        amount_fen=amount_fen,
        recovered_fen=0,
        netting_fen=0,
        cause=cause,
        misconduct=misconduct_by is not None,
        article=ARTICLE,
        state=CLAWBACK_TRANSITIONS.initial,
        transaction_id=made,
        opened_by=actor.user_id,
        opened_at=now,
        due_on=_due_on(clock.today(now)),
        occasion=occasion,
    )
    current.add(clawback)
    audit.record(
        actor=actor,
        now=now,
        action="open",
        subject=clawback,
        to_state=clawback.state,
        data={
            "source": payable.source,
            "payee_id": payable.payee_id,
            "amount_fen": amount_fen,
            "misconduct": clawback.misconduct,
            "due_on": clawback.due_on and clawback.due_on.isoformat(),
        },
    )
    if misconduct_by is not None:
        add_adverse_record(
            organisation_id=misconduct_by,
            kind=AdverseKind.RESEARCH_MISCONDUCT,
            since=clock.today(now),
            until=sanction_until,
            source=f"clawback:{clawback.id}",
            actor=actor,
            now=now,
        )
    return clawback


def require_open(clawback: Clawback, amount_fen: int) -> None:
    """Raise :class:`RecoveryTooLarge` for a sum above what is open of the clawback and not being netted."""
    if amount_fen > clawback.payable_back_fen:
        raise RecoveryTooLarge(amount=yuan_text(amount_fen), open=yuan_text(clawback.payable_back_fen))


def recover(
    clawback: Clawback,
    *,
    amount_fen: int,
    reference: str,
    actor: Actor,
    now: datetime,
    suspense_id: int | None = None,
) -> Recovery:
    """Record money that came back for a locked clawback.

    It is in the fund it was paid from. ``suspense_id`` is the entry in suspense it was seen as, if any. Raises
    :class:`RecoveryTooLarge`.
    """
    current = require_transaction()
    require_open(clawback, amount_fen)
    fund = paying_fund(clawback)
    lock_fund(fund.id)
    made = post(
        Posting(
            TransactionKind.CLAWBACK_RECOVERED,
            postings.clawback_recovered(
                programme=fund.programme, year=fund.year, payee_id=clawback.payee_id, amount_fen=amount_fen
            ),
            source=f"clawback:{clawback.id}",
            article=ARTICLE,
            data={"reference": reference},
        ),
        actor=actor,
        now=now,
    )
    failpoint("settlement.clawback.recovered")
    recovery = Recovery(
        clawback_id=clawback.id,
        suspense_id=suspense_id,
        amount_fen=amount_fen,
        reference=reference,
        transaction_id=made,
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    current.add(recovery)
    clawback.recovered_fen += amount_fen
    action = ClawbackAction.RECOVER if clawback.open_fen == 0 else ClawbackAction.RECOVER_PART
    move(clawback, action, amount_fen, reference=reference, actor=actor, now=now)
    follow_plan(clawback, plan_of(clawback))
    return recovery


def paying_fund(clawback: Clawback) -> Fund:
    """The fund that paid what is claimed back."""
    found = (
        select(Fund)
        .join(SettlementBatch, SettlementBatch.fund_id == Fund.id)
        .where(SettlementBatch.id == clawback.batch_id)
    )
    return require_transaction().scalars(found).one()


def _payout(payable: Payable) -> tuple[int, int | None]:
    """The line that paid it and the ledger transaction that committed its batch."""
    found = (
        select(BatchLine.line_no, SettlementBatch.transaction_id)
        .join(SettlementBatch, SettlementBatch.id == BatchLine.batch_id)
        .where(BatchLine.payable_id == payable.id, BatchLine.batch_id == payable.batch_id)
    )
    line_no, transaction_id = require_transaction().execute(found).one()
    return line_no, transaction_id


def _due_on(today: date) -> date:
    """The last day to pay a clawback of today back."""
    edition = policy.current().nearest(today, term="settlement.clawback_working_days")
    return load_calendar().add_working_days(today, edition["settlement.clawback_working_days"])
