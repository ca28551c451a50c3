"""Integer fen (分): reading, writing and sharing money without ever touching a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from core.errors import Refused

FEN_PER_YUAN = 100


class AmountMalformed(Refused):
    """An amount is no number of yuan with at most two decimals."""

    code = "amount_malformed"


def yuan_to_fen(amount: str | Decimal | int) -> int:
    """Yuan as text, Decimal or int to fen; raises :class:`AmountMalformed` for more than two decimals or no number."""
    try:
        yuan = Decimal(amount.strip().replace(",", "")) if isinstance(amount, str) else Decimal(amount)
        fen = yuan * FEN_PER_YUAN
        whole = fen.is_finite() and fen == fen.to_integral_value()
    except InvalidOperation:
        whole = False
    if not whole:
        raise AmountMalformed(amount=str(amount))
    return int(fen)


def fen_to_yuan(fen: int) -> str:
    """Fen as yuan with two decimals, for example ``-1`` as ``-0.01``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN}.{abs(fen) % FEN_PER_YUAN:02d}"


def share(fen: int, rate: Decimal) -> int:
    """``rate`` of a sum, rounded down to the fen (V12 base); exact however large the sum."""
    numerator, denominator = rate.as_integer_ratio()
    return fen * numerator // denominator
