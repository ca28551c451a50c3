"""Payables: created at confirmation, cancelled when a claim is revoked before payment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from accounts.models import BankAccount
from core import audit, clock
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor
from core.sources import source_text
from core.states import apply
from settlement.models import Payable
from settlement.queries.payables import PayableMissing
from settlement.queries.programmes import own_programme
from settlement.rules import postings
from settlement.rules.chart import TransactionKind
from settlement.states import PAYABLE_TRANSITIONS, PayableAction, PayableState
from settlement.steps.deductions import assign_subsidy, owe_unpaid
from settlement.steps.posting import Parties, Posting, lock_accounts, post
from settlement.steps.queue import join_queue
from settlement.steps.stops import PayableInBatch, end_stop_of_cancelled

ARTICLE = "V17 order"


class PayableExists(Conflict):
    """There is a payable for this already: one order is paid once by each programme, to one payee."""

    code = "payable_exists"


def create_payable(
    *,
    source: str,
    order_id: int,
    payee_id: int,
    account: BankAccount,
    amount_fen: int,
    actor: Actor,
    now: datetime,
    involved_user_ids: Collection[int] = (),
    programme: str | None = None,
) -> Payable:
    """Put a confirmed claim at the end of the queue, with a snapshot of the payee's verified account.

    ``source`` is unique (``claim:12``). ``involved_user_ids`` are the submitter, reviewer and confirmer; the actor
    counts among them. In direct deduction the same sum leaves the provider's subsidy receivable. Raises
    :class:`PayableExists`.
    """
    current = require_transaction()
    join_queue()
    programme = programme or own_programme(clock.today(now))
    taken = select(Payable.id).where(
        (Payable.source == source)
        | (
            (Payable.order_id == order_id)
            & (Payable.programme == programme)
            & (Payable.state != PayableState.CANCELLED)
        )
    )
    if current.scalars(taken).first() is not None:
        raise PayableExists(source=source_text(source), order=order_id)
    owed = postings.payable_account(payee_id)
    parties = Parties(party_id=payee_id)
    made = post(
        Posting(
            TransactionKind.PAYABLE_CONFIRMED,
            postings.payable_confirmed(payee_id=payee_id, amount_fen=amount_fen),
            source=source,
            order_id=order_id,
            article=ARTICLE,
            parties=parties,
        ),
        actor=actor,
        now=now,
    )
    involved = set(involved_user_ids) | ({actor.user_id} if actor.user_id is not None else set())
    payable = Payable(
        programme=programme,
        source=source,
        order_id=order_id,
        payee_id=payee_id,
        account_id=lock_accounts([owed])[owed],
        amount_fen=amount_fen,
        state=PAYABLE_TRANSITIONS.initial,
        holder_name=account.holder_name,
        bank_name=account.bank_name,
        cnaps_code=account.cnaps_code,
        account_number=account.account_number,
        involved_user_ids=sorted(involved),
        confirmed_at=now,
        transaction_id=made,
        batch_id=None,
        attempts=0,
        paid_fen=0,
        clawed_back_fen=0,
    )
    current.add(payable)
    audit.record(
        actor=actor,
        now=now,
        action="confirm",
        subject=payable,
        to_state=payable.state,
        data={"source": source, "amount_fen": amount_fen, "payee_id": payee_id},
    )
    assign_subsidy(order_id=order_id, payee_id=payee_id, amount_fen=amount_fen, actor=actor, now=now)
    return payable


def cancel_payable(*, source: str, article: str, actor: Actor, now: datetime) -> Payable:
    """Take back a payable that was not paid, because its claim was revoked (invariant 6).

    One that failed or came back from the bank is cancelled too; a stop of it is final then. In direct deduction the
    user owes the provider the same sum from now on (V16(1)). Raises
    :class:`PayableMissing`, :class:`PayableInBatch`, and :class:`core.states.StateForbids` for a paid or cancelled one.
    """
    join_queue()
    payable = locked_payable(source=source)
    if payable.state is PayableState.IN_BATCH:
        raise PayableInBatch(source=source_text(source))
    end_stop_of_cancelled(payable, note=article, actor=actor, now=now)
    if payable.state in (PayableState.FAILED, PayableState.RETURNED):
        apply(payable, PayableAction.CORRECT, transitions=PAYABLE_TRANSITIONS, actor=actor, now=now)
        payable.batch_id = None
    apply(
        payable,
        PayableAction.CANCEL,
        transitions=PAYABLE_TRANSITIONS,
        actor=actor,
        now=now,
        data={"article": article},
    )
    post(
        Posting(
            TransactionKind.PAYABLE_CANCELLED,
            postings.payable_cancelled(payee_id=payable.payee_id, amount_fen=payable.amount_fen),
            source=source,
            order_id=payable.order_id,
            article=article,
            reverses_id=payable.transaction_id,
        ),
        actor=actor,
        now=now,
    )
    owe_unpaid(
        order_id=payable.order_id, payee_id=payable.payee_id, amount_fen=payable.amount_fen, actor=actor, now=now
    )
    return payable


def locked_payable(*, source: str) -> Payable:
    """The payable of a source, locked; raises :class:`PayableMissing`."""
    found = (
        require_transaction()
        .scalars(
            select(Payable).where(Payable.source == source).with_for_update().execution_options(populate_existing=True)
        )
        .one_or_none()
    )
    if found is None:
        raise PayableMissing
    return found
