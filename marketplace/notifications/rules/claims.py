"""Claims and the summaries cities send up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from marketplace.notifications.recipients import both, bureau, of, province
from marketplace.notifications.rules.told import Subject, news, task
from vouchers.models import Claim, ReviewSummary
from vouchers.queries.deadlines import CONFIRMATION_TERM, REVIEW_TERM, office_term

PARTIES = of("beneficiary_id", "provider_id")
CLAIMANT = of("claimant_id")
CLAIM_PARTIES = of("claimant_id", "beneficiary_id", "payee_id")


def _term(name: str) -> Callable[[date], date | None]:
    """An office's term from the day a claim came to it, by the pack of that day."""
    return lambda since: office_term(name, since=since, on=since)


_REVIEW, _CONFIRMATION = _term(REVIEW_TERM), _term(CONFIRMATION_TERM)

CLAIM = Subject(
    Claim,
    "claim",
    {
        "open": (task("claim.submit", CLAIMANT, due=lambda claim: claim.last_day),),
        "submit": (task("claim.review", bureau, term=_REVIEW),),
        "approve": (task("claim.summarise", bureau), news("claim.approved", CLAIM_PARTIES)),
        "return": (task("claim.correct", CLAIMANT, due=lambda claim: claim.correct_by),),
        "reject": (news("claim.rejected", CLAIM_PARTIES),),
        "withdraw": (news("claim.withdrawn", both(bureau, of("beneficiary_id", "provider_id"))),),
        "expire": (news("claim.expired", both(CLAIM_PARTIES, PARTIES)),),
        "summarise": (),
        "send_back": (task("claim.review_again", bureau, term=_REVIEW),),
        "confirm": (news("claim.confirmed", CLAIM_PARTIES),),
        "revoke": (news("claim.revoked", both(CLAIM_PARTIES, bureau)),),
    },
)
SUMMARY = Subject(
    ReviewSummary,
    "summary",
    {
        "open": (task("summary.stamp", bureau),),
        "stamp": (task("summary.dispatch", bureau),),
        "dispatch": (task("summary.confirm", province, term=_CONFIRMATION),),
    },
)
