"""The files of a batch: written with nothing locked, then recorded together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from core.db import require_transaction
from core.errors import Reason
from core.failpoints import failpoint
from core.file_store import Kept
from core.files import keep_written, open_stream, record_file, stored_file
from core.permissions import Actor
from settlement.models import BatchFile, SettlementBatch
from settlement.queries.batches import files_of, sent_count
from settlement.queries.exports import content_of
from settlement.rules.exports import FILE_KINDS, FOR_BANKS, ExportFormat
from settlement.rules.exports.content import ExportFaulty


def write_files(batch: SettlementBatch) -> dict[ExportFormat, Kept]:
    """Write the files that an approved batch does not have yet, and look that those it has are still what was written.

    Needs no transaction: what is written and never recorded harms nobody. Raises what writers refuse, of all
    formats at once, :class:`core.files.FileAltered` and :class:`core.files.FileLost`.
    """
    known = {file.format: file.file_id for file in files_of(batch)}
    for file_id in known.values():
        open_stream(stored_file(file_id)).close()
    written: dict[ExportFormat, Kept] = {}
    faults: dict[str, Reason] = {}
    for export_format in formats_of(batch):
        if export_format in known:
            continue
        try:
            written[export_format] = keep_written(partial(FILE_KINDS[export_format].write, content_of(batch)))
        except ExportFaulty as faulty:
            faults.update((str(each.as_json()), each) for each in faulty.reasons)
    if faults:
        raise ExportFaulty(number=batch.number, reasons=list(faults.values()))
    return written


def formats_of(batch: SettlementBatch) -> list[ExportFormat]:
    """The formats a batch is had in: where clawbacks keep back all of it, none that tells a bank to pay."""
    return [each for each in FILE_KINDS if batch.total_fen or each not in FOR_BANKS]


def record_files(batch: SettlementBatch, written: Mapping[ExportFormat, Kept], *, actor: Actor, now: datetime) -> bool:
    """Record written files of a locked batch; False where somebody recorded other bytes of one in the meantime."""
    current = require_transaction()
    known = {file.format: file.sha256 for file in files_of(batch)}
    if any(known.get(export_format, kept.sha256) != kept.sha256 for export_format, kept in written.items()):
        return False
    sent = sent_count(batch)
    for export_format, kept in written.items():
        if export_format in known:
            continue
        kind = FILE_KINDS[export_format]
        stored = record_file(
            kept,
            filename=f"{batch.number}.{kind.ending}",
            media_type=kind.media_type,
            owner_id=actor.organisation_id,
            now=now,
        )
        current.add(
            BatchFile(
                batch_id=batch.id,
                format=export_format,
                file_id=stored.id,
                sha256=stored.sha256,
                line_count=sent,
                control_sum_fen=batch.total_fen,
                created_by=actor.user_id,
                created_at=now,
            )
        )
        current.flush()
        failpoint("settlement.export.recorded")
    return True
