"""The table of notices against the catalogue and the tables of states."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.states import (
    BANK_ACCOUNT_TRANSITIONS,
    CHANGE_TRANSITIONS,
    DOCUMENT_TRANSITIONS,
    MEMBERSHIP_TRANSITIONS,
    PROPOSAL_TRANSITIONS,
    RENEWAL_TRANSITIONS,
    RESIDENCE_TRANSITIONS,
)
from core.states import Transitions
from core.texts import catalogue
from instruments.states import (
    EXEMPTION,
    LISTING,
    PURCHASE_REVIEW,
    QUALIFICATION,
    REPORTED_CHANGE,
    SAVED_SEARCH,
    SENSOR_ALARM,
    SLOT_WAIT,
)
from marketplace.notifications.rules import SUBJECTS
from marketplace.states import (
    ANNUAL_REPORT,
    AWARD,
    COMPLAINT,
    DISCLOSURE,
    NAMING,
    NEGOTIATION,
    ORDER,
    RECTIFICATION,
    REFERRAL,
    UNMET_NEED,
)
from settlement.states import (
    BATCH_TRANSITIONS,
    CLAWBACK_TRANSITIONS,
    GAP_TRANSITIONS,
    PAYABLE_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    REFUND_TRANSITIONS,
    SHORTFALL_TRANSITIONS,
    STOP_TRANSITIONS,
    SUSPENSE_TRANSITIONS,
)
from vouchers.states import APPEAL, CLAIM, CREDIT, FINDING, FLAG, INSPECTION, MISCONDUCT, SUMMARY

TABLES: dict[str, Transitions[Any]] = {
    "annual_report": ANNUAL_REPORT,
    "bank_account": BANK_ACCOUNT_TRANSITIONS,
    "claim": CLAIM,
    "claim_flag": FLAG,
    "clawback": CLAWBACK_TRANSITIONS,
    "complaint": COMPLAINT,
    "controller_change": PROPOSAL_TRANSITIONS,
    "credit_invoice": CREDIT,
    "disclosure_application": DISCLOSURE,
    "disclosure_consultation": Transitions({}, initial=DISCLOSURE.initial),
    "figures_renewal": RENEWAL_TRANSITIONS,
    "inspection": INSPECTION,
    "inspection_finding": FINDING,
    "instrument": LISTING,
    "member_change": CHANGE_TRANSITIONS,
    "membership": MEMBERSHIP_TRANSITIONS,
    "misconduct_appeal": APPEAL,
    "misconduct_decision": MISCONDUCT,
    "naming": NAMING,
    "negotiation": NEGOTIATION,
    "order": ORDER,
    "organisation_document": DOCUMENT_TRANSITIONS,
    "payment_stop": STOP_TRANSITIONS,
    "payable": PAYABLE_TRANSITIONS,
    "payment": PAYMENT_TRANSITIONS,
    "bank_suspense": SUSPENSE_TRANSITIONS,
    "statement_gap": GAP_TRANSITIONS,
    "clawback_proposal": PROPOSAL_TRANSITIONS,
    "shortfall_proposal": PROPOSAL_TRANSITIONS,
    "appropriation_correction": PROPOSAL_TRANSITIONS,
    "fund_closing": PROPOSAL_TRANSITIONS,
    "paying_account": PROPOSAL_TRANSITIONS,
    "gateway_refund": REFUND_TRANSITIONS,
    "evaluation_award": AWARD,
    "evaluation_grade": PROPOSAL_TRANSITIONS,
    "evaluation_rectification": RECTIFICATION,
    "referral": REFERRAL,
    "reported_change": REPORTED_CHANGE,
    "residence": RESIDENCE_TRANSITIONS,
    "saved_search": SAVED_SEARCH,
    "slot_wait": SLOT_WAIT,
    "qualification": QUALIFICATION,
    "secrecy_exemption": EXEMPTION,
    "sensor_alarm": SENSOR_ALARM,
    "duplicate_purchase_review": PURCHASE_REVIEW,
    "review_summary": SUMMARY,
    "settlement_batch": BATCH_TRANSITIONS,
    "team_succession": PROPOSAL_TRANSITIONS,
    "shortfall": SHORTFALL_TRANSITIONS,
    "unmet_need": UNMET_NEED,
}
WITHOUT_STATES = {
    "alarm_reminder",
    "beneficiary_figures",
    "evaluation_comment",
    "evaluation_snapshot",
    "gateway_dispute",
    "review_case",
    "term_reminder",
}
"""Records whose steps are no transitions."""

SILENT = {
    ("claim_flag", "clear"),
    ("claim_flag", "uphold"),
    ("membership", "end"),
    ("payable", "discard"),
    ("payable", "fail"),
    ("payable", "pay"),
    ("payable", "prepare"),
    ("payable", "return"),
    ("payable", "stop"),
    ("payment", "lose_sight"),
    ("payment", "reappear"),
    ("payment", "refund_part"),
    ("payment", "refund"),
    ("payment", "correct"),
    ("gateway_refund", "lose_sight"),
    ("gateway_refund", "reappear"),
    ("saved_search", "pause"),
    ("saved_search", "resume"),
    ("saved_search", "delete"),
    ("sensor_alarm", "open"),
    ("sensor_alarm", "stay_silent"),
    ("sensor_alarm", "end"),
}
"""Steps nobody is told of by themselves: those of batches and bank returns are told by the batch."""


def test_every_notice_has_its_sentence_and_every_sentence_its_notice() -> None:
    """A missing one would stop the reader of the trail."""
    told = {f"notice.{each.key}" for subject in SUBJECTS.values() for step in subject.steps.values() for each in step}
    assert told == {key for key in catalogue() if key.startswith("notice.")}


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_step_of_a_record_is_told_or_named_as_silent(kind: str) -> None:
    """Whoever adds a step to a table of states decides here who should know."""
    missing = TABLES[kind].names() - set(SUBJECTS[kind].steps) - {action for name, action in SILENT if name == kind}
    assert missing == set()
    assert not {(kind, action) for action in SUBJECTS[kind].steps} & SILENT


def test_every_kind_with_notices_is_looked_at_here() -> None:
    """None is left out of the test above."""
    assert set(SUBJECTS) == set(TABLES) | WITHOUT_STATES


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("claim", "open"),
        ("claim", "submit"),
        ("claim", "return"),
        ("claim", "send_back"),
        ("clawback", "open"),
        ("inspection_finding", "notify"),
        ("misconduct_decision", "decide"),
        ("review_summary", "dispatch"),
    ],
)
def test_a_notice_says_by_when_wherever_a_record_or_the_pack_does(kind: str, action: str) -> None:
    """What the timeline counts down to, the notice names too."""
    first = SUBJECTS[kind].steps[action][0]
    assert (first.due is None) != (first.term is None)
