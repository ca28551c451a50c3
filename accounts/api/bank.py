"""Verification of bank accounts over HTTP."""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.models import BankAccount
from accounts.permissions import authority
from accounts.queries.bank import BankAccountMissing
from accounts.schemas.organisations import BankAccountSchema, BankAccountVerificationSchema
from accounts.service.bank import OpinionMissing
from accounts.steps.bank import NamedByVerifier
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, problems
from core.states import StateForbids

bank_accounts = Blueprint(
    "bank_accounts", __name__, url_prefix="/bank-accounts", description="Accounts that money is paid to."
)


@bank_accounts.route("/<int:account_id>/verification", methods=["POST"])
@allow(authority)
@problems(BankAccountMissing, StateForbids, NamedByVerifier, OpinionMissing)
@idempotent
@bank_accounts.arguments(BankAccountVerificationSchema)
@bank_accounts.response(201, BankAccountSchema)
def verify(given: dict[str, Any], account_id: int) -> BankAccount:
    """Verify or refuse a bank account

    By the bureau of the organisation's city, or the province for one from outside. Once verified it replaces the one
    in use.
    """
    return service.bank.verify_bank_account(account_id=account_id, **given, actor=current_actor(), now=clock.now())
