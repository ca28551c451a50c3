"""Who may use vouchers: enterprises (V8(1), V8(2)) and start-up teams (V9)."""

from __future__ import annotations

from datetime import date

from core.errors import Reason, reason
from core.money import yuan_text
from core.texts import Text, text
from vouchers.rules.facts import AdverseKind, AdverseRecord, Enterprise, Team
from vouchers.rules.policy import VoucherPolicy

SIZE = "V8(1)"
STANDING = "V8(2)"
TEAM = "V9"

OF_THE_USER = frozenset(
    {
        "registered_outside_province",
        "staff_out_of_range",
        "revenue_over_limit",
        "finances_not_orderly",
        "adverse_record",
        "incubator_outside_province",
        "incubator_level_too_low",
        "team_is_registered",
        "obstacle_user_clawback_overdue",
    }
)
"""The grounds that tell of the user itself; who serves it is not told them."""


def enterprise_faults(firm: Enterprise, *, on: date, policy: VoucherPolicy) -> list[Reason]:
    """Every ground of V8(1) and V8(2) on which a firm is refused on a day."""
    faults = []
    if not policy.places.in_province(firm.county):
        faults.append(reason("registered_outside_province", article=SIZE, county=firm.county))
    if not policy.staff_min <= firm.staff <= policy.staff_max:
        faults.append(
            reason("staff_out_of_range", article=SIZE, staff=firm.staff, min=policy.staff_min, max=policy.staff_max)
        )
    if firm.revenue_fen > policy.revenue_max_fen:
        shown = {"revenue": yuan_text(firm.revenue_fen), "max": yuan_text(policy.revenue_max_fen)}
        faults.append(reason("revenue_over_limit", article=SIZE, **shown))
    return faults + standing_faults(firm.adverse_records, orderly_finances=firm.orderly_finances, on=on, policy=policy)


def standing_faults(
    records: tuple[AdverseRecord, ...], *, orderly_finances: bool, on: date, policy: VoucherPolicy
) -> list[Reason]:
    """Every ground of V8(2); judged again at submission and at confirmation."""
    faults = [] if orderly_finances else [reason("finances_not_orderly", article=STANDING)]
    blocking = [record for record in records if blocks(record, on=on, policy=policy)]
    return faults + [
        reason("adverse_record", article=STANDING, kind=kind_name(record.kind), since=record.since, until=_end(record))
        for record in sorted(blocking, key=lambda found: (found.since, found.kind))
    ]


def blocks(record: AdverseRecord, *, on: date, policy: VoucherPolicy) -> bool:
    """Whether a record stands against a firm on a day (V8(2)).

    Incidents and misconduct count in the accounting year they occurred in and the one after it; a listing counts
    while it lasts and in the two accounting years touched by it last; misconduct also while its sanction lasts.
    What begins after ``on`` has not happened yet. Accounting years are calendar years.
    """
    if record.since > on:
        return False
    first_year = on.year - policy.adverse_years_back
    if record.kind in policy.listing_records:
        return record.until is None or record.until.year >= first_year
    if record.since.year >= first_year:
        return True
    return (
        record.kind is AdverseKind.RESEARCH_MISCONDUCT
        and policy.misconduct_blocks_while_sanctioned
        and record.until is not None
        and on <= record.until
    )


def team_faults(team: Team, *, policy: VoucherPolicy) -> list[Reason]:
    """Every ground of V9 on which a team is refused."""
    faults = []
    if not policy.places.in_province(team.county):
        faults.append(reason("incubator_outside_province", article=TEAM, county=team.county))
    if team.incubator_level not in policy.incubator_levels:
        level = text(f"incubator_level.{team.incubator_level}")
        faults.append(reason("incubator_level_too_low", article=TEAM, level=level))
    if team.uscc is not None:
        faults.append(reason("team_is_registered", article=TEAM))
    return faults


def kind_name(kind: AdverseKind) -> Text:
    """What a record is about, in both languages."""
    return text(f"adverse_record.{kind}")


def _end(record: AdverseRecord) -> str:
    return "" if record.until is None else record.until.isoformat()
