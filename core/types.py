"""Column types that refuse what the service must never store: float money, naive times, open-ended guesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Identity, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.dialects.postgresql import Range as SqlRange
from sqlalchemy.orm import Mapped, mapped_column

E = TypeVar("E", bound=StrEnum)

MAX_FEN = 2**63 - 1
"""The largest sum a bigint column holds, in fen."""


@dataclass(frozen=True)
class Span:
    """A half-open period ``[start, end)`` of aware instants; ``end`` may be None for an open period."""

    start: datetime
    end: datetime | None

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound is not None and bound.utcoffset() is None:
                raise ValueError("a period needs aware instants")
        if self.end is not None and self.end <= self.start:
            raise ValueError("a period must end after it starts")

    @property
    def duration(self) -> timedelta:
        """Length of the period; an open one has none and raises ValueError."""
        if self.end is None:
            raise ValueError("an open period has no length")
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether both periods share an instant; touching ends do not."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


class Fen(TypeDecorator[int]):
    """Money in integer fen, a bigint. Refuses float, Decimal, bool and anything outside bigint."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"money is integer fen, not {type(value).__name__}")
        if abs(value) > MAX_FEN:
            raise ValueError(f"{value} fen is more than a bigint holds")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """A sum of bigint columns is numeric in PostgreSQL; it comes back as the whole number it is."""
        if value is None:
            return None
        if value != int(value):
            raise ValueError(f"{value} is no whole number of fen")
        return int(value)


class UTC(TypeDecorator[datetime]):
    """An instant, ``timestamptz``. Refuses naive datetimes and gives back aware ones in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise TypeError("an instant is a datetime with a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC_ZONE)


class Period(TypeDecorator[Span]):
    """A half-open ``tstzrange`` as a :class:`Span`."""

    impl = TSTZRANGE
    cache_ok = True

    def process_bind_param(self, value: Span | None, dialect: Dialect) -> SqlRange[datetime] | None:
        if value is None:
            return None
        if not isinstance(value, Span):
            raise TypeError(f"a period is a Span, not {type(value).__name__}")
        return SqlRange(value.start, value.end, bounds="[)")

    def process_result_value(self, value: Any, dialect: Dialect) -> Span | None:
        if value is None:
            return None
        start, end = value.lower, value.upper
        if start is None or value.bounds[0] != "[" or (end is not None and value.bounds[1] != ")"):
            raise ValueError(f"{value} is no half-open period with a start")
        return Span(start.astimezone(UTC_ZONE), None if end is None else end.astimezone(UTC_ZONE))


class Enumerated(TypeDecorator[E], Generic[E]):
    """A text column holding one value of a StrEnum; the migration adds the CHECK."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.enum(value)


def identity_key() -> Mapped[int]:
    """A bigint identity primary key."""
    return mapped_column(BigInteger, Identity(always=False), primary_key=True)
