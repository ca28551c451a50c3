"""The rounds of a claim as its parties and offices are told of them: handed in, returned, answered (V17 return)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.permissions import Role
from vouchers.models import Claim
from vouchers.queries.resubmissions import Round, rounds
from vouchers.rules.claims import ReviewDecision
from vouchers.states import ClaimState


@dataclass(frozen=True, slots=True)
class AnsweredDefect:
    """What a return asked for, and what the claimant said to it with the next submission; None until then."""

    defect: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class ToldRound:
    """One submission and the return that ended it; what was approved, rejected or withdrawn has none."""

    number: int
    submitted_at: datetime
    submitted_by: int | None
    claimed_fen: int
    changed: Sequence[str]
    returned_at: datetime | None
    returned_by: Role | None
    opinion: str
    defects: Sequence[AnsweredDefect]


def told_rounds(claim: Claim) -> list[ToldRound]:
    """Every round of a claim already found to be in the reader's sight, the earliest first."""
    known = rounds(claim)
    return [_told(each, claim, after) for each, after in zip(known, [*known, None][1:], strict=True)]


def _told(each: Round, claim: Claim, after: Round | None) -> ToldRound:
    returned_at, opinion, defects = _return(claim, after)
    return ToldRound(
        number=each.number,
        submitted_at=each.submitted_at,
        submitted_by=each.submitted_by,
        claimed_fen=each.claimed_fen,
        changed=list(dict.fromkeys(change.field for change in each.changes)),
        returned_at=returned_at,
        returned_by=None if returned_at is None else Role.CITY_BUREAU,
        opinion=opinion,
        defects=defects,
    )


def _return(claim: Claim, after: Round | None) -> tuple[datetime | None, str, list[AnsweredDefect]]:
    """The return that ended a round: the one the next answers, or the one that waits for its answer."""
    if after is not None:
        return after.returned_at, after.opinion, [AnsweredDefect(*each) for each in after.mended]
    if claim.state is not ClaimState.RETURNED:
        return None, "", []
    last = [review for review in claim.reviews if review.decision == ReviewDecision.RETURN][-1]
    return last.at, last.opinion, [AnsweredDefect(defect, None) for defect in last.defects]
