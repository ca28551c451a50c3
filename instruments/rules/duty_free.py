"""Instruments imported free of duty: until when customs supervises them, and who may use them meanwhile (S5)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from core.clock import add_months
from core.errors import Reason, reason

ARTICLE = "S5"


class SharingLeave(StrEnum):
    """What customs said about use by others while it supervises."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    BARRED = "barred"


class DutyFreeStatus(StrEnum):
    """How it stands with the record of an instrument imported free of duty."""

    MISSING = "missing"
    SUPERVISED = "supervised"
    BARRED = "barred"
    RELEASED = "released"


def supervised_until(released_on: date, *, months: int) -> date:
    """The last day of customs' supervision."""
    return add_months(released_on, months)


def record_faults(
    *, released_on: date, leave: SharingLeave, limits: str, leave_reference: str, today: date
) -> list[Reason]:
    """What is wrong with a record: it was released by now, limits are told where there are any, and leave has its
    document's number."""
    found = []
    if released_on > today:
        found.append(reason("duty_free_released_ahead", article=ARTICLE, field="released_on"))
    if leave is SharingLeave.LIMITED and not limits:
        found.append(reason("duty_free_limits_missing", article=ARTICLE, field="limits"))
    if leave is not SharingLeave.BARRED and not leave_reference:
        found.append(reason("duty_free_reference_missing", article=ARTICLE, field="leave_reference"))
    return found


def opening_faults(leave: SharingLeave | None, until: date | None, *, today: date) -> list[Reason]:
    """Why an instrument with such a record, if any, is not open to others today."""
    if leave is SharingLeave.BARRED and until is not None and until >= today:
        return [reason("duty_free_barred", article=ARTICLE, field="duty_free_record", until=until)]
    return []


def status_of(leave: SharingLeave | None, until: date | None, *, today: date) -> DutyFreeStatus:
    """How it stands; None: there is no record."""
    if leave is None or until is None:
        return DutyFreeStatus.MISSING
    if until < today:
        return DutyFreeStatus.RELEASED
    return DutyFreeStatus.BARRED if leave is SharingLeave.BARRED else DutyFreeStatus.SUPERVISED
