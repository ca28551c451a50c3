"""What is wrong with a fact of standing as it is entered: tenures of controllers, holdings, joint establishments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import Reason, reason

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Running:
    """A period already on record: ``until`` is the first day it no longer covers, None while it runs."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerName:
    """A controller by id, or a new one by name; ``note`` tells two of one name apart."""

    controller_id: int | None = None
    name: str = ""
    note: str = ""


def tenure_faults(*, since: date, known: Sequence[Running]) -> list[Reason]:
    """A new controller takes over on ``since``.

    It must come after every tenure begun and after every one ended.
    """
    blocked = any(each.since >= since or (each.until is not None and each.until > since) for each in known)
    return [reason("tenure_overlaps", article="V12 cap", field="since")] if blocked else []


def holding_faults(*, holder_id: int, held_id: int, percent: Decimal, since: date, until: date | None) -> list[Reason]:
    """A holding needs two parties, a share of the whole and a period that ends after it begins."""
    found = []
    if holder_id == held_id:
        found.append(reason("same_organisation", field="held_id"))
    if not 0 < percent <= WHOLE:
        found.append(reason("percent_out_of_range", field="percent"))
    if until is not None and until <= since:
        found.append(reason("period_reversed", field="until"))
    return found
