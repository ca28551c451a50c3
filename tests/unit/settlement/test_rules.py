"""Room of a cap, cut-offs, seals: the small pure rules."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheets import inert
from core.workdays import WorkingCalendar, YearStatus
from settlement.rules.cutoffs import Moved, Schedule, change_faults, cutoffs_of, next_cutoff
from settlement.rules.payout_ids import TooLong, end_to_end_id, payout_no_of
from settlement.rules.room import cap_room_fen, grantable_fen
from settlement.rules.seal import (
    SealedContent,
    SealedHead,
    SealedLine,
    SealedNetting,
    SealedPayout,
    canonical,
    seal,
)

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


HEAD = SealedHead("20260112-1-01", "省级", date(2026, 1, 12), 1, 1, 100, 40, 60)
PAYOUT = SealedPayout(1, 9, '测试"企业"\\', "测试银行", "102100099996", "6222021602003456789", 1, 100, 40, 60)
LINE = SealedLine(1, 1, 7, "claim:7", 3, 100)
NETTING = SealedNetting(1, 5, 40)


def test_i8_a_canonical_record_is_the_json_array_of_its_fields() -> None:
    assert json.loads(canonical(HEAD)) == ["20260112-1-01", "省级", "2026-01-12", 1, 1, 100, 40, 60]
    assert json.loads(canonical(PAYOUT))[2:6] == ['测试"企业"\\', "测试银行", "102100099996", "6222021602003456789"]
    assert canonical(LINE) == '[1, 1, 7, "claim:7", 3, 100]'
    assert canonical(NETTING) == "[1, 5, 40]"


def test_i8_the_seal_is_a_hash_of_hashes_in_order() -> None:
    digests = b"".join(sha256(canonical(each).encode()).digest() for each in (HEAD, PAYOUT, LINE, NETTING))

    assert seal(SealedContent(HEAD, [PAYOUT], [LINE], [NETTING])) == sha256(digests).hexdigest()


@given(amount=st.integers(1, 10**12))
def test_i8_any_change_of_a_record_changes_the_seal(amount: int) -> None:
    whole = seal(SealedContent(HEAD, [PAYOUT], [LINE], [NETTING]))
    changed = (
        SealedContent(replace(HEAD, total_fen=amount), [PAYOUT], [LINE], [NETTING]),
        SealedContent(HEAD, [replace(PAYOUT, amount_fen=amount)], [LINE], [NETTING]),
        SealedContent(HEAD, [PAYOUT], [replace(LINE, amount_fen=amount + 100)], [NETTING]),
        SealedContent(HEAD, [PAYOUT], [LINE], [replace(NETTING, amount_fen=amount + 40)]),
    )

    assert [seal(content) == whole for content in changed] == [amount == 60, amount == 60, False, False]


@given(payout_no=st.integers(1, 10**9 - 1))
def test_a_payout_is_found_by_the_name_banks_call_it(payout_no: int) -> None:
    name = end_to_end_id(HEAD.number, payout_no)

    assert payout_no_of(HEAD.number, name) == payout_no
    assert payout_no_of("20260112-2-01", name) is None
    assert len(end_to_end_id(HEAD.number, 7)) == len(HEAD.number) + 7


@pytest.mark.parametrize("name", ["20260112-1-01", "20260112-1-01-7", "20260112-1-01-000000", "20260112-1-01-0000007"])
def test_a_malformed_name_is_no_payouts(name: str) -> None:
    assert payout_no_of("20260112-1-01", name) is None


def test_a_name_that_is_too_long_is_never_made() -> None:
    with pytest.raises(TooLong):
        end_to_end_id("2" * 29, 1)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_formulas_are_inert(start: str) -> None:
    assert inert(f"{start}1+1") == f"'{start}1+1"
    assert inert("甲方") == "甲方"


def test_v17_pay_a_cutoff_is_put_elsewhere_by_hand_with_its_reason() -> None:
    calendar = WorkingCalendar(frozenset({2026}), {})
    moved = Schedule((10, 25), moved={date(2026, 4, 25): Moved(date(2026, 4, 23), "五一调休")})
    plain = Schedule((10, 25))

    found = next_cutoff(date(2026, 4, 14), schedule=moved, calendar=calendar)

    assert (found.nominal, found.day, found.reason) == (date(2026, 4, 25), date(2026, 4, 23), "五一调休")
    assert next_cutoff(date(2026, 4, 24), schedule=moved, calendar=calendar).nominal == date(2026, 5, 10)
    assert next_cutoff(date(2026, 4, 14), schedule=plain, calendar=calendar).day == date(2026, 4, 27)


@pytest.mark.parametrize(
    ("nominal", "day", "faults"),
    [
        (date(2026, 4, 25), date(2026, 4, 23), []),
        (date(2026, 4, 24), date(2026, 4, 23), ["cutoff_unknown"]),
        (date(2026, 4, 25), date(2026, 4, 26), ["cutoff_no_working_day"]),
        (date(2026, 4, 25), date(2026, 4, 10), ["cutoff_out_of_order"]),
        (date(2026, 4, 25), date(2026, 5, 11), ["cutoff_out_of_order"]),
        (date(2026, 3, 10), date(2026, 3, 11), ["cutoff_over", "cutoff_day_over"]),
        (date(2026, 12, 25), date(2027, 1, 4), []),
    ],
)
def test_v17_pay_a_cutoff_stays_a_working_day_between_its_neighbours(
    nominal: date, day: date, faults: list[str]
) -> None:
    calendar = WorkingCalendar(frozenset({2026}), {})
    schedule = Schedule((10, 25))

    assert change_faults(nominal, day, schedule=schedule, calendar=calendar, today=date(2026, 4, 1)) == faults
