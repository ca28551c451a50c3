"""Reads of bank accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from accounts.kinds import OrganisationKind
from accounts.models import BankAccount, Organisation
from accounts.queries.organisations import visible_organisations
from accounts.states import BankAccountState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class BankAccountMissing(NotFound):
    """There is no such bank account for this actor."""

    code = "bank_account_missing"


def verified_account(organisation_id: int) -> BankAccount | None:
    """The one account to which an organisation may be paid, or None."""
    return session().scalar(
        select(BankAccount).where(
            BankAccount.organisation_id == organisation_id, BankAccount.state == BankAccountState.VERIFIED
        )
    )


def pending_account(organisation_id: int) -> BankAccount | None:
    """The account waiting to be verified, or None."""
    return session().scalar(
        select(BankAccount).where(
            BankAccount.organisation_id == organisation_id, BankAccount.state == BankAccountState.PENDING
        )
    )


def accounts_to_rename() -> Select[tuple[BankAccount]]:
    """Verified accounts whose owner has taken another name since; they are paid to until they are named anew."""
    return (
        select(BankAccount)
        .join(Organisation, Organisation.id == BankAccount.organisation_id)
        .where(
            BankAccount.state == BankAccountState.VERIFIED,
            Organisation.kind != OrganisationKind.TEAM,
            _without_blanks(BankAccount.holder_name) != _without_blanks(Organisation.name),
        )
    )


def bank_accounts(organisation_id: int) -> Sequence[BankAccount]:
    """Every account an organisation ever named, the latest first."""
    found = select(BankAccount).where(BankAccount.organisation_id == organisation_id)
    return session().scalars(found.order_by(BankAccount.id.desc())).all()


def find_bank_account(account_id: int, *, actor: Actor, lock: bool = False) -> BankAccount:
    """The account if the actor may see its organisation; raises :class:`BankAccountMissing`."""
    found = (
        select(BankAccount)
        .join(Organisation, Organisation.id == BankAccount.organisation_id)
        .where(BankAccount.id == account_id, visible_organisations(actor))
    )
    account = session().scalar(found.with_for_update(of=BankAccount) if lock else found)
    if account is None:
        raise BankAccountMissing
    return account


def _without_blanks(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.regexp_replace(column, r"\s", "", "g")
