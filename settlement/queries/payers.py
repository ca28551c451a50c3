"""Reads of the accounts that pay."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Select, func, select

from accounts.states import ProposalState
from core import clock
from core.db import session
from core.errors import NotFound
from settlement.models import BatchPayout, PayingAccount, SettlementBatch
from settlement.payers import PayerUnknown
from settlement.payers import payer_of as payer_of_file
from settlement.rules.exports.content import Payer, PayoutView
from settlement.rules.exports.layout import BankLayout
from settlement.rules.payers import EVERY_OTHER
from settlement.rules.payout_ids import end_to_end_id

SHOWN_PAYOUTS = 3
"""As many lines as a preview shows."""


class PayingAccountMissing(NotFound):
    """There is no such paying account."""

    code = "paying_account_missing"


def paying_accounts(*, state: ProposalState | None = None) -> Select[tuple[PayingAccount]]:
    """All versions of all accounts."""
    found = select(PayingAccount)
    return found if state is None else found.where(PayingAccount.state == state)


def find_paying_account(account_id: int, *, lock: bool = False) -> PayingAccount:
    """One version; raises :class:`PayingAccountMissing`."""
    found = paying_accounts().where(PayingAccount.id == account_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    account = session().scalar(found)
    if account is None:
        raise PayingAccountMissing
    return account


def open_proposal_for(programme: str) -> PayingAccount | None:
    """What is proposed for a fund and not decided yet."""
    return session().scalar(paying_accounts(state=ProposalState.PROPOSED).where(PayingAccount.programme == programme))


def in_force(programme: str, *, now: datetime) -> PayingAccount | None:
    """The version a fund pays from at a moment, its own before that of every other fund."""
    found = (
        paying_accounts(state=ProposalState.APPROVED)
        .where(
            PayingAccount.programme.in_([programme, EVERY_OTHER]),
            PayingAccount.valid_from <= clock.today(now),
            PayingAccount.reviewed_at <= now,
        )
        .order_by(
            (PayingAccount.programme == programme).desc(),
            PayingAccount.valid_from.desc(),
            PayingAccount.reviewed_at.desc(),
            PayingAccount.id.desc(),
        )
    )
    return session().scalars(found.limit(1)).first()


def last_preparation() -> datetime | None:
    """When the latest batch was prepared."""
    return session().scalar(select(func.max(SettlementBatch.prepared_at)))


def our_account_numbers(*, now: datetime) -> set[str]:
    """The numbers of all accounts that paid or pay; empty where none is known."""
    approved = PayingAccount.state == ProposalState.APPROVED
    found = select(PayingAccount.account_number).where(approved, PayingAccount.reviewed_at <= now)
    return set(session().scalars(found))


def payer_of_batch(batch: SettlementBatch) -> tuple[Payer, BankLayout]:
    """The account a batch pays from, and its bank's table, as they were when it was prepared.

    Batches of before accounts were kept go by the office's file. Raises :class:`settlement.payers.PayerUnknown`.
    """
    if batch.paying_account_id is None:
        return payer_of_file(batch.programme)
    account = session().get(PayingAccount, batch.paying_account_id)
    if account is None:
        raise PayerUnknown(fund=batch.programme)
    return account.payer, account.layout


def sample_payouts(account: PayingAccount, *, on: date) -> list[PayoutView]:
    """The first payouts of the fund's latest batch, as an account would pay them; invented ones before there is any."""
    latest = select(SettlementBatch).order_by(SettlementBatch.id.desc()).limit(1)
    if account.programme != EVERY_OTHER:
        latest = latest.where(SettlementBatch.programme == account.programme)
    batch = session().scalar(latest)
    if batch is None:
        number = f"{on:%Y%m%d}-1-01"
        return [
            PayoutView(
                no,
                end_to_end_id(number, no),
                account.holder_name,
                account.bank_name,
                account.cnaps_code,
                account.account_number,
                no * 100_000,
                account.layout.purpose_of(number, no),
                no,
            )
            for no in range(1, SHOWN_PAYOUTS + 1)
        ]
    payouts = session().scalars(
        select(BatchPayout)
        .where(BatchPayout.batch_id == batch.id, BatchPayout.amount_fen > 0)
        .order_by(BatchPayout.payout_no)
        .limit(SHOWN_PAYOUTS)
    )
    return [
        PayoutView(
            payout.payout_no,
            end_to_end_id(batch.number, payout.payout_no),
            payout.holder_name,
            payout.bank_name,
            payout.cnaps_code,
            payout.account_number,
            payout.amount_fen,
            account.layout.purpose_of(batch.number, payout.line_count),
            payout.line_count,
        )
        for payout in payouts
    ]
