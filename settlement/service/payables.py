"""Use cases of single payables."""

from __future__ import annotations

from datetime import datetime

from accounts.models import BankAccount
from accounts.queries import verified_account
from core import clock
from core.db import transaction
from core.errors import Conflict, Refused
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import BatchPayout, Payable
from settlement.queries.batches import find_batch, find_payout
from settlement.queries.payables import find_payable, locked_stuck
from settlement.queries.payers import in_force
from settlement.queries.programmes import programmes
from settlement.states import PAYABLE_TRANSITIONS, PayableAction
from settlement.steps.hindrances import hindered_due, refuse
from settlement.steps.queue import hold_queue, join_queue


class NoVerifiedAccount(Refused):
    """The payee has no verified bank account to pay to."""

    code = "no_verified_account"
    article = "V16 team"


class PayoutNotStuck(Conflict):
    """No claim of this payout failed or came back, or all were corrected."""

    code = "payout_not_stuck"
    article = "V17 pay"


def correct(*, payable_id: int, note: str, actor: Actor, now: datetime) -> Payable:
    """Put a failed or returned payable back at its old place in the queue, with the payee's verified account of today.
    Raises :class:`NoVerifiedAccount` and :class:`core.states.StateForbids`.
    """
    with transaction():
        join_queue()
        payable = find_payable(payable_id, actor=actor, lock=True)
        authorise(actor, permissions.may_correct_payable, payable)
        _correct(payable, verified_account(payable.payee_id), note=note, actor=actor, now=now)
        return payable


def correct_payout(*, batch_id: int, payout_no: int, note: str, actor: Actor, now: datetime) -> BatchPayout:
    """The same for every claim of a failed or returned payout at once: all of them go back to their places.

    Raises ``BatchMissing``, ``PayoutMissing``, :class:`PayoutNotStuck` and :class:`NoVerifiedAccount`.
    """
    with transaction():
        join_queue()
        authorise(actor, permissions.may_correct_payable)
        payout = find_payout(find_batch(batch_id), payout_no)
        stuck = locked_stuck(payout)
        if not stuck:
            raise PayoutNotStuck
        account = verified_account(payout.payee_id)
        for payable in stuck:
            _correct(payable, account, note=note, actor=actor, now=now)
        return payout


def refuse_hindered(*, actor: Actor, now: datetime) -> int:
    """Take due payables that the files for the bank could not tell out of the queue, so that their payees correct the
    account before a batch is prepared; how many there were."""
    until = clock.end_of_day(clock.today(now))
    count = 0
    with transaction():
        authorise(actor, permissions.may_prepare_batch)
        hold_queue()
        for programme in programmes(clock.today(now)):
            account = in_force(programme, now=now)
            if account is not None:
                hindered = hindered_due(programme, account.layout)
                count += refuse(hindered, programme=programme, until=until, actor=actor, now=now)
    return count


def _correct(payable: Payable, account: BankAccount | None, *, note: str, actor: Actor, now: datetime) -> None:
    apply(
        payable,
        PayableAction.CORRECT,
        transitions=PAYABLE_TRANSITIONS,
        actor=actor,
        now=now,
        note=note,
        data={"batch_id": payable.batch_id, "from_account": payable.account_number},
    )
    if account is None:
        raise NoVerifiedAccount
    payable.batch_id = None
    payable.holder_name, payable.bank_name = account.holder_name, account.bank_name
    payable.cnaps_code, payable.account_number = account.cnaps_code, account.account_number
