"""Cases and calendars for the tests of the vouchers package."""

from __future__ import annotations

from typing import Any

from chinese_calendar.constants import holidays, workdays

from core.workdays import WorkingCalendar

BASE_CASE: dict[str, Any] = {
    "date": "2026-03-01",
    "payment_mode": "direct_deduction",
    "base_fen": 10_000_000,
    "cap_used_fen": 0,
    "unmet_need": None,
    "beneficiary": {
        "kind": "enterprise",
        "county": "371702",
        "staff": 120,
        "revenue_fen": 5_000_000_000,
        "orderly_finances": True,
        "adverse_records": [],
    },
    "provider": {"in_province": True, "relation": "none"},
    "service": {
        "kind": "commissioned_analysis",
        "excluded": None,
        "publicly_funded": False,
        "restricted_industry": False,
    },
}
"""A 菏泽 enterprise that is entitled to 60% of CNY 100,000.00."""


def official_calendar() -> WorkingCalendar:
    """The official working days of all published years, without a database."""
    exceptions = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True)
    return WorkingCalendar(frozenset(day.year for day in exceptions), exceptions)
