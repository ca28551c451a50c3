"""The states of claims, their flags and summaries, and the actions between them."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class ClaimState(StrEnum):
    """Where a claim stands (V17 order)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    EXPIRED = "expired"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    CITY_APPROVED = "city_approved"
    SUMMARISED = "summarised"
    SENT_BACK = "sent_back"
    CONFIRMED = "confirmed"
    REVOKED = "revoked"


class ClaimAction(StrEnum):
    """What moves a claim."""

    SUBMIT = "submit"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    SUMMARISE = "summarise"
    SEND_BACK = "send_back"
    CONFIRM = "confirm"
    REVOKE = "revoke"


CLAIM = Transitions(
    {
        (ClaimState.DRAFT, ClaimAction.SUBMIT): ClaimState.SUBMITTED,
        (ClaimState.DRAFT, ClaimAction.EXPIRE): ClaimState.EXPIRED,
        (ClaimState.SUBMITTED, ClaimAction.APPROVE): ClaimState.CITY_APPROVED,
        (ClaimState.SUBMITTED, ClaimAction.RETURN): ClaimState.RETURNED,
        (ClaimState.SUBMITTED, ClaimAction.REJECT): ClaimState.REJECTED,
        (ClaimState.SUBMITTED, ClaimAction.WITHDRAW): ClaimState.WITHDRAWN,
        (ClaimState.RETURNED, ClaimAction.SUBMIT): ClaimState.SUBMITTED,
        (ClaimState.RETURNED, ClaimAction.REJECT): ClaimState.REJECTED,
        (ClaimState.CITY_APPROVED, ClaimAction.SUMMARISE): ClaimState.SUMMARISED,
        (ClaimState.SUMMARISED, ClaimAction.CONFIRM): ClaimState.CONFIRMED,
        (ClaimState.SUMMARISED, ClaimAction.SEND_BACK): ClaimState.SENT_BACK,
        (ClaimState.SENT_BACK, ClaimAction.APPROVE): ClaimState.CITY_APPROVED,
        (ClaimState.SENT_BACK, ClaimAction.RETURN): ClaimState.RETURNED,
        (ClaimState.SENT_BACK, ClaimAction.REJECT): ClaimState.REJECTED,
        (ClaimState.CONFIRMED, ClaimAction.REVOKE): ClaimState.REVOKED,
    },
    initial=ClaimState.DRAFT,
)

DEAD = (ClaimState.EXPIRED, ClaimState.WITHDRAWN, ClaimState.REJECTED, ClaimState.REVOKED)
"""States of a claim that asks for nothing any more; it holds no part of a cap and its invoice is free again."""

OPEN_FOR_MATERIALS = (ClaimState.DRAFT, ClaimState.RETURNED)
"""States in which the claimant may add materials."""


class SummaryState(StrEnum):
    """Where a city's summary of reviewed claims stands (V18)."""

    OPEN = "open"
    STAMPED = "stamped"
    DISPATCHED = "dispatched"


class SummaryAction(StrEnum):
    """What moves a summary."""

    STAMP = "stamp"
    DISPATCH = "dispatch"


SUMMARY = Transitions(
    {
        (SummaryState.OPEN, SummaryAction.STAMP): SummaryState.STAMPED,
        (SummaryState.STAMPED, SummaryAction.DISPATCH): SummaryState.DISPATCHED,
    },
    initial=SummaryState.OPEN,
)


class FlagState(StrEnum):
    """What a reviewer found about a flag."""

    RAISED = "raised"
    UPHELD = "upheld"
    CLEARED = "cleared"


class FlagAction(StrEnum):
    """What moves a flag. A finding may be revised as long as the claim is under review."""

    UPHOLD = "uphold"
    CLEAR = "clear"


FLAG = Transitions(
    {
        (FlagState.RAISED, FlagAction.UPHOLD): FlagState.UPHELD,
        (FlagState.RAISED, FlagAction.CLEAR): FlagState.CLEARED,
        (FlagState.UPHELD, FlagAction.CLEAR): FlagState.CLEARED,
        (FlagState.CLEARED, FlagAction.UPHOLD): FlagState.UPHELD,
    },
    initial=FlagState.RAISED,
)
