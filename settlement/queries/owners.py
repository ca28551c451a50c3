"""What the owners of accounts are called, which the ledger keeps opaquely: ``organisation:12``, ``order:3``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accounts.queries.names import organisation_names
from core import clock
from core.sources import source_text
from core.texts import Text
from settlement.queries.programmes import programme_name

_NUMBERED = re.compile(r"([a-z_]+):([0-9]{1,18})")
ORGANISATIONS = frozenset({"organisation", "team"})
"""The kinds of owners that are organisations."""


def organisation_of(owner: str) -> int | None:
    """The number of the organisation that an owner is, if it is one."""
    found = _NUMBERED.fullmatch(owner)
    return int(found[2]) if found and found[1] in ORGANISATIONS else None


def owner_texts(owners: Iterable[str]) -> dict[str, Text]:
    """Each owner in words: organisations by their names, funds by their programme's; one query."""
    numbers = {owner: organisation_of(owner) for owner in owners}
    names = organisation_names(number for number in numbers.values() if number is not None)
    return {owner: _said(owner, names.get(number or 0)) for owner, number in numbers.items()}


def _said(owner: str, name: str | None) -> Text:
    if name is not None:
        return Text(name, name)
    return source_text(owner) if _NUMBERED.fullmatch(owner) else programme_name(owner, on=clock.today(clock.now()))
