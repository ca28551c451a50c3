"""What statements of the bank leave to do: money that matched nothing, and gaps between statements."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class SuspenseState(StrEnum):
    """Where money that matched nothing stands."""

    OPEN = "open"
    PROPOSED = "proposed"
    SETTLED = "settled"


class SuspenseAction(StrEnum):
    """What moves it: one person says what it is, another confirms that or not."""

    PROPOSE = "propose"
    DECLINE = "decline"
    SETTLE = "settle"


SUSPENSE_TRANSITIONS: Transitions[SuspenseState] = Transitions(
    {
        (SuspenseState.OPEN, SuspenseAction.PROPOSE): SuspenseState.PROPOSED,
        (SuspenseState.PROPOSED, SuspenseAction.DECLINE): SuspenseState.OPEN,
        (SuspenseState.PROPOSED, SuspenseAction.SETTLE): SuspenseState.SETTLED,
    },
    initial=SuspenseState.OPEN,
)


class GapKind(StrEnum):
    """Why one statement of an account does not follow another."""

    MISSING = "missing"
    TWICE = "twice"
    BALANCE = "balance"


class GapState(StrEnum):
    """Where a gap between two statements stands."""

    OPEN = "open"
    CLOSED = "closed"
    EXPLAINED = "explained"


class GapAction(StrEnum):
    """What moves it: a statement that was missing comes, or a person says why nothing is missing."""

    CLOSE = "close"
    EXPLAIN = "explain"


GAP_TRANSITIONS: Transitions[GapState] = Transitions(
    {
        (GapState.OPEN, GapAction.CLOSE): GapState.CLOSED,
        (GapState.OPEN, GapAction.EXPLAIN): GapState.EXPLAINED,
        (GapState.EXPLAINED, GapAction.CLOSE): GapState.CLOSED,
    },
    initial=GapState.OPEN,
)


class SuspenseResolution(StrEnum):
    """What money that matched nothing turned out to be."""

    PAYOUT_RETURN = "payout_return"
    BANK_CHARGE = "bank_charge"
    INTEREST = "interest"
    RECOVERY = "recovery"
    CLAWBACK_RECOVERY = "clawback_recovery"
    OWN_TRANSFER = "own_transfer"
    SENT_BACK = "sent_back"
    OTHER = "other"
