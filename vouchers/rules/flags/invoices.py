"""An invoice that says something else than its order: each difference that refuses nothing is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.invoices.comparing import Compared, Concern


def invoice_flags(compared: Sequence[Compared], *, number: str) -> list[Found]:
    """One flag for each field of the invoice ``number`` that differs; another value, or invoice, is other evidence."""
    return [_found(each, number) for each in compared if each.fault is not None and each.concern is Concern.FLAG]


def _found(row: Compared, number: str) -> Found:
    stated = _plain(row.stated)
    evidence = {
        "invoice_number": number,
        "field": row.field,
        "expected": _plain(row.expected),
        "stated": stated,
        "reason": row.fault and row.fault.as_json(),
    }
    digest = hashlib.sha256(str(stated).encode()).hexdigest()
    return Found(FlagKind.INVOICE_DIFFERS, f"{number}:{row.field}:{digest}", evidence)


def _plain(value: object) -> str | int | None:
    """A value as evidence keeps it: sums in fen as numbers, all else as text."""
    if isinstance(value, date):
        return value.isoformat()
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return value.value if isinstance(value, StrEnum) else str(value)
