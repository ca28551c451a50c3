"""Numbers of invoices in one form, so that no two ways of writing one support two claims."""

from __future__ import annotations

import re
import unicodedata

OLD_NUMBER_DIGITS = 8
"""Older invoices have a number of eight digits, which only their code of ten or twelve makes one of a kind."""

_BETWEEN = re.compile(r"[\s\-_/.·]+")


def normal_number(number: str, *, code: str | None = None) -> str:
    """A number without spaces and signs, in plain digits and capitals; an older one with its code before it."""
    return _plain(code or "") + _plain(number)


def lacks_code(number: str) -> bool:
    """Whether a normalised number is that of an older invoice without its code."""
    return number.isdecimal() and len(number) == OLD_NUMBER_DIGITS


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).upper().strip()
    joined = _BETWEEN.sub("", folded)
    return joined if joined.isdecimal() else folded
