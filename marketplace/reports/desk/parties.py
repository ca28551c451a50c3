"""The desks of users, incubators and providers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, select

from accounts.models import BankAccount, FiguresRenewal, Membership, Residence, TeamSuccession, User
from accounts.permissions import Role
from accounts.queries import acts_for
from accounts.queries.bank import accounts_to_rename
from accounts.queries.memberships import owes_documents
from accounts.states import MembershipState, ProposalState, RenewalState, ResidenceState
from core import clock
from core.permissions import Actor
from instruments.models import (
    DuplicatePurchaseReview,
    ImportJob,
    Instrument,
    Qualification,
    ReportedChange,
    SensorAlarm,
)
from instruments.queries.alarms import alarms
from instruments.queries.details import listing_deadlines
from instruments.queries.duty_free import duty_free_instruments
from instruments.queries.purchases import purchases_to_mend
from instruments.queries.terms import open_changes
from instruments.rules.duty_free import DutyFreeStatus
from instruments.states import ImportState, ListingState, QualificationState, SensorAlarmState
from marketplace.models import Delivery, Order, Quote
from marketplace.queries.quotes import still_open
from marketplace.reports.desk.items import Line, shanghai_day
from marketplace.states import PAYABLE, OrderState
from settlement.models import Clawback, GatewayDispute, LedgerAccount, Payable, Payment, Shortfall
from settlement.rules.chart import AccountKind
from settlement.states import UNANSWERED_DISPUTES, ClawbackState, PayableState, ShortfallState
from vouchers.models import Claim
from vouchers.states import ClaimState

ON_ITS_WAY = (PayableState.DUE, PayableState.IN_BATCH)


def user_lines(actor: Actor, *, now: datetime) -> list[Line]:
    """What waits for an enterprise or a team, or for an incubator with all of its teams."""
    own = acts_for(actor)
    orders = select(Order).where(Order.beneficiary_id.in_(own))
    unsigned = orders.where(Order.state == OrderState.ACCEPTED, Order.beneficiary_signed_at.is_(None))
    delivered = orders.where(Order.state == OrderState.DELIVERED).join(Delivery, Delivery.order_id == Order.id)
    quotes = select(Quote).where(Quote.beneficiary_id.in_(own), still_open(now))
    unanswered = orders.where(Order.state == OrderState.PLACED)
    owed = select(Shortfall).where(Shortfall.debtor_id.in_(own), Shortfall.state == ShortfallState.OPEN)
    owed_fen = Shortfall.amount_fen - Shortfall.paid_fen - Shortfall.written_off_fen
    return [
        *_claim_lines(actor),
        Line("completions_to_state", delivered, oldest=Delivery.delivered_at),
        Line("contracts_to_sign", unsigned, oldest=Order.placed_at, amount=Order.price_fen),
        _due_from_user("payments_due", Order.beneficiary_id.in_(own)),
        Line("shortfalls_to_pay", owed, oldest=Shortfall.opened_at, due=Shortfall.due_on, amount=owed_fen),
        Line("quotes_valid", quotes, due=shanghai_day(Quote.expires_at), amount=Quote.subsidy_fen),
        Line("orders_unanswered", unanswered, due=Order.respond_by, oldest=Order.placed_at, is_fact=True),
        *_member_lines(own, today=clock.today(now)),
        Line("residences_to_answer", _residences_asked(actor), oldest=Residence.asked_at),
        Line("successions_proposed", _successions_proposed(actor), oldest=TeamSuccession.proposed_at, is_fact=True),
    ]


def _residences_asked(actor: Actor) -> Select[tuple[Residence]]:
    """Firms that say they reside in the actor's incubator (V7)."""
    return select(Residence).where(
        Residence.incubator_id == actor.organisation_id, Residence.state == ResidenceState.ASKED
    )


def _successions_proposed(actor: Actor) -> Select[tuple[TeamSuccession]]:
    """Teams of the actor's incubator that it said became enterprises, which the bureau has not decided yet."""
    return (
        select(TeamSuccession)
        .join(User, User.id == TeamSuccession.proposed_by)
        .where(TeamSuccession.state == ProposalState.PROPOSED, User.organisation_id == actor.organisation_id)
    )


def provider_lines(actor: Actor, *, today: date) -> list[Line]:
    """What waits for a provider."""
    own = acts_for(actor)
    orders = select(Order).where(Order.provider_id.in_(own))
    placed = orders.where(Order.state == OrderState.PLACED)
    unsigned = orders.where(Order.state == OrderState.ACCEPTED, Order.provider_signed_at.is_(None))
    contracted = orders.where(Order.state == OrderState.CONTRACTED)
    in_service = orders.where(Order.state == OrderState.IN_SERVICE)
    listings = select(Instrument).where(Instrument.provider_id.in_(own))
    returned = listings.where(Instrument.state == ListingState.RETURNED)
    overdue = listing_deadlines(actor=actor, on=today, overdue=True)
    changes = open_changes(actor=actor, on=today, overdue=False)
    imports = select(ImportJob).where(
        ImportJob.provider_id.in_(own), ImportJob.state.in_((ImportState.QUEUED, ImportState.RUNNING))
    )
    asked = select(Qualification).where(
        Qualification.provider_id.in_(own), Qualification.state == QualificationState.ASKED
    )
    owed = select(Shortfall).where(Shortfall.creditor_id.in_(own), Shortfall.state == ShortfallState.OPEN)
    owed_fen = Shortfall.amount_fen - Shortfall.paid_fen - Shortfall.written_off_fen
    disputes = (
        select(GatewayDispute)
        .join(Payment, Payment.id == GatewayDispute.payment_id)
        .where(Payment.payee_id.in_(own), GatewayDispute.state.in_(UNANSWERED_DISPUTES))
    )
    return [
        Line("orders_to_accept", placed, oldest=Order.placed_at, due=Order.respond_by, amount=Order.price_fen),
        *_claim_lines(actor),
        Line("contracts_to_sign", unsigned, oldest=Order.placed_at, amount=Order.price_fen),
        _due_from_user("payments_to_confirm", Order.provider_id.in_(own)),
        Line("services_to_start", contracted, due=Order.expected_completion),
        Line("deliveries_due", in_service, oldest=Order.started_at, due=Order.expected_completion),
        Line("qualifications_to_decide", asked, oldest=Qualification.asked_at),
        Line("listings_returned", returned, oldest=Instrument.reviewed_at),
        Line("duty_free_missing", duty_free_instruments(actor, on=today, status=DutyFreeStatus.MISSING)),
        Line("purchases_returned", purchases_to_mend(actor), oldest=DuplicatePurchaseReview.decided_at),
        Line("listings_overdue", overdue),
        Line("sensors_silent", alarms(actor, state=SensorAlarmState.OPEN), oldest=SensorAlarm.since),
        Line("updates_due", changes, oldest=ReportedChange.reported_at),
        Line(
            "disputes_to_answer",
            disputes,
            oldest=GatewayDispute.opened_at,
            due=shanghai_day(GatewayDispute.due_by),
            amount=GatewayDispute.amount_fen,
        ),
        Line("shortfalls_to_receive", owed, oldest=Shortfall.opened_at, amount=owed_fen, is_fact=True),
        Line("imports_running", imports, oldest=ImportJob.created_at, is_fact=True),
        *_member_lines(own, today=today),
    ]


def _claim_lines(actor: Actor) -> Iterator[Line]:
    """A claim waits for who hands it in; a team's for its incubator (V16 team)."""
    if actor.role == Role.TEAM:
        return
    own = select(Claim).where(Claim.claimant_id == actor.organisation_id)
    returned = own.where(Claim.state == ClaimState.RETURNED)
    yield Line("claims_returned", returned, oldest=Claim.submitted_at, due=Claim.correct_by, amount=Claim.claimed_fen)
    drafts = own.where(Claim.state == ClaimState.DRAFT)
    yield Line("claims_to_hand_in", drafts, oldest=Claim.opened_at, due=Claim.last_day, amount=Claim.claimed_fen)


def _due_from_user(key: str, whose: ColumnElement[bool]) -> Line:
    """Orders for which the user owes the provider something."""
    account = LedgerAccount
    due_fen = account.posted_fen + account.pending_fen
    rows = (
        select(Order)
        .join(
            account,
            and_(account.kind == AccountKind.DUE_FROM_USER, account.owner == func.concat("order:", Order.id)),
        )
        .where(whose, Order.state.in_(PAYABLE), due_fen > 0)
    )
    return Line(key, rows, oldest=Order.placed_at, amount=due_fen)


def _member_lines(own: Collection[int], *, today: date) -> list[Line]:
    """Registrations to mend, money that comes, and money that must go back."""
    returned = select(Membership).where(
        Membership.organisation_id.in_(own), Membership.state == MembershipState.RETURNED
    )
    to_renew = select(FiguresRenewal).where(
        FiguresRenewal.organisation_id.in_(own),
        FiguresRenewal.state.in_((RenewalState.OPEN, RenewalState.OVERDUE, RenewalState.RETURNED)),
    )
    owing = select(Membership).where(Membership.organisation_id.in_(own), owes_documents(on=today))
    clawbacks = select(Clawback).where(Clawback.payee_id.in_(own), Clawback.state == ClawbackState.OPEN)
    coming = select(Payable).where(Payable.payee_id.in_(own), Payable.state.in_(ON_ITS_WAY))
    back_fen = Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen
    return [
        Line("registrations_returned", returned, oldest=Membership.reviewed_at),
        Line("figures_to_renew", to_renew, due=FiguresRenewal.due_on),
        Line("accounts_to_renew", accounts_to_rename().where(BankAccount.organisation_id.in_(own))),
        Line("documents_owed", owing, due=Membership.owed_until),
        Line("clawbacks_to_pay", clawbacks, oldest=Clawback.opened_at, due=Clawback.due_on, amount=back_fen),
        Line("money_to_come", coming, oldest=Payable.confirmed_at, amount=Payable.amount_fen, is_fact=True),
    ]
