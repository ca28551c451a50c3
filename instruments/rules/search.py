"""Search tokens: what a text can be found by, and what a query asks for.

Chinese, Japanese and Korean have no spaces, so every character and every pair of neighbours is a token; two-character
words (质谱, 电镜) are exactly the pairs. Latin words and numbers are found by any beginning of two or more characters;
parts of a model number (H-7650) also joined (h7650). Of names and models any part of a Latin word finds too: their
groups of up to three characters are tokens of their own kind, which bear a mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate, islice
from operator import add

LONGEST_WORD = 24
"""Characters of a Latin word that count; longer ones are cut, in texts and in queries alike."""
SHORTEST_PREFIX = 2
MOST_QUERY_TOKENS = 40
PART = "·"
"""Before a group of characters from anywhere in a Latin word; no word begins with it."""
PART_LENGTH = 3

BETWEEN = "|"

_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_RUNS = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W_{_CJK}]+)")
_JOINED = re.compile(r"[a-z0-9]+(?:[-_./ ][a-z0-9]+)+")
_SEPARATORS = re.compile(r"[-_./ ]")


def normalise(text: str) -> str:
    """Full width and half width, upper and lower case become one; white space becomes single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def tokens(texts: Iterable[str]) -> list[str]:
    """Every token the texts can be found by, sorted, each once."""
    found: set[str] = set()
    plain = _as_one(texts)
    for cjk, word in _RUNS.findall(plain):
        if cjk:
            found.update(cjk)
            found.update(map(add, cjk, cjk[1:]))
        else:
            found.update(_beginnings(word))
    for joined in _JOINED.findall(plain):
        found.update(_beginnings(_SEPARATORS.sub("", joined)))
    return sorted(found)


def part_tokens(texts: Iterable[str]) -> list[str]:
    """The marked groups of one to three characters of every Latin word, sorted, each once."""
    found: set[str] = set()
    for word in {word for _, word in _RUNS.findall(_as_one(texts)) if word}:
        groups = [PART + character for character in word]
        found.update(groups)
        for further in range(1, PART_LENGTH):
            groups = list(map(add, groups, word[further:]))
            found.update(groups)
    return sorted(found)


def query_parts(word: str) -> list[str]:
    """What must all be among a record's marked groups for a Latin word of a query to stand somewhere within a word of
    its name or model."""
    return list(dict.fromkeys(_groups(word, min(PART_LENGTH, len(word)))))


def is_latin(word: str) -> bool:
    """Whether a token of a query is a word of letters or figures, not Chinese, Japanese or Korean."""
    found = _RUNS.match(word)
    return found is not None and found["word"] is not None


def query_tokens(query: str) -> list[str]:
    """What must all be among a record's tokens for the query to find it; [] for a query without any word."""
    found: dict[str, None] = {}
    for match in _RUNS.finditer(normalise(query)):
        run = match["cjk"]
        if run is None:
            found[match["word"][:LONGEST_WORD]] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
    return list(found)[:MOST_QUERY_TOKENS]


def _as_one(texts: Iterable[str]) -> str:
    """All texts normalised at once, with something between them over which no word and no model number reaches."""
    return normalise(BETWEEN.join(texts))


def _groups(word: str, length: int) -> list[str]:
    return [PART + word[start : start + length] for start in range(len(word) - length + 1)]


def _beginnings(word: str) -> Iterable[str]:
    """The word, or what of it counts, and its beginnings."""
    cut = word[:LONGEST_WORD]
    return islice(accumulate(cut), SHORTEST_PREFIX - 1, None) if len(cut) > 1 else cut
