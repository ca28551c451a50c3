"""What stops of payment, clawbacks and pay runs rest on (V17 pay, V19, V21)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from core.grounds import Ground, ground
from settlement.states import StopState

PAY = "V17 pay"


def stop_grounds(
    *,
    article: str,
    amount_fen: int,
    cause: str,
    ordered_on: datetime,
    state: StopState,
    ended_on: datetime | None,
    ending: str | None,
) -> list[Ground]:
    """Why a sum is not paid for now, and why that ended: lifted, or made final with the claim."""
    found = [ground("payment_stopped", article=article, amount_fen=amount_fen, cause=cause, ordered_on=ordered_on)]
    if state is StopState.LIFTED:
        found.append(ground("stop_lifted", article=article, ended_on=ended_on, ending=ending))
    if state is StopState.FINAL:
        found.append(ground("stop_made_final", article=article, ended_on=ended_on, ending=ending))
    return found


def clawback_grounds(
    *,
    article: str,
    amount_fen: int,
    batch: str,
    line_no: int,
    cause: str,
    opened_on: datetime,
    due_on: date | None,
    misconduct: bool,
) -> list[Ground]:
    """Why a paid sum is claimed back, which payout it was, by its batch's number, and whether misconduct went on record
    for it."""
    found = [
        ground("clawback_opened", article=article, amount_fen=amount_fen, cause=cause, opened_on=opened_on),
        ground("clawback_of_payout", article=article, batch=batch, line_no=line_no, due_on=due_on),
    ]
    if misconduct:
        found.append(ground("clawback_misconduct", article=article, opened_on=opened_on))
    return found


def batch_grounds(
    *,
    number: str,
    cutoff: date,
    line_count: int,
    total_fen: int,
    waiting_count: int,
    waiting_fen: int,
    approved_on: datetime,
) -> list[Ground]:
    """Why a pay run was approved: what it pays by its cut-off, and what the fund could not."""
    return [
        ground(
            "pay_run_approved",
            article=PAY,
            number=number,
            approved_on=approved_on,
            cutoff=cutoff,
            line_count=line_count,
            total_fen=total_fen,
        ),
        ground("pay_run_waiting", article=PAY, waiting_count=waiting_count, waiting_fen=waiting_fen),
    ]


def closing_grounds(
    *,
    article: str,
    year: int,
    carried_fen: int,
    lapsed_fen: int,
    reference: str,
    cause: str,
    decision: StrEnum,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why the rest of a year's fund is carried over or lapses, or is not."""
    return [
        ground(
            "fund_closing",
            article=article,
            year=year,
            carried_fen=carried_fen,
            lapsed_fen=lapsed_fen,
            reference=reference,
            cause=cause,
            decision=decision,
            decided_on=decided_on,
            opinion=opinion,
        )
    ]
