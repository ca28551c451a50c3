"""China's official working days, make-up days included, from a table that people can edit.

A year whose official arrangement is not published is provisional: weekends only, and it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Boolean, Date, Select, SmallInteger, Text, bindparam, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.errors import Conflict
from core.gathering import Gathering
from core.types import Enumerated

_SATURDAY = 5
_LONGEST_HOLIDAY_DAYS = 14
"""More than any run of days off there was."""


class YearStatus(StrEnum):
    """Whether the official arrangement of a year is out."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"


class YearNotPublished(Conflict):
    """The official calendar of the year is not published, so no date in it is confirmed."""

    code = "year_not_published"


class CalendarYear(Model):
    """One year and where its arrangement comes from."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    status: Mapped[YearStatus] = mapped_column(Enumerated(YearStatus))
    reference: Mapped[str] = mapped_column(Text)


class CalendarException(Model):
    """A day that differs from the plain week: a holiday on a weekday or a make-up working day on a weekend."""

    __tablename__ = "calendar_exception"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Countdown:
    """How long there is to a last day, which counts in full: on it both numbers are 0, after it the days are negative.

    ``provisional``: the official calendar of a year on the way is not published, so holidays may still move it.
    """

    last_day: date
    days_left: int
    working_days_left: int
    provisional: bool

    @property
    def overdue(self) -> bool:
        """Whether the last day is over."""
        return self.days_left < 0


@dataclass(frozen=True)
class WorkingCalendar:
    """Working-day arithmetic over published years and exceptions. Pure."""

    published: frozenset[int]
    working: dict[date, bool] = field(hash=False)

    def status(self, year: int) -> YearStatus:
        """Whether dates of a year are confirmed."""
        return YearStatus.PUBLISHED if year in self.published else YearStatus.PROVISIONAL

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on a day; in a provisional year by the plain week."""
        return self.working.get(day, day.weekday() < _SATURDAY)

    def is_makeup_day(self, day: date) -> bool:
        """Whether a day of the weekend is worked instead of another."""
        return day.weekday() >= _SATURDAY and self.is_working_day(day)

    def is_public_holiday(self, day: date) -> bool:
        """Whether a day lies in an unbroken run of days off that takes a weekday off too: the weekend beside a holiday
        belongs to it (与周末连休)."""
        return not self.is_working_day(day) and (self._reaches(day, -1) or self._reaches(day, 1))

    def _reaches(self, day: date, step: int) -> bool:
        while not self.is_working_day(day):
            if day.weekday() < _SATURDAY:
                return True
            day += timedelta(days=step)
        return False

    def next_working_day_on_or_after(self, day: date) -> date:
        """The day itself if it is a working day, else the next one."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``; the day itself does not count."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days have begun after ``start`` up to and including ``end``; none where it is earlier."""
        days = (end - start).days
        return sum(self.is_working_day(start + timedelta(days=number)) for number in range(1, days + 1))

    def countdown(self, today: date, last_day: date) -> Countdown:
        """How long there is from today to a last day."""
        years = range(min(today.year, last_day.year), last_day.year + 1)
        return Countdown(
            last_day=last_day,
            days_left=(last_day - today).days,
            working_days_left=self.working_days_between(today, last_day),
            provisional=any(self.status(year) is YearStatus.PROVISIONAL for year in years),
        )

    def confirmed(self, day: date) -> date:
        """``day`` itself; raises :class:`YearNotPublished` where its year is provisional."""
        if self.status(day.year) is YearStatus.PROVISIONAL:
            raise YearNotPublished(year=day.year)
        return day


def calendar_parts(since: BindParameter[date]) -> dict[str, Select[Any]]:
    """What :func:`calendar_in` reads, for a gathering that asks for more; holidays that began earlier are whole."""
    return {
        "years": select(CalendarYear.year).where(CalendarYear.status == YearStatus.PUBLISHED),
        "days": select(CalendarException.day, CalendarException.working).where(
            CalendarException.day >= since - literal(_LONGEST_HOLIDAY_DAYS)
        ),
    }


def calendar_in(found: Mapping[str, Sequence[Any]]) -> WorkingCalendar:
    """The calendar as it was read; of what lies before its first day only the plain weeks."""
    return WorkingCalendar(frozenset(each.year for each in found["years"]), dict(found["days"]))


_CALENDAR = Gathering(**calendar_parts(bindparam("since", type_=Date)))


def load_calendar(*, since: date | None = None) -> WorkingCalendar:
    """The calendar as it stands in the database; of what lies before ``since`` only the plain weeks."""
    return calendar_in(_CALENDAR.read(since=since or date.min))
