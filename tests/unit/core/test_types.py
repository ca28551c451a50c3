"""Column types refuse what must never be stored."""

from __future__ import annotations

from datetime import UTC as UTC_ZONE
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Range

from core.types import MAX_FEN, UTC, Enumerated, Fen, Period, Span

DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC_ZONE)
HOUR = timedelta(hours=1)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize("value", [1.0, Decimal(1), True, "1", 1j])
def test_money_is_never_anything_but_int(value: Any) -> None:
    """Money is integer fen: no float, no Decimal, no bool, no text."""
    with pytest.raises(TypeError, match="integer fen"):
        Fen().process_bind_param(value, DIALECT)


@pytest.mark.parametrize("value", [MAX_FEN + 1, -MAX_FEN - 1])
def test_money_beyond_bigint_is_refused(value: int) -> None:
    """The database would refuse it too, but later and worse."""
    with pytest.raises(ValueError, match="bigint"):
        Fen().process_bind_param(value, DIALECT)


@pytest.mark.parametrize("value", [None, 0, -1, MAX_FEN])
def test_money_within_bigint_passes(value: int | None) -> None:
    """Null stays null."""
    assert Fen().process_bind_param(value, DIALECT) == value


def test_a_sum_from_the_database_is_an_int() -> None:
    """PostgreSQL sums bigint as numeric; it must not leak into the arithmetic as Decimal."""
    found = Fen().process_result_value(Decimal(12), DIALECT)
    assert found == 12
    assert isinstance(found, int)
    with pytest.raises(ValueError, match="whole number"):
        Fen().process_result_value(Decimal("0.5"), DIALECT)


@pytest.mark.parametrize("value", [datetime(2026, 3, 2), date(2026, 3, 2), "2026-03-02T00:00:00Z"])  # noqa: DTZ001
def test_instants_are_aware_datetimes(value: Any) -> None:
    """Neither naive datetimes nor dates nor text."""
    with pytest.raises(TypeError, match="time zone"):
        UTC().process_bind_param(value, DIALECT)


def test_instants_come_back_in_utc() -> None:
    """Whatever the session's time zone."""
    shanghai = datetime(2026, 3, 2, 20, tzinfo=timezone(timedelta(hours=8)))
    found = UTC().process_result_value(shanghai, DIALECT)
    assert found == NOON
    assert found is not None
    assert found.tzinfo is UTC_ZONE


def test_a_span_is_half_open() -> None:
    """Touching ends share no instant."""
    first, second = Span(NOON, NOON + HOUR), Span(NOON + HOUR, NOON + 2 * HOUR)
    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(Span(NOON, None))
    assert Span(NOON, None).overlaps(second)
    assert first.duration == HOUR


@given(st.lists(st.integers(0, 20), min_size=4, max_size=4))
def test_spans_overlap_exactly_if_they_share_an_instant(hours: list[int]) -> None:
    """The formula against counting."""
    (a, b), (c, d) = sorted(hours[:2]), sorted(hours[2:])
    one, two = (Span(NOON + x * HOUR, NOON + (y + 1) * HOUR) for x, y in ((a, b), (c, d)))
    assert one.overlaps(two) == bool(set(range(a, b + 1)) & set(range(c, d + 1)))


@pytest.mark.parametrize("end", [NOON, NOON - HOUR])
def test_an_empty_or_reversed_span_is_refused(end: datetime) -> None:
    """A period must end after it starts."""
    with pytest.raises(ValueError, match="end after"):
        Span(NOON, end)


def test_a_naive_span_is_refused_and_an_open_one_has_no_length() -> None:
    """Both bounds are aware."""
    with pytest.raises(ValueError, match="aware"):
        Span(NOON.replace(tzinfo=None), None)
    with pytest.raises(ValueError, match="open period"):
        _ = Span(NOON, None).duration


def test_periods_are_bound_half_open() -> None:
    """And read back as what they were."""
    span = Span(NOON, NOON + HOUR)
    bound = Period().process_bind_param(span, DIALECT)
    assert bound is not None
    assert bound.bounds == "[)"
    assert Period().process_result_value(bound, DIALECT) == span
    assert Period().process_bind_param(None, DIALECT) is None
    assert Period().process_result_value(None, DIALECT) is None


@pytest.mark.parametrize("found", [Range(NOON, NOON + HOUR, bounds="[]"), Range(None, NOON), Range(empty=True)])
def test_a_period_that_is_not_half_open_is_not_misread(found: Range[datetime]) -> None:
    """Written past the type, it is refused on reading."""
    with pytest.raises(ValueError, match="half-open"):
        Period().process_result_value(found, DIALECT)


def test_a_period_is_a_span() -> None:
    """Not a pair."""
    wrong: Any = (NOON, None)
    with pytest.raises(TypeError, match="Span"):
        Period().process_bind_param(wrong, DIALECT)


def test_enumerated_takes_known_values_only() -> None:
    """By member or by value."""
    column = Enumerated(Colour)
    assert column.process_bind_param(Colour.RED, DIALECT) == "red"
    assert column.process_bind_param("red", DIALECT) == "red"
    assert column.process_result_value("red", DIALECT) is Colour.RED
    with pytest.raises(ValueError, match="blue"):
        column.process_bind_param("blue", DIALECT)
    with pytest.raises(ValueError, match="blue"):
        column.process_result_value("blue", DIALECT)
