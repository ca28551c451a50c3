"""Numbers of invoices in one form each, so that no two ways of writing one support two claims (ADR 0160, 0178).

There are two kinds, and neither is ever taken for the other. 数电发票 have twenty digits and no code: the year of their
issue, where they were issued, the channel and a serial number. Paper and earlier electronic invoices have a number of
eight digits, which only their code makes one of a kind: of ten digits, that begins with where it was printed, or of
twelve, that begins with a zero before that. What stands where tells them apart: places of codes end in ``00`` to
``09``, where 数电发票 have the digits of a province.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum

from core.errors import Reason, reason

OLD_NUMBER_DIGITS = 8
INVOICE = "V13"

FULLY_DIGITAL = "(2[1-9]|[3-9][0-9])[1-9][0-9]{2}(?!0{15})[0-9]{15}"
"""A year from 2021 on, a province, a channel, and a serial number that is not nothing."""
SHORT_CODE = "[1-9][0-9]0[0-9]{7}"
LONG_CODE = f"0{SHORT_CODE}[1-9]"
"""It ends in a kind, none of which has a zero at its end: a short code and a number with a zero before each have."""
OLD_NUMBER = "(?!0{8})[0-9]{8}"
CANONICAL = f"^(({SHORT_CODE}|{LONG_CODE}){OLD_NUMBER}|{FULLY_DIGITAL})$"
"""Every number in its one form, for Python and PostgreSQL alike."""

_SHOWN = 40
_PADDING = re.compile(f"0{{2}}({SHORT_CODE}{OLD_NUMBER})")
"""A code of ten digits filled up to twelve, as software of tax offices writes it beside longer ones."""
_CANONICAL = re.compile(CANONICAL)
_FULLY_DIGITAL = re.compile(FULLY_DIGITAL)
_CODE_DIGITS = (10, 12)
_PAIR = 2
_BETWEEN = re.compile(r"[\s\-_/.·:]+")
_BEFORE = re.compile(r"^(?:发票)?(?:代码|号码)|^(?:NO|#|号)")
_BEHIND = re.compile(r"(?:#|号)$")
_DIGITS = re.compile(r"[0-9]+")


class NumberForm(StrEnum):
    """What a number says of its invoice."""

    FULLY_DIGITAL = "fully_digital"
    """数电发票: twenty digits without a code."""
    ELECTRONIC_ORDINARY = "electronic_ordinary"
    """An earlier electronic invoice: the code of twelve digits ends in 11 or 12."""
    ELECTRONIC_SPECIAL = "electronic_special"
    """The same for special ones: it ends in 13."""
    PAPER = "paper"
    """Any other code."""


def canonical_number(said: str, *, code: str | None = None) -> str | None:
    """The one form of a number: twenty digits without a code, or the code with the number of eight digits behind it.

    Spaces, what cannot be seen, signs between digits and words such as ``No.`` or ``号`` go, and so do two zeros that
    fill a code of ten digits up to twelve; no other digit is added or dropped. None for anything that is no number of
    an invoice then: a code that is none, nothing but zeros, a number of another length.
    """
    number = _bare(said)
    if code is None:
        # Two groups are a code and its number: digits that one lacks are not to be taken from the other.
        groups = _groups(said)
        if len(groups) == _PAIR and not _FULLY_DIGITAL.fullmatch(number) and not _is_pair(*groups):
            return None
    else:
        code = _bare(code)
        if not _is_pair(code, number):
            return None
        number = code + number
    padded = _PADDING.fullmatch(number)
    number = number if padded is None else padded[1]
    return number if _CANONICAL.fullmatch(number) else None


def form_of(number: str) -> NumberForm | None:
    """What a number in its one form says of its invoice; None for one that is in no such form."""
    if not _CANONICAL.fullmatch(number):
        return None
    if _FULLY_DIGITAL.fullmatch(number):
        return NumberForm.FULLY_DIGITAL
    code = number[:-OLD_NUMBER_DIGITS]
    return _ELECTRONIC.get(code[-2:], NumberForm.PAPER) if len(code) == max(_CODE_DIGITS) else NumberForm.PAPER


def number_faults(said: str, *, field: str, code: str | None = None) -> list[Reason]:
    """Why something is no number of an invoice, and what one looks like."""
    if canonical_number(said, code=code) is not None:
        return []
    bare = _bare(said)
    if code is None and len(bare) == OLD_NUMBER_DIGITS and _DIGITS.fullmatch(bare):
        return [reason("invoice_code_missing", article=INVOICE, field=field)]
    shown = said if code is None else f"{code} {said}"
    return [reason("invoice_number_malformed", article=INVOICE, field=field, said=shown[:_SHOWN])]


def _is_pair(code: str, number: str) -> bool:
    return len(code) in _CODE_DIGITS and len(number) == OLD_NUMBER_DIGITS


def _groups(text: str) -> list[str]:
    """The digits of a text between its blanks and signs; what has no width separates nothing."""
    return _DIGITS.findall(_without(text, _NO_WIDTH))


def _bare(text: str) -> str:
    joined = _BETWEEN.sub("", _without(text, _UNSEEN)).upper()
    return _BEHIND.sub("", _BEFORE.sub("", joined))


def _without(text: str, categories: Collection[str]) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) not in categories)


_ELECTRONIC = {
    "11": NumberForm.ELECTRONIC_ORDINARY,
    "12": NumberForm.ELECTRONIC_ORDINARY,
    "13": NumberForm.ELECTRONIC_SPECIAL,
}
_NO_WIDTH = {"Cf", "Mn"}
_UNSEEN = {"Cc", "Zs", "Zl", "Zp", *_NO_WIDTH}
