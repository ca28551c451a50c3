"""Opening hours of a range of days: a semester, a summer break."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete

from core import audit
from core.db import transaction
from core.errors import refuse_all
from core.permissions import Actor, authorise
from instruments.models import OpeningSeason, SeasonHours
from instruments.permissions import may_manage
from instruments.queries.instruments import lock_instrument
from instruments.queries.seasons import find_season, season_rows
from instruments.rules.opening import WeeklyHours, hours_faults, season_faults
from instruments.service.calendar import HoursRefused


def add_season(
    *,
    instrument_id: int,
    name: str,
    first_day: date,
    last_day: date,
    hours: Sequence[WeeklyHours],
    actor: Actor,
    now: datetime,
) -> OpeningSeason:
    """Have an instrument open by other hours than its week on a range of days, both included; no hours close it.
    Bookings made before stand."""
    with transaction() as session:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        others = [(each.first_day, each.last_day) for each in season_rows(instrument.id)]
        refuse_all([*season_faults(first_day, last_day, others), *hours_faults(hours)], error=HoursRefused)
        made = OpeningSeason(instrument_id=instrument.id, name=name, first_day=first_day, last_day=last_day)
        session.add(made)
        session.flush()
        session.add_all(
            SeasonHours(season_id=made.id, weekday=each.weekday, opens_minute=each.opens, closes_minute=each.closes)
            for each in hours
        )
        data = {
            "instrument_id": instrument.id,
            "since": first_day.isoformat(),
            "until": last_day.isoformat(),
            "hours": [[each.weekday, each.opens, each.closes] for each in sorted(hours)],
        }
        audit.record(actor=actor, now=now, action="add_season", subject=made, data=data)
        session.flush()
        return made


def remove_season(*, instrument_id: int, season_id: int, actor: Actor, now: datetime) -> None:
    """Have the week hold on those days again. Bookings made before stand. Raises SeasonMissing."""
    with transaction() as session:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        season = find_season(instrument.id, season_id)
        data = {
            "instrument_id": instrument.id,
            "since": season.first_day.isoformat(),
            "until": season.last_day.isoformat(),
        }
        audit.record(actor=actor, now=now, action="remove_season", subject=season, data=data)
        session.execute(delete(SeasonHours).where(SeasonHours.season_id == season.id))
        session.delete(season)
