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


class CreditState(StrEnum):
    """Whether a credit invoice has its effect."""

    WAITING = "waiting"
    """Entered by somebody who does not decide about the claim: a notice without effect."""
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    ANNULLED = "annulled"
    """It had been entered by mistake and counts for nothing since."""


class CreditAction(StrEnum):
    """What moves a credit invoice."""

    TAKE = "take"
    REJECT = "reject"
    ANNUL = "annul"


CREDIT = Transitions(
    {
        (CreditState.WAITING, CreditAction.TAKE): CreditState.IN_FORCE,
        (CreditState.WAITING, CreditAction.REJECT): CreditState.REJECTED,
        (CreditState.IN_FORCE, CreditAction.ANNUL): CreditState.ANNULLED,
    },
    initial=CreditState.WAITING,
)


class InspectionState(StrEnum):
    """Where the inspection of a drawn claim stands (V19)."""

    PLANNED = "planned"
    VISITED = "visited"
    FOUND_CLEAN = "found_clean"
    FOUND_FAULTY = "found_faulty"
    REFUSED_COOPERATION = "refused_cooperation"
    CLOSED = "closed"


class InspectionAction(StrEnum):
    """What moves an inspection."""

    ASSIGN = "assign"
    VISIT = "visit"
    FIND_CLEAN = "find_clean"
    FIND_FAULTY = "find_faulty"
    MEET_REFUSAL = "meet_refusal"
    CLOSE = "close"


INSPECTION = Transitions(
    {
        (InspectionState.PLANNED, InspectionAction.ASSIGN): InspectionState.PLANNED,
        (InspectionState.PLANNED, InspectionAction.VISIT): InspectionState.VISITED,
        (InspectionState.PLANNED, InspectionAction.MEET_REFUSAL): InspectionState.REFUSED_COOPERATION,
        (InspectionState.VISITED, InspectionAction.MEET_REFUSAL): InspectionState.REFUSED_COOPERATION,
        (InspectionState.VISITED, InspectionAction.FIND_CLEAN): InspectionState.FOUND_CLEAN,
        (InspectionState.VISITED, InspectionAction.FIND_FAULTY): InspectionState.FOUND_FAULTY,
        (InspectionState.FOUND_CLEAN, InspectionAction.CLOSE): InspectionState.CLOSED,
        (InspectionState.FOUND_FAULTY, InspectionAction.CLOSE): InspectionState.CLOSED,
        (InspectionState.REFUSED_COOPERATION, InspectionAction.CLOSE): InspectionState.CLOSED,
    },
    initial=InspectionState.PLANNED,
)


class FindingState(StrEnum):
    """Where a finding stands: between inspectors, with the party, with the province, decided."""

    NOTED = "noted"
    NOTIFIED = "notified"
    ANSWERED = "answered"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class FindingAction(StrEnum):
    """What moves a finding."""

    NOTIFY = "notify"
    ANSWER = "answer"
    UPHOLD = "uphold"
    DISMISS = "dismiss"


FINDING = Transitions(
    {
        (FindingState.NOTED, FindingAction.NOTIFY): FindingState.NOTIFIED,
        (FindingState.NOTIFIED, FindingAction.ANSWER): FindingState.ANSWERED,
        (FindingState.NOTIFIED, FindingAction.UPHOLD): FindingState.UPHELD,
        (FindingState.NOTIFIED, FindingAction.DISMISS): FindingState.DISMISSED,
        (FindingState.ANSWERED, FindingAction.UPHOLD): FindingState.UPHELD,
        (FindingState.ANSWERED, FindingAction.DISMISS): FindingState.DISMISSED,
    },
    initial=FindingState.NOTED,
)


class MisconductState(StrEnum):
    """Whether a decision of misconduct has its effect (V21)."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    REDUCED = "reduced"
    ANNULLED = "annulled"


class MisconductAction(StrEnum):
    """What an appeal does to a decision."""

    SUSPEND = "suspend"
    RESUME = "resume"
    REDUCE = "reduce"
    ANNUL = "annul"


MISCONDUCT = Transitions(
    {
        (MisconductState.IN_FORCE, MisconductAction.SUSPEND): MisconductState.SUSPENDED,
        (MisconductState.SUSPENDED, MisconductAction.RESUME): MisconductState.IN_FORCE,
        (MisconductState.IN_FORCE, MisconductAction.REDUCE): MisconductState.REDUCED,
        (MisconductState.SUSPENDED, MisconductAction.REDUCE): MisconductState.REDUCED,
        (MisconductState.IN_FORCE, MisconductAction.ANNUL): MisconductState.ANNULLED,
        (MisconductState.SUSPENDED, MisconductAction.ANNUL): MisconductState.ANNULLED,
    },
    initial=MisconductState.IN_FORCE,
)


class AppealState(StrEnum):
    """What became of an appeal."""

    FILED = "filed"
    DISMISSED = "dismissed"
    REDUCED = "reduced"
    ANNULLED = "annulled"


class AppealAction(StrEnum):
    """What moves an appeal."""

    DISMISS = "dismiss"
    REDUCE = "reduce"
    ANNUL = "annul"


APPEAL = Transitions(
    {
        (AppealState.FILED, AppealAction.DISMISS): AppealState.DISMISSED,
        (AppealState.FILED, AppealAction.REDUCE): AppealState.REDUCED,
        (AppealState.FILED, AppealAction.ANNUL): AppealState.ANNULLED,
    },
    initial=AppealState.FILED,
)
