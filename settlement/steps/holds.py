"""Holds on a yearly cap (V12 hold).

Taken, moved to another year, reduced, consumed or released with the order or claim.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict, NotFound, Refused
from core.permissions import Actor
from core.states import apply
from settlement.models import CapHold, LedgerAccount
from settlement.rules import postings
from settlement.rules.chart import AccountKind, AccountRef, Phase, TransactionKind
from settlement.rules.room import grantable_fen
from settlement.states import HOLD_TRANSITIONS, HoldAction, HoldState
from settlement.steps.posting import Posting, lock_accounts, locked_account, post

ARTICLE = "V12 hold"


class HoldExists(Conflict):
    """This order already has a hold on a cap."""

    code = "hold_exists"


class HoldMissing(NotFound):
    """This order has no live hold on a cap."""

    code = "hold_missing"


class HoldTooSmall(Refused):
    """More is asked of a hold than it holds."""

    code = "hold_too_small"


def grant_hold(
    *, order_id: int, cap_owner: str, year: int, wanted_fen: int, cap_fen: int, actor: Actor, now: datetime
) -> int:
    """Hold the lesser of ``wanted_fen`` and the year's room for an order; returns what was held, perhaps 0.

    ``cap_fen`` is the yearly cap in force. Locks the cap's account, so racing orders get exactly what is left. Raises
    :class:`HoldExists` for an order that ever had a hold.
    """
    current = require_transaction()
    account = _locked_cap(cap_owner, year, cap_fen=cap_fen)
    if current.scalars(select(CapHold.id).where(CapHold.order_id == order_id)).first() is not None:
        raise HoldExists(order=order_id)
    granted = grantable_fen(wanted_fen=wanted_fen, cap_fen=cap_fen, used_fen=account.balance_fen)
    if granted == 0:
        return 0
    hold = CapHold(
        order_id=order_id,
        account_id=account.id,
        cap_owner=cap_owner,
        year=year,
        held_fen=granted,
        consumed_fen=0,
        transaction_id=_grant(order_id, cap_owner, year, granted, cap_fen, actor=actor, now=now),
        state=HOLD_TRANSITIONS.initial,
    )
    current.add(hold)
    audit.record(
        actor=actor,
        now=now,
        action="grant",
        subject=hold,
        to_state=hold.state,
        data={"cap": cap_owner, "year": year, "wanted_fen": wanted_fen, "held_fen": granted},
    )
    return granted


def release_hold(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Give an order's hold back; returns what became free, 0 where nothing was held."""
    hold = _live(order_id)
    return 0 if hold is None else _release(hold, actor=actor, now=now)


def reduce_hold(*, order_id: int, to_fen: int, actor: Actor, now: datetime) -> int:
    """Lower a hold to ``to_fen`` (0 releases it).

    Returns what became free. Raises :class:`HoldTooSmall` for more than is held.
    """
    hold = _live(order_id)
    held = 0 if hold is None else hold.held_fen
    if to_fen > held or to_fen < 0:
        raise HoldTooSmall(held=held, wanted=to_fen)
    if hold is None or to_fen == held:
        return 0
    if to_fen == 0:
        return _release(hold, actor=actor, now=now)
    account = _account(hold)
    cap_fen = account.max_fen or 0
    _void(hold, actor=actor, now=now)
    hold.transaction_id = _grant(order_id, hold.cap_owner, hold.year, to_fen, cap_fen, actor=actor, now=now)
    hold.held_fen = to_fen
    apply(
        hold,
        HoldAction.REDUCE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={"from_fen": held, "to_fen": to_fen},
    )
    return held - to_fen


def move_hold(*, order_id: int, to_year: int, cap_fen: int, actor: Actor, now: datetime) -> int:
    """Move a hold to the year of the first valid submission; returns the lesser of the hold and that year's room.

    Nothing left there releases it. The same year changes nothing.
    """
    hold = _live(order_id)
    if hold is None:
        return 0
    if hold.year == to_year:
        return hold.held_fen
    source, target = (_cap(hold.cap_owner, year) for year in (hold.year, to_year))
    lock_accounts([source, target])
    account = _locked_cap(hold.cap_owner, to_year, cap_fen=cap_fen)
    granted = grantable_fen(wanted_fen=hold.held_fen, cap_fen=cap_fen, used_fen=account.balance_fen)
    if granted == 0:
        _release(hold, actor=actor, now=now)
        return 0
    before = {"from_year": hold.year, "from_fen": hold.held_fen}
    _void(hold, actor=actor, now=now)
    hold.transaction_id = _grant(order_id, hold.cap_owner, to_year, granted, cap_fen, actor=actor, now=now)
    hold.account_id, hold.year, hold.held_fen = account.id, to_year, granted
    apply(
        hold,
        HoldAction.MOVE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={**before, "to_year": to_year, "to_fen": granted},
    )
    return granted


def consume_hold(*, order_id: int, amount_fen: int, actor: Actor, now: datetime) -> int:
    """Use ``amount_fen`` of a hold up for good and free the rest; returns what became free. 0 releases it whole.

    Raises :class:`HoldMissing` and :class:`HoldTooSmall`.
    """
    hold = _live(order_id)
    if amount_fen == 0:
        return 0 if hold is None else _release(hold, actor=actor, now=now)
    if hold is None:
        raise HoldMissing
    held = hold.held_fen
    if not 0 < amount_fen <= held:
        raise HoldTooSmall(held=held, wanted=amount_fen)
    hold.transaction_id = post(
        Posting(
            TransactionKind.HOLD_CONSUMED,
            postings.hold_consumed(cap_owner=hold.cap_owner, year=hold.year, held_fen=held, amount_fen=amount_fen),
            source=f"order:{order_id}",
            order_id=order_id,
            article=ARTICLE,
            resolves_id=hold.transaction_id,
        ),
        actor=actor,
        now=now,
    )
    hold.held_fen, hold.consumed_fen = 0, amount_fen
    apply(
        hold,
        HoldAction.CONSUME,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={"held_fen": held, "consumed_fen": amount_fen},
    )
    return held - amount_fen


def _cap(cap_owner: str, year: int) -> AccountRef:
    return AccountRef(AccountKind.CAP, cap_owner, year)


def _locked_cap(cap_owner: str, year: int, *, cap_fen: int) -> LedgerAccount:
    """The cap's account with its upper bound set; a raised cap raises the bound, a lowered one gives less room."""
    account = locked_account(_cap(cap_owner, year))
    if account.max_fen is None or account.max_fen < cap_fen:
        account.max_fen = cap_fen
        require_transaction().flush()
    return account


def _live(order_id: int) -> CapHold | None:
    """The order's live hold, locked; a released or consumed one is no hold any more."""
    return (
        require_transaction()
        .scalars(
            select(CapHold)
            .where(CapHold.order_id == order_id, CapHold.state == HoldState.LIVE)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def _account(hold: CapHold) -> LedgerAccount:
    return locked_account(_cap(hold.cap_owner, hold.year))


def _grant(
    order_id: int, cap_owner: str, year: int, amount_fen: int, cap_fen: int, *, actor: Actor, now: datetime
) -> int:
    return post(
        Posting(
            TransactionKind.HOLD_GRANTED,
            postings.hold_granted(cap_owner=cap_owner, year=year, amount_fen=amount_fen),
            source=f"order:{order_id}",
            phase=Phase.PENDING,
            order_id=order_id,
            article=ARTICLE,
            data={"cap_fen": cap_fen},
        ),
        actor=actor,
        now=now,
    )


def _void(hold: CapHold, *, actor: Actor, now: datetime) -> int:
    return post(
        Posting(
            TransactionKind.HOLD_RELEASED,
            postings.hold_released(cap_owner=hold.cap_owner, year=hold.year, held_fen=hold.held_fen),
            source=f"order:{hold.order_id}",
            phase=Phase.VOID,
            order_id=hold.order_id,
            article=ARTICLE,
            resolves_id=hold.transaction_id,
        ),
        actor=actor,
        now=now,
    )


def _release(hold: CapHold, *, actor: Actor, now: datetime) -> int:
    freed = hold.held_fen
    hold.transaction_id = _void(hold, actor=actor, now=now)
    hold.held_fen = 0
    apply(
        hold,
        HoldAction.RELEASE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={"released_fen": freed},
    )
    return freed
