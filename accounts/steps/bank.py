"""Writing bank accounts: named by their owner, verified by an authority; the old one stays until then."""

from __future__ import annotations

from datetime import datetime

from accounts.models import BankAccount, Organisation
from accounts.queries.bank import pending_account, verified_account
from accounts.rules.registration import BankDetails
from accounts.states import BANK_ACCOUNT_TRANSITIONS, BankAccountAction
from core import audit
from core.db import require_transaction
from core.errors import Forbidden
from core.permissions import Actor
from core.states import apply


class NamedByVerifier(Forbidden):
    """Whoever named a bank account does not verify it."""

    code = "named_by_verifier"
    article = "V15"


def name_account(
    *, organisation: Organisation, details: BankDetails, actor: Actor, user_id: int, now: datetime
) -> BankAccount:
    """Name a new account, pending; one that was pending before is superseded."""
    current = require_transaction()
    waiting = pending_account(organisation.id)
    if waiting is not None:
        apply(waiting, BankAccountAction.SUPERSEDE, transitions=BANK_ACCOUNT_TRANSITIONS, actor=actor, now=now)
        current.flush()
    account = BankAccount(
        organisation_id=organisation.id,
        state=BANK_ACCOUNT_TRANSITIONS.initial,
        holder_name=details.holder_name,
        bank_name=details.bank_name,
        cnaps_code=details.cnaps_code,
        account_number=details.account_number,
        named_by=user_id,
        named_at=now,
    )
    current.add(account)
    current.flush()
    audit.record(
        actor=actor,
        now=now,
        action="name",
        subject=account,
        to_state=account.state,
        data={"organisation_id": organisation.id},
    )
    return account


def verify_account(*, account: BankAccount, actor: Actor, user_id: int, now: datetime, opinion: str = "") -> None:
    """Accept a pending account; the one verified before is superseded."""
    current = require_transaction()
    _require_other_person(account, user_id)
    previous = verified_account(account.organisation_id)
    if previous is not None and previous is not account:
        apply(previous, BankAccountAction.SUPERSEDE, transitions=BANK_ACCOUNT_TRANSITIONS, actor=actor, now=now)
        current.flush()
    _decide(account, BankAccountAction.VERIFY, actor=actor, user_id=user_id, now=now, opinion=opinion)


def refuse_account(*, account: BankAccount, opinion: str, actor: Actor, user_id: int, now: datetime) -> None:
    """Refuse a pending account; the one verified before stays."""
    require_transaction()
    _require_other_person(account, user_id)
    _decide(account, BankAccountAction.REFUSE, actor=actor, user_id=user_id, now=now, opinion=opinion)


def _require_other_person(account: BankAccount, user_id: int) -> None:
    if account.named_by == user_id:
        raise NamedByVerifier


def _decide(
    account: BankAccount,
    action: BankAccountAction,
    *,
    actor: Actor,
    user_id: int,
    now: datetime,
    opinion: str,
) -> None:
    apply(account, action, transitions=BANK_ACCOUNT_TRANSITIONS, actor=actor, now=now, note=opinion)
    account.opinion = opinion
    account.verified_by = user_id
    account.verified_at = now
    require_transaction().flush()
