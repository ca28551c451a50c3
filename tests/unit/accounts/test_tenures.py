"""Who controlled a firm when, and what a change in the year of a day means for its cap (V12 cap)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from accounts.kinds import AdverseKind
from accounts.rules.adverse import RecordFacts, is_sanctioned
from accounts.rules.tenures import changed_plainly, named_lately, running
from accounts.states import ChangeKind

LONG_AGO = datetime(2024, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    controller_id: int
    since: date
    until: date | None = None
    entered_at: datetime = LONG_AGO
    change: ChangeKind | None = None


FIRST = Period(1, date(2024, 1, 1), date(2026, 3, 1))
SECOND = Period(2, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(2023, 12, 31), None), (date(2026, 2, 28), FIRST), (date(2026, 3, 1), SECOND), (date(2030, 1, 1), SECOND)],
)
def test_a_tenure_holds_from_its_first_day_to_before_its_last(day: date, found: Period | None) -> None:
    assert running([FIRST, SECOND], day) is found


def test_a_plain_change_is_one_of_its_year_and_leaves_somebody() -> None:
    assert changed_plainly([FIRST, SECOND], date(2026, 3, 1))
    assert not changed_plainly([FIRST, SECOND], date(2026, 2, 28)), "it had not come yet"
    assert not changed_plainly([FIRST, SECOND], date(2027, 1, 1)), "another year"
    assert not changed_plainly([SECOND], date(2026, 3, 1)), "nobody was left"
    entered = Period(2, date(2026, 3, 1), entered_at=datetime(2026, 12, 31, 17, tzinfo=UTC))
    assert changed_plainly([FIRST, entered], date(2027, 1, 1)), "it became known on 1 January in Shanghai"
    merged = Period(2, date(2026, 3, 1), change=ChangeKind.MERGE)
    assert not changed_plainly([FIRST, merged], date(2026, 3, 1)), "a merge takes the use along"


def test_a_naming_counts_in_its_year() -> None:
    named = Period(2, date(2026, 3, 1), change=ChangeKind.NAMING)
    assert named_lately([named], date(2026, 12, 31))
    assert not named_lately([named], date(2027, 1, 1))
    assert not named_lately([SECOND], date(2026, 12, 31))


def test_v21_a_sanction_lasts_to_its_last_day() -> None:
    misconduct = RecordFacts(AdverseKind.RESEARCH_MISCONDUCT, date(2024, 6, 1), date(2027, 5, 31))
    assert [is_sanctioned([misconduct], day) for day in (date(2024, 5, 31), date(2024, 6, 1), date(2027, 5, 31))] == [
        False,
        True,
        True,
    ]
    assert not is_sanctioned([misconduct], date(2027, 6, 1))
    assert not is_sanctioned([RecordFacts(AdverseKind.RESEARCH_MISCONDUCT, date(2024, 6, 1), None)], date(2026, 1, 1))
    assert not is_sanctioned([RecordFacts(AdverseKind.FRAUD, date(2024, 6, 1), date(2027, 1, 1))], date(2026, 1, 1))
