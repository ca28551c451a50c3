"""Making the next of many things while the present one is worked on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items in the same order; a thread makes the next one meanwhile, which pays where working on them is
    mostly waiting. What making one raises is raised here, in its place. Close it to end the thread."""

    def make() -> T | object:
        return next(items, _END)

    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(copy_context().run, make)
        while (item := coming.result()) is not _END:
            coming = maker.submit(copy_context().run, make)
            yield cast(T, item)
