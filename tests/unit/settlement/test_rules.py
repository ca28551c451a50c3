"""Room of a cap, cut-offs, seals: the small pure rules."""

import json
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheets import inert
from core.workdays import WorkingCalendar, YearStatus
from settlement.rules.cutoffs import Schedule, cutoffs_of, next_cutoff
from settlement.rules.exports.content import yuan
from settlement.rules.room import cap_room_fen, grantable_fen
from settlement.rules.seal import PayoutLine, canonical, seal

SCHEDULE = Schedule((10, 25))
CALENDAR = WorkingCalendar(
    frozenset({2025, 2026}),
    {date(2026, 2, day): False for day in range(15, 24)} | {date(2026, 2, 14): True},
)
FEN = st.integers(0, 10**12)


@given(wanted=FEN, cap=FEN, used=FEN)
def test_i3_what_is_granted_is_the_lesser_of_wish_and_room(wanted: int, cap: int, used: int) -> None:
    granted = grantable_fen(wanted_fen=wanted, cap_fen=cap, used_fen=used)

    assert 0 <= granted <= wanted
    assert granted == 0 or used + granted <= cap
    assert granted == wanted or used + granted >= cap


def test_v12_cap_example() -> None:
    assert grantable_fen(wanted_fen=6_000_000, cap_fen=50_000_000, used_fen=48_000_000) == 2_000_000


def test_an_overhang_gives_no_room() -> None:
    assert cap_room_fen(cap_fen=10, used_fen=12) == 0


def test_nobody_wants_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        grantable_fen(wanted_fen=-1, cap_fen=10, used_fen=0)


def test_v17_pay_cutoffs_move_to_the_next_working_day() -> None:
    """2026-01: 12 and 26."""
    assert [found.day for found in cutoffs_of(2026, schedule=SCHEDULE, calendar=CALENDAR)][:4] == [
        date(2026, 1, 12),
        date(2026, 1, 26),
        date(2026, 2, 10),
        date(2026, 2, 25),
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 1), date(2026, 1, 12)),
        (date(2026, 1, 12), date(2026, 1, 12)),
        (date(2026, 1, 13), date(2026, 1, 26)),
        (date(2025, 12, 26), date(2026, 1, 12)),
    ],
)
def test_the_next_cutoff(day: date, expected: date) -> None:
    assert next_cutoff(day, schedule=SCHEDULE, calendar=CALENDAR).day == expected


def test_cutoffs_of_a_year_not_published_are_provisional() -> None:
    statuses = {found.status for found in cutoffs_of(2027, schedule=SCHEDULE, calendar=CALENDAR)}

    assert statuses == {YearStatus.PROVISIONAL}


def test_a_cutoff_that_moves_into_a_year_not_published_is_provisional() -> None:
    holidays = {date(2026, 12, day): False for day in range(25, 32)}
    calendar = WorkingCalendar(frozenset({2026}), holidays)

    last = cutoffs_of(2026, schedule=SCHEDULE, calendar=calendar)[-1]

    assert (last.day, last.status) == (date(2027, 1, 1), YearStatus.PROVISIONAL)


def line(number: int, holder: str = '测试"企业"\\', amount_fen: int = 100) -> PayoutLine:
    return PayoutLine(number, 7, "claim:7", 3, 9, holder, "测试银行", "102100099996", "6222021602003456789", amount_fen)


def test_i8_the_canonical_line_is_a_json_array_of_its_fields() -> None:
    assert json.loads(canonical(line(1))) == [
        1, 7, "claim:7", 3, 9, '测试"企业"\\', "测试银行", "102100099996", "6222021602003456789", 100,
    ]  # fmt: skip


def test_i8_the_seal_is_a_hash_of_hashes_in_order() -> None:
    one, two = line(1), line(2)
    digests = b"".join(sha256(canonical(each).encode()).digest() for each in (one, two))

    assert seal([one, two]) == sha256(digests).hexdigest() != seal([two, one])


@given(amount=st.integers(1, 10**12))
def test_i8_any_change_of_a_line_changes_the_seal(amount: int) -> None:
    assert (seal([line(1, amount_fen=amount)]) == seal([line(1)])) == (amount == 100)


@given(fen=st.integers(1, 10**15))
def test_yuan_are_exact(fen: int) -> None:
    assert int(yuan(fen) * 100) == fen


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_formulas_are_inert(start: str) -> None:
    assert inert(f"{start}1+1") == f"'{start}1+1"
    assert inert("甲方") == "甲方"
