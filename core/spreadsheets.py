"""What keeps text text in the tables this service writes, whatever program opens them."""

from __future__ import annotations

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheet programs that a CSV is UTF-8."""

WORKBOOK_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
"""For xlsxwriter: rows go to a temporary file one by one, so memory stays flat, and strings are never read as formulas,
numbers or addresses."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
