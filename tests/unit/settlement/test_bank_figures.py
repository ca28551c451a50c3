"""Sums as ISO 20022 writes them, exact to the last digit."""

from __future__ import annotations

import pytest

from core.types import MAX_FEN
from settlement.rules.bank_files.figures import fen_of_decimal


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("1", 100),
        ("1.5", 150),
        ("1.05", 105),
        ("1.0500", 105),
        ("007.10", 710),
        ("1.051", None),
        # More digits than a decimal context keeps.
        ("1985344132413978.11000000000000010", None),
        ("1985344132413978.11000000000000000", 198534413241397811),
        (f"{MAX_FEN // 100}.{MAX_FEN % 100:02d}", MAX_FEN),
        (f"{MAX_FEN // 100}.{MAX_FEN % 100 + 1:02d}", None),
        ("1234567890123456789", None),
        ("", None),
        ("1.", None),
        (".5", None),
        ("-1", None),
        ("1,000", None),
        ("１", None),
    ],
)
def test_sums_are_read_to_the_fen_or_not_at_all(text: str, fen: int | None) -> None:
    assert fen_of_decimal(text) == fen
