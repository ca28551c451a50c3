"""What a public list changes: which rows are new, which end an open record, which say what is known already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from accounts.kinds import AdverseKind
from accounts.rules import adverse
from accounts.rules.adverse_lists import ListedRow, RefusedRow, Row
from core.errors import reason

Key = tuple[int, AdverseKind, date]
"""A record: against whom, of which kind, since when."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written of a record."""

    until: date | None
    source: str


@dataclass(slots=True)
class Plan:
    """What is to be written, and what became of the rows that write nothing."""

    added: dict[Key, Entry] = field(default_factory=dict)
    ended: dict[Key, Entry] = field(default_factory=dict)
    known: int = 0
    unknown: list[ListedRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)


def plan(rows: Sequence[Row], *, members: Mapping[str, int], on_file: Mapping[Key, date | None], today: date) -> Plan:
    """Take the rows in their order; ``on_file`` are the records known with their last days, None where open."""
    found, ends = Plan(), dict(on_file)
    for row in rows:
        if isinstance(row, RefusedRow):
            found.refused.append(row)
        elif row.uscc not in members:
            found.unknown.append(row)
        else:
            _take(row, members[row.uscc], found, ends, today)
    return found


def _take(row: ListedRow, member: int, found: Plan, ends: dict[Key, date | None], today: date) -> None:
    since = row.since or _open_since(ends, member, row.kind)
    if since is None:
        found.refused.append(_refused(row, "adverse_nothing_to_end"))
        return
    key = (member, row.kind, since)
    if key not in ends:
        found.added[key] = Entry(row.until, row.source)
        ends[key] = row.until
    elif row.until is None or row.until == ends[key]:
        found.known += 1
    elif ends[key] is not None:
        found.refused.append(_refused(row, "adverse_end_differs"))
    elif faults := adverse.faults(kind=row.kind, since=since, until=row.until, today=today):
        found.refused.append(RefusedRow(row.line, row.uscc, tuple(faults)))
    elif key in found.added:
        found.added[key] = Entry(row.until, found.added[key].source)
        found.known += 1
        ends[key] = row.until
    else:
        found.ended[key] = Entry(row.until, row.source)
        ends[key] = row.until


def _open_since(ends: Mapping[Key, date | None], member: int, kind: AdverseKind) -> date | None:
    """When the latest open record of a kind began."""
    found = [since for (whose, what, since), until in ends.items() if (whose, what, until) == (member, kind, None)]
    return max(found, default=None)


def _refused(row: ListedRow, code: str) -> RefusedRow:
    return RefusedRow(row.line, row.uscc, (reason(code, field="until"),))
