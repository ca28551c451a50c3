"""Claims and the summaries cities send up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from core.audit import AuditEntry
from core.db import session
from marketplace.notifications.recipients import both, bureau, of, province
from marketplace.notifications.rules.told import Subject, news, task
from vouchers.models import Claim, ReviewSummary
from vouchers.queries.deadlines import CONFIRMATION_TERM, REVIEW_TERM, office_term
from vouchers.rules.invoices.credits import ANNULLED, CREDITED, RESTORED, CreditEffect

PARTIES = of("beneficiary_id", "provider_id")
CLAIMANT = of("claimant_id")
CLAIM_PARTIES = of("claimant_id", "beneficiary_id", "payee_id")


def _term(name: str) -> Callable[[date], date | None]:
    """An office's term from the day a claim came to it, by the pack of that day."""
    return lambda since: office_term(name, since=since, on=since)


_REVIEW, _CONFIRMATION = _term(REVIEW_TERM), _term(CONFIRMATION_TERM)

_TOO_MUCH = (CreditEffect.HELD_BACK, CreditEffect.PAYMENT_STOPPED, CreditEffect.CLAWBACK_DUE)
_STANDING = (CreditEffect.LOWERED, *_TOO_MUCH)


def _met(*effects: CreditEffect) -> Callable[[AuditEntry], Iterable[Claim]]:
    """The claim, where a credit invoice had one of these effects on it."""
    return lambda entry: [session().get_one(Claim, entry.subject_id)] if entry.data["effect"] in effects else []


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
        CREDITED: (
            task("claim.bring_invoice", CLAIMANT, due=lambda claim: claim.due_on, records=_met(CreditEffect.DROPPED)),
            news("claim.credited", both(CLAIM_PARTIES, PARTIES, bureau), records=_met(*_STANDING)),
            news("claim.credited_excess", province, records=_met(*_TOO_MUCH)),
        ),
        ANNULLED: (news("claim.credit_annulled", both(CLAIM_PARTIES, PARTIES, bureau)),),
        RESTORED: (
            news("claim.credit_annulled", both(CLAIM_PARTIES, PARTIES, bureau)),
            task("claim.submit", CLAIMANT, due=lambda claim: claim.due_on),
        ),
        "revoke": (news("claim.revoked", both(CLAIM_PARTIES, bureau)),),
    },
    beside=frozenset({CREDITED, ANNULLED}),
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
