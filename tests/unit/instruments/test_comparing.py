"""S19: booked, logged and measured time side by side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from instruments.rules.comparing import Beside, Booked, Compared, Logged, compare
from instruments.rules.opening import Interval

GAP = timedelta(minutes=30)
NOW = datetime(2026, 3, 3, tzinfo=UTC)


def at(start: float, end: float) -> Interval:
    """Hours of a day that is over."""
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    return Interval(midnight + timedelta(hours=start), midnight + timedelta(hours=end))


def booked(start: float, end: float, number: int = 1, kind: Compared = Compared.BOOKING) -> Booked:
    return Booked(number, kind, at(start, end), order_id=100 + number if kind is Compared.BOOKING else None)


def rows(
    bookings: list[Booked], logged: list[Logged], ran: list[Interval], *, is_told: bool = True, now: datetime = NOW
) -> list[tuple[str, list[str], str, str]]:
    """Kind, differences, logged and measured hours of each row."""
    told = {each.slot for each in bookings} | {each.slot for each in logged} if is_told else set()
    found = compare(booked=bookings, logged=logged, ran=ran, told=told, tolerance=GAP, now=now)
    return [_said(each) for each in found]


def _said(row: Beside) -> tuple[str, list[str], str, str]:
    return row.kind.value, [each.value for each in row.differences], str(row.logged_hours), str(row.measured_hours)


def test_what_agrees_has_no_difference_and_what_readings_cannot_tell_apart_is_none() -> None:
    use = Logged(1, at(9, 11), order_id=101, booking_id=1)
    assert rows([booked(9, 11)], [use], [at(9, 11.5)]) == [("booking", [], "2.00", "2.50")]
    assert rows([booked(9, 11)], [use], [], is_told=False) == [("booking", [], "2.00", "None")]
    assert rows([booked(9, 11)], [], [], now=at(10, 11).start) == [("booking", [], "None", "0.00")], "not over yet"


def test_each_difference_is_named() -> None:
    assert rows([booked(9, 11)], [], []) == [("booking", ["not_used"], "None", "0.00")]
    assert rows([booked(9, 11)], [], [at(9, 10)]) == [("booking", ["not_logged"], "None", "1.00")]
    use = Logged(1, at(9, 11), order_id=101)
    assert rows([booked(9, 11)], [use], [at(9, 13)]) == [("booking", ["ran_longer"], "2.00", "4.00")]
    assert rows([booked(9, 11)], [use], [at(8, 10)]) == [("booking", ["ran_longer"], "2.00", "2.00")]
    assert rows([], [use], []) == [("use", ["logged_not_run"], "2.00", "0.00")]
    assert rows([], [], [at(14, 16)]) == [("running", ["ran_unbooked"], "None", "2.00")]
    assert rows([], [], [at(14, 14.5)]) == [], "no longer than what a reading tells of"


def test_running_belongs_to_the_row_it_lies_in_or_went_on_from() -> None:
    first, second = booked(9, 11), booked(11, 13, 2)
    uses = [Logged(1, at(9, 11), order_id=101), Logged(2, at(11, 13), order_id=102)]
    told = rows([first, second], uses, [at(8.75, 10), at(10.5, 14), at(20, 22)])
    assert told == [
        ("booking", [], "2.00", "1.75"),
        ("booking", ["ran_longer"], "2.00", "3.00"),
        ("running", ["ran_unbooked"], "None", "2.00"),
    ]


def test_running_in_maintenance_is_no_use_without_a_booking() -> None:
    window = booked(9, 11, 1, Compared.MAINTENANCE)
    care = Logged(1, at(9, 10))
    assert rows([window], [care], [at(9, 11)]) == [("maintenance", [], "1.00", "2.00")]
