"""The desk of each role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select, tuple_

from accounts.permissions import Role
from accounts.queries import acts_for
from core import clock
from core.audit import AuditEntry
from core.audit_chain import AuditSeal
from core.db import session
from core.permissions import Actor
from core.workdays import YearStatus, load_calendar
from marketplace.reports.desk import grading, offices, parties, supervision, yearly
from marketplace.reports.desk.items import DeskItem, Line, counted
from settlement.models import ClawbackProposal, Fund, LedgerAccount, ShortfallProposal
from settlement.queries import desk as money
from settlement.queries.desk import Pile
from settlement.queries.suspense import bank_waiting
from settlement.service.batches import scheduled_cutoffs
from settlement.states import PayableState, SuspenseState

AGED = frozenset({offices.CLAIMS_TO_REVIEW, offices.CLAIMS_TO_CONFIRM})
"""What is measured in working days (V20)."""


def desk(actor: Actor, *, now: datetime) -> list[DeskItem]:
    """What waits for the actor, what it must do before what it may know; nothing that counts nothing.

    One query for most roles, a few more where dates need the working calendar.
    """
    found = _found(actor, now=now, today=clock.today(now))
    return sorted(_aged(found, today=clock.today(now)), key=lambda item: item.is_fact)


def _found(actor: Actor, *, now: datetime, today: date) -> Iterable[DeskItem]:
    match actor.role:
        case Role.ENTERPRISE | Role.TEAM | Role.INCUBATOR:
            return counted([*parties.user_lines(actor, now=now), *_party_lines(actor, today=today)])
        case Role.PROVIDER:
            lines = [*parties.provider_lines(actor, today=today), *grading.rectification_lines(acts_for(actor))]
            return counted([*lines, *_party_lines(actor, today=today)])
        case Role.CITY_BUREAU:
            reports = [*yearly.bureau_report_lines(actor, today=today), *yearly.disclosure_lines(actor.city)]
            overdue = offices.term_lines(actor, today=today)
            return counted([*offices.bureau_lines(actor), *supervision.inspector_lines(actor), *reports, *overdue])
        case Role.CITY_FINANCE:
            return counted(offices.city_lines(actor.city, is_fact=True))
        case Role.DELEGATED_AGENCY:
            return counted(offices.agency_lines(actor))
        case Role.PROVINCE:
            lines = [*offices.province_lines(actor), *supervision.province_lines(actor, today=today)]
            lines += [*grading.province_grading_lines(actor, today=today), *offices.term_lines(actor, today=today)]
            return [
                *counted([*lines, *yearly.province_report_lines(today=today), *yearly.disclosure_lines(None)]),
                *_fund(today),
            ]
        case Role.FINANCE_MAKER | Role.FINANCE_CHECKER:
            return [*_finance(actor), *_next_cutoff(today), *_fund(today)]
        case Role.AUDITOR:
            return _trail()
        case Role.ADMIN:
            return counted(offices.admin_lines())
    return []


def _party_lines(actor: Actor, *, today: date) -> list[Line]:
    """What any party may be asked: about an inspection of it, and about what is given out of it."""
    own = acts_for(actor)
    return [*supervision.party_lines(own, today=today), *yearly.consultation_lines(own, today=today)]


def _aged(found: Iterable[DeskItem], *, today: date) -> list[DeskItem]:
    """With the age in working days where that is what counts; the calendar is read only then."""
    items = list(found)
    if not any(item.key in AGED and item.oldest for item in items):
        return items
    calendar = load_calendar()
    return [
        replace(item, age_days=calendar.working_days_between(item.oldest, today))
        if item.key in AGED and item.oldest is not None
        else item
        for item in items
    ]


def _finance(actor: Actor) -> list[DeskItem]:
    """Batches and payables by who may move them on (V17 pay, invariant 10)."""
    payables = money.payables_waiting()
    sent = money.exported_batches()
    nothing = money.NOTHING
    found = [_pile("payables_due", payables.get(PayableState.DUE, nothing), is_fact=True)]
    if actor.role == Role.FINANCE_CHECKER:
        bank = bank_waiting(besides=actor.user_id)
        found += [
            _pile("batches_to_approve", money.batches_to_approve(besides=actor.user_id)),
            _pile("suspense_to_settle", bank.suspense.get(SuspenseState.PROPOSED, nothing)),
            _pile("clawback_proposals_to_decide", money.proposals_waiting(ClawbackProposal, besides=actor.user_id)),
            _pile("shortfall_proposals_to_decide", money.proposals_waiting(ShortfallProposal, besides=actor.user_id)),
        ]
    else:
        payments, bank = money.troubled_payments(), bank_waiting()
        failed = [payables.get(state, nothing) for state in (PayableState.FAILED, PayableState.RETURNED)]
        found += [
            _pile("payables_to_correct", _sum_of(failed)),
            _pile("bank_returns_to_record", sent.awaited),
            _pile("clawbacks_to_recover", money.open_clawbacks()),
            _pile("payments_held", payments.held),
            _pile("payments_flagged", payments.flagged),
            _pile("refunds_failed", money.failed_refunds()),
            _pile("suspense_to_explain", bank.suspense.get(SuspenseState.OPEN, nothing)),
            _pile("statement_gaps", bank.gaps),
        ]
    found += [
        _pile("batches_to_export", money.batches_to_export()),
        _pile("batches_to_close", sent.answered),
    ]
    return [item for item in found if item.count]


def _sum_of(piles: Iterable[Pile]) -> Pile:
    known = [pile for pile in piles if pile.count]
    since = min((pile.since for pile in known if pile.since is not None), default=None)
    return Pile(sum(pile.count for pile in known), sum(pile.fen for pile in known), since)


def _pile(key: str, pile: Pile, *, is_fact: bool = False) -> DeskItem:
    oldest = None if pile.since is None else clock.today(pile.since)
    return DeskItem(key, pile.count, oldest=oldest, amount_fen=pile.fen, is_fact=is_fact)


def _next_cutoff(today: date) -> list[DeskItem]:
    """The next cut-off of V17 pay; provisional while its year's calendar is not official."""
    this_year = [each for each in scheduled_cutoffs(year=today.year) if each.day >= today]
    following = this_year[0] if this_year else scheduled_cutoffs(year=today.year + 1)[0]
    provisional = following.status is YearStatus.PROVISIONAL
    return [DeskItem("next_cutoff", 1, due=following.day, is_fact=True, is_provisional=provisional)]


def _fund(today: date) -> list[DeskItem]:
    """What this year's fund has left, and what it does not reach (V3)."""
    left_fen = session().scalar(
        select(func.sum(LedgerAccount.posted_fen + LedgerAccount.pending_fen))
        .join(Fund, Fund.account_id == LedgerAccount.id)
        .where(Fund.year == today.year)
    )
    stopped = _pile("payables_without_money", money.stopped_queue(today.year), is_fact=True)
    left = [] if left_fen is None else [DeskItem("fund_left", 1, amount_fen=int(left_fen), is_fact=True)]
    return [*left, *([stopped] if stopped.count else [])]


def _trail() -> list[DeskItem]:
    """The newest seal of the audit trail, and how many entries no seal covers yet."""
    seal = session().scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))
    unsealed = select(func.count(), func.min(AuditEntry.at))
    if seal is not None:
        unsealed = unsealed.where(tuple_(AuditEntry.xid, AuditEntry.id) > (seal.last_xid, seal.last_id))
    count, since = session().execute(unsealed).one()
    sealed = (
        [] if seal is None else [DeskItem("last_seal", seal.number, oldest=clock.today(seal.sealed_at), is_fact=True)]
    )
    waiting = DeskItem("entries_unsealed", count, oldest=clock.today(since) if since else None, is_fact=True)
    return [*sealed, *([waiting] if count else [])]
