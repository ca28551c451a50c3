"""Items made ahead are the same items, and what goes wrong goes wrong in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.ahead import ahead


def test_all_items_come_in_their_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter([]))) == []


def test_the_next_item_is_made_while_the_present_one_is_worked_on() -> None:
    made_second = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made_second.set()
        yield 2

    coming = ahead(items())
    assert next(coming) == 1
    assert made_second.wait(10)
    assert list(coming) == [2]


def test_what_making_an_item_raises_comes_after_the_items_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken off")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken off"):
        next(coming)


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    coming = ahead(iter(range(10)))
    assert next(coming) == 0
    assert threading.active_count() == before + 1
    coming.close()
    assert threading.active_count() == before
