"""Yuan and fen without a float in between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import AmountMalformed, fen_to_yuan, in_capitals, share, yuan_text, yuan_to_fen
from core.types import MAX_FEN

SUMS = st.integers(-(10**17), 10**17)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("1", 100),
        ("1.5", 150),
        (" 1,234.50 ", 123450),
        ("12,345,678.90", 1_234_567_890),
        ("+7.01", 701),
        ("-0.01", -1),
        ("33333.34", 3_333_334),
    ],
)
def test_yuan_as_text(text: str, fen: int) -> None:
    """Thousands separators, a sign and up to two decimals."""
    assert yuan_to_fen(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "1.234", "1.230", "1.", ".5", "", " ", "-", "NaN", "sNaN", "Infinity", "-inf", "1e5", "1E-2", "1_000", "12,34",
        "1,2345", "1,,234", ",123", "１２", "١٢", "0x10", "1 000", "¥5", "5元", "1.0.0", "99999999999999999", "\ud800",
        "9" * 5000, "1e999999999",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Three decimals, exponents, words, other scripts, misplaced separators, numbers past bigint."""
    with pytest.raises(AmountMalformed):
        yuan_to_fen(text)


@pytest.mark.parametrize(
    "amount", [Decimal("0.001"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e999999"), MAX_FEN]
)
def test_numbers_that_are_no_amount_are_refused(amount: Decimal | int) -> None:
    """A Decimal of more than 28 digits is not rounded into shape either."""
    with pytest.raises(AmountMalformed):
        yuan_to_fen(amount)
    with pytest.raises(AmountMalformed):
        yuan_to_fen(Decimal("12345678901234.00000000000000000001"))


@pytest.mark.parametrize("amount", [1.0, True])
def test_floats_are_a_mistake_of_the_caller(amount: Any) -> None:
    """Not something to answer to a person."""
    with pytest.raises(TypeError):
        yuan_to_fen(amount)


@given(SUMS)
def test_writing_and_reading_gives_the_same_sum(fen: int) -> None:
    """As text and as Decimal, negative sums included."""
    if abs(fen) < 10**16:
        assert yuan_to_fen(fen_to_yuan(fen)) == fen
    assert yuan_to_fen(Decimal(fen_to_yuan(fen))) == fen


@pytest.mark.parametrize(("fen", "shown"), [(0, "0.00"), (-1, "-0.01"), (5, "0.05"), (-12345, "-123.45")])
def test_fen_are_shown_with_two_decimals(fen: int, shown: str) -> None:
    """The sign stands before small sums too."""
    assert fen_to_yuan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "rate", "expected"),
    [
        (3_333_334, "0.40", 1_333_333),
        (10_000_000, "0.60", 6_000_000),
        (10_000_000, "0.40", 4_000_000),
        (1, "0.60", 0),
    ],
)
def test_a_share_is_rounded_down_to_the_fen(fen: int, rate: str, expected: int) -> None:
    """V12 base: 33,333.34 × 40% = 13,333.33."""
    assert share(fen, Decimal(rate)) == expected


@given(st.integers(0, 10**17), st.integers(0, 100))
def test_a_share_is_exact_however_large(fen: int, percent: int) -> None:
    """Never more than the rate, and less by under one fen."""
    rest = fen * percent - 100 * share(fen, Decimal(percent) / 100)
    assert 0 <= rest < 100


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (100, "壹元整"),
        (1, "壹分"),
        (10_000_000, "壹拾万元整"),
        (12_345_678, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
        (10_000_501, "壹拾万零伍元零壹分"),
    ],
)
def test_sums_in_capitals(fen: int, capitals: str) -> None:
    assert in_capitals(fen) == capitals


@pytest.mark.parametrize(
    ("fen", "said"),
    [(0, "0.00"), (-1, "-0.01"), (99_999, "999.99"), (100_000, "1,000.00"), (-123_456_789, "-1,234,567.89")],
)
def test_people_read_sums_with_their_thousands(fen: int, said: str) -> None:
    assert yuan_text(fen) == said
    assert yuan_to_fen(said) == fen
