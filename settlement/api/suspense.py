"""Statements of the bank and money that matched nothing, over HTTP (V17 pay)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import (
    MULTIPART,
    Blueprint,
    CursorSchema,
    allow,
    current_actor,
    idempotent,
    page_of,
    page_schema,
    problems,
    takes_files_up_to,
)
from core.states import StateForbids
from settlement import permissions
from settlement.models import BankStatement, BankSuspense, StatementGap
from settlement.queries import suspense as queries
from settlement.queries.clawbacks import ClawbackMissing
from settlement.queries.statement_gaps import StatementGapMissing, find_gap, statement_gaps, with_accounts
from settlement.queries.suspense import BankStatementMissing, SuspenseMissing
from settlement.schemas.suspense import (
    BankStatementSchema,
    DecliningSchema,
    GapExplanationSchema,
    NewBankStatementSchema,
    ProposalSchema,
    StatementGapQuerySchema,
    StatementGapSchema,
    SuspenseQuerySchema,
    SuspenseSchema,
)
from settlement.service import bank_statements as statement_service
from settlement.service import statement_gaps as gap_service
from settlement.service import suspense as service
from settlement.service.bank_files import BANK_FILE_LIMIT, BankReturnRefused
from settlement.service.bank_returns import BatchNotSent
from settlement.service.bank_statements import NotAStatement
from settlement.service.suspense import ClawbackUnnamed, PayoutUnknown, PayoutUnnamed, ProposerSettles
from settlement.steps.clawbacks import RecoveryTooLarge

bank_statements = Blueprint(
    "bank-statements", __name__, description="Statements of the bank, and money on them that matched nothing."
)


@bank_statements.route("/bank-statements", methods=["POST"])
@allow(permissions.may_record_bank_return)
@takes_files_up_to(BANK_FILE_LIMIT)
@problems(NotAStatement, BankReturnRefused, *UPLOAD_PROBLEMS)
@idempotent
@bank_statements.arguments(NewBankStatementSchema, location=MULTIPART)
@bank_statements.response(201, BankStatementSchema)
def record_statement(given: dict[str, Any]) -> BankStatement:
    """Hand in a statement

    A camt.053 or camt.054 that may speak of several batches. Taken in whole or refused in whole with every fault and
    its line; what matches no payout waits in suspense. The same again changes nothing.
    """
    upload: FileStorage = given["file"]
    return statement_service.record_statement(
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@bank_statements.route("/bank-statements", methods=["GET"])
@allow(permissions.may_read_suspense)
@bank_statements.arguments(CursorSchema, location="query")
@bank_statements.response(200, page_schema(BankStatementSchema))
def list_statements(given: dict[str, Any]) -> dict[str, Any]:
    """Statements, the latest first

    What each of them did.
    """
    return page_of(with_accounts(queries.statements()), **given, key=BankStatement.id, descending=True)


@bank_statements.route("/bank-statements/<int:statement_id>", methods=["GET"])
@allow(permissions.may_read_suspense)
@problems(BankStatementMissing)
@bank_statements.response(200, BankStatementSchema)
def show_statement(statement_id: int) -> BankStatement:
    """A statement

    What it did.
    """
    return queries.find_statement(statement_id)


@bank_statements.route("/statement-gaps", methods=["GET"])
@allow(permissions.may_read_suspense)
@bank_statements.arguments(StatementGapQuerySchema, location="query")
@bank_statements.response(200, page_schema(StatementGapSchema))
def list_gaps(given: dict[str, Any]) -> dict[str, Any]:
    """Gaps between the statements of an account, the latest first

    Numbers that are missing, one that came twice with another content, and opening balances that are not the closing
    one before. What is closed or explained stays in the list.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(statement_gaps(**given), cursor=cursor, limit=limit, key=StatementGap.id, descending=True)


@bank_statements.route("/statement-gaps/<int:gap_id>", methods=["GET"])
@allow(permissions.may_read_suspense)
@problems(StatementGapMissing)
@bank_statements.response(200, StatementGapSchema)
def show_gap(gap_id: int) -> StatementGap:
    """A gap between two statements

    With both, and what is missing.
    """
    return find_gap(gap_id)


@bank_statements.route("/statement-gaps/<int:gap_id>/explanation", methods=["POST"])
@allow(permissions.may_explain_suspense)
@problems(StatementGapMissing, StateForbids)
@idempotent
@bank_statements.arguments(GapExplanationSchema)
@bank_statements.response(201, StatementGapSchema)
def explain_gap(given: dict[str, Any], gap_id: int) -> StatementGap:
    """Say why nothing is missing

    In own words, where no statement will ever close it. Nothing that was taken in changes.
    """
    return gap_service.explain(gap_id=gap_id, **given, actor=current_actor(), now=clock.now())


@bank_statements.route("/suspense-entries", methods=["GET"])
@allow(permissions.may_read_suspense)
@bank_statements.arguments(SuspenseQuerySchema, location="query")
@bank_statements.response(200, page_schema(SuspenseSchema))
def list_suspense(given: dict[str, Any]) -> dict[str, Any]:
    """Money that matched nothing, the latest first

    What is explained stays in the list.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(queries.suspense(**given), cursor=cursor, limit=limit, key=BankSuspense.id, descending=True)


@bank_statements.route("/suspense-entries/<int:suspense_id>", methods=["GET"])
@allow(permissions.may_read_suspense)
@problems(SuspenseMissing)
@bank_statements.response(200, SuspenseSchema)
def show_suspense(suspense_id: int) -> BankSuspense:
    """An entry that matched nothing

    With what it is said to be.
    """
    return queries.find_suspense(suspense_id)


@bank_statements.route("/suspense-entries/<int:suspense_id>/proposal", methods=["POST"])
@allow(permissions.may_explain_suspense)
@problems(
    SuspenseMissing,
    StateForbids,
    PayoutUnnamed,
    PayoutUnknown,
    BatchNotSent,
    BankReturnRefused,
    ClawbackUnnamed,
    ClawbackMissing,
    RecoveryTooLarge,
)
@idempotent
@bank_statements.arguments(ProposalSchema)
@bank_statements.response(201, SuspenseSchema)
def propose_resolution(given: dict[str, Any], suspense_id: int) -> BankSuspense:
    """Say what an entry is

    In own words; a payout that came back is named and must fit, and so is the clawback that all of it was paid back
    for. Another person confirms it.
    """
    return service.propose(suspense_id=suspense_id, **given, actor=current_actor(), now=clock.now())


@bank_statements.route("/suspense-entries/<int:suspense_id>/declining", methods=["POST"])
@allow(permissions.may_settle_suspense)
@problems(SuspenseMissing, StateForbids)
@idempotent
@bank_statements.arguments(DecliningSchema)
@bank_statements.response(201, SuspenseSchema)
def decline_resolution(given: dict[str, Any], suspense_id: int) -> BankSuspense:
    """Say that it is not so

    The entry is open again.
    """
    return service.decline(suspense_id=suspense_id, **given, actor=current_actor(), now=clock.now())


@bank_statements.route("/suspense-entries/<int:suspense_id>/settlement", methods=["POST"])
@allow(permissions.may_settle_suspense)
@problems(
    SuspenseMissing, StateForbids, ProposerSettles, PayoutUnknown, BatchNotSent, BankReturnRefused, RecoveryTooLarge
)
@idempotent
@bank_statements.response(201, SuspenseSchema)
def settle_suspense(suspense_id: int) -> BankSuspense:
    """Confirm what an entry is

    By another person than the one who said so. Its money leaves suspense; a payout that came back is due again after
    correction, and what came for a clawback is booked to it.
    """
    return service.settle(suspense_id=suspense_id, actor=current_actor(), now=clock.now())
