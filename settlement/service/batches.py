"""Use cases of settlement batches: prepare, approve by another person, export, discard, close (V17 pay)."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from core import clock
from core.db import transaction
from core.errors import Conflict, Refused
from core.files import store_content
from core.permissions import Actor, authorise
from core.states import apply
from core.workdays import WorkingCalendar, load_calendar
from settlement import permissions
from settlement.models import BatchFile, SettlementBatch
from settlement.queries.batches import content_of, files_of, find_batch, open_payout_count, sent_count
from settlement.queries.programmes import chosen_programme
from settlement.queries.schedule import schedule_at
from settlement.rules.cutoffs import Cutoff, cutoffs_of, next_cutoff
from settlement.rules.exports import FILE_KINDS, ExportFormat
from settlement.rules.seal import SEAL_VERSION
from settlement.states import BATCH_TRANSITIONS, BatchAction
from settlement.steps.bank_returns import settle_without_bank
from settlement.steps.batches import PreparerInvolved, discard_batch, is_involved, prepare_batch


class CutoffAhead(Refused):
    """The cut-off lies after the next scheduled one."""

    code = "cutoff_ahead"
    article = "V17 pay"


class ApproverPrepared(Conflict):
    """Who prepared a batch cannot approve it."""

    code = "approver_prepared"
    article = "V17 pay"


class ExportDiffers(Conflict):
    """Making the file again gave other bytes than those stored; the batch or the file was tampered with."""

    code = "export_differs"


class PayoutsOpen(Conflict):
    """The bank has not reported on every payout yet."""

    code = "batch_payouts_open"
    article = "V17 pay"


def prepare(*, cutoff: date, programme: str | None = None, actor: Actor, now: datetime) -> SettlementBatch:
    """The batch of a cut-off: prepared now, or the live one there is already (asking again changes nothing).

    Each programme has batches of its own, the province's where none is named (V6). A cut-off is any day up to the next
    scheduled one, in a year whose official calendar is published. Raises :class:`CutoffAhead`,
    :class:`core.workdays.YearNotPublished`, :class:`settlement.queries.programmes.ProgrammeUnknown`,
    :class:`settlement.steps.batches.NothingToSettle` and :class:`settlement.steps.batches.PreparerInvolved`.
    """
    with transaction():
        authorise(actor, permissions.may_prepare_batch)
        calendar = load_calendar()
        calendar.confirmed(cutoff)
        following = _next_cutoff(clock.today(now), calendar)
        if cutoff > following.day:
            raise CutoffAhead(cutoff=cutoff, next=following.day)
        chosen = chosen_programme(programme, on=clock.today(now))
        return prepare_batch(programme=chosen, cutoff=cutoff, actor=actor, now=now)


def approve(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Approve a prepared batch, as another person than its preparer and anybody behind its claims (invariant 10)."""
    with transaction():
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_approve_batch, batch)
        if not permissions.not_its_preparer(actor, batch):
            raise ApproverPrepared
        if actor.user_id is None or is_involved(batch.id, actor.user_id):
            raise PreparerInvolved
        apply(batch, BatchAction.APPROVE, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
        batch.approved_by, batch.approved_at = actor.user_id, now
        return batch


def discard(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Give a prepared batch back to the queue."""
    with transaction():
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_discard_batch, batch)
        discard_batch(batch, actor=actor, now=now)
        return batch


def export(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Make the files of an approved batch. Again, it makes them anew and checks that not a byte changed.

    What no bank hears of, because clawbacks keep all of it back, is settled with the first of it.
    Raises :class:`ExportDiffers`.
    """
    with transaction() as current:
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_export_batch, batch)
        apply(batch, BatchAction.EXPORT, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
        if batch.exported_at is None:
            settle_without_bank(batch, actor=actor, now=now)
        known = {file.format: file.sha256 for file in files_of(batch)}
        for export_format in FILE_KINDS:
            if export_format in known and batch.seal_version < SEAL_VERSION:
                continue  # Its file names claims, not payouts, and is never made again.
            content = _render(batch, export_format)
            sha256 = hashlib.sha256(content).hexdigest()
            if export_format not in known:
                current.add(_stored(batch, export_format, content, actor=actor, now=now))
            elif known[export_format] != sha256:
                raise ExportDiffers(number=batch.number, format=export_format)
        batch.exported_at = batch.exported_at or now
        return batch


def close(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Close an exported batch once the bank has reported on every payout. Raises :class:`PayoutsOpen`."""
    with transaction():
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_close_batch, batch)
        apply(batch, BatchAction.CLOSE, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
        missing = open_payout_count(batch)
        if missing:
            raise PayoutsOpen(number=batch.number, count=missing)
        batch.closed_at = now
        return batch


def scheduled_cutoffs(*, year: int) -> list[Cutoff]:
    """The cut-offs of a year, each with whether its official calendar is published."""
    return cutoffs_of(year, schedule=schedule_at(date(year, 1, 1)), calendar=load_calendar())


def last_cutoff_before(day: date) -> Cutoff:
    """The latest scheduled cut-off whose day is over."""
    calendar = load_calendar()
    around = [
        found
        for year in (day.year - 1, day.year)
        for found in cutoffs_of(year, schedule=schedule_at(day), calendar=calendar)
    ]
    return max((found for found in around if found.day < day), key=lambda found: found.day)


def _next_cutoff(today: date, calendar: WorkingCalendar) -> Cutoff:
    return next_cutoff(today, schedule=schedule_at(today), calendar=calendar)


def _render(batch: SettlementBatch, export_format: ExportFormat) -> bytes:
    return FILE_KINDS[export_format].render(content_of(batch))


def _stored(
    batch: SettlementBatch, export_format: ExportFormat, content: bytes, *, actor: Actor, now: datetime
) -> BatchFile:
    kind = FILE_KINDS[export_format]
    stored = store_content(
        content,
        filename=f"{batch.number}.{kind.ending}",
        media_type=kind.media_type,
        owner_id=actor.organisation_id,
        now=now,
    )
    return BatchFile(
        batch_id=batch.id,
        format=export_format,
        file_id=stored.id,
        sha256=stored.sha256,
        line_count=sent_count(batch),
        control_sum_fen=batch.total_fen,
        created_by=actor.user_id,
        created_at=now,
    )
