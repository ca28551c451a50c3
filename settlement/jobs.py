"""What the worker does with money by itself: it prepares a batch once a cut-off's day is over."""

from __future__ import annotations

from datetime import datetime

import structlog

from core import clock
from core.permissions import SYSTEM
from core.workdays import YearNotPublished
from core.worker import Job
from settlement.queries.batches import cutoff_has_batch
from settlement.service import batches
from settlement.steps.batches import NothingToSettle

log = structlog.get_logger()


def prepare_due_batch(now: datetime, period: datetime) -> None:
    """Prepare the batch of the latest cut-off whose day is over, unless it ever had one.

    Looking at the latest cut-off rather than at the period makes up for any time the worker did not run. A
    discarded batch is a person's decision and is not made again by itself.
    """
    cutoff = batches.last_cutoff_before(clock.today(now))
    if cutoff_has_batch(cutoff.day):
        return
    try:
        batch = batches.prepare(cutoff=cutoff.day, actor=SYSTEM, now=now)
    except (NothingToSettle, YearNotPublished) as reason:
        log.info("no_batch_prepared", cutoff=cutoff.day.isoformat(), reason=reason.code)
        return
    log.info("batch_prepared", number=batch.number, lines=batch.line_count, total_fen=batch.total_fen)


JOBS: list[Job] = [Job(name="settlement", cron="15 0 * * *", run=prepare_due_batch)]
