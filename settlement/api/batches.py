"""Settlement batches over HTTP (V17 pay)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from core import clock
from core.errors import Malformed
from core.files import UPLOAD_PROBLEMS, FileAltered, FileLost
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
from core.http.attachment import attachment
from core.states import StateForbids
from core.workdays import YearNotPublished
from settlement import permissions
from settlement.models import BankReturn, BatchLine, BatchPayout, SettlementBatch
from settlement.payers import PayerUnknown
from settlement.queries import batches as queries
from settlement.queries.batches import BatchMissing, BatchNotExported, PayoutMissing
from settlement.queries.programmes import ProgrammeUnknown
from settlement.rules.cutoffs import Cutoff
from settlement.rules.exports import ExportFormat
from settlement.rules.exports.content import ControlSumDiffers, ExportFaulty
from settlement.rules.payout_ids import end_to_end_id
from settlement.schemas.batches import (
    BankReturnPreviewSchema,
    BankReturnSchema,
    BatchLineSchema,
    BatchPayoutSchema,
    BatchQuerySchema,
    BatchSchema,
    CutoffChangeSchema,
    CutoffQuerySchema,
    CutoffSchema,
    ExportQuerySchema,
    LineQuerySchema,
    NewBankReturnSchema,
    NewBatchSchema,
)
from settlement.schemas.payables import CorrectionSchema
from settlement.service import bank_returns as return_service
from settlement.service import batches as service
from settlement.service import cutoffs as cutoff_service
from settlement.service import payables as payable_service
from settlement.service.bank_files import BANK_FILE_LIMIT, BankReturnRefused
from settlement.service.bank_returns import BatchNotSent, Preview
from settlement.service.batches import ApproverPrepared, CutoffAhead, ExportDiffers, PayoutsOpen
from settlement.service.cutoffs import CutoffChangeRefused, CutoffHasBatch
from settlement.service.payables import NoVerifiedAccount, PayoutNotStuck
from settlement.steps.batches import NothingToSettle, PreparerInvolved

batches = Blueprint(
    "settlement", __name__, description="Pay runs: prepared, approved by another person, exported, answered, closed."
)

PAYOUT_NO = {"name": "payout_no", "in": "path", "description": "The payout's place in its batch, from 1."}


class ExportFormatUnknown(Malformed):
    """Batches cannot be had in this format."""

    code = "export_format_unknown"


@batches.route("/settlement-batches", methods=["POST"])
@allow(permissions.may_prepare_batch)
@problems(CutoffAhead, YearNotPublished, PayerUnknown, NothingToSettle, PreparerInvolved, ProgrammeUnknown)
@idempotent
@batches.arguments(NewBatchSchema)
@batches.response(201, BatchSchema)
def prepare_batch(given: dict[str, Any]) -> SettlementBatch:
    """Prepare the batch of a cut-off

    Takes confirmed claims strictly in the order of confirmation while the fund of the cut-off's year lasts. A
    cut-off has one live batch of each programme: asking again answers with it. What is confirmed after a scheduled
    one was batched before its day was over, and by its end, is batched by itself in the night after it, dated the day
    that follows, if the early batch still stands, that day has no batch yet and the money suffices.
    """
    return service.prepare(**given, actor=current_actor(), now=clock.now())


@batches.route("/settlement-batches", methods=["GET"])
@allow(permissions.may_read_batches)
@batches.arguments(BatchQuerySchema, location="query")
@batches.response(200, page_schema(BatchSchema))
def list_batches(given: dict[str, Any]) -> dict[str, Any]:
    """Batches, the latest first

    Discarded ones too.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = queries.batches(**given)
    return page_of(found, cursor=cursor, limit=limit, key=SettlementBatch.id, descending=True)


@batches.route("/settlement-batches/<int:batch_id>", methods=["GET"])
@allow(permissions.may_read_batches)
@problems(BatchMissing)
@batches.response(200, BatchSchema)
def show_batch(batch_id: int) -> SettlementBatch:
    """A batch

    With its seal and the files made of it.
    """
    return queries.find_batch(batch_id)


@batches.route("/settlement-batches/<int:batch_id>/lines", methods=["GET"])
@allow(permissions.may_read_batches)
@problems(BatchMissing)
@batches.arguments(LineQuerySchema, location="query")
@batches.response(200, page_schema(BatchLineSchema))
def list_lines(given: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """The claims of a batch

    Each with the payout above it and what was said last of that.
    """
    found = queries.lines_of(queries.find_batch(batch_id), payout_no=given.pop("payout_no", None))
    page = page_of(found, **given, key=BatchLine.line_no)
    return {**page, "items": queries.lines_with_outcomes(page["items"])}


@batches.route("/settlement-batches/<int:batch_id>/payouts", methods=["GET"])
@allow(permissions.may_read_batches)
@problems(BatchMissing)
@batches.arguments(CursorSchema, location="query")
@batches.response(200, page_schema(BatchPayoutSchema))
def list_payouts(given: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """The payouts of a batch

    One payment an account of a payee, with what is netted of it for clawbacks and what was said last of it; its
    claims are the lines with its number.
    """
    batch = queries.find_batch(batch_id)
    page = page_of(queries.payouts_of(batch), **given, key=BatchPayout.payout_no)
    return {**page, "items": _shown(batch, page["items"])}


@batches.route(
    "/settlement-batches/<int:batch_id>/payouts/<int:payout_no>/correction", methods=["POST"], parameters=[PAYOUT_NO]
)
@allow(permissions.may_correct_payable)
@problems(BatchMissing, PayoutMissing, PayoutNotStuck, NoVerifiedAccount)
@idempotent
@batches.arguments(CorrectionSchema)
@batches.response(201, BatchPayoutSchema)
def correct_payout(given: dict[str, Any], batch_id: int, payout_no: int) -> dict[str, Any]:
    """Put all claims of a failed or returned payout back into the queue

    Together, each at its place, with the payee's verified account of today; the next batch pays them.
    """
    payout = payable_service.correct_payout(
        batch_id=batch_id, payout_no=payout_no, **given, actor=current_actor(), now=clock.now()
    )
    return _shown(queries.find_batch(batch_id), [payout])[0]


@batches.route("/settlement-batches/<int:batch_id>/approval", methods=["POST"])
@allow(permissions.may_approve_batch)
@problems(BatchMissing, StateForbids, ApproverPrepared, PreparerInvolved)
@idempotent
@batches.response(201, BatchSchema)
def approve_batch(batch_id: int) -> SettlementBatch:
    """Approve a batch

    By another person than the one who prepared it, and than anybody who submitted, reviewed or confirmed one of
    its claims.
    """
    return service.approve(batch_id=batch_id, actor=current_actor(), now=clock.now())


@batches.route("/settlement-batches/<int:batch_id>/discard", methods=["POST"])
@allow(permissions.may_discard_batch)
@problems(BatchMissing, StateForbids)
@idempotent
@batches.response(201, BatchSchema)
def discard_batch(batch_id: int) -> SettlementBatch:
    """Discard a batch that no file was made of

    An approved one is discarded by who may approve. Its payables go back to their places in the queue, and the
    cut-off may be prepared again.
    """
    return service.discard(batch_id=batch_id, actor=current_actor(), now=clock.now())


@batches.route("/settlement-batches/<int:batch_id>/exportation", methods=["POST"])
@allow(permissions.may_export_batch)
@problems(
    BatchMissing, StateForbids, ExportDiffers, ExportFaulty, ControlSumDiffers, PayerUnknown, FileAltered, FileLost
)
@idempotent
@batches.response(201, BatchSchema)
def export_batch(batch_id: int) -> SettlementBatch:
    """Make the files of an approved batch

    All formats at once. Doing it again checks that neither the batch nor a file changed, and makes what is missing.
    """
    return service.export(batch_id=batch_id, actor=current_actor(), now=clock.now())


@batches.route("/settlement-batches/<int:batch_id>/export", methods=["GET"])
@allow(permissions.may_read_batches)
@problems(BatchMissing, BatchNotExported, ExportFormatUnknown, FileAltered, FileLost)
@batches.arguments(ExportQuerySchema, location="query")
@batches.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_export(given: dict[str, Any], batch_id: int) -> Response:
    """A file of a batch

    The same bytes whenever it is fetched, sent part by part.
    """
    return attachment(queries.exported(batch_id, _known_format(given["format"])))


@batches.route("/settlement-batches/<int:batch_id>/bank-returns", methods=["POST"])
@allow(permissions.may_record_bank_return)
@takes_files_up_to(BANK_FILE_LIMIT)
@problems(BatchMissing, BatchNotSent, BankReturnRefused, *UPLOAD_PROBLEMS)
@idempotent
@batches.arguments(NewBankReturnSchema, location=MULTIPART)
@batches.response(201, BankReturnSchema)
def record_bank_return(given: dict[str, Any], batch_id: int) -> BankReturn:
    """Hand in the bank's answer

    A table, or a pain.002, camt.054 or camt.053 of this batch alone; the content tells which. Taken in whole or refused
    in whole with every fault and its line. The same again, in the same file or another, answers the same and changes
    nothing.
    """
    upload: FileStorage = given["file"]
    return return_service.record_bank_return(
        batch_id=batch_id,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@batches.route("/settlement-batches/<int:batch_id>/bank-return-previews", methods=["POST"])
@allow(permissions.may_record_bank_return)
@takes_files_up_to(BANK_FILE_LIMIT)
@problems(BatchMissing, BatchNotSent, BankReturnRefused, *UPLOAD_PROBLEMS)
@batches.arguments(NewBankReturnSchema, location=MULTIPART)
@batches.response(200, BankReturnPreviewSchema)
def preview_bank_return(given: dict[str, Any], batch_id: int) -> Preview:
    """Look at the bank's answer

    What the file would do, or every fault of it; nothing is changed and the file is not kept.
    """
    upload: FileStorage = given["file"]
    return return_service.preview_upload(
        batch_id=batch_id,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@batches.route("/settlement-batches/<int:batch_id>/bank-returns", methods=["GET"])
@allow(permissions.may_read_batches)
@problems(BatchMissing)
@batches.arguments(CursorSchema, location="query")
@batches.response(200, page_schema(BankReturnSchema))
def list_bank_returns(given: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """The bank's answers to a batch

    The earliest first.
    """
    return page_of(queries.returns_of(queries.find_batch(batch_id)), **given, key=BankReturn.id)


@batches.route("/settlement-batches/<int:batch_id>/closing", methods=["POST"])
@allow(permissions.may_close_batch)
@problems(BatchMissing, StateForbids, PayoutsOpen)
@idempotent
@batches.response(201, BatchSchema)
def close_batch(batch_id: int) -> SettlementBatch:
    """Close a batch

    Once the bank has reported on every payout; later only returns of what was paid are taken in.
    """
    return service.close(batch_id=batch_id, actor=current_actor(), now=clock.now())


@batches.route("/settlement-cutoffs", methods=["GET"])
@allow(permissions.may_read_payables)
@batches.arguments(CutoffQuerySchema, location="query")
@batches.response(200, page_schema(CutoffSchema))
def list_cutoffs(given: dict[str, Any]) -> dict[str, Any]:
    """The scheduled cut-offs of a year

    The 10th and 25th, moved to the next working day; provisional while the official calendar is not published.
    """
    return {"items": service.scheduled_cutoffs(**given), "next_cursor": None}


@batches.route("/settlement-cutoffs", methods=["POST"])
@allow(permissions.may_change_cutoffs)
@problems(CutoffChangeRefused, CutoffHasBatch)
@idempotent
@batches.arguments(CutoffChangeSchema)
@batches.response(201, CutoffSchema)
def change_cutoff(given: dict[str, Any]) -> Cutoff:
    """Put a cut-off on another day

    With the reason, while it is still to come and has no batch. The worker prepares its batch after that day.
    """
    return cutoff_service.change_cutoff(**given, actor=current_actor(), now=clock.now())


def _shown(batch: SettlementBatch, payouts: Sequence[BatchPayout]) -> list[dict[str, Any]]:
    nettings = queries.nettings_of(payouts)
    return [
        {
            "payout": each.payout,
            "said": each.said,
            "end_to_end_id": end_to_end_id(batch.number, each.payout.payout_no),
            "nettings": nettings[each.payout.payout_no],
        }
        for each in queries.with_outcomes(payouts)
    ]


def _known_format(name: str) -> ExportFormat:
    try:
        return ExportFormat(name)
    except ValueError as unknown:
        raise ExportFormatUnknown(known=", ".join(ExportFormat)) from unknown
