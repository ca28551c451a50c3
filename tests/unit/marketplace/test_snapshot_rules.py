"""V20: when a year is evaluated, how long the evaluated may comment, when it may be published."""

from __future__ import annotations

from datetime import date, timedelta

from core import clock, policy
from core.workdays import WorkingCalendar
from marketplace.rules.naming import evaluation_policy
from marketplace.rules.snapshots import comment_by, may_still_comment, publication_faults, years_to_freeze

SECOND = timedelta(seconds=1)


def test_v20_only_completed_years_in_force_are_evaluated() -> None:
    """V23: from 2025-01-24 to 2030-01-23, the year of the last day included."""
    pack = policy.current()
    assert years_to_freeze(pack, date(2025, 12, 31)) == []
    assert years_to_freeze(pack, date(2026, 1, 1)) == [2025]
    assert years_to_freeze(pack, date(2028, 6, 1)) == [2027, 2026, 2025]
    assert years_to_freeze(pack, date(2033, 1, 1))[0] == 2030


def test_v20_comments_are_open_to_the_last_second_of_the_last_day() -> None:
    """Fifteen working days from Monday 2026-03-02 end with 2026-03-23; then comments are late and it is published."""
    term = evaluation_policy(policy.current(), date(2026, 3, 2)).comment_working_days
    last = comment_by(date(2026, 3, 2), term, WorkingCalendar(frozenset({2026}), {}))
    assert last == date(2026, 3, 23)
    ends = clock.end_of_day(last)
    before, after = clock.today(ends - SECOND), clock.today(ends)
    assert (may_still_comment(last, before), may_still_comment(last, after)) == (True, False)
    assert [each.code for each in publication_faults(last, before, unanswered=0)] == ["evaluation_comments_open"]
    assert publication_faults(last, after, unanswered=0) == []


def test_v20_every_comment_is_answered_before_publication() -> None:
    """All that is missing is named at once."""
    last = date(2026, 3, 23)
    both = ["evaluation_comments_open", "evaluation_comments_unanswered"]
    assert [each.code for each in publication_faults(last, last, unanswered=1)] == both
    assert [each.code for each in publication_faults(last, date(2026, 3, 24), unanswered=1)] == both[1:]
