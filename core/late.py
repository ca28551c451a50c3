"""Libraries that most processes never need, loaded when they are first used: they take megabytes of memory each."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LateModule:
    """Stands for a module until something of it is asked for, and hands out what is in it from then on.

    Unlike the standard library's ``LazyLoader`` two threads may ask first at once: the import has a lock.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, asked: str) -> Any:
        """Raises ImportError if the library is not there."""
        return getattr(import_module(self._name), asked)
