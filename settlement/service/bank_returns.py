"""Taking in what the bank says of an exported batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from core.db import transaction
from core.errors import Conflict
from core.failpoints import failpoint
from core.files import FileUnknown, StoredFile, open_stream, store_large, stored_file
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import BankReturn, SettlementBatch
from settlement.queries.bank_returns import return_of_file, return_that_told
from settlement.queries.batches import find_batch
from settlement.rules.bank_files import BankFileKind
from settlement.rules.bank_files.matching import Matched, Told, match
from settlement.service.bank_files import Content, judge_bank_upload, read_answers, refuse_faults
from settlement.states import BatchState
from settlement.steps.bank_returns import sent_batch, take_in

SENT = (BatchState.EXPORTED, BatchState.CLOSED)
"""States in which a bank may answer."""


class BatchNotSent(Conflict):
    """The batch was not exported yet, so no bank can have answered it."""

    code = "batch_not_sent"
    article = "V17 pay"


@dataclass(frozen=True)
class Preview:
    """What a file would do: new outcomes, how many payouts it says nothing new of, and how many are not decided."""

    batch: SettlementBatch
    kind: BankFileKind
    told: tuple[Told, ...]
    known_count: int
    undecided_count: int


def record_bank_return(
    *,
    batch_id: int,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
    limit_bytes: int | None = None,
) -> BankReturn:
    """Take in a bank's answer of any kind: outcomes by payout, in whole or not at all.

    The same bytes again, or another file that says the same again, answer the same and change nothing. A closed batch
    takes only late returns of what was paid. Raises :class:`BatchNotSent`,
    :class:`settlement.service.bank_files.BankReturnRefused` and whatever :func:`core.files.read_upload` refuses.
    """
    with transaction():
        _sent(batch_id, actor)
        upload = judge_bank_upload(stream, filename=filename, limit_bytes=limit_bytes)
        return _take(
            batch_id,
            upload,
            sha256=upload.sha256,
            keep=lambda: store_large(upload, owner_id=actor.organisation_id, now=now),
            actor=actor,
            now=now,
        )


def keep_bank_file(*, batch_id: int, stream: BinaryIO, filename: str, actor: Actor, now: datetime) -> StoredFile:
    """Keep a bank's file as it was handed in, so that a person sees what it would do before it is taken."""
    with transaction():
        _sent(batch_id, actor)
        upload = judge_bank_upload(stream, filename=filename)
        return store_large(upload, owner_id=actor.organisation_id, now=now)


def record_kept_return(*, batch_id: int, file_id: int, actor: Actor, now: datetime) -> BankReturn:
    """The same as :func:`record_bank_return` for a file that was kept."""
    with transaction():
        _sent(batch_id, actor)
        kept = kept_file(file_id, actor=actor)
        with open_stream(kept) as content:
            return _take(batch_id, content, sha256=kept.sha256, keep=lambda: kept, actor=actor, now=now)


def preview_upload(*, batch_id: int, stream: BinaryIO, filename: str, actor: Actor, now: datetime) -> Preview:
    """The same as :func:`preview_return` for a file that is not kept."""
    upload = judge_bank_upload(stream, filename=filename)
    return preview_return(batch_id=batch_id, content=upload, actor=actor, now=now)


def preview_return(*, batch_id: int, content: Content, actor: Actor, now: datetime) -> Preview:
    """What a file would do to a batch; nothing is changed. Raises what :func:`record_bank_return` raises."""
    with transaction():
        batch = _sent(batch_id, actor)
        reading = read_answers(content, now=now)
        sent = sent_batch(batch)
        matched = match(reading, {batch.number: sent}, only=batch.number)
        refuse_faults(matched.faults)
        return Preview(
            batch, reading.kind, _told(matched, batch), len(matched.known.get(batch.number, ())), reading.undecided
        )


def kept_file(file_id: int, *, actor: Actor) -> StoredFile:
    """A file that the actor's own office handed in; any other is unknown."""
    kept = stored_file(file_id)
    if kept.owner_id != actor.organisation_id:
        raise FileUnknown
    return kept


def _sent(batch_id: int, actor: Actor, *, lock: bool = False) -> SettlementBatch:
    batch = find_batch(batch_id, lock=lock)
    authorise(actor, permissions.may_record_bank_return, batch)
    if batch.state not in SENT:
        raise BatchNotSent(number=batch.number)
    return batch


def _take(
    batch_id: int, content: Content, *, sha256: str, keep: Callable[[], StoredFile], actor: Actor, now: datetime
) -> BankReturn:
    # The file is read before the batch is locked: a long one takes seconds.
    reading = read_answers(content, now=now)
    batch = _sent(batch_id, actor, lock=True)
    known = return_of_file(batch, sha256)
    if known is not None:
        return known
    matched = match(reading, {batch.number: sent_batch(batch)}, only=batch.number)
    refuse_faults(matched.faults)
    told = _told(matched, batch)
    if not told:
        return return_that_told(batch, matched.known[batch.number])
    failpoint("settlement.return.matched")
    return take_in(batch, told, file=keep(), actor=actor, now=now)


def _told(matched: Matched, batch: SettlementBatch) -> tuple[Told, ...]:
    return matched.told.get(batch.number, ())
