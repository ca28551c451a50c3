"""What the supervision of claims asks for: who may inspect, what is looked at, how long sanctions run (V19, V21)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.errors import Reason, reason

SPOT_CHECK = "V19"
MISCONDUCT = "V21"


class FindingSeverity(StrEnum):
    """How grave a finding is (V19, V21)."""

    MINOR = "minor"
    FRAUD = "fraud"
    REFUSAL = "refusal"


class MisconductKind(StrEnum):
    """What somebody is found to have done."""

    FRAUD = "fraud"
    REFUSAL = "refusal"
    OTHER = "other"


class Seriousness(StrEnum):
    """Whether misconduct is sanctioned and blocks under V8(2)."""

    GENERAL = "general"
    SERIOUS = "serious"


class AppealDecision(StrEnum):
    """What may become of an appeal."""

    DISMISS = "dismiss"
    REDUCE = "reduce"
    ANNUL = "annul"


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who may be sent on an inspection, as the rules see it."""

    user_id: int
    name: str
    is_officer: bool
    is_involved: bool
    has_interest: bool


def inspector_faults(officers: Sequence[Officer], *, at_least: int) -> list[Reason]:
    """Why these officers cannot inspect a claim; every fault is named.

    ``is_involved``: who submitted, reviewed or confirmed the claim; ``has_interest``: a declared conflict of interest.
    """
    found = []
    if len(officers) < at_least:
        found.append(reason("inspectors_few", article=SPOT_CHECK, field="inspector_ids", count=at_least))
    for each in officers:
        for code, applies in (
            ("inspector_no_officer", not each.is_officer),
            ("inspector_involved", each.is_involved),
            ("inspector_interested", each.has_interest),
        ):
            if applies:
                found.append(reason(code, article=SPOT_CHECK, field="inspector_ids", name=each.name))
    return found


def checklist_faults(answered: Sequence[str], *, items: Collection[str]) -> list[Reason]:
    """Every item of the policy's list is answered once."""
    found = [
        reason("checklist_item_unknown", article=SPOT_CHECK, field="checklist", item=item)
        for item in answered
        if item not in items
    ]
    found += [
        reason("checklist_item_missing", article=SPOT_CHECK, field="checklist", item=item)
        for item in items
        if answered.count(item) != 1
    ]
    return found


def sanction_faults(
    *,
    seriousness: Seriousness,
    occurred_on: date,
    sanction_until: date | None,
    today: date,
    last_day: date,
) -> list[Reason]:
    """Why a sanction cannot be decided like this. ``last_day`` is the last day that the longest sanction reaches."""
    found = []
    if occurred_on > today:
        found.append(reason("misconduct_ahead", article=MISCONDUCT, field="occurred_on"))
    if seriousness is Seriousness.GENERAL and sanction_until is not None:
        found.append(reason("sanction_without_seriousness", article=MISCONDUCT, field="sanction_until"))
    if seriousness is Seriousness.SERIOUS and sanction_until is None:
        found.append(reason("sanction_missing", article=MISCONDUCT, field="sanction_until"))
    if sanction_until is not None and not today <= sanction_until <= last_day:
        found.append(
            reason("sanction_out_of_range", article=MISCONDUCT, field="sanction_until", first=today, last=last_day)
        )
    return found


def reduction_faults(
    *, decision: AppealDecision, sanction_until: date | None, stands_until: date | None, today: date
) -> list[Reason]:
    """A reduced sanction ends earlier than it would have; nothing else names a day."""
    if decision is not AppealDecision.REDUCE:
        misplaced = sanction_until is not None
        return [reason("reduction_misplaced", article=MISCONDUCT, field="sanction_until")] if misplaced else []
    if stands_until is None:
        return [reason("reduction_of_nothing", article=MISCONDUCT, field="decision")]
    if sanction_until is None or not today <= sanction_until < stands_until:
        span = {"first": today, "last": stands_until}
        return [reason("reduction_out_of_range", article=MISCONDUCT, field="sanction_until", **span)]
    return []
