"""Reads of claims: the parties, the city of the user, the province's offices (V6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import joinedload

from accounts.permissions import Role
from accounts.queries import acts_for
from core import audit
from core.audit import AuditEntry
from core.db import session
from core.errors import NotFound
from core.grounds import Ground
from core.permissions import SYSTEM, Actor
from core.workdays import Countdown, WorkingCalendar, load_calendar
from settlement.models import Clawback, Payable
from settlement.queries.clawbacks import clawbacks_of_order
from settlement.queries.payables import payable_of
from settlement.states import PayableState
from vouchers.models import Claim, Invoice, Material, ReviewSummary
from vouchers.rules.review_grounds import revocation_ground
from vouchers.rules.way import OFFICE_AT, Holder, Station, stands_at
from vouchers.states import CLAIM, ClaimAction, ClaimState, SummaryState

_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR, Role.FINANCE_MAKER, Role.FINANCE_CHECKER})
_READS_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})
_CLAIMANT = "claimant"
_PAYEE = "payee"


class ClaimMissing(NotFound):
    """There is no such claim for this actor."""

    code = "claim_missing"


class MaterialMissing(NotFound):
    """There is no such material for this actor."""

    code = "material_missing"


@dataclass(frozen=True)
class Payment:
    """How far the payment of a confirmed claim is, and what of it is claimed back."""

    state: PayableState
    amount_fen: int
    paid_fen: int
    stopped: bool
    clawed_back_fen: int
    recovered_fen: int


@dataclass(frozen=True)
class Dossier:
    """A claim with its story: who has it, until when, what may follow, and how far its payment is."""

    claim: Claim
    history: Sequence[AuditEntry]
    summary: ReviewSummary | None
    payable: Payable | None
    due: Countdown | None
    """How long the claimant still has, where he has to act."""
    clawbacks: Sequence[Clawback] = ()
    """What was claimed back of what province and cities paid for it."""

    @property
    def actions(self) -> list[str]:
        """What the state allows, whoever may do it."""
        return CLAIM.actions(self.claim.state)

    @property
    def reasons(self) -> list[Ground]:
        """What every decision about it rests on, the earliest first."""
        return [*(ground for review in self.claim.reviews for ground in review.reasons), *self.revocation]

    @property
    def revocation(self) -> list[Ground]:
        """Why it was revoked, where it was."""
        revoked = [each for each in self.history if each.action == ClaimAction.REVOKE]
        return [revocation_ground(on=each.at, opinion=each.data.get("note", "")) for each in revoked]

    @property
    def stands_at(self) -> Station | None:
        """Where it stands on its way to the payout; None at the end."""
        return stands_at(
            self.claim.state,
            is_sent_up=self.summary is not None and self.summary.state is SummaryState.DISPATCHED,
            payable=None if self.payable is None else self.payable.state,
            owes_back=bool(self.open_clawbacks),
        )

    @property
    def stopped(self) -> bool:
        """Whether its payment waits for the province to lift the stop or to revoke the claim (V19)."""
        return self.payable is not None and self.payable.stopped

    @property
    def open_clawbacks(self) -> list[Clawback]:
        """Those that have not come back entirely."""
        return [each for each in self.clawbacks if each.open_fen > 0]

    @property
    def payment(self) -> Payment | None:
        """How far its payment is, once confirmed."""
        if self.payable is None:
            return None
        own = [each for each in self.clawbacks if each.payable_id == self.payable.id]
        return Payment(
            state=self.payable.state,
            amount_fen=self.payable.amount_fen,
            paid_fen=self.payable.paid_fen,
            stopped=self.payable.stopped,
            clawed_back_fen=sum(each.amount_fen for each in own),
            recovered_fen=sum(each.recovered_fen for each in own),
        )

    @property
    def waits_for(self) -> str | None:
        """Who has to act next; None at the end."""
        if self.stands_at is None:
            return None
        if self.stopped:
            return Holder.PROVINCE
        return OFFICE_AT.get(self.stands_at, _PAYEE if self.stands_at is Station.REPAYMENT else _CLAIMANT)

    @property
    def due_on(self) -> date | None:
        """By when the claimant has to act, where he has to."""
        return self.claim.due_on


def visible_claims(actor: Actor, *, state: ClaimState | None = None) -> Select[tuple[Claim]]:
    """The claims an actor may see, perhaps of one state only."""
    found = select(Claim).where(_visible(actor))
    return found if state is None else found.where(Claim.state == state)


def find_claim(claim_id: int, *, actor: Actor, lock: bool = False) -> Claim:
    """A claim the actor may see, locked and read afresh if asked; a foreign one is missing (V6)."""
    found = visible_claims(actor).where(Claim.id == claim_id)
    if lock:
        found = found.with_for_update(of=Claim).execution_options(populate_existing=True)
    claim = session().scalar(found)
    if claim is None:
        raise ClaimMissing
    return claim


def dossier(claim_id: int, *, actor: Actor, today: date) -> Dossier:
    """A claim the actor may see with its story; raises :class:`ClaimMissing`."""
    return dossier_of(find_whole_claim(claim_id, actor=actor), today=today)


def find_whole_claim(claim_id: int, *, actor: Actor) -> Claim:
    """A claim the actor may see, to be shown; raises :class:`ClaimMissing`.

    Its decision, reviews and invoices come along in one query, as there are few of each.
    """
    whole = (
        visible_claims(actor)
        .where(Claim.id == claim_id)
        .options(
            joinedload(Claim.decision),
            joinedload(Claim.reviews),
            joinedload(Claim.invoices).options(joinedload(Invoice.reading), joinedload(Invoice.marks)),
        )
    )
    claim = session().scalars(whole).unique().one_or_none()
    if claim is None:
        raise ClaimMissing
    return claim


def dossier_of(claim: Claim, *, today: date, calendar: WorkingCalendar | None = None) -> Dossier:
    """The story of a claim already found to be the actor's; by a calendar that is read already."""
    due = None if claim.due_on is None else (calendar or load_calendar()).countdown(today, claim.due_on)
    summary = None if claim.summary_id is None else session().get(ReviewSummary, claim.summary_id)
    payable = payable_of(claim.source)
    clawbacks = () if payable is None else clawbacks_of_order(claim.order_id)
    return Dossier(claim, audit.history(Claim.__tablename__, claim.id), summary, payable, due, clawbacks)


def find_material(claim_id: int, material_id: int, *, actor: Actor) -> Material:
    """A material of a claim the actor may see; raises :class:`MaterialMissing`."""
    found = session().get(Material, material_id)
    claim = session().scalar(visible_claims(actor).where(Claim.id == claim_id))
    if found is None or claim is None or found.claim_id != claim.id:
        raise MaterialMissing
    return found


def claim_of_source(source: str) -> Claim:
    """The claim that settlement names ``claim:12``, locked; raises :class:`ClaimMissing`."""
    number = source.removeprefix("claim:")
    if not number.isdecimal():
        raise ClaimMissing
    claim = session().scalar(
        select(Claim).where(Claim.id == int(number)).with_for_update().execution_options(populate_existing=True)
    )
    if claim is None:
        raise ClaimMissing
    return claim


def overdue_drafts(today: date) -> Sequence[int]:
    """Ids of drafts whose last day is over (V17)."""
    return (
        session()
        .scalars(select(Claim.id).where(Claim.state == ClaimState.DRAFT, Claim.last_day < today).order_by(Claim.id))
        .all()
    )


def overdue_returns(today: date) -> Sequence[int]:
    """Ids of returned claims that were not handed in again in time (V17 return)."""
    return (
        session()
        .scalars(
            select(Claim.id).where(Claim.state == ClaimState.RETURNED, Claim.correct_by < today).order_by(Claim.id)
        )
        .all()
    )


def claims_in(states: Collection[ClaimState]) -> Sequence[int]:
    """Ids of every claim in one of these states."""
    return session().scalars(select(Claim.id).where(Claim.state.in_(states)).order_by(Claim.id)).all()


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor == SYSTEM or actor.role in _READS_ALL:
        return true()
    if actor.role in _READS_ITS_CITY:
        return Claim.city == actor.city
    if actor.role == Role.DELEGATED_AGENCY:
        return true() if actor.city is None else Claim.city == actor.city
    own = acts_for(actor)
    return or_(Claim.beneficiary_id.in_(own), Claim.provider_id.in_(own))
