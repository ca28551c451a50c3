"""The national classes as people read them."""

from __future__ import annotations

from core.pages.language import current_language
from instruments.queries.classes import class_path
from instruments.rules.classes import ClassName

BELOW = " › "


def class_named(digits: str, named: ClassName) -> str:
    """A class with its digits, in the reader's language where it has a name in it."""
    name = named.name if current_language() == "zh" or not named.name_en else named.name_en
    return f"{digits} {name}"


def class_said(code: str) -> str:
    """A class below those it lies in; without names the code alone."""
    return BELOW.join(class_named(*each) for each in class_path(code)) or code
