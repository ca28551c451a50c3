"""Statements of an account follow by number and balance; what does not follow is a gap."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.bank_files import Owned
from settlement.rules.bank_files.sequence import Gap, Place, gaps_of
from settlement.states import GapKind
from tests.support.bank import OURS, Entry, camt_of, numbered
from tests.unit.settlement.test_bank_files import faults, read

DAY = date(2026, 1, 12)
MISSING, TWICE, BALANCE = GapKind.MISSING, GapKind.TWICE, GapKind.BALANCE


def places(*told: tuple[object, ...]) -> list[Place]:
    """Statements as (number, opening, closing) and perhaps the day or, as (page, last), the page."""
    numbers = count(1)
    found = []
    for number, opening, closing, *more in told:
        day = next((each for each in more if isinstance(each, date)), DAY)
        page, is_last = next((each for each in more if isinstance(each, tuple)), (1, True))
        found.append(Place(next(numbers), number, page, is_last, day, None, opening, closing))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([(1, 0, 5), (2, 5, 7), (3, 7, 7)], [], id="they follow"),
        pytest.param([(7, 0, 5)], [], id="the first follows nothing"),
        pytest.param([(3, 7, 7), (1, 0, 5), (2, 5, 7)], [], id="in whatever order they come"),
        pytest.param([(1, 0, 5), (4, 9, 9)], [(MISSING, 1, 2, 2, 3, None, None)], id="numbers are missing"),
        pytest.param([(1, 0, 5), (2, 6, 9)], [(BALANCE, 1, 2, None, None, 5, 6)], id="the balance breaks"),
        pytest.param([(1, None, None), (3, None, None)], [(MISSING, 1, 2, 2, 2, None, None)], id="numbers alone"),
        pytest.param([(1, 0, 5), (2, None, None), (3, 6, 6)], [], id="without balances nothing is compared"),
        pytest.param(
            [(None, 0, 5), (None, 5, 7, DAY + timedelta(1)), (None, 8, 9, DAY + timedelta(2))],
            [(BALANCE, 2, 3, None, None, 7, 8)],
            id="balances alone, in the order of days",
        ),
        pytest.param([(None, 0, 5), (9, 5, 7)], [], id="where one has no number its balance counts"),
        pytest.param([(1, 0, 5), (1, 0, 6), (2, 6, 7)], [(TWICE, 1, 2, None, None, None, None)], id="twice"),
        pytest.param(
            [(1, 0, 5), (2, 5, 7), (1, 7, 8, date(2026, 2, 2))],
            [(TWICE, 1, 3, None, None, None, None), (BALANCE, 3, 2, None, None, 8, 5)],
            id="numbers that begin anew within a year come twice",
        ),
        pytest.param(
            [(364, 0, 5, date(2025, 12, 31)), (1, 5, 7)],
            [],
            id="numbers begin anew with the year",
        ),
        pytest.param([(364, 0, 5, date(2025, 12, 31)), (365, 5, 7)], [], id="or go on"),
        pytest.param(
            [(364, 0, 5, date(2025, 12, 31)), (3, 9, 9)],
            [(MISSING, 1, 2, 1, 2, None, None)],
            id="the first ones of a year are missing",
        ),
        pytest.param([(1, 0, None, (1, False)), (1, None, 5, (2, True)), (2, 5, 5)], [], id="pages of one"),
        pytest.param(
            [(1, 0, None, (1, False)), (2, 5, 5)], [(MISSING, 1, 2, 1, 1, None, None)], id="the last page is missing"
        ),
        pytest.param(
            [(1, 0, None, (1, False)), (1, None, 5, (3, True))],
            [(MISSING, 1, 2, 1, 1, None, None)],
            id="a page between is missing",
        ),
        pytest.param(
            [(1, 0, 5), (2, None, 9, (2, True))], [(MISSING, 1, 2, 2, 2, None, None)], id="the first page is missing"
        ),
    ],
)
def test_v17_pay_what_does_not_follow_is_named(
    told: list[tuple[object, ...]], expected: list[tuple[object, ...]]
) -> None:
    assert gaps_of(places(*told)) == [Gap(*each) for each in expected]  # type: ignore[arg-type]


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=30), st.data())
def test_v17_pay_whole_numbered_rows_have_no_gap_and_each_run_left_out_is_one(
    moves: list[int], data: st.DataObject
) -> None:
    """However they come in; the gaps name exactly the numbers that are missing between those that came."""
    balance, whole = 0, []
    for number, move in enumerate(moves, start=1):
        whole.append(Place(number, number, 1, True, DAY, None, balance, balance + move))
        balance += move
    assert gaps_of(data.draw(st.permutations(whole))) == []
    kept = data.draw(st.sets(st.integers(1, len(whole)), min_size=1))
    gaps = gaps_of([each for each in whole if each.id in kept])
    named = {no for gap in gaps for no in range(gap.first_no or 0, (gap.last_no or 0) + 1)}
    assert named == set(range(min(kept), max(kept) + 1)) - kept
    assert {gap.kind for gap in gaps} <= {MISSING}


def head(content: bytes) -> Owned:
    (found,) = read(content).accounts
    return found


def test_v17_pay_numbers_pages_and_balances_are_read() -> None:
    entries = Entry(101), Entry(1, credit=False)
    told = head(numbered(12, *entries, opening_fen=-50, legal_no=7, pages=(2, False), day=DAY))
    assert (told.account, told.electronic_no, told.legal_no, told.number) == (OURS, 12, 7, 12)
    assert (told.page, told.is_last, told.day) == (2, False, DAY)
    assert (told.opening_fen, told.closing_fen) == (-50, 50)
    assert head(numbered(None, legal_no=7)).number == 7
    bare = head(camt_of(entries))
    assert (bare.has_place, bare.page, bare.is_last) == (False, 1, True)
    assert not head(camt_of(entries, "054", summary="<ElctrncSeqNb>4</ElctrncSeqNb>")).has_place


@pytest.mark.parametrize("wrong", ["1a", "-1", "9" * 19, "１"])
def test_v17_pay_a_number_or_page_that_is_none_keeps_no_money_out(wrong: str) -> None:
    content = numbered(1, Entry(100), legal_no=1, pages=(1, False)).replace(b"Nb>1<", f"Nb>{wrong}<".encode())
    told = head(content)
    assert (faults(content), len(read(content).answers)) == ([], 1)
    assert (told.number, told.page, told.is_last) == (None, 1, True)
    assert head(content.replace(f"<LglSeqNb>{wrong}<".encode(), b"<LglSeqNb>4<")).number == 4


def test_v17_pay_the_same_statement_is_told_again_by_its_content() -> None:
    first, second = Entry(1, reference="A"), Entry(2, reference="B")
    one = head(numbered(1, first, second, opening_fen=0)).content
    assert head(numbered(1, second, first, opening_fen=0)).content == one
    for other in (
        numbered(2, first, second, opening_fen=0),
        numbered(1, first, second, opening_fen=1),
        numbered(1, first, opening_fen=0),
        numbered(1, first, second, opening_fen=0, account="1"),
    ):
        assert head(other).content != one
    days = [
        head(numbered(number, opening_fen=0, day=day)).content
        for number in (None, 1)
        for day in (DAY, date(2026, 1, 13))
    ]
    assert (days[0] == days[1], days[2] == days[3]) == (False, True)


@pytest.mark.parametrize(("number", "year"), [(53, 2025), (2, 2025), (1, 2026), (None, 2026)])
def test_v17_pay_a_number_is_of_the_year_in_which_its_statement_begins(number: int | None, year: int) -> None:
    """A first one is of the new year, though its week begins in the old one; without a number the last day counts."""
    closed, begun = date(2026, 1, 2), date(2025, 12, 29)
    content = numbered(number, opening_fen=0, day=closed)
    told = b"<FrToDt><FrDtTm>2025-12-29T00:00:00+08:00</FrDtTm><ToDtTm>2026-01-02T24:00:00+08:00</ToDtTm></FrToDt>"
    opened = content.replace(b"2026-01-02</Dt></Dt>", b"2025-12-29</Dt></Dt>", 1)
    for each in (content.replace(b"<Bal>", told + b"<Bal>", 1), opened):
        assert each != content
        assert head(each).day == (begun if year == begun.year else closed)
    assert head(content).day == closed
    assert head(opened.replace(b"2025-12-29", b"2024-12-29")).day == closed, "no statement runs over two years"
    assert head(opened.replace(b"OPBD", b"PRCD")).day == closed, "the day of the one before is not its own"


def test_v17_pay_a_day_without_entries_is_a_statement() -> None:
    """What has neither number nor balances says nothing then, and is refused as before, elsewhere."""
    assert read(numbered(1)).has_place
    assert not read(camt_of([])).has_place
