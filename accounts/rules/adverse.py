"""V8(2): which periods an adverse record may have, and whom it touches when.

Whether a record bars an enterprise is decided by the voucher rules; here stands only what a record itself
says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.kinds import AdverseKind
from core.errors import Reason, reason

LISTINGS = frozenset({AdverseKind.ABNORMAL_OPERATIONS, AdverseKind.SERIOUS_ILLEGALITY})
"""Listed from a day until removed; open while there is no end."""

WITH_PERIOD = LISTINGS | {AdverseKind.RESEARCH_MISCONDUCT}
"""Kinds that may have an end: listings, and the sanction of a misconduct. The others are dated by one day."""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One adverse record as the voucher rules read it.

    ``until`` is the last day, None where open or not applicable.
    """

    kind: AdverseKind
    since: date
    until: date | None

    def as_json(self) -> dict[str, str | None]:
        """The record as a quote case writes it."""
        return {
            "kind": self.kind.value,
            "from": self.since.isoformat(),
            "to": None if self.until is None else self.until.isoformat(),
        }


def is_sanctioned(records: Iterable[RecordFacts], on: date) -> bool:
    """Whether one of an organisation's records is a misconduct whose sanction lasts on a day (V21)."""
    return any(
        each.kind is AdverseKind.RESEARCH_MISCONDUCT and each.until is not None and each.since <= on <= each.until
        for each in records
    )


def faults(*, kind: AdverseKind, since: date, until: date | None, today: date) -> list[Reason]:
    """What is wrong with a record as entered on ``today``: nobody knows before when a listing will be removed."""
    found = []
    if since > today:
        found.append(reason("adverse_in_future", article="V8(2)", field="since"))
    if until is not None and kind not in WITH_PERIOD:
        found.append(reason("adverse_without_period", article="V8(2)", field="until"))
    if until is not None and until > today and kind in LISTINGS:
        found.append(reason("adverse_in_future", article="V8(2)", field="until"))
    if until is not None and until < since:
        found.append(reason("period_reversed", article="V8(2)", field="until"))
    return found
