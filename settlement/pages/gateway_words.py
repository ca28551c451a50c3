"""What the gateway calls things, told in words."""

from __future__ import annotations

from enum import StrEnum

from core.pages import term


def in_words(name: str, *, of: type[StrEnum]) -> str:
    """The word for the first part of a name, with the gateway's own, by which its help tells more; else the name."""
    first = name.partition(".")[0]
    return f"{term(of(first))} ({name})" if first in set(of) else name
