"""S24: from figures to points and a proposed grade; missing data earns and costs nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import policy
from marketplace.reports.evaluation.figures import Evaluated, measure_of
from marketplace.rules.grading import (
    Grade,
    Indicator,
    IndicatorGroup,
    IndicatorRule,
    ReadAs,
    Reading,
    Scheme,
    graded,
    scheme_in,
    scheme_of,
    score,
)

DAY = date(2026, 12, 31)
HALF = Reading(10, 5)


def rule(reading: ReadAs, zero: str, full: str, weight: int = 100) -> IndicatorRule:
    """An indicator of sensors, measured between two values."""
    return IndicatorRule(Indicator.SENSORS, IndicatorGroup.OPENNESS, weight, reading, Decimal(zero), Decimal(full))


def points(of: IndicatorRule, reading: Reading | None) -> Decimal | None:
    """What one indicator alone earns."""
    readings = {} if reading is None else {of.measure: reading}
    return score(Scheme((of,), scheme().grades, 50), readings).marks[0].points


def scheme() -> Scheme:
    """The scheme of the pack."""
    return scheme_in(scheme_of(policy.current(), DAY))


@pytest.mark.parametrize(
    ("of", "reading", "earned"),
    [
        (rule(ReadAs.SHARE, "0", "1"), HALF, "50.00"),
        (rule(ReadAs.SHARE, "0.5", "1"), HALF, "0.00"),
        (rule(ReadAs.SHARE, "0.3", "0"), HALF, "0.00"),
        (rule(ReadAs.SHARE, "0", "0.5"), HALF, "100.00"),
        (rule(ReadAs.SHARE, "0", "1", weight=15), Reading(3, 1), "5.00"),
        (rule(ReadAs.CASES, "0", "40"), HALF, "25.00"),
        (rule(ReadAs.HITS, "10", "0"), HALF, "50.00"),
        (rule(ReadAs.DAYS, "10", "2"), Reading(10, 5, Decimal("4.0")), "75.00"),
        (rule(ReadAs.DAYS, "10", "2"), Reading(10, 5, Decimal("1.0")), "100.00"),
    ],
)
def test_s24_an_indicator_earns_its_part_between_two_values_and_never_more(
    of: IndicatorRule, reading: Reading, earned: str
) -> None:
    """In either direction; outside of the two values nothing, or the whole weight."""
    assert points(of, reading) == Decimal(earned)


def test_s24_what_has_no_data_is_missing_and_no_nought() -> None:
    """A share or a time without a case, and what no record tells; counts over whole records are true noughts."""
    nothing = Reading(0, 0)
    assert points(rule(ReadAs.SHARE, "0", "1"), nothing) is None
    assert points(rule(ReadAs.DAYS, "10", "2"), nothing) is None
    assert points(rule(ReadAs.SHARE, "0", "1"), None) is None
    assert points(rule(ReadAs.CASES, "0", "40"), nothing) == 0
    assert points(rule(ReadAs.HITS, "1", "0"), nothing) == 100


def test_s24_points_are_over_the_weight_that_has_data_and_a_grade_needs_enough_of_it() -> None:
    """Half of the data missing: the other half is 100; below the policy's least weight nothing is proposed."""
    known = scheme()
    full = {each.measure: Reading(100, 100 if each.full else 0) for each in known.indicators if each.full > each.zero}
    found = score(known, full)
    assert (found.points, found.proposal) == (Decimal("100.00"), Grade.EXCELLENT)
    assert found.covered == sum(each.weight for each in known.indicators if each.full > each.zero)
    only = score(known, {Indicator.NAMED: Reading(0, 0)})
    assert (only.points, only.covered, only.proposal) == (Decimal("100.00"), 5, None)
    nothing = score(known, {})
    assert (nothing.points, nothing.covered, nothing.proposal) == (None, 0, None)


@pytest.mark.parametrize(
    ("reached", "grade"),
    [("90.00", "excellent"), ("89.99", "good"), ("75", "good"), ("60", "qualified"), ("59.99", "unqualified")],
)
def test_s24_a_grade_is_proposed_from_its_points_on(reached: str, grade: str) -> None:
    """Points that are reached exactly are enough."""
    assert graded(scheme().grades, Decimal(reached)) == Grade(grade)


def test_s24_every_indicator_is_a_measure_of_providers_but_what_no_record_tells_yet() -> None:
    """Hours logged wait for their readings."""
    unknown = {each for each in Indicator if measure_of(Evaluated.PROVIDERS, each) is None}
    assert unknown <= {Indicator.HOURS_LOGGED}
    assert sum(each.weight for each in scheme().indicators) == 100


@given(st.dictionaries(st.sampled_from(Indicator), st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=18))
def test_s24_points_stay_between_nought_and_a_hundred(given_readings: dict[Indicator, tuple[int, int]]) -> None:
    """Whatever the figures are, and a better share never earns less."""
    readings = {key: Reading(cases, min(cases, hits)) for key, (cases, hits) in given_readings.items()}
    found = score(scheme(), readings)
    assert found.points is None or 0 <= found.points <= 100
    better = {**readings, Indicator.SENSORS: Reading(10, 10)}
    worse = {**readings, Indicator.SENSORS: Reading(10, 9)}
    best, less = score(scheme(), better), score(scheme(), worse)
    assert (best.points or 0) >= (less.points or 0)
