"""Use cases of single payables."""

from __future__ import annotations

from datetime import datetime

from accounts.queries import verified_account
from core.db import transaction
from core.errors import Refused
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import Payable
from settlement.queries.payables import find_payable
from settlement.states import PAYABLE_TRANSITIONS, PayableAction
from settlement.steps.queue import join_queue


class NoVerifiedAccount(Refused):
    """The payee has no verified bank account to pay to."""

    code = "no_verified_account"
    article = "V16 team"


def correct(*, payable_id: int, note: str, actor: Actor, now: datetime) -> Payable:
    """Put a failed or returned payable back at its old place in the queue, with the payee's verified account of today.

    Raises :class:`NoVerifiedAccount` and :class:`core.states.StateForbids`.
    """
    with transaction():
        join_queue()
        payable = find_payable(payable_id, actor=actor, lock=True)
        authorise(actor, permissions.may_correct_payable, payable)
        account = verified_account(payable.payee_id)
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
        return payable
