"""The way of a claim as one of its parties may see it: who has it, since when, what is next, and by when (V17 order).

Put together from the audit trail, the states of claim, summary and payable, and the deadlines of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from accounts.kinds import OrganisationKind
from accounts.permissions import Role, finance, official_reader
from accounts.queries import acts_for, organisation
from accounts.queries.names import usernames
from core import audit, clock
from core.audit import AuditEntry
from core.permissions import SYSTEM, Actor
from core.workdays import Countdown, WorkingCalendar, YearStatus, load_calendar
from settlement.models import Payable
from settlement.queries.payouts import PayoutStep, clawback_steps, coming_cutoff, payout_steps
from vouchers.models import Claim, ReviewSummary
from vouchers.queries.claims import Dossier
from vouchers.queries.deadlines import CONFIRMATION_TERM, REVIEW_TERM, office_term
from vouchers.rules.invoices.credits import ANNULLED, CREDITED, RESTORED
from vouchers.rules.way import OFFICE_AT, Holder, Station
from vouchers.states import ClaimAction, ClaimState, SummaryAction


class StationPhase(StrEnum):
    """Whether a station lies behind, is where the claim stands, or is still to come."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. ``subject`` is claim, summary, batch, payable or clawback; ``kind`` a kind of material.

    ``username`` is there for the reader's own people only; of the others the role must do. ``value_date`` is the
    bank's date of a payout. ``delivered_on`` and ``completed_on`` stand with the opening; ``reason`` is what ended it
    without anybody's decision, or what a credit invoice did to it or no longer does. ``amount_fen`` is what is claimed
    or came back, by ``due_on``. ``number`` is that in the audit trail, which tells what came first within one instant.
    """

    at: datetime
    number: int
    subject: str
    action: str
    holder: Holder
    role: str
    username: str | None = None
    note: str | None = None
    state: str | None = None
    kind: str | None = None
    value_date: date | None = None
    delivered_on: date | None = None
    completed_on: date | None = None
    reason: Mapping[str, Any] | None = None
    amount_fen: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One station with whose turn it is; of the one where the claim stands also since when and by when.

    ``stopped``: its payment is stopped until the province lifts that or revokes the claim (V19).
    """

    station: Station
    phase: StationPhase
    holder: Holder
    since: datetime | None = None
    due: Countdown | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class ClaimTimeline:
    """``ended``: nothing is next any more, be it paid or not, and nothing is to come back."""

    claim_id: int
    state: ClaimState
    ended: bool
    entries: Sequence[Happened]
    stations: Sequence[Place]

    @property
    def now(self) -> Place | None:
        """Where it stands; None once it has ended."""
        return next((place for place in self.stations if place.phase is StationPhase.NOW), None)


_HOLDER_OF: Mapping[str, Holder] = MappingProxyType(
    {
        Role.INCUBATOR: Holder.INCUBATOR,
        Role.PROVIDER: Holder.PROVIDER,
        Role.CITY_BUREAU: Holder.CITY_BUREAU,
        Role.PROVINCE: Holder.PROVINCE,
        Role.FINANCE_MAKER: Holder.FINANCE,
        Role.FINANCE_CHECKER: Holder.FINANCE,
        Role.DELEGATED_AGENCY: Holder.CITY_BUREAU,
        "bank": Holder.BANK,
        SYSTEM.role: Holder.SYSTEM,
    }
)
OPENING = "open"
_OF_CREDITS = frozenset({CREDITED, ANNULLED, RESTORED})
_TOLD = frozenset({OPENING, *_OF_CREDITS, "add_material", *ClaimAction})
"""What everybody who may read a claim is told of; how an office deals with it inside is for offices."""
_SAY_WHY = frozenset({Role.CITY_BUREAU, Role.PROVINCE})

insider = official_reader | finance
"""Who is told of what offices do among themselves."""


def claim_timeline(
    found: Dossier, *, actor: Actor, today: date, own: set[int] | None = None, calendar: WorkingCalendar | None = None
) -> ClaimTimeline:
    """The way of a claim found to be the actor's; the number of its queries does not grow with it.

    ``own`` are the organisations the actor acts for; they and the calendar may have been read already.
    """
    claim, payable, summary, stands = found.claim, found.payable, found.summary, found.stands_at
    steps = [] if payable is None else [*payout_steps(payable), *clawback_steps(found.clawbacks)]
    own = acts_for(actor) if own is None else own
    sent_up = [] if summary is None else audit.history(ReviewSummary.__tablename__, summary.id)
    names = _colleagues([*found.history, *sent_up], steps, own)
    tells_why = insider(actor) or (payable is not None and payable.payee_id in own)
    entries = [
        *_of_claim(found, names, tells_all=insider(actor)),
        *_of_summary(sent_up, names),
        *_of_payable(steps, names, tells_why=tells_why),
    ]
    since = _since(found, summary, steps)
    return ClaimTimeline(
        claim_id=claim.id,
        state=claim.state,
        ended=stands is None,
        entries=sorted(entries, key=lambda each: each.number),
        stations=[] if stands is None else list(_stations(found, stands, since, today, calendar or load_calendar())),
    )


def _stations(
    found: Dossier, stands: Station, since: datetime | None, today: date, calendar: WorkingCalendar
) -> Iterator[Place]:
    way = _way(found.claim, stands)
    for station in way:
        holder = OFFICE_AT.get(station) or _party_at(station, found.claim)
        if station is stands:
            due = _due(found, stands, since, today, calendar=calendar)
            now = Holder.PROVINCE if found.stopped else holder
            yield Place(station, StationPhase.NOW, now, since, due, found.stopped)
        else:
            behind = way.index(station) < way.index(stands)
            yield Place(station, StationPhase.DONE if behind else StationPhase.NEXT, holder)


def _way(claim: Claim, stands: Station) -> list[Station]:
    """Money comes back only where some is claimed back; of a revoked claim nothing else is left."""
    if stands is not Station.REPAYMENT:
        return [station for station in Station if station is not Station.REPAYMENT]
    return [stands] if claim.state is ClaimState.REVOKED else list(Station)


def _party_at(station: Station, claim: Claim) -> Holder:
    """The claimant hands in, the payee pays back."""
    party_id = claim.payee_id if station is Station.REPAYMENT else claim.claimant_id
    if party_id == claim.provider_id:
        return Holder.PROVIDER
    if organisation(party_id).kind is OrganisationKind.INCUBATOR:
        return Holder.INCUBATOR
    return Holder.BENEFICIARY


def _due(
    found: Dossier, stands: Station, since: datetime | None, today: date, *, calendar: WorkingCalendar
) -> Countdown | None:
    """By when: the claimant by V17, offices by their terms where the pack gives any, finance at the next cut-off, the
    payee by the first clawback that is due."""
    match stands:
        case Station.SUBMISSION:
            return None if found.due_on is None else calendar.countdown(today, found.due_on)
        case Station.REPAYMENT:
            last_days = [each.due_on for each in found.open_clawbacks if each.due_on is not None]
            return calendar.countdown(today, min(last_days)) if last_days else None
        case Station.REVIEW:
            return _term(REVIEW_TERM, since, today, calendar)
        case Station.CONFIRMATION:
            return _term(CONFIRMATION_TERM, since, today, calendar)
        case Station.BATCH if found.payable is not None and not found.stopped:
            cutoff = coming_cutoff(today, calendar=calendar)
            left = calendar.countdown(today, cutoff.day)
            return replace(left, provisional=left.provisional or cutoff.status is YearStatus.PROVISIONAL)
        case _:
            return None


def _term(name: str, since: datetime | None, today: date, calendar: WorkingCalendar) -> Countdown | None:
    last_day = None if since is None else office_term(name, since=clock.today(since), on=today, calendar=calendar)
    return None if last_day is None else calendar.countdown(today, last_day)


def _since(found: Dossier, summary: ReviewSummary | None, steps: Sequence[PayoutStep]) -> datetime | None:
    """When it came to where it stands: the last change of a state on the way."""
    moved = [entry.at for entry in found.history if entry.to_state]
    if summary is not None and summary.dispatched_at is not None:
        moved.append(summary.dispatched_at)
    moved += [step.at for step in steps if step.subject == Payable.__tablename__ and step.state]
    moved += [step.at for step in steps if step.action == "prepare"]
    moved += [clawback.opened_at for clawback in found.open_clawbacks]
    return max(moved, default=None)


def _colleagues(history: Sequence[AuditEntry], steps: Sequence[PayoutStep], own: set[int]) -> dict[int, str]:
    """User names of the reader's own people among those who acted."""
    acted = [(entry.actor_organisation_id, entry.actor_user_id) for entry in history]
    acted += [(step.organisation_id, step.user_id) for step in steps]
    return usernames({user_id for owner, user_id in acted if user_id is not None and owner in own})


def _of_claim(found: Dossier, names: Mapping[int, str], *, tells_all: bool) -> Iterator[Happened]:
    for entry in found.history:
        if entry.action in _TOLD or tells_all:
            yield Happened(
                at=entry.at,
                number=entry.id,
                subject=Claim.__tablename__,
                action=entry.action,
                holder=_HOLDER_OF.get(entry.actor_role, Holder.BENEFICIARY),
                role=entry.actor_role,
                username=_name(entry.actor_user_id, names),
                note=_said(entry),
                state=entry.to_state,
                kind=entry.data.get("kind"),
                delivered_on=_day(entry, "delivered_on"),
                completed_on=_day(entry, "completed_on"),
                reason=entry.data.get("reason")
                if entry.actor_role == SYSTEM.role or entry.action in _OF_CREDITS
                else None,
            )


def _day(entry: AuditEntry, name: str) -> date | None:
    said = entry.data.get(name) if entry.action == OPENING else None
    return None if said is None else date.fromisoformat(said)


def _name(user_id: int | None, names: Mapping[int, str]) -> str | None:
    return None if user_id is None else names.get(user_id)


def _said(entry: AuditEntry) -> str | None:
    """What an office said with its decision; the service's own notes are for machines."""
    note = entry.data.get("note")
    return str(note) if note and entry.to_state and entry.actor_role in _SAY_WHY else None


def _of_summary(history: Sequence[AuditEntry], names: Mapping[int, str]) -> Iterator[Happened]:
    """Its stamp and its dispatch; that the claim was put into it is told of the claim."""
    for entry in history:
        if entry.action in (SummaryAction.STAMP, SummaryAction.DISPATCH):
            yield Happened(
                at=entry.at,
                number=entry.id,
                subject="summary",
                action=entry.action,
                holder=Holder.CITY_BUREAU,
                role=entry.actor_role,
                username=_name(entry.actor_user_id, names),
                state=entry.to_state,
            )


def _of_payable(steps: Sequence[PayoutStep], names: Mapping[int, str], *, tells_why: bool) -> Iterator[Happened]:
    """The confirmation is told of the claim already; why the bank refused is the payee's and the offices' to know."""
    for step in steps:
        if step.subject == Payable.__tablename__ and step.action == ClaimAction.CONFIRM:
            continue
        yield Happened(
            at=step.at,
            number=step.number,
            subject=step.subject,
            action=step.action,
            holder=_HOLDER_OF.get(step.role, Holder.FINANCE),
            role=step.role,
            username=_name(step.user_id, names),
            note=step.note if tells_why else None,
            state=step.state,
            value_date=step.value_date,
            amount_fen=step.amount_fen,
            due_on=step.due_on,
        )
