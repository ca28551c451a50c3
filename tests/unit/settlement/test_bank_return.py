"""Reading a bank's answer never raises, and takes nothing from a file with a fault."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts import text
from settlement.rules.bank_return import FaultCode, SentPayout, match, read
from settlement.states import PayoutOutcome

TODAY = date(2026, 1, 20)
HEADER = "payout_no,account_number,amount,status,reason,value_date\n"


@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_named_faulty(content: bytes) -> None:
    reading = read(content, today=TODAY)

    assert reading.lines or reading.faults


@given(content=st.text(alphabet='0123456789,.\n"paidfailed- ：成功', max_size=200))
def test_any_text_below_a_right_heading_is_read_or_named_faulty(content: str) -> None:
    reading = read((HEADER + content).encode(), today=TODAY)

    assert reading.lines or reading.faults
    assert all(fault.row >= 0 for fault in reading.faults)


@pytest.mark.parametrize("amount", ["1.005", "1e3", "-1", "", "1,2,3.4.5", "∞", "壹元"])
def test_amounts_that_are_none_are_named(amount: str) -> None:
    reading = read(f'{HEADER}1,6222,"{amount}",paid,,2026-01-13\n'.encode(), today=TODAY)

    assert [(f.code, f.row) for f in reading.faults] == [(FaultCode.AMOUNT_MALFORMED, 2)]


def test_amounts_with_thousands_separators_are_read() -> None:
    reading = read(f'{HEADER}1,6222,"1,234.50",paid,,2026-01-13\n'.encode(), today=TODAY)

    assert reading.lines[0].amount_fen == 123_450


def test_blank_lines_do_not_shift_the_line_numbers() -> None:
    reading = read(f"{HEADER}\n\nx,6222,1.00,paid,,2026-01-13\n".encode(), today=TODAY)

    assert [fault.row for fault in reading.faults] == [4]


def test_a_reason_too_long_is_named() -> None:
    reading = read(f"{HEADER}1,6222,1.00,failed,{'x' * 201},2026-01-13\n".encode(), today=TODAY)

    assert [fault.code for fault in reading.faults] == [FaultCode.REASON_TOO_LONG]


def test_only_what_was_paid_can_return_late() -> None:
    lines = read(f"{HEADER}1,6222,1.00,returned,退汇,2026-01-13\n".encode(), today=TODAY).lines

    def sent(outcome: PayoutOutcome | None) -> dict[int, SentPayout]:
        return {1: SentPayout(1, "6222", 100, outcome)}

    assert match(lines, sent(PayoutOutcome.PAID)).lines[0].late
    assert not match(lines, sent(None)).lines[0].late
    for outcome in (PayoutOutcome.FAILED, PayoutOutcome.RETURNED):
        assert [f.code for f in match(lines, sent(outcome)).faults] == [FaultCode.ALREADY_REPORTED]


@pytest.mark.parametrize("code", FaultCode)
def test_every_fault_has_its_sentence(code: FaultCode) -> None:
    shown = text(f"reason.{code.value}", row=3, value="x")

    assert shown.zh
    assert shown.en
