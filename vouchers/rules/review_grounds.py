"""What reviewers' decisions about claims, their flags and several claims at once rest on (V8, V17, V19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from core.grounds import Ground, ground
from core.texts import text
from vouchers.rules.claims import INVOICE, RD_BASE, ConfirmationDecision, Declaration, ReviewDecision
from vouchers.rules.flags.kinds import FlagKind
from vouchers.rules.related import RELATED
from vouchers.rules.reviewing import BatchKind
from vouchers.rules.steps import ARTICLES, REVIEW_ARTICLES, StepKind
from vouchers.rules.supervision import SPOT_CHECK
from vouchers.states import FlagState

BY_KIND = {
    FlagKind.ONE_WAY_HOLDING: RELATED,
    FlagKind.MUTUAL_HOLDING: RELATED,
    FlagKind.SUBSIDIARY: RELATED,
    FlagKind.CO_BUILT: RELATED,
    FlagKind.COMMON_CONTROL: RELATED,
    FlagKind.SHARED_PHONE: RELATED,
    FlagKind.SHARED_BANK_ACCOUNT: RELATED,
    FlagKind.SHARED_ADDRESS: RELATED,
}
"""Articles of the flags that suspect a relation; all others are raised for supervision (V19)."""


def review_grounds(
    decision: str,
    *,
    amount_fen: int | None,
    decided_on: datetime,
    opinion: str,
    defects: Sequence[str],
    findings: Mapping[str, bool],
) -> list[Ground]:
    """Why the city or the province decided like this about a claim, with what it found of each declaration (V8(3)).

    ``findings`` are the ticks by declaration, ``defects`` what must be mended.
    """
    article = REVIEW_ARTICLES[decision]
    match decision:
        case ReviewDecision.APPROVE:
            first = ground(
                "claim_approved", article=article, amount_fen=amount_fen, decided_on=decided_on, opinion=opinion
            )
        case ReviewDecision.RETURN:
            first = ground("claim_returned", article=article, decided_on=decided_on, opinion=opinion)
        case ReviewDecision.REJECT:
            first = ground("claim_rejected", article=article, decided_on=decided_on, opinion=opinion)
        case ConfirmationDecision.CONFIRM:
            first = ground(
                "claim_confirmed", article=article, amount_fen=amount_fen, decided_on=decided_on, opinion=opinion
            )
        case _:
            first = ground("claim_sent_back", article=article, decided_on=decided_on, opinion=opinion)
    return [
        first,
        *(ground("claim_defect", article=article, defect=each) for each in defects),
        *(
            ground("declaration_found", article=RD_BASE, declaration=Declaration(name), holds=holds)
            for name, holds in findings.items()
        ),
    ]


def revocation_ground(*, on: datetime, opinion: str) -> Ground:
    """Why a confirmed claim is not paid, or what was paid is claimed back."""
    return ground("claim_revoked", article=ARTICLES[StepKind.REVOCATION], on=on, opinion=opinion)


def flag_grounds(
    state: FlagState, *, kind: FlagKind, raised_on: datetime, decided_on: datetime, finding: str
) -> list[Ground]:
    """Why a suspicion was upheld or cleared; its evidence stands beside it, cut to what the reader may know."""
    article, suspicion = BY_KIND.get(kind, SPOT_CHECK), text(f"flag.{kind}")
    if state is FlagState.UPHELD:
        return [
            ground(
                "flag_upheld",
                article=article,
                suspicion=suspicion,
                raised_on=raised_on,
                decided_on=decided_on,
                finding=finding,
            )
        ]
    return [
        ground(
            "flag_cleared",
            article=article,
            suspicion=suspicion,
            raised_on=raised_on,
            decided_on=decided_on,
            finding=finding,
        )
    ]


def together_grounds(
    kind: BatchKind, *, claims: Sequence[int], total_fen: int, decided_on: datetime, opinion: str
) -> list[Ground]:
    """Why claims were decided alike with one confirmation; each of them carries its own review besides."""
    if kind is BatchKind.CITY_REVIEW:
        article = ARTICLES[StepKind.APPROVAL]
        first = ground("claims_approved_together", article=article, decided_on=decided_on, opinion=opinion)
    else:
        article = ARTICLES[StepKind.CONFIRMATION]
        first = ground("claims_confirmed_together", article=article, decided_on=decided_on, opinion=opinion)
    return [first, ground("claims_together", article=article, claims=list(claims), total_fen=total_fen)]


def credit_grounds(
    *,
    number: str,
    original_number: str,
    amount_fen: int,
    issued_on: date,
    taken: bool,
    decided_on: datetime | None,
    opinion: str | None,
    annulled_on: datetime | None,
    why: str | None,
) -> list[Ground]:
    """Why a credit invoice that waited was taken or rejected, and why one was annulled; nothing before either.

    A decision of which the reader is told no words is left out.
    """
    found = []
    if decided_on is not None and opinion is not None:
        if taken:
            found.append(ground("credit_taken", article=INVOICE, decided_on=decided_on, opinion=opinion))
        else:
            found.append(ground("credit_rejected", article=INVOICE, decided_on=decided_on, opinion=opinion))
    if annulled_on is not None and why is not None:
        found.append(ground("credit_annulled", article=INVOICE, annulled_on=annulled_on, why=why))
    if found:
        found.append(
            ground(
                "credit_stated",
                article=INVOICE,
                number=number,
                original_number=original_number,
                amount_fen=amount_fen,
                issued_on=issued_on,
            )
        )
    return found
