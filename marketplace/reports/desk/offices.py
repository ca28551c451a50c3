"""The desks of bureaus, the province, agencies, the auditor and the administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from accounts.models import (
    BankAccount,
    ControllerChange,
    FiguresRenewal,
    MemberChange,
    Membership,
    Organisation,
    OrganisationDocument,
    TeamSuccession,
    User,
)
from accounts.states import (
    BankAccountState,
    ChangeState,
    DocumentState,
    MembershipState,
    ProposalState,
    RenewalState,
)
from core.permissions import Actor
from instruments.models import DuplicatePurchaseReview, Instrument, SecrecyExemption, SensorAlarm
from instruments.queries.alarms import alarms
from instruments.queries.details import listing_deadlines
from instruments.queries.listings import waiting_listings
from instruments.queries.purchases import waiting_purchases
from instruments.queries.secrecy import waiting_exemptions
from instruments.queries.terms import open_changes
from marketplace.reports.desk.items import Line
from settlement.models import AppropriationCorrection, Clawback, ClawbackProposal, FundClosing, ShortfallProposal
from settlement.states import ClawbackState
from vouchers.models import Claim, CreditInvoice, ReviewCase, ReviewSummary
from vouchers.queries.credits import credits_to_decide
from vouchers.queries.review_queue import WAITING
from vouchers.states import ClaimState, SummaryState

CLAIMS_TO_REVIEW = "claims_to_review"
CLAIMS_TO_CONFIRM = "claims_to_confirm"


def bureau_lines(actor: Actor) -> list[Line]:
    """What waits for a city's bureau (V6): claims, members, listings, accounts, summaries."""
    in_city = Organisation.city == actor.city
    return [
        _in_hand(actor),
        *city_lines(actor.city),
        *_vetting_lines(actor, in_city),
        *_renewal_lines(actor.city),
        Line("successions_to_decide", _successions_in(actor), oldest=TeamSuccession.proposed_at),
        *_summary_lines(actor.city),
        credit_line(actor),
        _proposed(actor),
    ]


def credit_line(actor: Actor) -> Line:
    """Credit invoices entered by others that wait for the actor's office (V6)."""
    return Line("credits_to_decide", credits_to_decide(actor), oldest=CreditInvoice.registered_at)


def city_lines(city: str | None, *, is_fact: bool = False) -> list[Line]:
    """Claims of a city that wait for its review or for a summary; of all cities where none is named."""
    own = select(Claim).where(true() if city is None else Claim.city == city)
    queue = own.where(Claim.state.in_(WAITING))
    approved = own.where(Claim.state == ClaimState.CITY_APPROVED)
    return [
        Line(CLAIMS_TO_REVIEW, queue, oldest=Claim.submitted_at, amount=Claim.claimed_fen, is_fact=is_fact),
        Line("claims_to_summarise", approved, oldest=Claim.submitted_at, amount=Claim.approved_fen, is_fact=is_fact),
    ]


def term_lines(actor: Actor, *, today: date) -> list[Line]:
    """Requests to be exempt (S23); listings whose terms have passed (S13, S14) and silent sensors (S4), which their
    owners are to mend."""
    listings = listing_deadlines(actor=actor, on=today, overdue=True)
    updates = open_changes(actor=actor, on=today, overdue=True)
    return [
        Line("exemptions_to_decide", waiting_exemptions(actor), oldest=SecrecyExemption.asked_at),
        Line("listings_overdue", listings, is_fact=True),
        Line("updates_overdue", updates, is_fact=True),
        Line("sensors_silent", alarms(actor), oldest=SensorAlarm.since, is_fact=True),
    ]


def agency_lines(actor: Actor) -> list[Line]:
    """A delegated agency prepares cases and summaries and decides nothing (V5)."""
    _, to_summarise = city_lines(actor.city)
    return [_in_hand(actor), to_summarise]


def _in_hand(actor: Actor) -> Line:
    """The waiting claims that the actor has taken, till when they are held."""
    held = (
        select(Claim)
        .join(ReviewCase, ReviewCase.claim_id == Claim.id)
        .where(ReviewCase.ended_at.is_(None), ReviewCase.holder_id == actor.user_id, Claim.state.in_(WAITING))
    )
    return Line("cases_in_hand", held, oldest=ReviewCase.taken_at, due=ReviewCase.last_day, amount=Claim.claimed_fen)


def province_lines(actor: Actor) -> list[Line]:
    """What waits for the province: confirmations, and whoever sits in none of its cities (V10)."""
    sent_up = (
        select(Claim)
        .join(ReviewSummary, ReviewSummary.id == Claim.summary_id)
        .where(Claim.state == ClaimState.SUMMARISED, ReviewSummary.state == SummaryState.DISPATCHED)
    )
    clawbacks = select(Clawback).where(Clawback.state == ClawbackState.OPEN)
    back_fen = Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen
    return [
        Line(CLAIMS_TO_CONFIRM, sent_up, oldest=ReviewSummary.dispatched_at, amount=Claim.approved_fen),
        *_vetting_lines(actor, and_(Organisation.in_province.is_(False), Organisation.city.is_(None))),
        Line("group_changes_to_decide", _group_changes(actor), oldest=ControllerChange.proposed_at),
        credit_line(actor),
        Line("fund_closings_to_decide", _closings_to_decide(actor), oldest=FundClosing.proposed_at),
        *_proposals_to_decide(actor),
        Line("purchases_to_decide", waiting_purchases(actor), oldest=DuplicatePurchaseReview.asked_at),
        Line("clawbacks_open", clawbacks, oldest=Clawback.opened_at, amount=back_fen, is_fact=True),
        _proposed(actor),
    ]


def _closings_to_decide(actor: Actor) -> Select[tuple[FundClosing]]:
    """What others than the actor propose to do with the rest of past years' funds (V3)."""
    return select(FundClosing).where(
        FundClosing.state == ProposalState.PROPOSED, FundClosing.proposed_by != actor.user_id
    )


def _proposals_to_decide(actor: Actor) -> list[Line]:
    """What others than the actor propose about debts and wrong entries (V3, V16(1), V21)."""
    return [
        Line(
            key,
            select(kind).where(kind.state == ProposalState.PROPOSED, kind.proposed_by != actor.user_id),
            oldest=kind.proposed_at,
            amount=kind.amount_fen,
        )
        for key, kind in (
            ("clawback_proposals_to_decide", ClawbackProposal),
            ("shortfall_proposals_to_decide", ShortfallProposal),
            ("corrections_to_decide", AppropriationCorrection),
        )
    ]


def _successions_in(actor: Actor) -> Select[tuple[TeamSuccession]]:
    """Teams of the city that became enterprises, as others than the actor say (V12 D)."""
    return (
        select(TeamSuccession)
        .join(Organisation, Organisation.id == TeamSuccession.team_id)
        .where(
            TeamSuccession.state == ProposalState.PROPOSED,
            TeamSuccession.proposed_by != actor.user_id,
            Organisation.city == actor.city,
        )
    )


def _group_changes(actor: Actor) -> Select[tuple[ControllerChange]]:
    """Changes of controllers that others than the actor proposed: nobody decides his own (V12 cap)."""
    return select(ControllerChange).where(
        ControllerChange.state == ProposalState.PROPOSED, ControllerChange.proposed_by != actor.user_id
    )


def _proposed(actor: Actor) -> Line:
    """Changes of controllers that the actor's own office proposed and somebody else decides."""
    own = (
        select(ControllerChange)
        .join(User, User.id == ControllerChange.proposed_by)
        .where(ControllerChange.state == ProposalState.PROPOSED, User.organisation_id == actor.organisation_id)
    )
    return Line("group_changes_proposed", own, oldest=ControllerChange.proposed_at, is_fact=True)


def admin_lines() -> list[Line]:
    """How many people and organisations there are; the administrator has no part in anything else."""
    return [
        Line("users_active", select(User).where(User.active), is_fact=True),
        Line("users_inactive", select(User).where(~User.active), is_fact=True),
        Line("organisations", select(Organisation), is_fact=True),
    ]


def _vetting_lines(actor: Actor, whose: ColumnElement[bool]) -> list[Line]:
    """Registrations, listings and bank accounts to look at. The account of a registration is verified with it."""
    memberships = _of(select(Membership).where(Membership.state == MembershipState.SUBMITTED), Membership, whose)
    accounts = _of(select(BankAccount).where(BankAccount.state == BankAccountState.PENDING), BankAccount, whose)
    accounts = accounts.join(Membership, Membership.organisation_id == Organisation.id).where(
        Membership.state != MembershipState.SUBMITTED
    )
    pending = select(OrganisationDocument).where(OrganisationDocument.state == DocumentState.PENDING)
    documents = pending.join(Organisation, Organisation.id == OrganisationDocument.organisation_id).where(whose)
    return [
        Line("changes_to_review", _changes_to_review(actor), oldest=MemberChange.requested_at),
        Line("memberships_to_review", memberships, oldest=Membership.submitted_at),
        Line("listings_to_review", waiting_listings(actor), oldest=Instrument.submitted_at),
        Line("bank_accounts_to_verify", accounts, oldest=BankAccount.named_at),
        Line("documents_to_certify", documents, oldest=OrganisationDocument.added_at),
    ]


def _changes_to_review(actor: Actor) -> Select[Any]:
    """Changes whose bureau the actor is: that of the city a member moves to; the province's are without a city."""
    waiting = select(MemberChange).where(
        or_(
            MemberChange.state == ChangeState.SUBMITTED,
            and_(
                MemberChange.state == ChangeState.WITHDRAWING,
                MemberChange.withdrawal_asked_by.is_distinct_from(actor.user_id),
            ),
        )
    )
    return waiting.where(MemberChange.city.is_(None) if actor.city is None else MemberChange.city == actor.city)


def _renewal_lines(city: str | None) -> list[Line]:
    """Figures that wait for the bureau, and members that let the day pass (V8(1))."""
    of_city = (
        select(FiguresRenewal)
        .join(Organisation, Organisation.id == FiguresRenewal.organisation_id)
        .where(Organisation.city == city)
    )
    waiting = of_city.where(FiguresRenewal.state == RenewalState.WAITING)
    overdue = of_city.where(FiguresRenewal.state == RenewalState.OVERDUE)
    return [
        Line("renewals_to_confirm", waiting, oldest=FiguresRenewal.handed_in_at),
        Line("renewals_overdue", overdue, is_fact=True),
    ]


def _of(rows: Select[Any], model: type[Membership | BankAccount], whose: ColumnElement[bool]) -> Select[Any]:
    return rows.join(Organisation, Organisation.id == model.organisation_id).where(whose)


def _summary_lines(city: str | None) -> list[Line]:
    own = select(ReviewSummary).where(ReviewSummary.city == city)
    opened = own.where(ReviewSummary.state == SummaryState.OPEN)
    stamped = own.where(ReviewSummary.state == SummaryState.STAMPED)
    return [
        Line("summaries_to_stamp", opened, oldest=ReviewSummary.created_at, amount=ReviewSummary.total_fen),
        Line("summaries_to_send", stamped, oldest=ReviewSummary.stamped_at, amount=ReviewSummary.total_fen),
    ]
