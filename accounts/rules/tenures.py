"""What the periods in which somebody controlled a firm say on a day (V12 cap)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar

from accounts.states import ChangeKind
from core import clock


class Tenure(Protocol):
    """One period: ``until`` is the first day no longer, ``change`` what kind of change it came of, None if of none."""

    @property
    def controller_id(self) -> int: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...
    @property
    def entered_at(self) -> datetime: ...
    @property
    def change(self) -> ChangeKind | None: ...


T = TypeVar("T", bound=Tenure)


def running(tenures: Sequence[T], on: date) -> T | None:
    """The tenure that holds a day; None where nobody is known to have controlled the firm."""
    return next((each for each in tenures if each.since <= on and (each.until is None or on < each.until)), None)


def changed_plainly(tenures: Sequence[Tenure], on: date) -> bool:
    """Whether the firm came under another controller in the year of a day, and not by a merge or a split.

    Such a change leaves past use behind with whoever controlled it before (V12 cap); it is flagged, never refused.
    """
    now = running(tenures, on)
    if now is None or now.change is not None or not _of_the_year(now, on):
        return False
    return any(each.since < now.since and each.controller_id != now.controller_id for each in tenures)


def named_lately(tenures: Sequence[Tenure], on: date) -> bool:
    """Whether in the year of a day it became known who controls the firm, after it had used its own cap.

    What it had used was added to its controller's (V12 cap); it is flagged, never refused.
    """
    return any(each.change is ChangeKind.NAMING and _of_the_year(each, on) for each in tenures)


def _of_the_year(tenure: Tenure, on: date) -> bool:
    return on.year in {tenure.since.year, clock.today(tenure.entered_at).year}
