"""Integer fen (分): reading, writing and sharing money without ever touching a float."""

from __future__ import annotations

import re
from decimal import Decimal

import cn2an

from core.errors import Refused
from core.types import MAX_FEN

FEN_PER_YUAN = 100
CURRENCY = "CNY"
"""All money of this service, as ISO 4217 calls it."""

_YUAN = re.compile(r"[+-]?([0-9]{1,16}|[0-9]{1,3}(,[0-9]{3}){1,5})(\.[0-9]{1,2})?", re.ASCII)
"""Digits, with or without thousands separators, and at most two decimals: no exponent, no other script."""


class AmountMalformed(Refused):
    """An amount is no number of yuan with at most two decimals."""

    code = "amount_malformed"


def yuan_to_fen(amount: str | Decimal | int) -> int:
    """Yuan as text ("1,234.50"), Decimal or int to fen.

    Raises :class:`AmountMalformed` for more than two decimals, exponents, misplaced separators, no number, or more
    than a bigint holds. A float is refused by TypeError.
    """
    if isinstance(amount, float | bool):
        raise TypeError(f"money is never {type(amount).__name__}")
    if isinstance(amount, str) and not _YUAN.fullmatch(amount.strip()):
        raise AmountMalformed(amount=amount[:80])
    yuan = Decimal(amount.strip().replace(",", "")) if isinstance(amount, str) else Decimal(amount)
    if not yuan.is_finite() or abs(yuan) > MAX_FEN // FEN_PER_YUAN:
        raise AmountMalformed(amount=str(amount)[:80])
    numerator, denominator = yuan.as_integer_ratio()
    fen, rest = divmod(numerator * FEN_PER_YUAN, denominator)
    if rest:
        raise AmountMalformed(amount=str(amount)[:80])
    return fen


def fen_to_yuan(fen: int) -> str:
    """Fen as yuan with two decimals, for example ``-1`` as ``-0.01``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN}.{abs(fen) % FEN_PER_YUAN:02d}"


def yuan_text(fen: int) -> str:
    """Fen as yuan in a sentence that people read, as ``1,234.50``; files and figures for machines have no commas."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN:,}.{abs(fen) % FEN_PER_YUAN:02d}"


def in_capitals(fen: int) -> str:
    """The sum in 大写, as treasuries want it: 壹佰元整."""
    capitals: str = cn2an.an2cn(fen_to_yuan(fen), "rmb")
    return capitals


def share(fen: int, rate: Decimal) -> int:
    """``rate`` of a sum, rounded down to the fen (V12 base); exact however large the sum."""
    numerator, denominator = rate.as_integer_ratio()
    return fen * numerator // denominator
