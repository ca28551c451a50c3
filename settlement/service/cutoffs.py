"""Putting a cut-off on another day (V17 pay)."""

from __future__ import annotations

from datetime import date, datetime

from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Refused, reason
from core.permissions import Actor, authorise
from core.workdays import load_calendar
from settlement import permissions
from settlement.models import CutoffChange
from settlement.queries.desk import live_cutoffs
from settlement.queries.schedule import schedule_at
from settlement.rules.cutoffs import Cutoff, change_faults, cutoffs_of
from settlement.steps.queue import hold_queue

ARTICLE = "V17 pay"


class CutoffChangeRefused(Refused):
    """The cut-off cannot be put on this day; every reason is named."""

    code = "cutoff_change_refused"


class CutoffHasBatch(Conflict):
    """A batch of this cut-off is live; only what is still to come is put elsewhere."""

    code = "cutoff_has_batch"
    article = ARTICLE


def change_cutoff(*, nominal: date, day: date, why: str, actor: Actor, now: datetime) -> Cutoff:
    """Put the cut-off that the policy names on ``nominal`` on another working day, with the reason.

    The worker and whoever prepares a batch go by it from now on; the day is confirmed once its year's official
    calendar is published. Raises :class:`CutoffChangeRefused` and :class:`CutoffHasBatch`.
    """
    with transaction() as current:
        authorise(actor, permissions.may_change_cutoffs)
        hold_queue()
        calendar, schedule = load_calendar(), schedule_at(nominal)
        faults = change_faults(nominal, day, schedule=schedule, calendar=calendar, today=clock.today(now))
        if faults:
            raise CutoffChangeRefused(
                reasons=[reason(fault, article=ARTICLE, field="day", nominal=nominal, day=day) for fault in faults]
            )
        before = next(
            each for each in cutoffs_of(nominal.year, schedule=schedule, calendar=calendar) if each.nominal == nominal
        )
        number = live_cutoffs(before.day).get(before.day)
        if number is not None:
            raise CutoffHasBatch(day=before.day, number=number)
        change = CutoffChange(nominal=nominal, day=day, reason=why, changed_by=actor.user_id, changed_at=now)
        current.add(change)
        audit.record(
            actor=actor,
            now=now,
            action="reschedule",
            subject=change,
            data={"nominal": nominal.isoformat(), "from": before.day.isoformat(), "day": day.isoformat(), "note": why},
        )
        current.flush()
        return next(
            each
            for each in cutoffs_of(nominal.year, schedule=schedule_at(nominal), calendar=calendar)
            if each.nominal == nominal
        )
