"""What decisions of supervision rest on: inspections, findings, misconduct, appeals (V19, V21, V8(2))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from core.grounds import Ground, ground
from vouchers.rules.supervision import MISCONDUCT, SPOT_CHECK, FindingSeverity, MisconductKind, Seriousness
from vouchers.states import AppealState, FindingState, MisconductState

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
    suspended_why: str | None,
    decided_on: datetime | None,
    opinion: str | None,
    sanction_until: date | None,
) -> list[Ground]:
    """What was decided on an appeal: whether the sanction rested, and how it ended; nothing before either."""
    found = []
    if suspended_on is not None:
        found.append(ground("appeal_suspends", article=MISCONDUCT, suspended_on=suspended_on, why=suspended_why))
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


def finding_grounds(
    *,
    article: str,
    severity: FindingSeverity,
    statement: str,
    found_on: datetime,
    answer: str | None,
    answered_on: datetime | None,
    answer_by: date | None,
    state: FindingState,
    decided_on: datetime,
    opinion: str | None,
) -> list[Ground]:
    """Why what an inspection found was upheld or dismissed: what was found against which article, and the answer."""
    if state is FindingState.UPHELD:
        first = ground("finding_upheld", article=SPOT_CHECK, decided_on=decided_on, opinion=opinion)
    else:
        first = ground("finding_dismissed", article=SPOT_CHECK, decided_on=decided_on, opinion=opinion)
    return [
        first,
        ground("finding_stated", article=article, severity=severity, found_on=found_on, statement=statement),
        ground("finding_answered", article=SPOT_CHECK, answer=answer, answered_on=answered_on, answer_by=answer_by),
    ]


def inspection_grounds(
    *,
    refused: bool,
    faulty: bool,
    visited_on: date | None,
    account: str | None,
    unmet: Sequence[str],
    concluded_on: datetime,
    closed_on: datetime | None,
) -> list[Ground]:
    """How an inspection was concluded, on what was seen; ``unmet`` are the items that were not as they should be."""
    if refused:
        first = ground("inspection_refused", article=SPOT_CHECK, concluded_on=concluded_on)
    elif faulty:
        first = ground("inspection_faulty", article=SPOT_CHECK, concluded_on=concluded_on)
    else:
        first = ground("inspection_clean", article=SPOT_CHECK, concluded_on=concluded_on)
    seen = ground("inspection_seen", article=SPOT_CHECK, visited_on=visited_on, account=account, unmet=list(unmet))
    if closed_on is None:
        return [first, seen]
    return [first, seen, ground("inspection_closed", article=SPOT_CHECK, closed_on=closed_on)]
