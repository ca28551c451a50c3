"""Statements of the bank: the list, and one handed in, looked at before it is taken (V17 pay)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, cast

from flask import Response, url_for
from werkzeug.datastructures import FileStorage

from accounts.queries.names import usernames
from core import clock
from core.files import open_stream
from core.http import allow, current_actor, takes_files_up_to
from core.pages import Column, Done, EmptySchema, Form, Pages, Table, form_page, table_page
from core.pages.language import t
from settlement import permissions
from settlement.models import AccountStatement, BankStatement
from settlement.pages.bank_file_parts import BANK_FILE_ENDINGS, look_at_statement
from settlement.pages.statement_gaps import gap_words, numbers_of
from settlement.queries.statement_gaps import with_accounts
from settlement.queries.suspense import statements as all_statements
from settlement.schemas.suspense import NewBankStatementSchema
from settlement.service import bank_statements as service
from settlement.service.bank_files import BANK_FILE_LIMIT
from settlement.service.bank_returns import kept_file
from settlement.states import GapState

bank_statements = Pages("bank_statement_pages", __name__, url_prefix="/bank-statements")


@dataclass(frozen=True, slots=True)
class Row:
    """A statement as the table shows it."""

    statement: BankStatement
    recorded_by: str | None

    @property
    def accounts(self) -> str:
        """The accounts it tells of."""
        return "、".join(dict.fromkeys(each.account for each in self.statement.accounts))

    @property
    def numbers(self) -> str:
        """Its numbers, where it is of one account; else they stand in the API."""
        return numbers_of(each.number for each in self._own)

    @property
    def day(self) -> date | None:
        """The last day of its accounts."""
        return max((each.day for each in self.statement.accounts), default=None)

    @property
    def opening_fen(self) -> int | None:
        """The balance before it, where it is of one account."""
        return self._own[0].opening_fen if self._own else None

    @property
    def closing_fen(self) -> int | None:
        """The balance after it, where it is of one account."""
        return self._own[-1].closing_fen if self._own else None

    @property
    def gaps(self) -> str:
        """What is wrong before it."""
        return "；".join(gap_words(each) for each in self.statement.gaps)

    @property
    def _own(self) -> list[AccountStatement]:
        told = self.statement.accounts
        return told if len({each.account for each in told}) == 1 else []


def _rows(found: Sequence[BankStatement]) -> list[Row]:
    names = usernames(each.recorded_by for each in found)
    return [Row(each, names.get(each.recorded_by)) for each in found]


STATEMENTS = Table(
    name="bank-statements",
    key=BankStatement.id,
    default_sort="-number",
    empty="page.bank_statements.empty",
    prepare=_rows,
    columns=[
        Column("number", lambda row: row.statement.id, sort=BankStatement.id),
        Column("bank_file_kind", lambda row: row.statement.kind, kind="term"),
        Column("account_number", lambda row: row.accounts),
        Column("statement_no", lambda row: row.numbers),
        Column("statement_day", lambda row: row.day, kind="day"),
        Column("opening_balance", lambda row: row.opening_fen, kind="money"),
        Column("closing_balance", lambda row: row.closing_fen, kind="money"),
        Column("gap", lambda row: row.gaps, link=lambda row: _gaps() if row.gaps else None),
        Column("told_count", lambda row: row.statement.told_count, kind="number", sort=BankStatement.told_count),
        Column(
            "suspense_count",
            lambda row: row.statement.suspense_count,
            kind="number",
            sort=BankStatement.suspense_count,
        ),
        Column("recorded_by", lambda row: row.recorded_by),
        Column("recorded_at", lambda row: row.statement.recorded_at, kind="moment", sort=BankStatement.recorded_at),
    ],
)


def _gaps() -> str:
    return url_for("statement_gap_pages.index", state=GapState.OPEN.value)


@bank_statements.get("")
@allow(permissions.may_read_suspense)
def index() -> Any:
    """Statements, the latest first."""
    actions: list[dict[str, Any]] = [{"label": t("page.statement_gaps.title"), "href": _gaps()}]
    if permissions.may_record_bank_return(current_actor()):
        new = url_for("bank_statement_pages.new")
        actions.insert(0, {"label": t("page.bank_statement.title"), "href": new, "primary": True})
    return table_page(STATEMENTS, with_accounts(all_statements()), title="page.bank_statements.title", actions=actions)


@bank_statements.route("/new", methods=["GET", "POST"])
@allow(permissions.may_record_bank_return)
@takes_files_up_to(BANK_FILE_LIMIT)
def new() -> Response:
    """Hand in a statement; what it would do is shown before it is taken."""

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        kept = service.keep_statement(
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(url_for("bank_statement_pages.preview", file_id=kept.id))

    form = Form(NewBankStatementSchema, name="bank_statement")
    form["file"].attributes["accept"] = BANK_FILE_ENDINGS
    return form_page(form, effect=effect, back=url_for("bank_statement_pages.index"))


@bank_statements.route("/new/<int:file_id>", methods=["GET", "POST"])
@allow(permissions.may_record_bank_return)
def preview(file_id: int) -> Response:
    """What a statement that was handed in would do, or every fault of it; taken in by a second click."""
    kept = kept_file(file_id, actor=current_actor())
    with open_stream(kept) as content:
        looked = look_at_statement(content)

    def effect(_given: dict[str, Any]) -> Done:
        made = service.record_kept_statement(file_id=file_id, actor=current_actor(), now=clock.now())
        params = {"told": made.told_count, "suspense": made.suspense_count}
        return Done(url_for("bank_statement_pages.index"), "page.bank_statement_preview.done", params)

    return form_page(
        Form(EmptySchema, name="bank_statement_preview"),
        effect=effect,
        back=url_for("bank_statement_pages.index"),
        confirms=True,
        template="settlement/bank_return.html",
        facts=[("column.file", kept.filename)],
        looked=looked,
    )
