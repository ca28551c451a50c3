"""Taking in statements of the bank: what they say of payouts, and what matched nothing (V17 pay)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from core import clock
from core.db import transaction
from core.errors import Refused
from core.files import StoredFile, open_stream, store_large
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import BankStatement, SettlementBatch
from settlement.queries.bank_returns import return_that_told
from settlement.queries.programmes import own_programme
from settlement.queries.suspense import batches_by_number, statement_of_file, statement_that_told
from settlement.rules.bank_files import BankFileKind, Owned, Reading
from settlement.rules.bank_files.matching import Matched, Told, batch_numbers, match
from settlement.rules.bank_files.suspense import Unmatched, unmatched
from settlement.service.bank_files import Content, judge_bank_upload, read_answers, refuse_faults
from settlement.service.bank_returns import SENT, kept_file
from settlement.steps.bank_returns import sent_batch, take_in
from settlement.steps.statement_gaps import follow
from settlement.steps.suspense import add_statement, lock_statements, new_of, new_statements_of, open_suspense

STATEMENTS = (BankFileKind.CAMT_053, BankFileKind.CAMT_054)


class NotAStatement(Refused):
    """The file answers one batch and is handed in there."""

    code = "not_a_statement"
    article = "V17 pay"


@dataclass(frozen=True)
class StatementPreview:
    """What a statement would do: outcomes by batch, money that matches nothing, what it tells of accounts, and what was
    known before."""

    kind: BankFileKind
    told: tuple[tuple[SettlementBatch, tuple[Told, ...]], ...]
    unmatched: tuple[Unmatched, ...]
    accounts: tuple[Owned, ...]
    known_count: int
    undecided_count: int

    @property
    def told_count(self) -> int:
        """How many payouts have a new outcome."""
        return sum(len(each) for _batch, each in self.told)


def record_statement(
    *, stream: BinaryIO, filename: str, actor: Actor, now: datetime, limit_bytes: int | None = None
) -> BankStatement:
    """Take in a statement for every batch it speaks of, in whole or not at all; what matches nothing goes to suspense.

    The same bytes again, or another file with the same entries, answer the same and change nothing. Raises
    :class:`NotAStatement`, :class:`settlement.service.bank_files.BankReturnRefused` and whatever
    :func:`core.files.read_upload` refuses.
    """
    with transaction():
        authorise(actor, permissions.may_record_bank_return)
        upload = judge_bank_upload(stream, filename=filename, limit_bytes=limit_bytes)
        return _take(
            upload,
            sha256=upload.sha256,
            keep=lambda: store_large(upload, owner_id=actor.organisation_id, now=now),
            actor=actor,
            now=now,
        )


def keep_statement(*, stream: BinaryIO, filename: str, actor: Actor, now: datetime) -> StoredFile:
    """Keep a statement as it was handed in, so that a person sees what it would do before it is taken."""
    with transaction():
        authorise(actor, permissions.may_record_bank_return)
        return store_large(judge_bank_upload(stream, filename=filename), owner_id=actor.organisation_id, now=now)


def record_kept_statement(*, file_id: int, actor: Actor, now: datetime) -> BankStatement:
    """The same as :func:`record_statement` for a file that was kept."""
    with transaction():
        authorise(actor, permissions.may_record_bank_return)
        kept = kept_file(file_id, actor=actor)
        with open_stream(kept) as content:
            return _take(content, sha256=kept.sha256, keep=lambda: kept, actor=actor, now=now)


def preview_statement(*, content: BinaryIO, actor: Actor, now: datetime) -> StatementPreview:
    """What a statement would do; nothing is changed. Raises what :func:`record_statement` raises."""
    with transaction():
        authorise(actor, permissions.may_record_bank_return)
        reading = _read(content, now=now)
        return _preview(reading, _sent_batches(reading))


def _take(
    content: Content, *, sha256: str, keep: Callable[[], StoredFile], actor: Actor, now: datetime
) -> BankStatement:
    # The file is read before anything is locked: a long one takes seconds.
    reading = _read(content, now=now)
    lock_statements()
    known = statement_of_file(sha256)
    if known is not None:
        return known
    batches = _sent_batches(reading, lock=True)
    matched = _matched(reading, batches)
    entries = unmatched(matched.rest)
    fresh = new_of(entries)
    accounts = new_statements_of(reading.accounts)
    if not matched.told and not fresh and not accounts:
        earlier = _told_before(matched, entries, batches, reading)
        if earlier is not None:
            return earlier
    file = keep()
    statement = add_statement(
        reading.kind,
        file=file,
        told_count=sum(len(each) for each in matched.told.values()),
        suspense_count=len(fresh),
        actor=actor,
        now=now,
    )
    for number, told in sorted(matched.told.items()):
        take_in(batches[number], told, file=file, actor=actor, now=now)
    open_suspense(statement, fresh, programme=own_programme(clock.today(now)), actor=actor, now=now)
    follow(statement, accounts, actor=actor, now=now)
    return statement


def _read(content: Content, *, now: datetime) -> Reading:
    reading = read_answers(content, now=now)
    if reading.kind not in STATEMENTS and not reading.faults:
        raise NotAStatement
    return reading


def _sent_batches(reading: Reading, *, lock: bool = False) -> dict[str, SettlementBatch]:
    found = batches_by_number(batch_numbers(reading), lock=lock)
    return {batch.number: batch for batch in found if batch.state in SENT}


def _matched(reading: Reading, batches: dict[str, SettlementBatch]) -> Matched:
    matched = match(reading, {number: sent_batch(batch) for number, batch in batches.items()}, only=None)
    refuse_faults(matched.faults)
    return matched


def _preview(reading: Reading, batches: dict[str, SettlementBatch]) -> StatementPreview:
    matched = _matched(reading, batches)
    entries = unmatched(matched.rest)
    fresh = new_of(entries)
    known = sum(len(each) for each in matched.known.values()) + len(entries) - len(fresh)
    accounts = new_statements_of(reading.accounts)
    told = tuple((batches[number], each) for number, each in sorted(matched.told.items()))
    return StatementPreview(reading.kind, told, tuple(fresh), tuple(accounts), known, reading.undecided)


def _told_before(
    matched: Matched, entries: list[Unmatched], batches: dict[str, SettlementBatch], reading: Reading
) -> BankStatement | None:
    returned = [return_that_told(batches[number], known).sha256 for number, known in matched.known.items()]
    contents = [each.content for each in reading.accounts if each.has_place]
    return statement_that_told([entry.fingerprint for entry in entries], returned, contents)
