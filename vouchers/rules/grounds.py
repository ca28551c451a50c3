"""What decisions of misconduct and on appeals rest on (V19, V21, V8(2))."""

from __future__ import annotations

from datetime import date, datetime

from core.grounds import Ground, ground
from vouchers.rules.supervision import MISCONDUCT, MisconductKind, Seriousness
from vouchers.states import AppealState, MisconductState

BLOCKS = "V8(2)"
"""What a serious one blocks under while its sanction lasts."""


def misconduct_grounds(
    *,
    kind: MisconductKind,
    seriousness: Seriousness,
    occurred_on: date,
    decided_on: datetime,
    grounds: str,
    finding_id: int | None,
    state: MisconductState,
    sanction_until: date | None,
) -> list[Ground]:
    """Why misconduct was decided, on which finding, and what its sanction comes to now."""
    found = [
        ground(
            "misconduct_decided",
            article=MISCONDUCT,
            kind=kind,
            seriousness=seriousness,
            occurred_on=occurred_on,
            decided_on=decided_on,
            grounds=grounds,
        )
    ]
    if finding_id is not None:
        found.append(ground("misconduct_finding", article=MISCONDUCT, finding_id=finding_id))
    if sanction_until is None:
        return found
    if state is MisconductState.ANNULLED:
        return [*found, ground("sanction_annulled", article=MISCONDUCT, sanction_until=sanction_until)]
    if state is MisconductState.SUSPENDED:
        return [*found, ground("sanction_rests", article=MISCONDUCT, sanction_until=sanction_until)]
    return [*found, ground("sanction_blocks", article=BLOCKS, since=occurred_on, sanction_until=sanction_until)]


def appeal_grounds(
    *,
    state: AppealState,
    grounds: str,
    filed_on: datetime,
    suspended_on: datetime | None,
    decided_on: datetime | None,
    opinion: str | None,
    sanction_until: date | None,
) -> list[Ground]:
    """What was decided on an appeal: whether the sanction rested, and how it ended; nothing before either."""
    found = []
    if suspended_on is not None:
        found.append(ground("appeal_suspends", article=MISCONDUCT, suspended_on=suspended_on))
    if state is AppealState.DISMISSED:
        found.append(ground("appeal_dismissed", article=MISCONDUCT, decided_on=decided_on, opinion=opinion))
    if state is AppealState.REDUCED:
        found.append(
            ground(
                "appeal_reduces",
                article=MISCONDUCT,
                decided_on=decided_on,
                sanction_until=sanction_until,
                opinion=opinion,
            )
        )
    if state is AppealState.ANNULLED:
        found.append(ground("appeal_annuls", article=MISCONDUCT, decided_on=decided_on, opinion=opinion))
    said = [ground("appeal_filed", article=MISCONDUCT, filed_on=filed_on, grounds=grounds)]
    return [*said, *found] if found else []
