"""Payouts that the files for the bank could not tell: found before a batch is sealed, and left out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from core.db import require_transaction
from core.errors import Reason
from core.failpoints import failpoint
from core.permissions import Actor
from core.states import apply
from settlement.models import BatchPayout, Payable, SettlementBatch
from settlement.rules.exports.layout import BankLayout
from settlement.rules.payers import OF_ACCOUNTS, hindrances, limits_of, refuses_characters
from settlement.states import PAYABLE_TRANSITIONS, PayableAction, PayableState

Hindered = Mapping[tuple[str, ...], Sequence[Reason]]
"""Accounts, in the order of ``OF_ACCOUNTS``, with why they cannot be paid to."""


def hindered_in(batch: SettlementBatch, layout: BankLayout) -> Hindered:
    """The accounts of a batch that its files could not tell."""
    return _hindered(BatchPayout, layout, BatchPayout.batch_id == batch.id, BatchPayout.amount_fen > 0)


def hindered_due(programme: str, layout: BankLayout) -> Hindered:
    """The same of everything that is due."""
    due = (Payable.programme == programme, Payable.state == PayableState.DUE, ~Payable.stopped)
    return _hindered(Payable, layout, *due)


def refuse(hindered: Hindered, *, programme: str, until: datetime, actor: Actor, now: datetime) -> int:
    """Take the due payables of these accounts out of the queue until they are corrected; how many there were."""
    accounts = tuple_(*_account(Payable))
    payables = require_transaction().scalars(
        select(Payable)
        .where(
            Payable.programme == programme,
            Payable.state == PayableState.DUE,
            ~Payable.stopped,
            Payable.confirmed_at < until,
            accounts.in_(list(hindered)),
        )
        .order_by(Payable.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    refused = payables.all()
    for payable in refused:
        account = tuple(getattr(payable, field.value) for field in OF_ACCOUNTS)
        reasons = [each.as_json() for each in hindered[account]]
        data = {"reasons": reasons, "account_number": payable.account_number}
        apply(payable, PayableAction.REFUSE, transitions=PAYABLE_TRANSITIONS, actor=actor, now=now, data=data)
    failpoint("settlement.payable.refused")
    return len(refused)


def _hindered(told: type[BatchPayout | Payable], layout: BankLayout, *where: ColumnElement[bool]) -> Hindered:
    """Where the encoding has every character the database looks for what may be wrong; else every account is read."""
    found = select(*_account(told)).distinct().where(*where)
    if not refuses_characters(layout):
        found = found.where(or_(*_suspicions(told, layout)))
    rows = require_transaction().execute(found)
    judged = {tuple(row): list(hindrances(layout, dict(zip(OF_ACCOUNTS, row, strict=True)))) for row in rows}
    return {account: reasons for account, reasons in judged.items() if reasons}


def _account(told: type[BatchPayout | Payable]) -> list[ColumnElement[str]]:
    return [getattr(told, field.value) for field in OF_ACCOUNTS]


def _suspicions(told: type[BatchPayout | Payable], layout: BankLayout) -> Iterator[ColumnElement[bool]]:
    limits = limits_of(layout)
    for field, column in zip(OF_ACCOUNTS, _account(told), strict=True):
        yield column == ""
        if field in limits:
            yield func.char_length(column) > limits[field]
