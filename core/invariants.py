"""What must always be true, as queries that return the offending rows and therefore none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.db import db, session
from core.files import altered_files
from core.states import Transitions


@dataclass(frozen=True)
class Invariant:
    """One always-true statement of RULES.md.

    ``number`` is its number there, ``name`` says it in a few words; ``sql`` returns one row for each offence, with
    columns that lead to it.
    """

    number: int
    name: str
    sql: str


@dataclass(frozen=True)
class Offence:
    """A row that breaks an invariant."""

    number: int
    name: str
    row: dict[str, Any]

    @property
    def subjects(self) -> list[tuple[str, int]]:
        """The records the row names: columns are called after their tables and hold their numbers."""
        return [
            (name, value)
            for name, value in self.row.items()
            if isinstance(value, int) and not isinstance(value, bool) and name in db.metadata.tables
        ]


def verify(invariants: Iterable[Invariant]) -> list[Offence]:
    """Run every query; an empty list means that all is well."""
    return [
        Offence(invariant.number, invariant.name, dict(row))
        for invariant in sorted(invariants, key=lambda found: (found.number, found.name))
        for row in session().execute(text(invariant.sql)).mappings()
    ]


def verify_by(number: int, name: str, check: Callable[[], list[dict[str, Any]]]) -> list[Offence]:
    """The same for a check that no query can make, such as reading files."""
    return [Offence(number, name, row) for row in check()]


def file_offences() -> list[Offence]:
    """Invariant 14: stored files that no longer match their recorded SHA-256."""
    return verify_by(14, "stored files match their SHA-256", altered_files)


def replay(table: str, transitions: Transitions[Any]) -> Invariant:
    """Invariant 9 for one table with a ``state``: its audit history follows the table of transitions without a gap
    and ends in the present state. A record's first entry is its creation (no from_state) or leaves the initial state.
    """
    initial = transitions.initial.value
    allowed = ", ".join(
        f"('{origin.value}', '{action}', '{target.value}')"
        for (origin, action), target in sorted(transitions.table.items())
    )
    return Invariant(
        9,
        f"{table}: history replays to the present state",
        f"""
        WITH allowed (from_state, action, to_state) AS (VALUES {allowed}),
        steps AS (
          SELECT subject_id, id, action, from_state, to_state,
                 lag(to_state) OVER (PARTITION BY subject_id ORDER BY id) AS before,
                 row_number() OVER (PARTITION BY subject_id ORDER BY id DESC) AS from_end
          FROM audit_entry WHERE subject_kind = '{table}' AND to_state IS NOT NULL)
        SELECT s.subject_id AS "{table}", s.id AS audit_entry, s.from_state, s.action, s.to_state,
               'a step that the table does not allow or that leaves a gap' AS fault
          FROM steps s
         WHERE NOT CASE
                 WHEN s.before IS NULL AND s.from_state IS NULL THEN s.to_state = '{initial}'
                 ELSE s.from_state = COALESCE(s.before, '{initial}')
                      AND (s.from_state, s.action, s.to_state) IN (SELECT * FROM allowed) END
        UNION ALL
        SELECT t.id, s.id, s.to_state, NULL, t.state, 'the present state is not where history ends'
          FROM "{table}" t LEFT JOIN steps s ON s.subject_id = t.id AND s.from_end = 1
         WHERE COALESCE(s.to_state, '{initial}') <> t.state
        """,
    )
