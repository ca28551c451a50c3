"""Ledger accounts over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, page_of, problems
from settlement import permissions
from settlement.models import LedgerPosting
from settlement.queries.ledger import (
    LedgerAccountMissing,
    account_balance,
    described,
    known_kind,
    postings_on,
)
from settlement.rules.chart import AccountKind
from settlement.schemas.ledger import LedgerAccountSchema

ledger = Blueprint("ledger", __name__, url_prefix="/ledger", description="Accounts with balances and postings.")

KIND = {
    "name": "kind",
    "in": "path",
    "description": "The kind of account.",
    "schema": {"type": "string", "enum": list(AccountKind)},
}
OWNER = {"name": "owner", "in": "path", "description": "Whose it is: organisation:12, team:5, controller:7, order:3."}
YEAR = {"name": "year", "in": "path", "description": "The calendar year."}


@ledger.route("/accounts/<kind>/<owner>", methods=["GET"], parameters=[KIND, OWNER])
@allow(permissions.may_read_ledger)
@problems(LedgerAccountMissing)
@ledger.arguments(CursorSchema, location="query")
@ledger.response(200, LedgerAccountSchema)
def show_account(given: dict[str, Any], kind: str, owner: str) -> dict[str, Any]:
    """An account over all years

    `owner` is organisation:12, controller:7, team:5, order:3 or a programme. One's own, one's city's; all for
    finance, province and auditor.
    """
    return _shown(kind, owner, None, given)


@ledger.route("/accounts/<kind>/<owner>/<int:year>", methods=["GET"], parameters=[KIND, OWNER, YEAR])
@allow(permissions.may_read_ledger)
@problems(LedgerAccountMissing)
@ledger.arguments(CursorSchema, location="query")
@ledger.response(200, LedgerAccountSchema)
def show_account_of_year(given: dict[str, Any], kind: str, owner: str, year: int) -> dict[str, Any]:
    """An account of one year

    Caps, funds and appropriations are kept by year.
    """
    return _shown(kind, owner, year, given)


def _shown(kind: str, owner: str, year: int | None, given: dict[str, Any]) -> dict[str, Any]:
    balance = account_balance(
        kind=known_kind(kind),
        owner=owner,
        year=year,
        actor=current_actor(),
        today=clock.today(clock.now()),
    )
    page = page_of(postings_on(balance), **given, key=LedgerPosting.id)
    return {**asdict(balance), **page, "items": described(page["items"])}
