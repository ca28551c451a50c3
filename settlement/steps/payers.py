"""Which account a fund pays from, and taking over what the office's file says of it."""

from __future__ import annotations

from datetime import datetime

from accounts.states import PROPOSAL_TRANSITIONS, ProposalAction
from core import audit, clock
from core.db import require_transaction
from core.permissions import SYSTEM
from core.states import apply
from settlement.models import PayingAccount
from settlement.payers import PayerUnknown, written_accounts
from settlement.queries.payers import in_force
from settlement.rules.exports.content import Payer
from settlement.rules.exports.layout import BankLayout
from settlement.rules.payers import EVERY_OTHER, columns_of

FROM_FILE = "PAYING_ACCOUNTS"
"""What stands as the cause, and the opinion, of what the office's file said."""


def account_to_pay_from(programme: str, *, now: datetime) -> PayingAccount:
    """The version in force; where a fund has none yet, what the office's file says becomes its first.

    Raises :class:`settlement.payers.PayerUnknown`.
    """
    found = in_force(programme, now=now)
    if found is not None:
        return found
    written = written_accounts()
    fund = programme if programme in written else EVERY_OTHER
    if fund not in written:
        raise PayerUnknown(fund=programme)
    return take_over(fund, *written[fund], now=now)


def take_over(fund: str, payer: Payer, layout: BankLayout, *, now: datetime) -> PayingAccount:
    """What the office's file says of a fund, as its first version, in force at once."""
    account = PayingAccount(
        programme=fund,
        holder_name=payer.holder_name,
        bank_name=payer.bank_name,
        cnaps_code=payer.cnaps_code,
        account_number=payer.account_number,
        bic=payer.bic,
        columns=columns_of(layout),
        delimiter=layout.delimiter,
        amount=layout.amount,
        encoding=layout.encoding,
        lacking=layout.lacking,
        purpose=layout.purpose,
        valid_from=clock.today(now),
        cause=FROM_FILE,
        state=PROPOSAL_TRANSITIONS.initial,
        opinion="",
        proposed_at=now,
    )
    require_transaction().add(account)
    told = {"programme": fund, "account_number": payer.account_number}
    audit.record(actor=SYSTEM, now=now, action="import", subject=account, to_state=account.state, data=told)
    account.reviewed_at, account.opinion = now, FROM_FILE
    apply(account, ProposalAction.APPROVE, transitions=PROPOSAL_TRANSITIONS, actor=SYSTEM, now=now)
    require_transaction().flush()
    return account
