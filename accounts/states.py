"""States of memberships, bank accounts and documents, and the tables of what may follow what."""

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
    ENDED = "ended"


class MembershipAction(StrEnum):
    """What moves a membership."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


MEMBERSHIP_TRANSITIONS: Transitions[MembershipState] = Transitions(
    {
        (MembershipState.DRAFT, MembershipAction.SUBMIT): MembershipState.SUBMITTED,
        (MembershipState.SUBMITTED, MembershipAction.APPROVE): MembershipState.APPROVED,
        (MembershipState.SUBMITTED, MembershipAction.RETURN): MembershipState.RETURNED,
        (MembershipState.RETURNED, MembershipAction.SUBMIT): MembershipState.SUBMITTED,
        (MembershipState.APPROVED, MembershipAction.SUSPEND): MembershipState.SUSPENDED,
        (MembershipState.SUSPENDED, MembershipAction.RESUME): MembershipState.APPROVED,
        (MembershipState.APPROVED, MembershipAction.END): MembershipState.ENDED,
        (MembershipState.SUSPENDED, MembershipAction.END): MembershipState.ENDED,
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


class ChangeKind(StrEnum):
    """What happens to a group under one actual controller (V12 cap)."""

    MERGE = "merge"
    SPLIT = "split"
    NAMING = "naming"
    """One firm comes under a controller nobody knew of, or under another one."""


class ProposalState(StrEnum):
    """Where a proposal stands that one person makes and another decides."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class ProposalAction(StrEnum):
    """What decides a proposal."""

    APPROVE = "approve"
    REFUSE = "refuse"


PROPOSAL_TRANSITIONS: Transitions[ProposalState] = Transitions(
    {
        (ProposalState.PROPOSED, ProposalAction.APPROVE): ProposalState.APPROVED,
        (ProposalState.PROPOSED, ProposalAction.REFUSE): ProposalState.REFUSED,
    },
    initial=ProposalState.PROPOSED,
)


class DocumentState(StrEnum):
    """Whether an organisation's document may stand for a new upload."""

    PENDING = "pending"
    CERTIFIED = "certified"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class DocumentAction(StrEnum):
    """What moves a document; a certification may be taken back."""

    CERTIFY = "certify"
    REFUSE = "refuse"
    SUPERSEDE = "supersede"


DOCUMENT_TRANSITIONS: Transitions[DocumentState] = Transitions(
    {
        (DocumentState.PENDING, DocumentAction.CERTIFY): DocumentState.CERTIFIED,
        (DocumentState.PENDING, DocumentAction.REFUSE): DocumentState.REFUSED,
        (DocumentState.PENDING, DocumentAction.SUPERSEDE): DocumentState.SUPERSEDED,
        (DocumentState.CERTIFIED, DocumentAction.REFUSE): DocumentState.REFUSED,
        (DocumentState.CERTIFIED, DocumentAction.SUPERSEDE): DocumentState.SUPERSEDED,
    },
    initial=DocumentState.PENDING,
)


class RenewalState(StrEnum):
    """Where the yearly renewal of an enterprise's figures stands (V8(1))."""

    OPEN = "open"
    OVERDUE = "overdue"
    WAITING = "waiting"
    RETURNED = "returned"
    CONFIRMED = "confirmed"


class RenewalAction(StrEnum):
    """What moves a renewal."""

    HAND_IN = "hand_in"
    FALL_DUE = "fall_due"
    CONFIRM = "confirm"
    RETURN = "return"


RENEWAL_TRANSITIONS: Transitions[RenewalState] = Transitions(
    {
        (RenewalState.OPEN, RenewalAction.HAND_IN): RenewalState.WAITING,
        (RenewalState.OPEN, RenewalAction.FALL_DUE): RenewalState.OVERDUE,
        (RenewalState.OVERDUE, RenewalAction.HAND_IN): RenewalState.WAITING,
        (RenewalState.WAITING, RenewalAction.CONFIRM): RenewalState.CONFIRMED,
        (RenewalState.WAITING, RenewalAction.RETURN): RenewalState.RETURNED,
        (RenewalState.RETURNED, RenewalAction.HAND_IN): RenewalState.WAITING,
    },
    initial=RenewalState.OPEN,
)


class ChangeState(StrEnum):
    """Where a change that a member asked for stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    WITHDRAWING = "withdrawing"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"


class ChangeAction(StrEnum):
    """What moves a change."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    ASK_WITHDRAWAL = "ask_withdrawal"
    CONFIRM_WITHDRAWAL = "confirm_withdrawal"
    KEEP = "keep"
    LAPSE_WITHDRAWAL = "lapse_withdrawal"
    """Nobody decided on taking it back before its day."""
    APPLY = "apply"


CHANGE_TRANSITIONS: Transitions[ChangeState] = Transitions(
    {
        (ChangeState.SUBMITTED, ChangeAction.APPROVE): ChangeState.APPROVED,
        (ChangeState.SUBMITTED, ChangeAction.REFUSE): ChangeState.REFUSED,
        (ChangeState.SUBMITTED, ChangeAction.WITHDRAW): ChangeState.WITHDRAWN,
        (ChangeState.APPROVED, ChangeAction.APPLY): ChangeState.APPLIED,
        (ChangeState.APPROVED, ChangeAction.ASK_WITHDRAWAL): ChangeState.WITHDRAWING,
        (ChangeState.WITHDRAWING, ChangeAction.CONFIRM_WITHDRAWAL): ChangeState.WITHDRAWN,
        (ChangeState.WITHDRAWING, ChangeAction.KEEP): ChangeState.APPROVED,
        (ChangeState.WITHDRAWING, ChangeAction.LAPSE_WITHDRAWAL): ChangeState.APPROVED,
    },
    initial=ChangeState.SUBMITTED,
)


class ResidenceState(StrEnum):
    """Where a firm's residence in an incubator stands (V7)."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


class ResidenceAction(StrEnum):
    """What moves a residence."""

    ACCEPT = "accept"
    DECLINE = "decline"
    END = "end"


RESIDENCE_TRANSITIONS: Transitions[ResidenceState] = Transitions(
    {
        (ResidenceState.ASKED, ResidenceAction.ACCEPT): ResidenceState.ACCEPTED,
        (ResidenceState.ASKED, ResidenceAction.DECLINE): ResidenceState.DECLINED,
        (ResidenceState.ASKED, ResidenceAction.END): ResidenceState.ENDED,
        (ResidenceState.ACCEPTED, ResidenceAction.END): ResidenceState.ENDED,
    },
    initial=ResidenceState.ASKED,
)
