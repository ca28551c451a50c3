"""Accounts that pay, and the tables of their banks, over HTTP (V17 pay)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.models import PayingAccount
from settlement.queries.payers import PayingAccountMissing, find_paying_account, paying_accounts, sample_payouts
from settlement.rules.exports.content import ExportFaulty
from settlement.rules.exports.preview import preview
from settlement.schemas.payers import (
    BankTablePreviewSchema,
    NewPayingAccountSchema,
    PayingAccountQuerySchema,
    PayingAccountReviewSchema,
    PayingAccountSchema,
)
from settlement.service import payers as service
from settlement.service.payers import PayingAccountFaulty, PayingAccountOpen, PayingAccountOwn

payers = Blueprint(
    "paying-accounts",
    __name__,
    url_prefix="/paying-accounts",
    description="The accounts funds pay from, and the tables their banks take.",
)


@payers.route("", methods=["GET"])
@allow(permissions.may_read_payers)
@payers.arguments(PayingAccountQuerySchema, location="query")
@payers.response(200, page_schema(PayingAccountSchema))
def list_accounts(given: dict[str, Any]) -> dict[str, Any]:
    """All versions of the accounts that pay"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(paying_accounts(**given), cursor=cursor, limit=limit, key=PayingAccount.id)


@payers.route("", methods=["POST"])
@allow(permissions.may_propose_payer)
@problems(PayingAccountFaulty, PayingAccountOpen)
@idempotent
@payers.arguments(NewPayingAccountSchema)
@payers.response(201, PayingAccountSchema)
def propose(given: dict[str, Any]) -> PayingAccount:
    """Propose the account a fund pays from

    It takes the place of the version before once another person agreed and its day has come. Every fault of the table
    is named at once.
    """
    return service.propose(**given, actor=current_actor(), now=clock.now())


@payers.route("/<int:account_id>", methods=["GET"])
@allow(permissions.may_read_payers)
@problems(PayingAccountMissing)
@payers.response(200, PayingAccountSchema)
def show(account_id: int) -> PayingAccount:
    """A version of an account that pays"""
    return find_paying_account(account_id)


@payers.route("/<int:account_id>/preview", methods=["GET"])
@allow(permissions.may_read_payers)
@problems(PayingAccountMissing, ExportFaulty)
@payers.response(200, BankTablePreviewSchema)
def show_preview(account_id: int) -> dict[str, str]:
    """The first lines of a file by this version

    With the first payouts of the fund's latest batch, or invented ones before there is any.
    """
    account = find_paying_account(account_id)
    payouts = sample_payouts(account, on=clock.today(clock.now()))
    return {"text": preview(account.payer, account.layout, payouts)}


@payers.route("/<int:account_id>/decision", methods=["POST"])
@allow(permissions.may_decide_payer)
@problems(PayingAccountMissing, PayingAccountOwn, StateForbids)
@idempotent
@payers.arguments(PayingAccountReviewSchema)
@payers.response(201, PayingAccountSchema)
def decide(given: dict[str, Any], account_id: int) -> PayingAccount:
    """Decide on a proposed account

    By another person than the one who proposed it. Batches that are prepared already keep theirs.
    """
    return service.decide(account_id=account_id, **given, actor=current_actor(), now=clock.now())
