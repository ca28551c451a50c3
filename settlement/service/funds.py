"""Use cases of funds (V3)."""

from __future__ import annotations

from datetime import datetime

from accounts.kinds import ChangeDecision
from accounts.states import PROPOSAL_TRANSITIONS, ProposalAction, ProposalState
from core import audit, clock
from core.db import session, transaction
from core.errors import Conflict, DomainError, refuse_first
from core.money import yuan_text
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import Fund, FundClosing
from settlement.queries.funds import find_closing, find_fund, open_closing
from settlement.queries.programmes import chosen_programme
from settlement.rules.chart import AccountKind, AccountRef
from settlement.steps.funds import (
    ARTICLE,
    add_fund,
    appropriate,
    available_in,
    close_fund,
    fund_of,
    is_closed,
    reduce_fund,
    too_much,
    why_not_closed,
)
from settlement.steps.posting import lock_accounts


class FundExists(Conflict):
    """There is a fund for this year already; further money is a further appropriation of it."""

    code = "fund_exists"
    article = "V3"


class FundClosed(Conflict):
    """It was decided about the rest of this fund; its appropriation changes no more."""

    code = "fund_closed"
    article = "V3"


class ClosingOpen(Conflict):
    """A closing of this fund waits to be decided already."""

    code = "fund_closing_open"
    article = "V3"


class ClosingOwn(Conflict):
    """Nobody decides what he proposed himself."""

    code = "fund_closing_own"
    article = "V3"


class FundMoved(Conflict):
    """The fund has another sum left than when its closing was proposed."""

    code = "fund_moved"
    article = "V3"


def open_fund(
    *,
    year: int,
    appropriation_fen: int,
    reference: str,
    programme: str | None = None,
    actor: Actor,
    now: datetime,
) -> Fund:
    """Open the fund of a year with its first appropriation, of the province's programme or one of a city's (V6).

    Raises :class:`FundExists` and :class:`settlement.queries.programmes.ProgrammeUnknown`.
    """
    with transaction():
        authorise(actor, permissions.may_open_fund)
        programme = chosen_programme(programme, on=clock.today(now))
        # Whoever opens the same fund at this moment is waited for here, and its fund is seen below.
        lock_accounts([AccountRef(AccountKind.FUND, programme, year)])
        if fund_of(programme=programme, year=year) is not None:
            raise FundExists(year=year)
        fund = add_fund(programme=programme, year=year, actor=actor, now=now)
        appropriate(fund, amount_fen=appropriation_fen, reference=reference, actor=actor, now=now)
        return fund


def increase_fund(*, fund_id: int, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Fund:
    """Add an appropriation to a fund. Raises :class:`settlement.queries.funds.FundMissing` and :class:`FundClosed`."""
    with transaction():
        fund = find_fund(fund_id, lock=True)
        authorise(actor, permissions.may_open_fund, fund)
        _open(fund)
        appropriate(fund, amount_fen=amount_fen, reference=reference, actor=actor, now=now)
        return fund


def decrease_fund(*, fund_id: int, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Fund:
    """Reduce an appropriation by what nothing is committed of.

    Raises :class:`settlement.queries.funds.FundMissing`, :class:`FundClosed` and ``FundTooSmall``.
    """
    with transaction():
        fund = find_fund(fund_id, lock=True)
        authorise(actor, permissions.may_open_fund, fund)
        _open(fund)
        reduce_fund(fund, amount_fen=amount_fen, reference=reference, actor=actor, now=now)
        return fund


def propose_closing(
    *, fund_id: int, carried_fen: int, reference: str, cause: str, actor: Actor, now: datetime
) -> FundClosing:
    """Propose what becomes of the rest of a past year's fund: so much is carried over, the other part lapses.

    Raises :class:`settlement.queries.funds.FundMissing`, ``FundYearRuns``, ``FundBusy``, :class:`ClosingOpen` and
    ``FundTooSmall``.
    """
    with transaction():
        fund = find_fund(fund_id, lock=True)
        authorise(actor, permissions.may_open_fund, fund)
        left_fen = available_in(fund)
        faults: list[DomainError] = [*why_not_closed(fund, today=clock.today(now))]
        if open_closing(fund_id) is not None:
            faults.append(ClosingOpen())
        refuse_first([*faults, *too_much(carried_fen, left_fen, field="carried_fen")])
        closing = FundClosing(
            fund_id=fund.id,
            carried_fen=carried_fen,
            lapsed_fen=left_fen - carried_fen,
            reference=reference,
            cause=cause,
            article=ARTICLE,
            state=PROPOSAL_TRANSITIONS.initial,
            opinion="",
            proposed_by=actor.user_id,
            proposed_at=now,
        )
        session().add(closing)
        audit.record(
            actor=actor,
            now=now,
            action="propose",
            subject=closing,
            to_state=closing.state,
            data={"carried_fen": carried_fen, "lapsed_fen": closing.lapsed_fen, "reference": reference},
        )
        return closing


def decide_closing(
    *, closing_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> FundClosing:
    """Another person of the province decides; what is approved is posted at once.

    Raises ``FundClosingMissing``, :class:`ClosingOwn`, ``FundYearRuns``, ``FundBusy``, :class:`FundMoved` and
    ``StateForbids``.
    """
    with transaction():
        fund = find_fund(find_closing(closing_id).fund_id, lock=True)
        closing = find_closing(closing_id, lock=True)
        authorise(actor, permissions.may_decide_closing, closing)
        if closing.proposed_by == actor.user_id:
            raise ClosingOwn
        approved = decision is ChangeDecision.APPROVE
        if approved and closing.state is ProposalState.PROPOSED:
            left_fen = available_in(fund)
            refuse_first(why_not_closed(fund, today=clock.today(now)))
            if left_fen != closing.carried_fen + closing.lapsed_fen:
                raise FundMoved(left=yuan_text(left_fen))
        closing.reviewed_by, closing.reviewed_at, closing.opinion = actor.user_id, now, opinion
        apply(
            closing,
            ProposalAction.APPROVE if approved else ProposalAction.REFUSE,
            transitions=PROPOSAL_TRANSITIONS,
            actor=actor,
            now=now,
            data={"opinion": opinion},
        )
        if approved:
            close_fund(closing, fund, actor=actor, now=now)
        return closing


def _open(fund: Fund) -> None:
    if is_closed(fund.id):
        raise FundClosed(year=fund.year)
