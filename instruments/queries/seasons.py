"""Opening hours of a range of days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Select, literal, select

from core.db import session
from core.errors import NotFound
from instruments.models import OpeningSeason, SeasonHours
from instruments.rules.opening import Season, WeeklyHours


class SeasonMissing(NotFound):
    """There are no such hours of a range of days of this instrument."""

    code = "season_missing"


def seasons_of(instruments: Select[tuple[int]]) -> Select[Any]:
    """The seasons of some instruments, a row for each of their stretches, for :func:`seasons_in`."""
    season, hours = OpeningSeason, SeasonHours
    return (
        select(
            season.instrument_id,
            season.id,
            season.first_day,
            season.last_day,
            hours.weekday,
            hours.opens_minute,
            hours.closes_minute,
        )
        .outerjoin(hours, hours.season_id == season.id)
        .where(season.instrument_id.in_(instruments))
        .order_by(season.first_day, season.id)
    )


def seasons_in(instrument_id: int, found: Iterable[Any]) -> tuple[Season, ...]:
    """The seasons of one of them, in order of time."""
    own = (each for each in found if each.instrument_id == instrument_id)
    return tuple(_season(list(rows)) for _, rows in groupby(own, key=lambda each: each.id))


def opening_seasons(instrument_id: int) -> tuple[Season, ...]:
    """The seasons of an instrument, in order of time."""
    return seasons_in(instrument_id, session().execute(seasons_of(select(literal(instrument_id)))))


def season_rows(instrument_id: int) -> Sequence[OpeningSeason]:
    """The same as rows, for who names or removes one."""
    found = select(OpeningSeason).where(OpeningSeason.instrument_id == instrument_id)
    return session().scalars(found.order_by(OpeningSeason.first_day)).all()


def find_season(instrument_id: int, season_id: int) -> OpeningSeason:
    """A season of an instrument; raises :class:`SeasonMissing`."""
    found = session().scalar(
        select(OpeningSeason).where(OpeningSeason.id == season_id, OpeningSeason.instrument_id == instrument_id)
    )
    if found is None:
        raise SeasonMissing
    return found


def hours_of_season(season_id: int) -> tuple[WeeklyHours, ...]:
    """The stretches of a season, sorted."""
    found = session().scalars(select(SeasonHours).where(SeasonHours.season_id == season_id))
    return tuple(sorted(WeeklyHours(each.weekday, each.opens_minute, each.closes_minute) for each in found))


def shown_season(row: OpeningSeason) -> dict[str, Any]:
    """A season as it is answered."""
    return {
        "id": row.id,
        "name": row.name,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "hours": hours_of_season(row.id),
    }


def _season(rows: Sequence[Any]) -> Season:
    hours = (
        WeeklyHours(each.weekday, each.opens_minute, each.closes_minute) for each in rows if each.weekday is not None
    )
    return Season(rows[0].first_day, rows[0].last_day, tuple(sorted(hours)))
