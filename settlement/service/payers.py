"""Use cases of paying accounts: one of finance proposes a version, another decides (V17 pay)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import exists, select

from accounts.kinds import ChangeDecision
from accounts.states import PROPOSAL_TRANSITIONS, ProposalAction
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Refused, reason
from core.failpoints import failpoint
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import PayingAccount
from settlement.payers import read_accounts, written_accounts
from settlement.queries.payers import find_paying_account, last_preparation, open_proposal_for
from settlement.queries.programmes import programmes
from settlement.rules.exports.layout import AmountUnit, BankEncoding, Delimiter, Lacking
from settlement.rules.payers import ARTICLE, EVERY_OTHER, Separator, layout_faults, read_columns
from settlement.steps.payers import take_over
from settlement.steps.queue import hold_queue

_LEAST = timedelta(microseconds=1)


class PayingAccountFaulty(Refused):
    """The account, or the table of its bank, has faults; each is named."""

    code = "paying_account_faulty"
    article = ARTICLE


class PayingAccountOpen(Conflict):
    """Another version for this fund is proposed and not decided yet."""

    code = "paying_account_open"
    article = ARTICLE


class PayingAccountOwn(Conflict):
    """Nobody decides what he proposed himself."""

    code = "paying_account_own"
    article = ARTICLE


def propose(
    *,
    programme: str,
    holder_name: str,
    bank_name: str,
    cnaps_code: str,
    account_number: str,
    bic: str | None,
    columns: Sequence[str],
    separator: Separator,
    amount: AmountUnit,
    encoding: BankEncoding,
    lacking: Lacking,
    purpose: str,
    valid_from: date,
    cause: str,
    actor: Actor,
    now: datetime,
) -> PayingAccount:
    """Propose the account a fund pays from, with the table its bank takes; it replaces the version before.

    ``columns`` are lines such as ``holder_name:60=收款人``. Raises :class:`PayingAccountFaulty` with every fault, and
    :class:`PayingAccountOpen`.
    """
    with transaction() as current:
        authorise(actor, permissions.may_propose_payer)
        read, faults = read_columns(columns)
        account = PayingAccount(
            programme=programme,
            holder_name=holder_name,
            bank_name=bank_name,
            cnaps_code=cnaps_code,
            account_number=account_number,
            bic=bic,
            columns=read,
            delimiter=Delimiter[separator.name],
            amount=amount,
            encoding=encoding,
            lacking=lacking,
            purpose=purpose,
            valid_from=valid_from,
            cause=cause,
            state=PROPOSAL_TRANSITIONS.initial,
            opinion="",
            proposed_by=actor.user_id,
            proposed_at=now,
        )
        faults += layout_faults(account.layout)
        today = clock.today(now)
        if valid_from < today:
            faults.append(reason("valid_from_past", article=ARTICLE, field="valid_from", day=today))
        known = [*programmes(today), EVERY_OTHER]
        if programme not in known:
            told = ", ".join(known)
            faults.append(reason("payer_programme_unknown", article=ARTICLE, field="programme", known=told))
        if faults:
            raise PayingAccountFaulty(reasons=faults)
        if open_proposal_for(programme) is not None:
            raise PayingAccountOpen
        current.add(account)
        audit.record(
            actor=actor,
            now=now,
            action="propose",
            subject=account,
            to_state=account.state,
            data={"programme": programme, "account_number": account_number, "valid_from": valid_from.isoformat()},
        )
        return account


def decide(*, account_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime) -> PayingAccount:
    """Another person decides; what is approved holds for batches prepared from its day on.

    Raises ``PayingAccountMissing``, :class:`PayingAccountOwn` and ``StateForbids``.
    """
    with transaction():
        hold_queue()
        failpoint("settlement.payer.queued")
        account = find_paying_account(account_id, lock=True)
        authorise(actor, permissions.may_decide_payer, account)
        if account.proposed_by == actor.user_id:
            raise PayingAccountOwn
        action = ProposalAction.APPROVE if decision is ChangeDecision.APPROVE else ProposalAction.REFUSE
        prepared = last_preparation()
        # A batch that was prepared while this waited for the queue came before it, whatever clock was read first.
        decided_at = now if prepared is None else max(now, prepared + _LEAST)
        account.reviewed_by, account.reviewed_at, account.opinion = actor.user_id, decided_at, opinion
        apply(account, action, transitions=PROPOSAL_TRANSITIONS, actor=actor, now=now, data={"opinion": opinion})
        failpoint("settlement.payer.decided")
        return account


def import_accounts(*, path: Path | None = None, now: datetime) -> list[PayingAccount]:
    """Take over the accounts of an office's file for every fund that has none yet; two persons change the others.

    Without a ``path`` it is the file the service was started with. Raises
    :class:`settlement.payers.PayingAccountsUnreadable`.
    """
    written = written_accounts() if path is None else read_accounts(path)
    with transaction() as current:
        return [
            take_over(fund, *told, now=now)
            for fund, told in written.items()
            if not current.scalar(select(exists().where(PayingAccount.programme == fund)))
        ]
