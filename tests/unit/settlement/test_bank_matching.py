"""What a bank says is matched payout by payout: what is new, what was known, what is foreign, and what contradicts."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.bank_files import FaultCode, read_bank_file
from settlement.rules.bank_files.matching import Matched, SentBatch, SentPayout, batch_numbers, match
from settlement.states import PayoutOutcome
from tests.support.bank import VALUE_DATE, Bank, Entry, Sent, camt_of

NUMBER, OTHER = "20260112-1-01", "20260126-1-01"
SENT = [Sent(n, f"{NUMBER}-{n:06d}", f"6222{n:04d}", 100 * n) for n in (1, 2, 3)]
BANK = Bank(SENT, reference=NUMBER)


def batch(number: str = NUMBER, **said: PayoutOutcome) -> SentBatch:
    """The batch as it was sent, with what was said so far: ``_1=PayoutOutcome.PAID``."""
    payouts = {each.payout_no: SentPayout(each.payout_no, each.account_number, each.amount_fen) for each in SENT}
    for name, outcome in said.items():
        payout_no = int(name[1:])
        payouts[payout_no] = replace(payouts[payout_no], first=outcome)
    return SentBatch(number, payouts, approved_on=VALUE_DATE)


def matched(content: bytes, *sent: SentBatch, only: str | None = NUMBER) -> Matched:
    reading = read_bank_file(io.BytesIO(content), today=date(2026, 1, 20), currency="CNY")
    known = {each.number: each for each in sent or (batch(),)}
    return match(reading, known, only=only)


def told(found: Matched, number: str = NUMBER) -> dict[int, tuple[str, bool]]:
    assert not found.faults, found.faults
    return {each.payout_no: (each.outcome.value, each.late) for each in found.told.get(number, ())}


def faults(found: Matched) -> list[tuple[str, int]]:
    return [(fault.code.removeprefix("return_"), fault.row) for fault in found.faults]


@pytest.mark.parametrize("content", [BANK.csv(), BANK.xlsx(), BANK.pain_002(), BANK.camt("054"), BANK.camt("053")])
def test_new_outcomes_are_told_and_the_same_again_is_known(content: bytes) -> None:
    assert told(matched(content)) == {1: ("paid", False), 2: ("paid", False), 3: ("paid", False)}

    again = matched(content, batch(_1=PayoutOutcome.PAID, _2=PayoutOutcome.PAID, _3=PayoutOutcome.PAID))
    assert (told(again), again.known) == ({}, {NUMBER: frozenset({1, 2, 3})})


def test_the_batches_a_file_speaks_of_are_told_by_its_names() -> None:
    for content in (BANK.camt(), BANK.pain_002()):
        assert NUMBER in batch_numbers(read_bank_file(io.BytesIO(content), today=date(2026, 1, 20), currency="CNY"))


def test_one_outcome_for_the_message_is_one_for_each_payout() -> None:
    found = matched(BANK.pain_002(group="RJCT", named=False))
    assert told(found) == dict.fromkeys((1, 2, 3), ("failed", False))
    assert {each.reason for each in found.told[NUMBER]} == {"RJCT"}

    partly = matched(BANK.pain_002(group="RJCT", named=False), batch(_1=PayoutOutcome.PAID))
    assert faults(partly) == [("already_reported", 4)]


def test_money_that_left_and_came_back_within_one_statement_came_back() -> None:
    found = matched(replace(BANK, outcomes={2: "returned"}).camt("053"))

    assert told(found) == {1: ("paid", False), 2: ("returned", False), 3: ("paid", False)}


def test_money_that_comes_back_after_it_was_paid_is_late() -> None:
    late = replace(BANK, outcomes={2: "late"}, rest=None).camt("053")
    paid = batch(_2=PayoutOutcome.PAID)
    assert told(matched(late, paid)) == {2: ("returned", True)}

    back = replace(paid, payouts={2: replace(paid.payouts[2], late=True)})
    assert told(matched(late, back)) == {}
    assert told(matched(replace(BANK, outcomes={2: "paid"}, rest=None).camt("053"), back)) == {}
    clawed = replace(paid, payouts={2: replace(paid.payouts[2], clawed_back=True)})
    assert faults(matched(late, clawed)) == [("clawed_back", 6)]


def test_no_money_moves_before_the_batch_was_approved() -> None:
    early = replace(BANK, rest=None, outcomes={2: "paid"}, value_date=VALUE_DATE - timedelta(days=1))

    assert faults(matched(early.csv())) == [("day_before", 2)]
    assert faults(matched(early.camt("053"), only=None)) == [("day_before", 6)]
    assert faults(matched(replace(early, value_date=VALUE_DATE).csv())) == []


def test_money_that_came_back_had_left_before() -> None:
    left = replace(BANK, outcomes={2: "paid"}, rest=None)

    assert told(matched(left.camt("054"), batch(_2=PayoutOutcome.RETURNED))) == {}
    assert faults(matched(left.csv(), batch(_2=PayoutOutcome.RETURNED))) == [("already_reported", 2)]
    assert faults(matched(left.camt("054"), batch(_2=PayoutOutcome.FAILED))) == [("already_reported", 6)]


def test_what_differs_from_what_was_sent_is_refused_with_its_line() -> None:
    wrong = [
        replace(SENT[0], account_number="9999"),
        replace(SENT[1], amount_fen=201),
        replace(SENT[2], payout_no=9, end_to_end_id=f"{NUMBER}-000009"),
        SENT[2],
        SENT[2],
    ]
    bank = replace(BANK, sent=wrong)
    expected = ["account_differs", "amount_differs", "line_foreign", "line_twice"]

    assert faults(matched(bank.csv())) == list(zip(expected, [2, 3, 4, 6], strict=True))
    assert [code for code, _ in faults(matched(bank.camt()))] == expected
    report = faults(matched(bank.pain_002(count=4)))
    assert report == [("count_differs", 4), ("sum_differs", 4), *zip(expected, [6, 7, 8, 10], strict=True)]


def test_another_batchs_answers_are_foreign_to_this_one() -> None:
    other = Bank([replace(SENT[0], end_to_end_id=f"{OTHER}-000001")], reference=OTHER)
    assert faults(matched(other.camt())) == [("line_foreign", 6)]
    assert ("reference_foreign", 4) in faults(matched(other.pain_002()))

    both = camt_of(
        [
            Entry(each.amount_fen, False, f"{number}-{each.payout_no:06d}", each.account_number)
            for number in (NUMBER, OTHER)
            for each in SENT
        ]
    )
    found = matched(both, batch(), batch(OTHER), only=None)
    assert set(told(found)) == set(told(found, OTHER)) == {1, 2, 3}


def test_money_of_no_payout_is_the_rest_of_a_statement_and_foreign_to_a_batch() -> None:
    fee = Entry(50, False, text="手续费")
    strange = Entry(70, True, "MUELL/FINP/RA12345", "6225")
    content = BANK.camt("053", others=[fee, strange])

    found = matched(content, only=None)
    assert len(told(found)) == 3
    assert [each.amount_fen for each in found.rest] == [50, 70]
    assert [code for code, _ in faults(matched(content))] == ["line_foreign", "line_foreign"]


def test_a_number_alone_names_no_batch_of_a_statement() -> None:
    assert [code for code, _ in faults(matched(BANK.csv(), only=None))] == ["line_foreign"] * 3


def test_nothing_decided_is_nothing_taken() -> None:
    pending = replace(BANK, outcomes=dict.fromkeys((1, 2, 3), "pending"))

    assert faults(matched(pending.pain_002())) == [("undecided", 0)]
    assert faults(matched(camt_of([]), only=None)) == [("empty", 0)]


WORDS = st.sampled_from(["paid", "failed", "returned"])


@given(first=st.dictionaries(st.integers(1, 3), WORDS), second=st.dictionaries(st.integers(1, 3), WORDS))
def test_two_files_tell_each_payout_once_or_contradict(first: dict[int, str], second: dict[int, str]) -> None:
    """Beside a small model: a first outcome stays, only what was paid may come back."""
    state = batch(**{f"_{n}": PayoutOutcome(word) for n, word in first.items()})
    if not second:
        return
    found = matched(Bank(SENT, outcomes=second, rest=None).csv(), state)
    contradicted = {
        n for n, word in second.items() if n in first and word != first[n] and (first[n], word) != ("paid", "returned")
    }

    assert {fault.code for fault in found.faults} == ({FaultCode.ALREADY_REPORTED} if contradicted else set())
    if not contradicted:
        assert told(found) == {n: (word, n in first) for n, word in second.items() if first.get(n) != word}
        assert found.known.get(NUMBER, frozenset()) == {n for n, word in second.items() if first.get(n) == word}
