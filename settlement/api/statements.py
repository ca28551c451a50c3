"""Statements and the trial balance over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, send_file

from core import clock
from core.errors import Malformed
from core.files import PDF
from core.http import Blueprint, allow, current_actor, page_of, problems
from core.http.attachment import download
from core.pages.links import source_link
from settlement import permissions
from settlement.models import LedgerPosting
from settlement.queries import statement_files as files
from settlement.queries import statements as queries
from settlement.queries.ledger import PostingLine, described
from settlement.queries.statement_files import StatementTooLong
from settlement.queries.statements import StatementCityUnknown, StatementMissing
from settlement.queries.trade import sources_in_sight
from settlement.rules.statements import period_of
from settlement.schemas.statements import (
    StatementFileQuerySchema,
    StatementQuerySchema,
    StatementSchema,
    TrialBalanceSchema,
    TrialQuerySchema,
)

statements = Blueprint("statements", __name__, url_prefix="/ledger", description="Statements of account.")

PARTY = {
    "name": "party",
    "in": "path",
    "description": "Whose: organisation:12, city:371700 or province.",
}


class StatementFormatUnknown(Malformed):
    """A statement is written as XLSX or PDF, nothing else."""

    code = "statement_format_unknown"


@statements.route("/statements/<party>", methods=["GET"], parameters=[PARTY])
@allow(permissions.may_read_ledger)
@problems(StatementMissing, StatementCityUnknown)
@statements.arguments(StatementQuerySchema, location="query")
@statements.response(200, StatementSchema)
def show_statement(given: dict[str, Any], party: str) -> dict[str, Any]:
    """A statement of account

    One's own, a city's to its bureaus, anybody's and the province's to who reads all money. Opening + lines = closing
    for each kind of account and layer. Of a cap that several firms share only those who read all see lines.
    """
    actor, today = current_actor(), clock.today(clock.now())
    whose = queries.find_party(party, actor=actor, on=today)
    period = period_of(since=given["since"], until=given["until"], today=today)
    chosen = {"book": given["book"], "kind": given["kind"]}
    page = page_of(
        queries.lines(whose, period, actor=actor, **chosen),
        cursor=given.get("cursor"),
        limit=given["limit"],
        key=LedgerPosting.id,
    )
    lines = described(page["items"])
    hrefs = _addresses(lines)
    return {
        "party": whose.code,
        "since": period.since,
        "until": period.until,
        "sections": queries.sections(whose, period, actor=actor, **chosen),
        "items": [{**vars(line), "link": hrefs[line.id]} for line in lines],
        "next_cursor": page["next_cursor"],
    }


@statements.route("/statements/<party>/file", methods=["GET"], parameters=[PARTY])
@allow(permissions.may_read_ledger)
@problems(StatementMissing, StatementCityUnknown, StatementTooLong, StatementFormatUnknown)
@statements.arguments(StatementFileQuerySchema, location="query")
@statements.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_statement(given: dict[str, Any], party: str) -> Response:
    """A statement as a file

    All of it as XLSX; as PDF where it is short enough to be read on paper.
    """
    actor, today = current_actor(), clock.today(clock.now())
    whose = queries.find_party(party, actor=actor, on=today)
    period = period_of(since=given["since"], until=given["until"], today=today)
    chosen = {"book": given["book"], "kind": given["kind"]}
    statement = files.statement_of(whose, period, actor=actor, **chosen, address=_addresses)
    name = f"{statement.filename}.{given['format']}"
    if given["format"] == "xlsx":
        return send_file(files.statement_xlsx(statement), mimetype=files.XLSX, as_attachment=True, download_name=name)
    if given["format"] == "pdf":
        return download(files.statement_pdf(statement), media_type=PDF, filename=name)
    raise StatementFormatUnknown


@statements.route("/trial-balance", methods=["GET"])
@allow(permissions.reads_all_money)
@statements.arguments(TrialQuerySchema, location="query")
@statements.response(200, TrialBalanceSchema)
def show_trial_balance(given: dict[str, Any]) -> dict[str, Any]:
    """The trial balance

    What stands in each book, kind of account and layer at the end of a day. Debits and credits of each book and layer
    are the same.
    """
    on = given["on"] or clock.today(clock.now())
    accounts = queries.trial_balance(on)
    totals = [
        {"book": book, "layer": layer, "debit_fen": debit, "credit_fen": credit}
        for (book, layer), debit, credit in files.totals(accounts)
    ]
    return {"on": on, "accounts": accounts, "totals": totals}


def _addresses(lines: Sequence[PostingLine]) -> dict[int, str]:
    """The page of what each line is about where the reader may open it, else of its account."""
    seen = sources_in_sight({line.source: line.order_id for line in lines}, actor=current_actor())
    return {
        line.id: (source_link(line.source) if line.source in seen else None)
        or f"/ledger/accounts/{line.account_kind}/{line.owner}"
        for line in lines
    }
