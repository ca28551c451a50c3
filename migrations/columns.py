"""Columns and conditions in the words migrations use over and over; what a table has of its own it spells out.

What a word stands for never changes: every migration that uses it would change too. A new meaning is a new word.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


def key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def refers(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    """A reference to the row of the table `target` with this id."""
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def fen(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def day(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date, nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB, nullable=nullable)


def by(what: str, *, nullable: bool = False) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """Who of the users did something, and when."""
    return refers(f"{what}_by", "user_account", nullable=nullable), instant(f"{what}_at", nullable=nullable)


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """Only these values may stand in the column; the constraint is named after it."""
    return sa.CheckConstraint(among(column, values), name=column)


def among(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({listed(values)})"


def listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
