"""What the national network's classes are called."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from core.db import session
from instruments.models import InstrumentClass
from instruments.rules.classes import CODE_LENGTHS, ClassName, digits_of, is_class, levels, whole


def class_names(codes: Iterable[str]) -> dict[str, ClassName]:
    """The names of classes by the two, four or six digits they are meant by; those without a name are left out."""
    meant = {digits: whole(digits) for digits in codes if digits}
    if not meant:
        return {}
    rows = select(InstrumentClass.code, InstrumentClass.name, InstrumentClass.name_en)
    found = {
        code: ClassName(name, name_en)
        for code, name, name_en in session().execute(rows.where(InstrumentClass.code.in_(set(meant.values()))))
    }
    return {digits: found[code] for digits, code in meant.items() if code in found}


def class_path(code: str) -> list[tuple[str, ClassName]]:
    """The classes that a class of two, four or six digits lies in, from the broadest down to itself, with their digits;
    those without a name are left out."""
    if not is_class(code):
        return []
    path = levels(digits_of(code))
    names = class_names(path)
    return [(digits, names[digits]) for digits in path if digits in names]


def classes_below(digits: str) -> list[tuple[str, ClassName]]:
    """The classes one level below one, with their digits in order; without digits the broadest ones."""
    length = len(digits) + CODE_LENGTHS[0]
    rows = select(InstrumentClass.code, InstrumentClass.name, InstrumentClass.name_en)
    found = session().execute(rows.where(InstrumentClass.code.startswith(digits)).order_by(InstrumentClass.code))
    return [
        (code[:length], ClassName(name, name_en)) for code, name, name_en in found if len(digits_of(code)) == length
    ]
