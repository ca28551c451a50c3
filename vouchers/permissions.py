"""Who may do what with claims and summaries."""

from __future__ import annotations

from accounts.permissions import (
    auditor,
    beneficiary,
    city_bureau,
    city_finance,
    delegated_agency,
    enterprise,
    finance,
    incubator,
    official_reader,
    provider,
    province,
    team,
)
from core.permissions import Actor, permission
from vouchers.models import Claim

may_read_users_facts = beneficiary | incubator | official_reader | finance
"""Of a claim in sight, what its decision knows of the user: size, revenue, records, and the cap it shares. Who serves
the user is not told."""
may_read_claims = may_read_users_facts | provider
may_read_entitlement = beneficiary | incubator
may_hand_in = enterprise | incubator | provider
"""A team's user never hands in: its incubator does (V16 team)."""
may_ask_to_hand_in = may_hand_in | team
"""Who gets as far as being told whose task it is."""
may_review = city_bureau
may_find_flags = city_bureau | province
may_read_flags = official_reader
"""Those a flag is about never learn of it (V19)."""
may_prepare_summaries = city_bureau | delegated_agency
"""A delegated agency prepares and decides nothing (V5)."""
may_stamp = city_bureau
may_read_summaries = city_bureau | city_finance | delegated_agency | province | auditor
may_confirm = province
may_hold_cases = city_bureau | province | delegated_agency
"""An officer takes a case in order to decide it, the agency in order to prepare it (V5)."""
may_prepare_cases = may_hold_cases
may_read_cases = may_prepare_cases | auditor
"""What the offices prepare and who holds a case; the parties are told the decision."""
may_read_queue = city_bureau | delegated_agency
may_decide_credits = city_bureau | province
"""Whoever reviews or confirms the claim takes or rejects what others enter, and annuls what was a mistake."""
may_register_credits = may_decide_credits | may_hand_in
"""What a party enters of another's invoice waits: it could be a file of its own making."""
may_read_credits = may_register_credits | auditor | city_finance
may_draw = province
may_read_spot_checks = province | auditor


@permission
def is_claimant(actor: Actor, claim: Claim) -> bool:
    """A user of the organisation that hands the claim in (V16)."""
    return may_hand_in(actor) and actor.organisation_id == claim.claimant_id


_inspected = beneficiary | incubator | provider
_watching = province | auditor | city_bureau | city_finance
may_read_inspections = _inspected | _watching
may_plan_inspections = province
may_inspect = province | city_bureau
"""Officers; of each inspection, those that were assigned to it."""
may_answer_findings = _inspected
may_decide_findings = province
may_stop_and_claw_back = province
may_read_misconduct = _inspected | _watching
may_decide_misconduct = province
may_appeal = _inspected
may_decide_appeals = province
