"""How long a voucher can be claimed (V17) and how long a returned claim can be mended (V17 return)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.clock import add_months
from vouchers.rules.policy import VoucherPolicy


class WorkingDays(Protocol):
    """What these rules need of core.workdays.WorkingCalendar."""

    def next_working_day_on_or_after(self, day: date) -> date: ...

    def add_working_days(self, day: date, count: int) -> date: ...


@dataclass(frozen=True)
class Window:
    """The last day on which something may be done; it counts in full."""

    last_day: date

    def is_open(self, on: date) -> bool:
        """Whether it may still be done on a day."""
        return on <= self.last_day


def submission_window(completed_on: date, *, policy: VoucherPolicy, working_days: WorkingDays) -> Window:
    """Until when a service completed on a day may be claimed for the first time (V17)."""
    last_day = add_months(completed_on, policy.validity_months)
    if policy.validity_moves_to_working_day:
        last_day = working_days.next_working_day_on_or_after(last_day)
    return Window(last_day)


def correction_window(returned_on: date, *, policy: VoucherPolicy, working_days: WorkingDays) -> Window:
    """Until when a returned claim may be submitted again (V17 return)."""
    return Window(working_days.add_working_days(returned_on, policy.correction_working_days))
