"""The way of a payable: queue, batches, the bank's answers, corrections, stops and clawbacks, the earliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from core import audit
from core.audit import AuditEntry
from core.db import session
from core.workdays import WorkingCalendar
from settlement.models import BankReturnLine, BatchLine, Clawback, Payable, SettlementBatch
from settlement.queries.schedule import schedule_at
from settlement.rules.cutoffs import Cutoff, next_cutoff
from settlement.states import BatchAction

BANK_ANSWERED = "bank_"
"""Before the outcome of a line: ``bank_paid``, ``bank_failed``, ``bank_returned``."""

_TOLD = frozenset({"prepare", BatchAction.APPROVE, BatchAction.EXPORT, BatchAction.DISCARD})
_RECORDED = "record_bank_return"
_OPENED = "open"


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """One step. ``subject`` is ``payable``, ``batch`` or ``clawback``; the bank's answer carries its reason and date,
    a clawback its sum and, when it is opened, its last day.

    ``number`` is that of its entry in the audit trail, which tells what came first within one instant.
    """

    at: datetime
    number: int
    subject: str
    action: str
    role: str
    user_id: int | None = None
    organisation_id: int | None = None
    note: str | None = None
    state: str | None = None
    value_date: date | None = None
    amount_fen: int | None = None
    due_on: date | None = None


def payout_steps(payable: Payable) -> list[PayoutStep]:
    """Everything that happened on the way to the payee's account, in four queries."""
    of_batches = _of_batches(payable)
    steps = [*_own(payable), *_batches(of_batches), *_answers(payable, of_batches)]
    return sorted(steps, key=lambda step: step.number)


def clawback_steps(clawbacks: Sequence[Clawback]) -> list[PayoutStep]:
    """What was claimed back and what came of it, in one query; in none where nothing was."""
    if not clawbacks:
        return []
    known = {clawback.id: clawback for clawback in clawbacks}
    found = select(AuditEntry).where(
        AuditEntry.subject_kind == Clawback.__tablename__, AuditEntry.subject_id.in_(known)
    )
    return [_of_clawback(entry, known[entry.subject_id]) for entry in session().scalars(found.order_by(AuditEntry.id))]


def coming_cutoff(on: date, *, calendar: WorkingCalendar) -> Cutoff:
    """The cut-off at which what is due on a day is paid at the earliest (V17 pay)."""
    return next_cutoff(on, schedule=schedule_at(on), calendar=calendar)


def _own(payable: Payable) -> Iterator[PayoutStep]:
    for entry in audit.history(Payable.__tablename__, payable.id):
        yield _step(entry, Payable.__tablename__, entry.action)


def _of_batches(payable: Payable) -> Sequence[AuditEntry]:
    """The trail of every batch it stood in."""
    stood_in = select(BatchLine.batch_id).where(BatchLine.payable_id == payable.id)
    found = select(AuditEntry).where(
        AuditEntry.subject_kind == SettlementBatch.__tablename__, AuditEntry.subject_id.in_(stood_in)
    )
    return session().scalars(found.order_by(AuditEntry.id)).all()


def _batches(entries: Sequence[AuditEntry]) -> Iterator[PayoutStep]:
    """Preparing, approving, exporting and discarding; exporting the same files again is no step."""
    seen: set[tuple[int, str]] = set()
    for entry in entries:
        if entry.action in _TOLD and (entry.subject_id, entry.action) not in seen:
            seen.add((entry.subject_id, entry.action))
            yield _step(entry, "batch", entry.action)


def _answers(payable: Payable, entries: Sequence[AuditEntry]) -> Iterator[PayoutStep]:
    recorded = {entry.data["bank_return_id"]: entry for entry in entries if entry.action == _RECORDED}
    said = select(BankReturnLine).join(
        BatchLine,
        (BatchLine.batch_id == BankReturnLine.batch_id) & (BatchLine.payout_no == BankReturnLine.payout_no),
    )
    for line in session().scalars(said.where(BatchLine.payable_id == payable.id)):
        entry = recorded[line.bank_return_id]
        yield PayoutStep(
            at=entry.at,
            number=entry.id,
            subject=Payable.__tablename__,
            action=f"{BANK_ANSWERED}{line.outcome.value}",
            role="bank",
            note=line.reason or None,
            state=line.outcome.value,
            value_date=line.value_date,
        )


def _step(entry: AuditEntry, subject: str, action: str) -> PayoutStep:
    note = entry.data.get("note")
    return PayoutStep(
        at=entry.at,
        number=entry.id,
        subject=subject,
        action=action,
        role=entry.actor_role,
        user_id=entry.actor_user_id,
        organisation_id=entry.actor_organisation_id,
        note=None if note is None else str(note),
        state=entry.to_state,
    )


def _of_clawback(entry: AuditEntry, clawback: Clawback) -> PayoutStep:
    step = replace(_step(entry, Clawback.__tablename__, entry.action), amount_fen=entry.data["amount_fen"])
    return replace(step, note=clawback.cause, due_on=clawback.due_on) if entry.action == _OPENED else step
