"""Funds: opened for a year and increased, never decreased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.permissions import Actor
from settlement.models import Appropriation, Fund, LedgerAccount
from settlement.rules import postings
from settlement.rules.chart import AccountKind, AccountRef, TransactionKind
from settlement.steps.posting import Posting, lock_accounts, post

ARTICLE = "V3"


def add_fund(*, programme: str, year: int, actor: Actor, now: datetime) -> Fund:
    """A fund without money yet."""
    account = AccountRef(AccountKind.FUND, programme, year)
    fund = Fund(programme=programme, year=year, account_id=lock_accounts([account])[account], created_at=now)
    require_transaction().add(fund)
    audit.record(actor=actor, now=now, action="open", subject=fund, data={"programme": programme, "year": year})
    return fund


def appropriate(fund: Fund, *, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Appropriation:
    """Put money into a fund, with the document it rests on."""
    current = require_transaction()
    made = post(
        Posting(
            TransactionKind.APPROPRIATED,
            postings.appropriated(programme=fund.programme, year=fund.year, amount_fen=amount_fen),
            source=f"fund:{fund.id}",
            article=ARTICLE,
            data={"reference": reference},
        ),
        actor=actor,
        now=now,
    )
    appropriation = Appropriation(
        fund_id=fund.id,
        amount_fen=amount_fen,
        reference=reference,
        transaction_id=made,
        entered_by=actor.user_id,
        entered_at=now,
    )
    current.add(appropriation)
    audit.record(
        actor=actor,
        now=now,
        action="appropriate",
        subject=fund,
        data={"amount_fen": amount_fen, "reference": reference},
    )
    return appropriation


def lock_fund(fund_id: int) -> int:
    """Lock a fund's account before any payee's, as whoever moves both must; returns the account's id."""
    found = (
        select(LedgerAccount.id)
        .join(Fund, Fund.account_id == LedgerAccount.id)
        .where(Fund.id == fund_id)
        .with_for_update(of=LedgerAccount, key_share=True)
    )
    return require_transaction().scalars(found).one()


def fund_of(*, programme: str, year: int) -> Fund | None:
    """The fund of a programme and year, if there is one."""
    found = select(Fund).where(Fund.programme == programme, Fund.year == year)
    return require_transaction().scalars(found).one_or_none()
