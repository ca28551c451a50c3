"""Funds: opened for a year, increased and reduced with a document, and closed once the year is over (V3)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from accounts.states import ProposalState
from core import audit
from core.db import require_transaction
from core.errors import Conflict, Refused, reason, refuse_first
from core.failpoints import failpoint
from core.money import yuan_text
from core.permissions import Actor
from settlement.models import Appropriation, Fund, FundClosing, LedgerAccount, SettlementBatch
from settlement.rules import postings
from settlement.rules.chart import AccountKind, AccountRef, TransactionKind
from settlement.rules.funding import TAKING, AppropriationKind
from settlement.rules.postings import Entries
from settlement.states import BatchState
from settlement.steps.posting import Posting, lock_accounts, locked_account, post

ARTICLE = "V3"
LIVE_BATCHES = (BatchState.PREPARED, BatchState.APPROVED, BatchState.EXPORTED)
"""States of a batch that may still pay out of its fund."""


class FundTooSmall(Refused):
    """More would be taken out of a fund than it has left."""

    code = "fund_too_small"


class FundYearRuns(Conflict):
    """It is decided about the rest of a fund once its year is over."""

    code = "fund_year_runs"
    article = "V3"


class FundBusy(Conflict):
    """A batch of the fund is neither closed nor discarded."""

    code = "fund_busy"
    article = "V3"


def add_fund(*, programme: str, year: int, actor: Actor, now: datetime) -> Fund:
    """A fund without money yet."""
    account = AccountRef(AccountKind.FUND, programme, year)
    fund = Fund(programme=programme, year=year, account_id=lock_accounts([account])[account], created_at=now)
    require_transaction().add(fund)
    audit.record(actor=actor, now=now, action="open", subject=fund, data={"programme": programme, "year": year})
    return fund


def appropriate(fund: Fund, *, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Appropriation:
    """Put money into a fund, with the document it rests on."""
    entries = postings.appropriated(programme=fund.programme, year=fund.year, amount_fen=amount_fen)
    made = _post(fund, TransactionKind.APPROPRIATED, entries, reference=reference, actor=actor, now=now)
    entered = _enter(fund, AppropriationKind.GRANTED, amount_fen, made, reference=reference, actor=actor, now=now)
    _record(fund, "appropriate", amount_fen, reference, actor=actor, now=now)
    return entered


def reduce_fund(fund: Fund, *, amount_fen: int, reference: str, actor: Actor, now: datetime) -> None:
    """Take money out of a locked fund that nothing is committed of. Raises :class:`FundTooSmall`."""
    refuse_first(too_much(amount_fen, available_in(fund), field="amount_fen"))
    entries = postings.appropriation_taken(programme=fund.programme, year=fund.year, amount_fen=amount_fen)
    made = _post(fund, TransactionKind.APPROPRIATION_REDUCED, entries, reference=reference, actor=actor, now=now)
    _enter(fund, AppropriationKind.REDUCED, -amount_fen, made, reference=reference, actor=actor, now=now)
    _record(fund, "reduce", amount_fen, reference, actor=actor, now=now)


def correct_appropriation(
    wrong: Appropriation, fund: Fund, *, right_fen: int, actor: Actor, now: datetime
) -> int | None:
    """What a wrong entry of a locked fund should have said: a further entry by the difference, which names it.

    ``right_fen`` has no sign, as it was typed. Returns the transaction, None where nothing differs. Raises
    :class:`FundTooSmall`.
    """
    change_fen = (-right_fen if wrong.kind in TAKING else right_fen) - wrong.amount_fen
    if change_fen == 0:
        return None
    refuse_first(too_much(-change_fen, available_in(fund), field="right_fen"))
    reference = wrong.reference
    made = post(
        Posting(
            TransactionKind.APPROPRIATION_CORRECTED,
            postings.appropriation_corrected(programme=fund.programme, year=fund.year, change_fen=change_fen),
            source=f"fund:{fund.id}",
            article=ARTICLE,
            reverses_id=wrong.transaction_id,
            data={"reference": reference, "appropriation_id": wrong.id},
        ),
        actor=actor,
        now=now,
    )
    failpoint("settlement.appropriation.posted")
    entered = _enter(fund, AppropriationKind.CORRECTED, change_fen, made, reference=reference, actor=actor, now=now)
    entered.corrects_id = wrong.id
    _record(fund, "correct", change_fen, reference, actor=actor, now=now)
    return made


def too_much(amount_fen: int, left_fen: int, *, field: str) -> list[FundTooSmall]:
    """The refusal of more than a fund has left; empty where it fits."""
    if amount_fen <= left_fen:
        return []
    amount, left = yuan_text(amount_fen), yuan_text(left_fen)
    because = reason("fund_too_small", article=ARTICLE, field=field, amount=amount, left=left)
    return [FundTooSmall(amount=amount, left=left, reasons=[because])]


def why_not_closed(fund: Fund, *, today: date) -> list[Conflict]:
    """Why a locked fund cannot be closed: its year is not over, or a batch of it is not."""
    faults: list[Conflict] = []
    if today.year <= fund.year:
        faults.append(FundYearRuns(year=fund.year))
    live = select(SettlementBatch.number).where(
        SettlementBatch.fund_id == fund.id, SettlementBatch.state.in_(LIVE_BATCHES)
    )
    numbers = require_transaction().scalars(live.order_by(SettlementBatch.id)).all()
    if numbers:
        faults.append(FundBusy(batches=", ".join(numbers)))
    return faults


def close_fund(closing: FundClosing, fund: Fund, *, actor: Actor, now: datetime) -> None:
    """Carry the rest of a locked fund to the next year's and let the other part lapse, as its closing says."""
    reference = closing.reference
    if closing.carried_fen:
        heir = fund_of(programme=fund.programme, year=fund.year + 1) or add_fund(
            programme=fund.programme, year=fund.year + 1, actor=actor, now=now
        )
        require_transaction().flush()
        entries = postings.fund_carried(programme=fund.programme, year=fund.year, amount_fen=closing.carried_fen)
        made = _post(fund, TransactionKind.FUND_CARRIED, entries, reference=reference, actor=actor, now=now)
        out, into = AppropriationKind.CARRIED_OUT, AppropriationKind.CARRIED_IN
        _enter(fund, out, -closing.carried_fen, made, reference=reference, actor=actor, now=now)
        _enter(heir, into, closing.carried_fen, made, reference=reference, actor=actor, now=now)
        _record(heir, "appropriate", closing.carried_fen, reference, actor=actor, now=now)
    if closing.lapsed_fen:
        entries = postings.appropriation_taken(programme=fund.programme, year=fund.year, amount_fen=closing.lapsed_fen)
        made = _post(fund, TransactionKind.FUND_LAPSED, entries, reference=reference, actor=actor, now=now)
        _enter(fund, AppropriationKind.LAPSED, -closing.lapsed_fen, made, reference=reference, actor=actor, now=now)


def lock_fund(fund_id: int) -> int:
    """Lock a fund's account before any payee's, as whoever moves both must; returns the account's id."""
    found = (
        select(LedgerAccount.id)
        .join(Fund, Fund.account_id == LedgerAccount.id)
        .where(Fund.id == fund_id)
        .with_for_update(of=LedgerAccount, key_share=True)
    )
    return require_transaction().scalars(found).one()


def fund_of(*, programme: str, year: int) -> Fund | None:
    """The fund of a programme and year, if there is one."""
    found = select(Fund).where(Fund.programme == programme, Fund.year == year)
    return require_transaction().scalars(found).one_or_none()


def is_closed(fund_id: int) -> bool:
    """Whether it was decided about the rest of a fund."""
    found = select(FundClosing.id).where(FundClosing.fund_id == fund_id, FundClosing.state == ProposalState.APPROVED)
    return require_transaction().scalars(found).first() is not None


def available_in(fund: Fund) -> int:
    """What a fund has left that nothing is committed of, its account locked, in fen."""
    return locked_account(AccountRef(AccountKind.FUND, fund.programme, fund.year)).balance_fen


def _post(fund: Fund, kind: TransactionKind, entries: Entries, *, reference: str, actor: Actor, now: datetime) -> int:
    return post(
        Posting(kind, entries, source=f"fund:{fund.id}", article=ARTICLE, data={"reference": reference}),
        actor=actor,
        now=now,
    )


def _enter(
    fund: Fund,
    kind: AppropriationKind,
    amount_fen: int,
    transaction_id: int,
    *,
    reference: str,
    actor: Actor,
    now: datetime,
) -> Appropriation:
    entered = Appropriation(
        fund_id=fund.id,
        kind=kind,
        amount_fen=amount_fen,
        reference=reference,
        transaction_id=transaction_id,
        entered_by=actor.user_id,
        entered_at=now,
    )
    require_transaction().add(entered)
    return entered


def _record(fund: Fund, action: str, amount_fen: int, reference: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        subject=fund,
        data={"amount_fen": amount_fen, "reference": reference},
    )
