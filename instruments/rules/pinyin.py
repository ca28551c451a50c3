"""How Chinese is typed in Latin letters: whole syllables (zhipu) or their initials (zp)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from core.late import LateModule
from instruments.rules.search import normalise

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = LateModule("pypinyin")  # its dictionary takes 57 MB, which only what writes the index needs

SYLLABLES = 8
"""Syllables from each character on that count: what is typed is hardly ever longer, and then its beginning decides."""
SHORTEST_TYPED = 2
KEPT_NAMES = 100_000
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff]+")
_TYPED = re.compile("[a-z]{2,}")


def may_be_pinyin(word: str) -> bool:
    """Whether a word of a query consists of letters that may stand for Chinese."""
    return _TYPED.fullmatch(word) is not None


@lru_cache(maxsize=KEPT_NAMES)
def pinyin_tokens(name: str) -> str:
    """What a name can be found by in Latin letters, with blanks between: from each of its characters on the syllables
    that follow, joined, and their initials. What is typed is a beginning of one of them."""
    return " ".join(dict.fromkeys(_tokens(normalise(name))))


def _tokens(name: str) -> Iterator[str]:
    for run in _HAN.findall(name):
        syllables = [each for each in pypinyin.lazy_pinyin(run, errors="ignore") if each.isascii()]
        for start in range(len(syllables)):
            following = syllables[start : start + SYLLABLES]
            yield "".join(following)
            yield "".join(each[0] for each in following)
