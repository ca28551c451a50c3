"""Reading the cells of one row: each reader takes a column, notes a fault where the text is wrong, and goes on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from core.errors import Reason
from core.texts import text

E = TypeVar("E", bound=StrEnum)

MAX_FEN = 10**15
"""Ten trillion yuan: no instrument costs more, a larger figure is a slip."""

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")
NATIONAL_DECIMALS = 2
FEN_PER_YUAN = 100
FEN_PER_TEN_THOUSAND_YUAN = 1_000_000
YUAN_WORDS = {"万元": FEN_PER_TEN_THOUSAND_YUAN, "万": FEN_PER_TEN_THOUSAND_YUAN, "元": FEN_PER_YUAN}
YES = frozenset({"是", "yes", "y", "true", "1", "有"})
NO = frozenset({"否", "no", "n", "false", "0", "无"})
DATE = re.compile(r"(?P<year>[12][0-9]{3})[-/.年]?(?P<month>[0-9]{1,2})[-/.月]?(?P<day>[0-9]{1,2})日?")


class Cells:
    """The trimmed cells of one row by the reader's names for its columns, and the faults found so far."""

    def __init__(self, line: int, values: Mapping[str, str], headers: Mapping[str, str]) -> None:
        self.line = line
        self._values = values
        self._headers = headers
        self.faults: list[Reason] = []

    def fault(self, code: str, column: str, **params: object) -> None:
        """Note a fault about a column, under the header the file uses for it."""
        header = self._headers.get(column, column)
        self.faults.append(Reason(code, None, text(f"reason.{code}", column=header, **params), header))

    def raw(self, column: str) -> str:
        """The trimmed cell, '' where the column is missing."""
        return self._values.get(column, "")

    def text(self, column: str, *, limit: int = 10_000, required: bool = False) -> str:
        """A text of at most ``limit`` characters."""
        found = self.raw(column)
        if required and not found:
            self.fault("import_cell_missing", column)
        if len(found) > limit:
            self.fault("import_cell_too_long", column, length=len(found), limit=limit)
        return found

    def yuan(self, column: str) -> int | None:
        """A sum in yuan, in fen; at most two decimals."""
        return self._money(column, FEN_PER_YUAN)

    def ten_thousand_yuan(self, column: str) -> int | None:
        """A sum in 万元, in fen; the national templates ask for at most two decimals."""
        found = self.raw(column)
        if len(found.partition(".")[2]) > NATIONAL_DECIMALS:
            self.fault("import_price_decimals", column, value=found)
            return None
        return self._money(column, FEN_PER_TEN_THOUSAND_YUAN)

    def money_in_words(self, column: str) -> int | None:
        """A sum that names its unit, such as ``360万元``, in fen; a bare number is a fault: it could be either."""
        found = unicodedata.normalize("NFKC", self.raw(column)).replace(" ", "")
        if not found:
            return None
        for word, factor in YUAN_WORDS.items():
            if found.endswith(word):
                return self._amount(column, found.removesuffix(word), factor)
        if self._amount(column, found, FEN_PER_YUAN) is not None:
            self.fault("import_price_unit_missing", column, value=found)
        return None

    def day(self, column: str) -> date | None:
        """A calendar date."""
        found = unicodedata.normalize("NFKC", self.raw(column))
        if not found:
            return None
        match = DATE.fullmatch(found)
        try:
            day = date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
        except ValueError:
            day = None
        if day is None:
            self.fault("import_date_malformed", column, value=found)
        return day

    def yes(self, column: str) -> bool | None:
        """是 or 否; None where the file does not say."""
        found = self.raw(column).casefold()
        if found and found not in YES | NO:
            self.fault("import_yes_no_malformed", column, value=found)
        return found in YES if found else None

    def whole(self, column: str) -> int | None:
        """A whole number above zero."""
        found = unicodedata.normalize("NFKC", self.raw(column))
        if not found:
            return None
        if not found.isdecimal() or int(found) == 0 or len(found) > 9:
            self.fault("import_number_malformed", column, value=found)
            return None
        return int(found)

    def choice(self, column: str, words: Mapping[str, E], *, blank: E) -> E:
        """One of some words."""
        found = self.raw(column).casefold()
        if not found:
            return blank
        if found not in words:
            self.fault("import_choice_unknown", column, value=found, allowed="、".join(words))
            return blank
        return words[found]

    def _money(self, column: str, factor: int) -> int | None:
        found = unicodedata.normalize("NFKC", self.raw(column)).replace(" ", "")
        return self._amount(column, found, factor) if found else None

    def _amount(self, column: str, found: str, factor: int) -> int | None:
        bare = THOUSANDS.sub("", found.removeprefix("¥").removesuffix("元"))
        try:
            fen = Decimal(bare) * factor if NUMBER.fullmatch(bare) and len(bare) <= 30 else None
        except InvalidOperation:
            fen = None
        if fen is None:
            self.fault("import_price_malformed", column, value=found)
        elif fen < 0:
            self.fault("import_price_negative", column, value=found)
        elif fen != fen.to_integral_value():
            self.fault("import_price_decimals", column, value=found)
        elif fen > MAX_FEN:
            self.fault("import_price_too_large", column, value=found)
        else:
            return int(fen)
        return None
