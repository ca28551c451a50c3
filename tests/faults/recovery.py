"""What must be true once somebody has gone on from where a process was stopped."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import psycopg

from core.invariants import Invariant
from marketplace.reports.verification import INVARIANTS
from tests.faults.stage import Counts
from tests.faults.story import Story
from tests.faults.warm import Answer, Round, Work

ROUNDS = {"job_run", "outbox_reader"}
LATER = timedelta(minutes=2)
"""After this long the worker takes up again what failed or was left."""


def resumed(work: Work, times: int = 1) -> Work:
    """The worker comes back a little later each time, people ask at once."""
    if isinstance(work, Round):
        return replace(work, at=work.at + times * LATER)
    return work


def shown(answer: Answer, *, exact: bool) -> str:
    """The body; numbers that a sequence gave away differ where the first attempt came to nothing."""
    body = re.sub(r'"payment-[0-9a-f]+"', '"payment-n"', answer.body.decode())
    return body if exact else re.sub(r'("(?:\w+_)?id": ?)\d+', r"\1n", body)


def rows(counts: Counts) -> dict[str, int]:
    """How many rows a table has; the worker comes round more often after a kill."""
    return {table: count for table, (count, _) in counts.items() if table not in ROUNDS}


def changed(before: object, after: object) -> set[str]:
    """The tables that differ."""
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    return {table for table in before.keys() | after.keys() if before.get(table) != after.get(table)}


def broken(look: psycopg.Connection, tables: set[str]) -> list[str]:
    """What ``verify`` names. A statement about tables that are as they were answers as it did, so it is not asked."""
    words = re.compile(r"\b(" + "|".join(sorted(tables) or ["-"]) + r")\b")
    asked: list[Invariant] = [each for each in INVARIANTS if words.search(each.sql)]
    return [each.name for each in asked if look.execute(each.sql.encode()).fetchone() is not None]


def damaged(story: Story, look: psycopg.Connection) -> list[str]:
    """Files that rows name and that are not there as they were written."""
    named = look.execute("SELECT DISTINCT sha256 FROM stored_file").fetchall()
    folder = story.stage.files
    return [
        sha256
        for (sha256,) in named
        if not (path := folder / sha256[:2] / sha256).is_file()
        or hashlib.sha256(path.read_bytes()).hexdigest() != sha256
    ]
