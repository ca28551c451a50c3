"""Cases, calendars, and claims in every state, made through the steps and services the platform itself takes.

Claims need an application context and a clock held by core.clock.at; each function writes in transactions of its own.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from chinese_calendar.constants import holidays, workdays

from accounts.kinds import OrganisationKind
from accounts.models import Organisation
from accounts.queries import organisation
from core import clock
from core.db import transaction
from core.kinds import ServiceKind
from core.permissions import SYSTEM, Actor
from core.workdays import WorkingCalendar
from settlement.queries import order_money
from settlement.steps import adjust_charge, charge_order, record_payment
from tests.factories.accounts import actor_of, make_bureau, make_enterprise, make_provider, make_province
from vouchers.models import Claim, ReviewSummary
from vouchers.queries.entitlement import Assessment, assess
from vouchers.queries.flags import flags_of
from vouchers.rules.claims import ConfirmationDecision, InvoiceFacts, InvoiceType, MaterialKind, ReviewDecision
from vouchers.rules.facts import PaymentMode
from vouchers.rules.record import ServiceRecord
from vouchers.service import claims, flags, reviews, summaries
from vouchers.service.claims import Upload
from vouchers.service.flags import FlagFinding
from vouchers.states import ClaimState, FlagState
from vouchers.steps import hold, open_claim

BASE_CASE: dict[str, Any] = {
    "date": "2026-03-01",
    "payment_mode": "direct_deduction",
    "base_fen": 10_000_000,
    "cap_used_fen": 0,
    "unmet_need": None,
    "beneficiary": {
        "kind": "enterprise",
        "county": "371702",
        "staff": 120,
        "revenue_fen": 5_000_000_000,
        "orderly_finances": True,
        "adverse_records": [],
    },
    "provider": {"in_province": True, "relation": "none"},
    "service": {
        "kind": "commissioned_analysis",
        "excluded": None,
        "publicly_funded": False,
        "restricted_industry": False,
    },
}
"""A 菏泽 enterprise that is entitled to 60% of CNY 100,000.00."""

PDF = b"%PDF-1.4\n%%EOF\n"
DECLARED = {"rd_base": True, "main_business": True}
DEDUCTION = PaymentMode.DIRECT_DEDUCTION
FULL = PaymentMode.FULL_PAYMENT

_numbers = itertools.count(10**12)
_orders = itertools.count(1_000_001)


def official_calendar() -> WorkingCalendar:
    """The official working days of all published years, without a database."""
    exceptions = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True)
    return WorkingCalendar(frozenset(day.year for day in exceptions), exceptions)


def assessment_of(
    user: Organisation,
    provider: Organisation,
    *,
    base_fen: int = 10_000_000,
    mode: PaymentMode = DEDUCTION,
    kind: ServiceKind = ServiceKind.COMMISSIONED_ANALYSIS,
    unmet_need: str | None = None,
    expected_completion: date | None = None,
    has_published_instrument: bool = True,
) -> Assessment:
    """What an order today would be entitled to; completed this year unless told otherwise."""
    today = clock.today(clock.now())
    return assess(
        beneficiary_id=user.id,
        provider_id=provider.id,
        service_kind=kind,
        excluded=None,
        publicly_funded=False,
        restricted_industry=False,
        base_fen=base_fen,
        payment_mode=mode,
        unmet_need=unmet_need,
        on=today,
        expected_completion=expected_completion or today,
        has_published_instrument=has_published_instrument,
    )


def place(assessment: Assessment) -> int:
    """Hold what an assessment says for an order, and charge it; returns the order's number."""
    order_id = next(_orders)
    now = clock.now()
    with transaction():
        hold(order_id=order_id, assessment=assessment, actor=SYSTEM, now=now)
        deducted = assessment.payment_mode is DEDUCTION
        charge_order(
            order_id=order_id,
            user_id=assessment.beneficiary_id,
            provider_id=assessment.provider_id,
            self_pay_fen=assessment.base_fen - (assessment.subsidy_fen if deducted else 0),
            subsidy_receivable_fen=assessment.subsidy_fen if deducted else 0,
            actor=SYSTEM,
            now=now,
        )
    return order_id


def complete(
    order_id: int,
    assessment: Assessment,
    *,
    completed_on: date | None = None,
    actual_fen: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Claim | None:
    """Complete an order today or on another day, for the agreed or another fee; the user pays all that is due.

    ``seen`` is what else the service record says, by the names of its fields.
    """
    record = ServiceRecord(
        order_id=order_id,
        beneficiary_id=assessment.beneficiary_id,
        provider_id=assessment.provider_id,
        title="测试服务",
        service_kind=assessment.service_kind,
        payment_mode=assessment.payment_mode,
        completed_on=completed_on or clock.today(clock.now()),
        contract_fen=assessment.base_fen,
        actual_fen=assessment.base_fen if actual_fen is None else actual_fen,
        price_unit="time",
        unit_price_fen=assessment.base_fen,
        ordered_quantity="1",
        actual_quantity="1",
    )
    record = replace(record, **(seen or {}))
    with transaction():
        claim = open_claim(record=record, actor=SYSTEM, now=clock.now())
        subsidy_fen = 0 if claim is None else claim.subsidy_fen
        deducted_fen = subsidy_fen if assessment.payment_mode is DEDUCTION else 0
        adjust_charge(
            order_id=order_id,
            self_pay_fen=record.actual_fen - deducted_fen,
            subsidy_receivable_fen=deducted_fen,
            actor=SYSTEM,
            now=clock.now(),
        )
        due_fen = order_money(order_id).due_fen
        if due_fen > 0:
            record_payment(
                order_id=order_id, amount_fen=due_fen, reference=f"转账{order_id}", actor=SYSTEM, now=clock.now()
            )
        return claim


def make_claim(
    user: Organisation | None = None,
    provider: Organisation | None = None,
    *,
    base_fen: int = 10_000_000,
    mode: PaymentMode = DEDUCTION,
    kind: ServiceKind = ServiceKind.COMMISSIONED_ANALYSIS,
    completed_on: date | None = None,
    expected_completion: date | None = None,
    actual_fen: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Claim:
    """A draft claim of a 菏泽 enterprise with a 济南 provider, unless told otherwise."""
    assessment = assessment_of(
        user or make_enterprise(),
        provider or make_provider(),
        base_fen=base_fen,
        mode=mode,
        kind=kind,
        expected_completion=expected_completion or completed_on,
    )
    claim = complete(place(assessment), assessment, completed_on=completed_on, actual_fen=actual_fen, seen=seen)
    assert claim is not None, assessment.reasons
    return claim


def claimant_of(claim: Claim) -> Actor:
    """The user who hands a claim in."""
    return actor_of(organisation(claim.claimant_id))


def invoice_of(claim: Claim, *, amount_fen: int | None = None, number: str | None = None) -> InvoiceFacts:
    """A right invoice for a claim."""
    user = organisation(claim.beneficiary_id)
    buyer = user.incubator if user.kind is OrganisationKind.TEAM else user
    assert buyer is not None
    seller = organisation(claim.provider_id).uscc
    assert seller is not None
    return InvoiceFacts(
        number=number or f"2637{next(_numbers):016d}",
        type=InvoiceType.E_VAT_SPECIAL,
        seller_uscc=seller,
        buyer_uscc=buyer.uscc,
        amount_incl_tax_fen=claim.actual_fen if amount_fen is None else amount_fen,
        issued_on=claim.completed_on,
    )


def paper_of(claim: Claim, kind: MaterialKind) -> bytes:
    """The file of a material: another one for each claim, as the same file twice is a flag."""
    return PDF.replace(b"%%EOF", f"% {kind} of claim {claim.id}\n%%EOF".encode())


def add(claim: Claim, kind: MaterialKind, *, invoice: InvoiceFacts | None = None, actor: Actor | None = None) -> None:
    """Add one material."""
    claims.add_material(
        claim_id=claim.id,
        kind=kind,
        upload=Upload(io.BytesIO(paper_of(claim, kind)), f"{kind}.pdf"),
        invoice=invoice,
        completed_on=None,
        actor=actor or claimant_of(claim),
        now=clock.now(),
    )


def add_materials(
    claim: Claim, *, leave_out: Collection[MaterialKind] = (), invoice: InvoiceFacts | None = None
) -> None:
    """Add everything a claim may need, or all but some."""
    for kind in MaterialKind:
        if kind not in leave_out and kind is not MaterialKind.OTHER:
            facts = (invoice or invoice_of(claim)) if kind is MaterialKind.INVOICE else None
            add(claim, kind, invoice=facts)


def submit(claim: Claim) -> Claim:
    """Hand a claim in as its claimant."""
    return claims.submit(claim_id=claim.id, declarations=DECLARED, actor=claimant_of(claim), now=clock.now())


def reviewer_of(claim: Claim) -> Actor:
    """A user of the bureau of the claim's city."""
    return actor_of(make_bureau(claim.city))


def review(
    claim: Claim,
    decision: ReviewDecision,
    *,
    amount_fen: int | None = None,
    actor: Actor | None = None,
    clears: bool = True,
) -> Claim:
    """Review a claim as the bureau of its city; before an approval it ``clears`` every open flag."""
    if clears and decision is ReviewDecision.APPROVE:
        clear_flags(claim, actor=actor)
    return reviews.review(
        claim_id=claim.id,
        decision=decision,
        amount_fen=amount_fen,
        opinion="审核意见",
        defects=["合同缺页"] if decision is ReviewDecision.RETURN else [],
        actor=actor or reviewer_of(claim),
        now=clock.now(),
    )


def clear_flags(claim: Claim, *, actor: Actor | None = None) -> None:
    """Clear what is flagged about a claim and not decided, as the bureau of its city."""
    for flag in flags_of(claim.id):
        if flag.state is not FlagState.RAISED:
            continue
        flags.find(
            claim_id=claim.id,
            flag_id=flag.id,
            finding=FlagFinding.CLEARED,
            reason_given="已核实",
            actor=actor or reviewer_of(claim),
            now=clock.now(),
        )


def summarise(*approved: Claim) -> ReviewSummary:
    """Collect approved claims of one city."""
    return summaries.make_summary(
        claim_ids=[claim.id for claim in approved], actor=reviewer_of(approved[0]), now=clock.now()
    )


def send_up(summary: ReviewSummary) -> ReviewSummary:
    """Stamp and dispatch a summary."""
    bureau = actor_of(make_bureau(summary.city))
    upload = Upload(io.BytesIO(PDF), "stamped.pdf")
    summaries.stamp(
        summary_id=summary.id,
        upload=upload,
        number=summary.number,
        total_fen=summary.total_fen,
        actor=bureau,
        now=clock.now(),
    )
    return summaries.dispatch(summary_id=summary.id, actor=bureau, now=clock.now())


def confirm(claim: Claim, decision: ConfirmationDecision = ConfirmationDecision.CONFIRM) -> Claim:
    """Confirm a claim, or send it back, as the province."""
    return reviews.confirm(
        claim_id=claim.id, decision=decision, opinion="意见", actor=actor_of(make_province()), now=clock.now()
    )


def bring(claim: Claim, state: ClaimState, *, amount_fen: int | None = None) -> Claim:
    """Bring a draft claim to a state, by the shortest way there is."""
    if state is ClaimState.DRAFT:
        return claim
    if state is ClaimState.EXPIRED:
        with clock.at(clock.start_of_day(date.fromordinal(claim.last_day.toordinal() + 1))):
            claims.expire(claim_id=claim.id, now=clock.now())
        return claim
    add_materials(claim)
    submit(claim)
    if state is ClaimState.WITHDRAWN:
        return claims.withdraw(claim_id=claim.id, actor=claimant_of(claim), now=clock.now())
    if state in (ClaimState.RETURNED, ClaimState.REJECTED):
        decision = ReviewDecision.RETURN if state is ClaimState.RETURNED else ReviewDecision.REJECT
        return review(claim, decision)
    if state is ClaimState.SUBMITTED:
        return claim
    review(claim, ReviewDecision.APPROVE, amount_fen=amount_fen)
    if state is ClaimState.CITY_APPROVED:
        return claim
    send_up(summarise(claim))
    if state is ClaimState.CONFIRMED:
        return confirm(claim)
    if state is ClaimState.SENT_BACK:
        return confirm(claim, ConfirmationDecision.SEND_BACK)
    return claim
