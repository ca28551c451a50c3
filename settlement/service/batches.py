"""Use cases of settlement batches: prepare, approve by another person, export, discard, close (V17 pay)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from core import clock
from core.db import transaction
from core.errors import Conflict, Refused
from core.failpoints import failpoint
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.workdays import WorkingCalendar, load_calendar
from settlement import permissions
from settlement.models import SettlementBatch
from settlement.queries.batches import find_batch, open_payout_count
from settlement.queries.exports import seal_holds
from settlement.queries.programmes import chosen_programme
from settlement.queries.schedule import schedule_at
from settlement.rules.cutoffs import Cutoff, cutoffs_of, next_cutoff
from settlement.states import BATCH_TRANSITIONS, BatchAction, BatchState
from settlement.steps.bank_returns import settle_without_bank
from settlement.steps.batch_files import record_files, write_files
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
    """The batch is not what it was sealed over, or was written otherwise by somebody else just now."""

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
    :class:`settlement.payers.PayerUnknown`, :class:`settlement.steps.batches.NothingToSettle` and
    :class:`settlement.steps.batches.PreparerInvolved`.
    """
    with transaction():
        authorise(actor, permissions.may_prepare_batch)
        _may_be_batched(cutoff, now=now)
        chosen = chosen_programme(programme, on=clock.today(now))
        return prepare_batch(programme=chosen, cutoff=cutoff, actor=actor, now=now)


def prepare_rest(*, cutoff: date, programme: str, actor: Actor, now: datetime) -> SettlementBatch:
    """What is due of a cut-off that is over and was batched early, in one more batch (asking again changes nothing).

    It takes nothing that was confirmed after the cut-off's day, and the fund of the cut-off's year pays it, whatever
    year it is dated. Raises what :func:`prepare` raises.
    """
    with transaction():
        authorise(actor, permissions.may_prepare_batch)
        _may_be_batched(cutoff, now=now)
        chosen = chosen_programme(programme, on=clock.today(now))
        return prepare_batch(programme=chosen, cutoff=rest_dated(cutoff), rest_of=cutoff, actor=actor, now=now)


def rest_dated(cutoff: date) -> date:
    """The day that one more batch of a cut-off bears: the day after, as a cut-off has one live batch."""
    return cutoff + timedelta(days=1)


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
        failpoint("settlement.batch.approved")
        return batch


def discard(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Give a batch that no file was made of back to the queue; an approved one by who may approve."""
    with transaction():
        batch = find_batch(batch_id, lock=True)
        is_approved = batch.state is BatchState.APPROVED
        authorise(actor, permissions.may_approve_batch if is_approved else permissions.may_discard_batch, batch)
        discard_batch(batch, actor=actor, now=now)
        return batch


def export(*, batch_id: int, actor: Actor, now: datetime) -> SettlementBatch:
    """Make the files of an approved batch. Again, it makes what is missing and checks those there are.

    The files are written first, while nothing is locked, and then recorded all together; what was killed before that
    left nothing. What no bank hears of, because clawbacks keep all of it back, is settled with the first of it.
    Raises :class:`ExportDiffers`, :class:`settlement.payers.PayerUnknown`, what writers refuse, and what
    :func:`core.files.open_stream` says of files that are no longer what was written.
    """
    batch = find_batch(batch_id)
    authorise(actor, permissions.may_export_batch, batch)
    allowed_target(batch.state, BatchAction.EXPORT, transitions=BATCH_TRANSITIONS)
    if not seal_holds(batch):
        raise ExportDiffers(number=batch.number)
    written = write_files(batch)
    failpoint("settlement.export.written")
    with transaction():
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_export_batch, batch)
        apply(batch, BatchAction.EXPORT, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
        if batch.exported_at is None:
            settle_without_bank(batch, actor=actor, now=now)
        if not record_files(batch, written, actor=actor, now=now):
            raise ExportDiffers(number=batch.number)
        batch.exported_at = batch.exported_at or now
        failpoint("settlement.export.sent")
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
        failpoint("settlement.batch.closed")
        return batch


def scheduled_cutoffs(*, year: int) -> list[Cutoff]:
    """The cut-offs of a year, each with whether its official calendar is published."""
    return cutoffs_of(year, schedule=schedule_at(date(year, 1, 1)), calendar=load_calendar())


def scheduled_around(day: date) -> list[Cutoff]:
    """The cut-offs of a day's year and of the year before, whose last one may have been put into January."""
    schedule, calendar = schedule_at(day), load_calendar()
    return [
        found for year in (day.year - 1, day.year) for found in cutoffs_of(year, schedule=schedule, calendar=calendar)
    ]


def last_cutoff_before(day: date) -> Cutoff:
    """The latest scheduled cut-off whose day is over."""
    return max((found for found in scheduled_around(day) if found.day < day), key=lambda found: found.day)


def _may_be_batched(cutoff: date, *, now: datetime) -> None:
    calendar = load_calendar()
    calendar.confirmed(cutoff)
    following = _next_cutoff(clock.today(now), calendar)
    if cutoff > following.day:
        raise CutoffAhead(cutoff=cutoff, next=following.day)


def _next_cutoff(today: date, calendar: WorkingCalendar) -> Cutoff:
    return next_cutoff(today, schedule=schedule_at(today), calendar=calendar)
