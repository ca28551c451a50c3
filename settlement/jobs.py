"""What the worker does with money by itself: it prepares a batch once a cut-off's day is over, and asks the payment
gateway about what is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import structlog

from core import clock
from core.permissions import SYSTEM
from core.workdays import YearNotPublished
from core.worker import Job
from settlement.models import SettlementBatch
from settlement.queries.batches import cutoff_has_batch, is_batched_early
from settlement.queries.programmes import programmes
from settlement.service import batches, payables, watch
from settlement.steps.batches import NothingToSettle

log = structlog.get_logger()


def prepare_due_batches(now: datetime, period: datetime) -> None:
    """Prepare the batch of the latest cut-off whose day is over, of each programme, unless it ever had one.

    What was confirmed after somebody had prepared it before that day was over, and by its end, goes into one dated the
    day after, so that nobody waits for the next cut-off because of another's haste. Looking at the latest
    cut-off rather than at the period makes up for any time the worker did not run. A discarded batch is a person's
    decision and is not made again by itself. What no file for the bank could tell is taken out of the queue every day,
    so that payees hear of it in time.
    """
    refused = payables.refuse_hindered(actor=SYSTEM, now=now)
    if refused:
        log.warning("payables_refused", count=refused)
    cutoff = batches.last_cutoff_before(clock.today(now)).day
    for programme in programmes(clock.today(now)):
        is_early = is_batched_early(cutoff, programme=programme)
        dated = batches.rest_dated(cutoff) if is_early else cutoff
        if not cutoff_has_batch(dated, programme=programme):
            _prepare(batches.prepare_rest if is_early else batches.prepare, cutoff, programme, now=now)


def _prepare(prepare: Callable[..., SettlementBatch], cutoff: date, programme: str, *, now: datetime) -> None:
    told = {"cutoff": cutoff.isoformat(), "programme": programme}
    try:
        batch = prepare(cutoff=cutoff, programme=programme, actor=SYSTEM, now=now)
    except (NothingToSettle, YearNotPublished) as reason:
        log.info("no_batch_prepared", **told, reason=reason.code)
        return
    log.info("batch_prepared", **told, number=batch.number, lines=batch.line_count, total_fen=batch.total_fen)


def ask_gateway(now: datetime, period: datetime) -> None:
    """Ask the gateway about what is open: its own calls first, then attempts and refunds."""
    watch.ask_about_all(now=now)


JOBS: list[Job] = [
    Job(name="settlement", cron="15 0 * * *", run=prepare_due_batches),
    Job(name="gateway", cron="* * * * *", run=ask_gateway),
]
