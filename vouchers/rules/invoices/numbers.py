"""Numbers of invoices in one form, so that no two ways of writing one support two claims (ADR 0160)."""

from __future__ import annotations

import re
import unicodedata

from core.errors import Reason, reason

OLD_NUMBER_DIGITS = 8
"""Older invoices have a number of eight digits, which only their code makes one of a kind."""
CODE_DIGITS = (10, 12)
ELECTRONIC_DIGITS = 20

INVOICE = "V13"
_SHOWN = 40
_LENGTHS = {ELECTRONIC_DIGITS, *(code + OLD_NUMBER_DIGITS for code in CODE_DIGITS)}
_BETWEEN = re.compile(r"[\s\-_/.·:]+")
_BEFORE = re.compile(r"^(?:发票)?(?:代码|号码)|^(?:NO|#|号)")
_BEHIND = re.compile(r"(?:#|号)$")
_DIGITS = re.compile(r"[0-9]+")


def canonical_number(said: str, *, code: str | None = None) -> str | None:
    """The one form of a number: twenty digits, or the code of ten or twelve with the number of eight behind it.

    Spaces, what cannot be seen, signs between digits and words such as ``No.`` or ``号`` go; None for anything that is
    no number of an invoice then.
    """
    number = _bare(said)
    if code is not None:
        code = _bare(code)
        if len(code) not in CODE_DIGITS or len(number) != OLD_NUMBER_DIGITS:
            return None
        number = code + number
    return number if len(number) in _LENGTHS and _DIGITS.fullmatch(number) else None


def number_faults(said: str, *, field: str, code: str | None = None) -> list[Reason]:
    """Why something is no number of an invoice, and what one looks like."""
    if canonical_number(said, code=code) is not None:
        return []
    bare = _bare(said)
    if code is None and len(bare) == OLD_NUMBER_DIGITS and _DIGITS.fullmatch(bare):
        return [reason("invoice_code_missing", article=INVOICE, field=field)]
    shown = said if code is None else f"{code} {said}"
    return [reason("invoice_number_malformed", article=INVOICE, field=field, said=shown[:_SHOWN])]


def _bare(text: str) -> str:
    seen = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) not in _UNSEEN)
    joined = _BETWEEN.sub("", seen).upper()
    return _BEHIND.sub("", _BEFORE.sub("", joined))


_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}
