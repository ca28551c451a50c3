"""Words for what the audit trail holds: kinds of records, actions, states, and the pages of records."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from accounts.states import (
    BankAccountState,
    ChangeState,
    DocumentState,
    MembershipState,
    ProposalState,
    RenewalState,
    ResidenceState,
)
from core.audit import AuditEntry
from core.pages import link_to, term
from core.pages.language import t, text_or
from core.permissions import SYSTEM
from core.texts import catalogue
from instruments.states import ImportState, ListingState, ServiceState
from marketplace.reports.trail import TrailLine
from marketplace.states import (
    AnnualReportState,
    AwardState,
    ComplaintState,
    DisclosureState,
    NamingState,
    OrderState,
    RectificationState,
    ReferralState,
)
from settlement.states import (
    AccountState,
    BatchState,
    ClawbackState,
    DisputeState,
    GapState,
    HoldState,
    PayableState,
    PaymentState,
    RefundState,
    ShortfallState,
    StopState,
    SuspenseState,
)
from vouchers.states import (
    AppealState,
    ClaimState,
    CreditState,
    FindingState,
    FlagState,
    InspectionState,
    MisconductState,
    SummaryState,
)

STATES: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "aid_hold": HoldState,
        "annual_report": AnnualReportState,
        "bank_account": BankAccountState,
        "cap_hold": HoldState,
        "claim": ClaimState,
        "claim_flag": FlagState,
        "complaint": ComplaintState,
        "credit_invoice": CreditState,
        "clawback": ClawbackState,
        "controller_change": ProposalState,
        "disclosure_application": DisclosureState,
        "evaluation_award": AwardState,
        "evaluation_grade": ProposalState,
        "evaluation_rectification": RectificationState,
        "figures_renewal": RenewalState,
        "clawback_proposal": ProposalState,
        "shortfall_proposal": ProposalState,
        "appropriation_correction": ProposalState,
        "fund_closing": ProposalState,
        "paying_account": ProposalState,
        "gateway_account": AccountState,
        "gateway_dispute": DisputeState,
        "gateway_refund": RefundState,
        "import_job": ImportState,
        "inspection": InspectionState,
        "inspection_finding": FindingState,
        "instrument": ListingState,
        "member_change": ChangeState,
        "membership": MembershipState,
        "misconduct_appeal": AppealState,
        "misconduct_decision": MisconductState,
        "naming": NamingState,
        "order": OrderState,
        "organisation_document": DocumentState,
        "payable": PayableState,
        "payment": PaymentState,
        "referral": ReferralState,
        "residence": ResidenceState,
        "payment_stop": StopState,
        "bank_suspense": SuspenseState,
        "statement_gap": GapState,
        "review_summary": SummaryState,
        "service": ServiceState,
        "settlement_batch": BatchState,
        "shortfall": ShortfallState,
        "team_succession": ProposalState,
    }
)
"""The states of each kind of record."""

PAGES_OF: Mapping[str, str] = MappingProxyType(
    {
        "annual_report": "annual_report",
        "claim": "claim",
        "clawback": "clawback",
        "complaint": "complaint",
        "credit_invoice": "credit_invoice",
        "controller_change": "controller_change",
        "disclosure_application": "disclosure",
        "disclosure_consultation": "disclosure_consultation",
        "adverse_import": "adverse_import",
        "evaluation_award": "evaluation_award",
        "evaluation_grade": "evaluation_grade",
        "evaluation_rectification": "evaluation_rectification",
        "evaluation_snapshot": "evaluation_year",
        "figures_renewal": "renewal",
        "fund": "fund",
        "inspection": "inspection",
        "inspection_finding": "finding",
        "instrument": "instrument",
        "member_change": "change",
        "membership": "membership",
        "misconduct_appeal": "misconduct_appeal",
        "misconduct_decision": "misconduct",
        "naming": "naming",
        "order": "order",
        "payable": "payable",
        "referral": "referral",
        "payment": "payment",
        "residence": "residence",
        "review_summary": "summary",
        "service": "service",
        "settlement_batch": "batch",
        "bank_suspense": "suspense",
        "shortfall": "shortfall",
        "spot_check": "spot_check",
        "team_succession": "team_succession",
    }
)
"""The pages of records that an auditor may open, by kind of record."""

_KIND = "record."
_ACTION = "trail.action."


def kinds() -> list[tuple[str, str]]:
    """Every kind of record that has a word, sorted by it."""
    return _choices(_KIND)


def actions() -> list[tuple[str, str]]:
    """Every action that has a word, sorted by it."""
    return _choices(_ACTION)


def kind_word(kind: str) -> str:
    """The word for a kind of record; one that has none yet stands for itself."""
    return text_or(_KIND + kind, kind)


def action_word(action: str) -> str:
    """The word for an action; one that has none yet stands for itself."""
    return text_or(_ACTION + action, action)


def change_words(entry: AuditEntry) -> str | None:
    """From which state to which; None where no state changed."""
    found = [_state_word(entry.subject_kind, state) for state in (entry.from_state, entry.to_state) if state]
    return " → ".join(found) or None


def who(line: TrailLine) -> str:
    """The user with his organisation and role; the system and visitors by what they are."""
    entry = line.entry
    if entry.actor_user_id is None:
        return t("page.trail.system" if entry.actor_role == SYSTEM.role else "page.trail.visitor")
    named = [line.username, line.organisation, text_or(f"term.Role.{entry.actor_role}", entry.actor_role)]
    return " · ".join(part for part in named if part)


def record_page(kind: str, record_id: int) -> str | None:
    """The page of a record that an auditor may open."""
    return link_to(PAGES_OF[kind], record_id) if kind in PAGES_OF else None


def _state_word(kind: str, state: str) -> str:
    enum = STATES.get(kind)
    return term(enum(state)) if enum is not None and state in list(enum) else state


def _choices(prefix: str) -> list[tuple[str, str]]:
    found = [(key.removeprefix(prefix), t(key)) for key in catalogue() if key.startswith(prefix)]
    return sorted(found, key=lambda pair: pair[1])
