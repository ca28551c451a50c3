"""The steps of a settlement batch, each a form of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from flask import Response, url_for
from werkzeug.datastructures import FileStorage

from accounts.queries.names import usernames
from core import clock
from core.files import StoredFile, open_stream
from core.http import allow, current_actor, takes_files_up_to
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to
from core.pages.language import yuan
from settlement import permissions
from settlement.models import SettlementBatch
from settlement.pages.bank_file_parts import BANK_FILE_ENDINGS, look
from settlement.pages.batch_parts import who
from settlement.queries.batches import find_batch
from settlement.schemas.batches import NewBankReturnSchema
from settlement.service import bank_returns as return_service
from settlement.service import batches as service
from settlement.service.bank_files import BANK_FILE_LIMIT

batch_actions = Pages("batch_action_pages", __name__, url_prefix="/settlement-batches/<int:batch_id>")

Act = Callable[[dict[str, Any]], Any]


@batch_actions.route("/approval", methods=["GET", "POST"])
@allow(permissions.may_approve_batch)
def approve(batch_id: int) -> Response:
    """Another person than the preparer approves."""
    return _step(
        batch_id,
        Form(EmptySchema, name="batch_approve"),
        lambda _given: service.approve(batch_id=batch_id, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@batch_actions.route("/discard", methods=["GET", "POST"])
@allow(permissions.may_discard_batch)
def discard(batch_id: int) -> Response:
    """The payables go back to their places in the queue."""
    return _step(
        batch_id,
        Form(EmptySchema, name="batch_discard", ends=True),
        lambda _given: service.discard(batch_id=batch_id, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@batch_actions.route("/exportation", methods=["GET", "POST"])
@allow(permissions.may_export_batch)
def export(batch_id: int) -> Response:
    """Make the files, or make them again and compare."""
    return _step(
        batch_id,
        Form(EmptySchema, name="batch_export"),
        lambda _given: service.export(batch_id=batch_id, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@batch_actions.route("/bank-returns", methods=["GET", "POST"])
@allow(permissions.may_record_bank_return)
@takes_files_up_to(BANK_FILE_LIMIT)
def bank_return(batch_id: int) -> Response:
    """Hand in the bank's answer; what it would do is shown before it is taken."""

    def effect(given: dict[str, Any]) -> Done:
        kept = _keep(batch_id, given["file"])
        return Done(url_for(".bank_return_preview", batch_id=batch_id, file_id=kept.id))

    form = Form(NewBankReturnSchema, name="batch_bank_return")
    form["file"].attributes["accept"] = BANK_FILE_ENDINGS
    return form_page(form, effect=effect, back=link_to("batch", batch_id), facts=_facts(find_batch(batch_id)))


@batch_actions.route("/bank-returns/<int:file_id>", methods=["GET", "POST"])
@allow(permissions.may_record_bank_return)
def bank_return_preview(batch_id: int, file_id: int) -> Response:
    """What a file that was handed in would do, or every fault of it; taken in by a second click."""
    batch, kept = find_batch(batch_id), return_service.kept_file(file_id, actor=current_actor())
    here = link_to("batch", batch_id)
    with open_stream(kept) as content:
        looked = look(batch_id, content)

    def effect(_given: dict[str, Any]) -> Done:
        return_service.record_kept_return(batch_id=batch_id, file_id=file_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.batch_bank_return.done")

    return form_page(
        Form(EmptySchema, name="batch_bank_return_preview"),
        effect=effect,
        back=here,
        confirms=True,
        template="settlement/bank_return.html",
        facts=[("column.file", kept.filename), *_facts(batch)],
        looked=looked,
    )


@batch_actions.route("/closing", methods=["GET", "POST"])
@allow(permissions.may_close_batch)
def close(batch_id: int) -> Response:
    """Once the bank has reported on every line."""
    return _step(
        batch_id,
        Form(EmptySchema, name="batch_close"),
        lambda _given: service.close(batch_id=batch_id, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


def _keep(batch_id: int, upload: FileStorage) -> StoredFile:
    return return_service.keep_bank_file(
        batch_id=batch_id,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


def _step(batch_id: int, form: Form, act: Act, *, confirms: bool = False) -> Response:
    """A step of a batch: what it is about, its form, and back to the batch with word of what was done."""
    batch = find_batch(batch_id)
    here = link_to("batch", batch_id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, confirms=confirms, facts=_facts(batch))


def _facts(batch: SettlementBatch) -> list[tuple[str, Any]]:
    return [
        ("column.batch", batch.number),
        ("column.cutoff", batch.cutoff),
        ("column.line_count", batch.line_count),
        ("column.total", yuan(batch.total_fen)),
        ("column.prepared_by", who(batch.prepared_by, usernames([batch.prepared_by or 0]))),
    ]
