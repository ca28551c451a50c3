"""Which characters the fonts of our PDFs have; one they lack is named by its number, as an empty box says nothing."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

_TABLE = struct.Struct(">4sLLL")
_ENCODING = struct.Struct(">HHL")
_GROUP = struct.Struct(">LLL")
_SEGMENTED = 12
"""The format of a character map that covers all of Unicode, by groups of characters that follow one another."""
_DIRECTORY, _MAP_HEAD, _GROUPS_HEAD = 12, 4, 16
_UNSEEN = {"Mn", "Cf"}
"""Marks and format characters, which have no box of their own."""


def in_print(text: str, fonts: tuple[Path, ...]) -> str:
    """The text with each character that one of the fonts lacks as 〔U+20BB7〕."""
    lacking = {each for each in set(text) if ord(each) not in _common(fonts)}
    named = {ord(each): f"〔U+{ord(each):04X}〕" for each in lacking if unicodedata.category(each) not in _UNSEEN}
    return text.translate(named) if named else text


@cache
def _common(fonts: tuple[Path, ...]) -> frozenset[int]:
    """What all of the fonts have, by number; control characters are no matter of fonts."""
    return frozenset.intersection(*map(_characters, fonts)) | frozenset(range(ord(" ")))


def _characters(font: Path) -> frozenset[int]:
    content = font.read_bytes()
    (count,) = struct.unpack_from(">H", content, 4)
    tables = (_TABLE.unpack_from(content, _DIRECTORY + number * _TABLE.size) for number in range(count))
    start = next(offset for tag, _sum, offset, _length in tables if tag == b"cmap")
    (count,) = struct.unpack_from(">H", content, start + 2)
    encodings = (_ENCODING.unpack_from(content, start + _MAP_HEAD + number * _ENCODING.size) for number in range(count))
    places = (start + offset for _platform, _encoding, offset in encodings)
    chosen = next(place for place in places if struct.unpack_from(">H", content, place) == (_SEGMENTED,))
    (count,) = struct.unpack_from(">L", content, chosen + _MAP_HEAD + 8)
    groups = (_GROUP.unpack_from(content, chosen + _GROUPS_HEAD + number * _GROUP.size) for number in range(count))
    return frozenset(number for first, last, _glyph in groups for number in range(first, last + 1))
