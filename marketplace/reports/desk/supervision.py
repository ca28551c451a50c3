"""What waits because of spot checks: inspections, findings, appeals (V19, V21)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, and_, exists, or_, select

from core.permissions import Actor
from marketplace.reports.desk.items import Line
from settlement.models import Clawback, Payable, PaymentStop
from settlement.states import StopState
from vouchers.models import Appeal, Claim, CreditInvoice, Finding, Inspection, Inspector, MisconductDecision
from vouchers.queries.inspections import UNANNOUNCED
from vouchers.rules.invoices.credits import CreditEffect
from vouchers.states import AppealState, ClaimState, CreditState, FindingState, InspectionState, MisconductState


def party_lines(own: Collection[int], *, today: date) -> list[Line]:
    """Findings to answer, decisions that may still be appealed against, money that is stopped."""
    findings = select(Finding).where(Finding.organisation_id.in_(own), Finding.state == FindingState.NOTIFIED)
    appealed = exists().where(Appeal.decision_id == MisconductDecision.id)
    decided = select(MisconductDecision).where(
        MisconductDecision.organisation_id.in_(own),
        MisconductDecision.state == MisconductState.IN_FORCE,
        MisconductDecision.appeal_by >= today,
        ~appealed,
    )
    stopped = (
        select(PaymentStop)
        .join(Payable, Payable.id == PaymentStop.payable_id)
        .where(Payable.payee_id.in_(own), PaymentStop.state == StopState.STANDING)
    )
    return [
        Line("findings_to_answer", findings, oldest=Finding.notified_at, due=Finding.answer_by),
        Line("misconduct_to_appeal", decided, due=MisconductDecision.appeal_by, is_fact=True),
        Line("payments_stopped", stopped, oldest=PaymentStop.ordered_at, amount=Payable.amount_fen, is_fact=True),
    ]


def inspector_lines(actor: Actor) -> list[Line]:
    """Inspections that an officer was assigned to and has to carry out."""
    sent = exists().where(Inspector.inspection_id == Inspection.id, Inspector.user_id == actor.user_id)
    waiting = select(Inspection).where(Inspection.state.in_(UNANNOUNCED), sent)
    return [Line("inspections_to_carry_out", waiting, due=Inspection.visit_on)]


def province_lines(actor: Actor, *, today: date) -> list[Line]:
    """Drawn claims that nobody was sent to, findings whose answer is there or late, appeals, payments to let go on or
    to revoke, and credit invoices after which too much is paid."""
    assigned = exists().where(Inspector.inspection_id == Inspection.id)
    unassigned = select(Inspection).where(Inspection.state == InspectionState.PLANNED, ~assigned)
    late = and_(Finding.state == FindingState.NOTIFIED, Finding.answer_by < today)
    to_decide = select(Finding).where(or_(Finding.state == FindingState.ANSWERED, late))
    stopped = (
        select(PaymentStop)
        .join(Payable, Payable.id == PaymentStop.payable_id)
        .where(PaymentStop.state == StopState.STANDING)
    )
    appeals = select(Appeal).where(Appeal.state == AppealState.FILED)
    return [
        Line("inspections_to_assign", unassigned, oldest=Inspection.planned_at),
        Line("findings_to_decide", to_decide, oldest=Finding.notified_at),
        Line("appeals_to_decide", appeals, oldest=Appeal.filed_at),
        Line("stops_to_decide", stopped, oldest=PaymentStop.ordered_at, amount=Payable.amount_fen),
        Line("credits_to_claw_back", _credits_unanswered(), oldest=CreditInvoice.registered_at),
        *inspector_lines(actor),
    ]


def _credits_unanswered() -> Select[tuple[CreditInvoice]]:
    """Credit invoices of a confirmed claim that has more than its invoice supports, and nothing clawed back since."""
    answered = (
        exists()
        .where(Clawback.payable_id == Payable.id, Payable.order_id == Claim.order_id)
        .where(Clawback.opened_at >= CreditInvoice.registered_at)
    )
    return (
        select(CreditInvoice)
        .join(Claim, Claim.id == CreditInvoice.claim_id)
        .where(
            CreditInvoice.state == CreditState.IN_FORCE,
            CreditInvoice.effect == CreditEffect.CLAWBACK_DUE,
            Claim.state == ClaimState.CONFIRMED,
            ~answered,
        )
    )
