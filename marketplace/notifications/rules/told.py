"""How the table of notices is written: what a step of a record means, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.audit import AuditEntry
from core.db import Model
from marketplace.notifications.recipients import Recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice: text ``notice.<key>``, to whom, whether it waits for them, until when, and where it leads.

    ``term``: the last day of a term that runs from the day of the step, where the record does not keep one itself.
    ``records``: what the step is about where that is not its own record, such as the payouts of a batch. ``says``: what
    of the step's entry the text names beside number and sum.
    """

    key: str
    to: Recipients
    task: bool = False
    due: Callable[[Any], date | None] | None = None
    term: Callable[[date], date | None] | None = None
    link: str | None = None
    link_id: Callable[[Any], int] | None = None
    records: Callable[[AuditEntry], Iterable[Any]] | None = None
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record with the notices of its steps; ``page`` is where they lead unless they say otherwise.

    ``beside`` are steps after which all that waited about the record waits on.
    """

    model: type[Model]
    page: str | None
    steps: Mapping[str, tuple[Told, ...]]
    beside: frozenset[str] = frozenset()


def task(key: str, to: Recipients, **more: Any) -> Told:
    """It waits for them."""
    return Told(key=key, to=to, task=True, **more)


def news(key: str, to: Recipients, **more: Any) -> Told:
    """They should know."""
    return Told(key=key, to=to, **more)
