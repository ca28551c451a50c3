"""Imports: small files at once, large ones by the worker, any file by the command line; always in batches that can be
taken up again where they ended."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from accounts.queries import organisation
from core.ahead import ahead
from core.clock import today
from core.db import session, transaction
from core.errors import DomainError, Forbidden, Refused
from core.files import TABLE_TYPES, open_file, store_file, stored_file
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply
from core.tables.files import TableFile, open_table
from instruments.models import ImportJob, ImportRowError
from instruments.permissions import may_import
from instruments.policy import places
from instruments.rules.imports.layouts import Context
from instruments.rules.imports.reading import Found, count_records, find_tables, read
from instruments.states import IMPORT, ImportState
from instruments.steps.importing import Outcome, Read, import_batch, prepare
from instruments.steps.owners import Owners, find_provider, owner_of

AT_ONCE_ROWS = 2_000
"""Up to so many rows a file is taken in while its sender waits."""
BATCH_ROWS = 2_000
"""Rows of one transaction; a crash loses at most this much work."""


class ProviderUnknown(Refused):
    """There is no provider of this name or credit code."""

    code = "import_provider_unknown"


@dataclass
class Report:
    """What an import did. ``ignored`` are headers of the file that no field stands for."""

    layouts: list[str]
    ignored: list[str]
    total: int
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True)
class _Opened:
    """A file that was recognised and read to its end once."""

    file: TableFile
    tables: list[Found]
    total: int

    def batches(self, now: datetime, *, after: int = 0) -> Iterator[list[Read]]:
        """The rows after so many others, in transactions' portions."""
        rows = read(self.file, self.tables, Context(places=places(today(now))))
        prepared = map(prepare, islice(rows, after, None))
        while batch := list(islice(prepared, BATCH_ROWS)):
            yield batch


def import_file(
    *,
    stream: BinaryIO,
    provider: str | None,
    dry_run: bool,
    now: datetime,
    progress: Callable[[Report], None],
) -> Report:
    """Import a file from the command line, as the system: rows go to ``provider`` (name or credit code), else to the
    owners the file names. ``progress`` is called after every batch. A dry run writes nothing at all.

    Raises :class:`ProviderUnknown` and whatever refuses the file as a whole.
    """
    opened = _open(stream)
    fixed = None
    if provider is not None:
        fixed = find_provider(provider)
        if fixed is None:
            raise ProviderUnknown(provider=provider)
    owners = Owners(places=places(today(now)), fixed=fixed)
    report = Report(
        layouts=[table.layout.name for table in opened.tables],
        ignored=[header for table in opened.tables for header in table.ignored],
        total=opened.total,
    )
    for batch in ahead(opened.batches(now)):
        report.outcome.add(_take(batch, owners, dry_run=dry_run, now=now))
        progress(report)
    return report


def request_import(*, stream: BinaryIO, filename: str, dry_run: bool, actor: Actor, now: datetime) -> ImportJob:
    """Import a provider's file to itself: at once where it is small, else queued for the worker.

    A file that cannot be read as a whole is refused here, with every fault, and leaves no job behind.
    """
    authorise(actor, may_import)
    if actor.organisation_id is None or actor.user_id is None:
        raise Forbidden
    with transaction() as current:
        stored = store_file(stream, filename=filename, owner_id=actor.organisation_id, now=now, known=TABLE_TYPES)
        opened = _open(io.BytesIO(open_file(stored)))
        job = ImportJob(
            provider_id=actor.organisation_id,
            file_id=stored.id,
            dry_run=dry_run,
            state=IMPORT.initial,
            layout=", ".join(dict.fromkeys(table.layout.name for table in opened.tables)),
            total_rows=opened.total,
            requested_by=actor.user_id,
            created_at=now,
            **dict.fromkeys(_COUNTS, 0),
        )
        current.add(job)
        current.flush()
        if opened.total <= AT_ONCE_ROWS:
            owners = _owners_of(job, now)
            apply(job, "start", transitions=IMPORT, actor=actor, now=now)
            job.started_at = now
            for batch in opened.batches(now):
                _record(job, import_batch(batch, owners=owners, dry_run=dry_run, actor=actor, now=now))
            _finish(job, actor=actor, now=now)
        return job


def run_waiting_imports(*, now: datetime) -> int:
    """The worker's part: every queued import, and those that a crash left running; returns how many.

    One that fails, perhaps on a lock, does not hold up the others; it goes on at the next run.
    """
    waiting = select(ImportJob.id).where(ImportJob.state.in_((ImportState.QUEUED, ImportState.RUNNING)))
    found = list(session().scalars(waiting.order_by(ImportJob.id)))
    failures: list[Exception] = []
    for job_id in found:
        try:
            _run(job_id, now=now)
        except SQLAlchemyError as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("imports to be taken up again", failures)
    return len(found)


def _run(job_id: int, *, now: datetime) -> None:
    with transaction():
        job = _lock(job_id)
        if job.state is ImportState.QUEUED:
            apply(job, "start", transitions=IMPORT, actor=SYSTEM, now=now)
            job.started_at = now
        file_id, done, owners, dry_run = job.file_id, job.done_rows, _owners_of(job, now), job.dry_run
    try:
        opened = _open(io.BytesIO(open_file(stored_file(file_id))))
    except DomainError as refused:
        with transaction():
            job = _lock(job_id)
            job.problem = {
                "code": refused.code,
                "text": refused.text.zh,
                "text_en": refused.text.en,
                "reasons": [each.as_json() for each in refused.reasons],
            }
            job.finished_at = now
            apply(job, "refuse", transitions=IMPORT, actor=SYSTEM, now=now)
        return
    for batch in ahead(opened.batches(now, after=done)):
        with transaction():
            job = _lock(job_id)
            _record(job, import_batch(batch, owners=owners, dry_run=dry_run, actor=SYSTEM, now=now))
    with transaction():
        _finish(_lock(job_id), actor=SYSTEM, now=now)


def _open(stream: BinaryIO) -> _Opened:
    file = open_table(stream)
    tables = find_tables(file)
    return _Opened(file, tables, count_records(file, tables))


def _take(batch: list[Read], owners: Owners, *, dry_run: bool, now: datetime) -> Outcome:
    if dry_run:
        return import_batch(batch, owners=owners, dry_run=True, actor=SYSTEM, now=now)
    with transaction():
        return import_batch(batch, owners=owners, dry_run=False, actor=SYSTEM, now=now)


def _owners_of(job: ImportJob, now: datetime) -> Owners:
    return Owners(places=places(today(now)), fixed=owner_of(organisation(job.provider_id)))


def _lock(job_id: int) -> ImportJob:
    return session().scalars(select(ImportJob).where(ImportJob.id == job_id).with_for_update()).one()


_COUNTS = ("done_rows", "new_rows", "changed_rows", "unchanged_rows", "repeated_rows", "refused_rows")


def _record(job: ImportJob, outcome: Outcome) -> None:
    job.new_rows += outcome.new
    job.changed_rows += outcome.changed
    job.unchanged_rows += outcome.unchanged
    job.repeated_rows += outcome.repeated
    job.refused_rows += len(outcome.refused)
    job.done_rows += outcome.read
    session().add_all(
        ImportRowError(
            job_id=job.id,
            line=row.line,
            external_id=row.external_id,
            reasons=[each.as_json() for each in row.reasons],
        )
        for row in outcome.refused
    )


def _finish(job: ImportJob, *, actor: Actor, now: datetime) -> None:
    job.finished_at = now
    counts = {name: getattr(job, name) for name in _COUNTS}
    apply(job, "finish", transitions=IMPORT, actor=actor, now=now, data=counts)
