"""The tree of the national network's classes: two digits a level, and the file it comes in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.errors import Reason, reason

CODE_LENGTHS = (2, 4, 6)
"""Digits of a class, from the broadest to the narrowest."""
HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "编码", "代码", "分类编码", "仪器分类编码"),
    "parent": ("parent", "上级编码", "上级代码"),
    "name": ("name", "名称", "分类名称"),
    "name_en": ("name_en", "英文名称"),
}
LONGEST_NAME = 200
_CODE = re.compile("[0-9]{6}")


@dataclass(frozen=True, slots=True)
class ClassName:
    """What a class is called; ``name_en`` may be empty."""

    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class ReadClasses:
    """Classes of a file by their six digits, and every fault of it."""

    classes: Mapping[str, ClassName]
    faults: Sequence[Reason]


def is_class(category: str) -> bool:
    """Whether a category is meant by digits of the national classes."""
    return category.isascii() and category.isdecimal() and len(category) in CODE_LENGTHS


def whole(digits: str) -> str:
    """The six digits of the class meant by two, four or six."""
    return digits.ljust(CODE_LENGTHS[-1], "0")


def digits_of(code: str) -> str:
    """The fewest digits by which a class of six is meant: its broader classes without the zeros."""
    return next(code[:length] for length in CODE_LENGTHS if not code[length:].strip("0"))


def levels(digits: str) -> list[str]:
    """The classes a class lies in, from the broadest down to itself, each by its digits."""
    return [digits[:length] for length in CODE_LENGTHS if length <= len(digits)]


def read_classes(rows: Iterable[tuple[int, Sequence[str]]]) -> ReadClasses:
    """The classes of a table whose first row names its columns; a row comes with its line.

    Every code has six digits and a name, stands there once, and with it the classes it lies in. The national list puts
    some classes beneath themselves once more, as the "other" among their kinds; such a row is passed over.
    """
    lines = iter(rows)
    places = _places(next(lines, (0, ()))[1])
    if lacking := [name for name in ("code", "name") if name not in places]:
        return ReadClasses({}, [reason("class_column_missing", columns=", ".join(lacking))])
    found: dict[str, ClassName] = {}
    faults: list[Reason] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        given = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        code, named = given["code"], ClassName(given["name"], given.get("name_en", ""))
        if code in found and given.get("parent") == code:
            continue
        refusal = _refusal(code, named, found)
        if refusal is None:
            found[code] = named
        else:
            faults.append(reason(refusal, line=line, class_code=code))
    return ReadClasses(found, [*faults, *_orphans(found)] or ([] if found else [reason("class_none")]))


def _places(headers: Sequence[str]) -> dict[str, int]:
    plain = [each.strip().lower() for each in headers]
    return {
        name: next(place for place, header in enumerate(plain) if header in known)
        for name, known in HEADERS.items()
        if any(header in known for header in plain)
    }


def _refusal(code: str, named: ClassName, found: Mapping[str, ClassName]) -> str | None:
    if not _CODE.fullmatch(code):
        return "class_code_malformed"
    if not named.name or len(named.name) > LONGEST_NAME or len(named.name_en) > LONGEST_NAME:
        return "class_name_malformed"
    return "class_repeated" if code in found else None


def _orphans(found: Mapping[str, ClassName]) -> Iterator[Reason]:
    for code in found:
        for above in levels(digits_of(code))[:-1]:
            if whole(above) not in found:
                yield reason("class_parent_missing", class_code=code, parent=whole(above))
