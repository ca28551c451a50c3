"""States of memberships and bank accounts, and the tables of what may follow what."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class MembershipState(StrEnum):
    """Where a registration stands (V15)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    SUSPENDED = "suspended"


class MembershipAction(StrEnum):
    """What moves a membership."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    SUSPEND = "suspend"
    RESUME = "resume"


MEMBERSHIP_TRANSITIONS: Transitions[MembershipState] = Transitions(
    {
        (MembershipState.DRAFT, MembershipAction.SUBMIT): MembershipState.SUBMITTED,
        (MembershipState.SUBMITTED, MembershipAction.APPROVE): MembershipState.APPROVED,
        (MembershipState.SUBMITTED, MembershipAction.RETURN): MembershipState.RETURNED,
        (MembershipState.RETURNED, MembershipAction.SUBMIT): MembershipState.SUBMITTED,
        (MembershipState.APPROVED, MembershipAction.SUSPEND): MembershipState.SUSPENDED,
        (MembershipState.SUSPENDED, MembershipAction.RESUME): MembershipState.APPROVED,
    },
    initial=MembershipState.DRAFT,
)


class BankAccountState(StrEnum):
    """Whether a bank account may be paid to."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class BankAccountAction(StrEnum):
    """What moves a bank account."""

    VERIFY = "verify"
    REFUSE = "refuse"
    SUPERSEDE = "supersede"


BANK_ACCOUNT_TRANSITIONS: Transitions[BankAccountState] = Transitions(
    {
        (BankAccountState.PENDING, BankAccountAction.VERIFY): BankAccountState.VERIFIED,
        (BankAccountState.PENDING, BankAccountAction.REFUSE): BankAccountState.REFUSED,
        (BankAccountState.PENDING, BankAccountAction.SUPERSEDE): BankAccountState.SUPERSEDED,
        (BankAccountState.VERIFIED, BankAccountAction.SUPERSEDE): BankAccountState.SUPERSEDED,
    },
    initial=BankAccountState.PENDING,
)
