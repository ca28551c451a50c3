"""What appears about claims by night, and cases whose holder let the last day go by."""

from __future__ import annotations

from collections.abc import Iterable

from core import clock
from core.audit import AuditEntry
from core.db import session
from marketplace.notifications.recipients import To, bureau, province
from marketplace.notifications.rules.told import Subject, news, task
from vouchers.models import Claim, ClaimFlag, ReviewCase
from vouchers.queries.cases import held_cases
from vouchers.states import ClaimState
from vouchers.steps.flags import EXAMINED


def found_by_itself(entry: AuditEntry) -> Iterable[Claim]:
    """The claim of a flag that nobody's own step raised: who reviews a claim sees what came with its submission."""
    if entry.actor_user_id is not None:
        return []
    return [claim for claim in waiting_claim(entry) if claim.submitted_at != entry.at]


def waiting_claim(entry: AuditEntry) -> Iterable[Claim]:
    """The claim that a flag or a case is about, while somebody still decides about it."""
    claim = session().get_one(Claim, entry.data["claim_id"])
    return [claim] if claim.state in EXAMINED else []


def whoever_decides(claim: Claim) -> Iterable[To]:
    """The officer who holds the case, or else everybody at the office it waits for."""
    held = held_cases([claim.id], on=clock.today(clock.now())).get(claim.id)
    if held is not None:
        return [To(held.case.office_id, user_id=held.case.holder_id)]
    return _office(claim)


def _holder(case: ReviewCase) -> Iterable[To]:
    return [To(case.office_id, user_id=case.holder_id)]


def _office(claim: Claim) -> Iterable[To]:
    return province(claim) if claim.state is ClaimState.SUMMARISED else bureau(claim)


CLAIM_FLAG = Subject(
    ClaimFlag,
    "claim",
    {"raise": (task("claim.flagged", whoever_decides, records=found_by_itself),)},
)
REVIEW_CASE = Subject(
    ReviewCase,
    "claim",
    {
        "lapse_case": (
            task("case.free_again", _office, records=waiting_claim),
            news("case.lapsed", _holder, link_id=lambda case: case.claim_id),
        ),
    },
)
