"""When an instrument ran by what its sensors tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from instruments.rules.opening import Interval
from instruments.rules.readings import Reading, running_stretches, within

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GAP = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_s19_an_instrument_runs_from_a_reading_to_the_next_unless_that_comes_too_late() -> None:
    """Half an hour of silence still counts, a second more does not; what nothing confirms does not count."""
    told = [(at(0), True), (at(30), True), (at(40), False), (at(50), True), (at(80.1), True), (at(90), False)]
    assert running_stretches(told, gap=GAP) == [Interval(at(0), at(40)), Interval(at(80.1), at(90))]
    assert running_stretches([(at(0), True)], gap=GAP) == []
    assert running_stretches([], gap=GAP) == []


def test_power_tells_whether_it_runs_where_the_sensor_has_a_threshold() -> None:
    def reading(power: str | None, *, running: bool | None = None) -> Reading:
        watts = None if power is None else Decimal(power)
        return Reading(serial="S", at=NOON, running=running, power_w=watts)

    limit = Decimal(100)
    assert [reading("99.999").runs(limit), reading("100").runs(limit)] == [False, True]
    assert reading("500", running=False).runs(limit) is False
    assert reading("500").runs(None) is None
    assert reading(None).runs(limit) is None


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans()), unique_by=lambda each: each[0]), st.integers(0, 600))
def test_cut_at_any_minute_both_parts_are_the_whole(told: list[tuple[int, bool]], cut: int) -> None:
    """Days are derived one by one: nothing is counted twice or lost at midnight."""
    readings = [(at(minute), running) for minute, running in sorted(told)]
    whole = running_stretches(readings, gap=GAP)
    before, after = Interval(at(-1), at(cut)), Interval(at(cut), at(601))
    parts = [*within(whole, before), *within(whole, after)]
    assert sum((each.end - each.start for each in parts), timedelta()) == sum(
        (each.end - each.start for each in whole), timedelta()
    )
    assert all(each.end <= at(cut) or each.start >= at(cut) for each in parts)
