"""Sums, counts and days as banks write them; None where it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from core import clock
from core.money import AmountMalformed, yuan_text, yuan_to_fen
from core.types import MAX_FEN

_DECIMAL = re.compile(r"[0-9]{1,18}(\.[0-9]{1,17})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
MAX_NUMBER_DIGITS = 18
"""As many digits as a number of ISO 20022 has."""

_NUMBER = re.compile(rf"[0-9]{{1,{MAX_NUMBER_DIGITS}}}", re.ASCII)
_FEN = re.compile(r"[0-9]{1,18}", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def fen_of_yuan(text: str) -> int | None:
    """Yuan with or without thousands separators, at most two decimals, not negative."""
    try:
        fen = yuan_to_fen(text)
    except AmountMalformed:
        return None
    return fen if fen >= 0 and not text.strip().startswith(("+", "-")) else None


def fen_of_fen(text: str) -> int | None:
    """Whole fen."""
    return int(text) if _FEN.fullmatch(text) and int(text) <= MAX_FEN else None


def fen_of_decimal(text: str) -> int | None:
    """A sum of ISO 20022: up to 18 digits, of which decimals beyond the fen must be zeros."""
    if not _DECIMAL.fullmatch(text):
        return None
    yuan, _point, decimals = text.partition(".")
    fen = int(yuan + decimals[:2].ljust(2, "0"))
    return fen if fen <= MAX_FEN and not decimals[2:].strip("0") else None


def sums_told(written: str, found_fen: int | None, fen: int) -> tuple[str, str]:
    """A sum of a file and what it should be, both as people read them; what is no sum stays as it is written."""
    return written if found_fen is None else yuan_text(found_fen), yuan_text(fen)


def count_of(text: str) -> int | None:
    """A number of payouts."""
    return int(text) if _COUNT.fullmatch(text) else None


def day_of(text: str, formats: Sequence[str]) -> date | None:
    """A day in one of some formats of ``strptime``."""
    for each in formats:
        try:
            day = datetime.strptime(text, each).date()  # noqa: DTZ007 (a calendar day has no zone)
        except ValueError:
            continue
        return day if text == day.strftime(each) and _FIRST_YEAR <= day.year <= _LAST_YEAR else None
    return None


def day_of_iso(text: str) -> date | None:
    """A date or an instant of ISO 8601, as the day it was in Asia/Shanghai; without an offset as it stands."""
    try:
        moment = datetime.fromisoformat(text)
        day = moment.date() if moment.tzinfo is None else clock.today(moment)
    except (ValueError, OverflowError):
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def instant_of_iso(text: str) -> datetime | None:
    """An instant of ISO 8601; without an offset it is one in Asia/Shanghai."""
    if day_of_iso(text) is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=clock.SHANGHAI) if moment.tzinfo is None else moment


def number_of(text: str) -> int | None:
    """A number that statements or their pages are counted by."""
    return int(text) if _NUMBER.fullmatch(text) else None
