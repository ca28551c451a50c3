"""Holds on a yearly cap (V12 hold).

Taken, moved to another year, reduced, consumed or released with the order or claim; wherever else a hold counts since
a group split, that follows. ``programme`` names the city
programme whose cap it is (V6); None is the province's own voucher.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from core import audit
from core.db import insert_at_once, require_transaction, send
from core.errors import Conflict, NotFound, Refused
from core.money import yuan_text
from core.permissions import Actor
from core.statements import Statement
from core.states import apply
from settlement.models import AidHold, CapHold, LedgerAccount
from settlement.queries.caps import owner_in
from settlement.rules import postings
from settlement.rules.chart import AccountRef, Cap, Phase, TransactionKind
from settlement.rules.room import grantable_fen
from settlement.states import HOLD_TRANSITIONS, HoldAction, HoldState
from settlement.steps.carries import lock_counting, lower_carries, move_carries
from settlement.steps.posting import Locked, Posting, lock_accounts, locked, locked_account, post

ARTICLE = "V12 hold"
AID_ARTICLE = "V6"

Hold = CapHold | AidHold


_KNOWN_HOLD = Statement(select(CapHold.id).where(CapHold.order_id == bindparam("order")))
_KNOWN_AID = Statement(
    select(AidHold.id).where(AidHold.order_id == bindparam("order"), AidHold.programme == bindparam("programme"))
)


class HoldExists(Conflict):
    """This order already has a hold on a cap."""

    code = "hold_exists"


class HoldMissing(NotFound):
    """This order has no live hold on a cap."""

    code = "hold_missing"


class HoldTooSmall(Refused):
    """More is asked of a hold than it holds."""

    code = "hold_too_small"
    article = "V12 hold"


def grant_hold(
    *,
    order_id: int,
    cap_owner: str,
    year: int,
    wanted_fen: int,
    cap_fen: int,
    programme: str | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Hold the lesser of ``wanted_fen`` and the year's room for an order; returns what was held, perhaps 0.

    ``cap_fen`` is the yearly cap in force. Locks the cap's account, so racing orders get exactly what is left. Raises
    :class:`HoldExists` for an order that ever had a hold of this programme.
    """
    cap = Cap(cap_owner, year, programme)
    accounts = _locked_cap(cap, cap_fen=cap_fen)
    if send(_KNOWN_AID if programme else _KNOWN_HOLD, {"order": order_id, "programme": programme}):
        raise HoldExists(order=order_id)
    account = accounts[cap.account]
    granted = grantable_fen(wanted_fen=wanted_fen, cap_fen=cap_fen, used_fen=account.balance_fen)
    if granted == 0:
        return 0
    hold = _new_hold(order_id, programme)
    hold.account_id, hold.cap_owner, hold.year = account.id, cap_owner, year
    hold.held_fen, hold.consumed_fen, hold.state = granted, 0, HOLD_TRANSITIONS.initial
    data = {"cap_fen": cap_fen}
    hold.transaction_id = _grant(order_id, cap, granted, data, accounts=accounts, actor=actor, now=now)
    insert_at_once(hold)
    audit.record(
        actor=actor,
        now=now,
        action="grant",
        subject=hold,
        to_state=hold.state,
        data={"cap": cap.account.owner, "year": year, "wanted_fen": wanted_fen, "held_fen": granted},
    )
    return granted


def lock_caps(caps: Iterable[Cap]) -> None:
    """Lock the accounts of several caps before holds on them change: the voucher's, then programme by programme.

    Each group in the order of its ids. Whoever changes several holds goes through the programmes in the same order.
    """
    accounts: dict[str, list[AccountRef]] = {}
    for cap in caps:
        accounts.setdefault(cap.programme or "", []).append(cap.account)
    for programme in sorted(accounts):
        lock_accounts(accounts[programme])


def release_hold(*, order_id: int, programme: str | None = None, actor: Actor, now: datetime) -> int:
    """Give an order's hold back; returns what became free, 0 where nothing was held."""
    hold = _live(order_id, programme)
    return 0 if hold is None else _release(hold, actor=actor, now=now)


def reduce_hold(*, order_id: int, to_fen: int, programme: str | None = None, actor: Actor, now: datetime) -> int:
    """Lower a hold to ``to_fen`` (0 releases it).

    Returns what became free. Raises :class:`HoldTooSmall` for more than is held.
    """
    hold = _live(order_id, programme)
    held = 0 if hold is None else hold.held_fen
    if to_fen > held or to_fen < 0:
        raise HoldTooSmall(held=yuan_text(held), wanted=yuan_text(to_fen))
    if hold is None or to_fen == held:
        return 0
    if to_fen == 0:
        return _release(hold, actor=actor, now=now)
    lock_counting(order_id, hold.cap, programme=programme)
    account = locked_account(hold.cap.account)
    _regrant(hold, hold.cap, to_fen, cap_fen=account.max_fen or 0, actor=actor, now=now)
    apply(
        hold,
        HoldAction.REDUCE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={"from_fen": held, "to_fen": to_fen},
    )
    lower_carries(order_id, to_fen=to_fen, programme=programme, actor=actor, now=now)
    return held - to_fen


def move_hold(
    *, order_id: int, to_year: int, cap_fen: int, programme: str | None = None, actor: Actor, now: datetime
) -> int:
    """Move a hold to the year of the first valid submission; returns the lesser of the hold and that year's room.

    Nothing left there releases it. The same year changes nothing. Where the owner of the cap was merged into another
    meanwhile, the hold goes to that one's.
    """
    hold = _live(order_id, programme)
    if hold is None:
        return 0
    if hold.year == to_year:
        return hold.held_fen
    target = Cap(owner_in(hold.cap_owner, to_year), to_year, programme)
    lock_counting(order_id, hold.cap, target, programme=programme, to_year=to_year)
    accounts = _locked_cap(target, cap_fen=cap_fen)
    account = accounts[target.account]
    granted = grantable_fen(wanted_fen=hold.held_fen, cap_fen=cap_fen, used_fen=account.balance_fen)
    if granted == 0:
        _release(hold, actor=actor, now=now)
        return 0
    before = {"from_year": hold.year, "from_fen": hold.held_fen}
    _void(hold, actor=actor, now=now)
    data = {"cap_fen": cap_fen}
    hold.transaction_id = _grant(order_id, target, granted, data, accounts=accounts, actor=actor, now=now)
    hold.account_id, hold.cap_owner, hold.year, hold.held_fen = account.id, target.owner, to_year, granted
    apply(
        hold,
        HoldAction.MOVE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={**before, "to_year": to_year, "to_fen": granted},
    )
    move_carries(order_id, to=target, amount_fen=granted, cap_fen=cap_fen, programme=programme, actor=actor, now=now)
    return granted


def consume_hold(*, order_id: int, amount_fen: int, programme: str | None = None, actor: Actor, now: datetime) -> int:
    """Use ``amount_fen`` of a hold up for good and free the rest; returns what became free. 0 releases it whole.

    Raises :class:`HoldMissing` and :class:`HoldTooSmall`.
    """
    hold = _live(order_id, programme)
    if amount_fen == 0:
        return 0 if hold is None else _release(hold, actor=actor, now=now)
    if hold is None:
        raise HoldMissing
    held = hold.held_fen
    if not 0 < amount_fen <= held:
        raise HoldTooSmall(held=yuan_text(held), wanted=yuan_text(amount_fen))
    lock_counting(order_id, hold.cap, programme=programme)
    hold.transaction_id = post(
        Posting(
            TransactionKind.HOLD_CONSUMED,
            postings.hold_consumed(hold.cap, held_fen=held, amount_fen=amount_fen),
            source=f"order:{order_id}",
            order_id=order_id,
            article=_article(programme),
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
    lower_carries(order_id, to_fen=amount_fen, programme=programme, actor=actor, now=now)
    return held - amount_fen


def move_to_owner(hold: Hold, *, target: Cap, account_id: int, cap_fen: int, actor: Actor, now: datetime) -> None:
    """Move a locked live hold whole to another owner's cap of the same year, because the two owners merged."""
    before = hold.cap.account.owner
    _regrant(hold, target, hold.held_fen, cap_fen=cap_fen, actor=actor, now=now)
    hold.account_id, hold.cap_owner = account_id, target.owner
    apply(
        hold,
        HoldAction.MOVE,
        transitions=HOLD_TRANSITIONS,
        actor=actor,
        now=now,
        data={"from_cap": before, "to_cap": target.account.owner, "held_fen": hold.held_fen},
    )


def _locked_cap(cap: Cap, *, cap_fen: int) -> Mapping[AccountRef, Locked]:
    """The cap's account, with its upper bound set, and its contra; a raised cap raises the bound, a lowered one gives
    less room.

    As the account is made before its contra or with it, its id is the lower one, and it is locked first.
    """
    accounts = locked([cap.account, cap.contra])
    account = accounts[cap.account]
    if account.max_fen is None or account.max_fen < cap_fen:
        require_transaction().execute(
            update(LedgerAccount).where(LedgerAccount.id == account.id).values(max_fen=cap_fen),
            execution_options={"synchronize_session": False},
        )
    return accounts


def _new_hold(order_id: int, programme: str | None) -> Hold:
    if programme is None:
        return CapHold(order_id=order_id)
    return AidHold(order_id=order_id, programme=programme)


def _holds_of(order_id: int, programme: str | None) -> Select[tuple[CapHold]] | Select[tuple[AidHold]]:
    if programme is None:
        return select(CapHold).where(CapHold.order_id == order_id)
    return select(AidHold).where(AidHold.order_id == order_id, AidHold.programme == programme)


def _live(order_id: int, programme: str | None) -> Hold | None:
    """The order's live hold, locked; a released or consumed one is no hold any more."""
    hold: Hold | None = (
        require_transaction()
        .scalars(
            _holds_of(order_id, programme).with_for_update().execution_options(populate_existing=True),
        )
        .one_or_none()
    )
    return hold if hold is not None and hold.state is HoldState.LIVE else None


def _grant(
    order_id: int,
    cap: Cap,
    amount_fen: int,
    data: Mapping[str, Any],
    *,
    accounts: Mapping[AccountRef, Locked] | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    return post(
        Posting(
            TransactionKind.HOLD_GRANTED,
            postings.hold_granted(cap, amount_fen=amount_fen),
            source=f"order:{order_id}",
            phase=Phase.PENDING,
            order_id=order_id,
            article=_article(cap.programme),
            data=data,
        ),
        actor=actor,
        now=now,
        accounts=accounts,
    )


def _regrant(hold: Hold, target: Cap, to_fen: int, *, cap_fen: int, actor: Actor, now: datetime) -> None:
    """Hold what was held before, or less of it, anew; ``renews`` tells it from a fresh grant, which needs room."""
    data = {"cap_fen": cap_fen, "renews": hold.transaction_id}
    _void(hold, actor=actor, now=now)
    hold.transaction_id = _grant(hold.order_id, target, to_fen, data, actor=actor, now=now)
    hold.held_fen = to_fen


def _void(hold: Hold, *, actor: Actor, now: datetime) -> int:
    return post(
        Posting(
            TransactionKind.HOLD_RELEASED,
            postings.hold_released(hold.cap, held_fen=hold.held_fen),
            source=f"order:{hold.order_id}",
            phase=Phase.VOID,
            order_id=hold.order_id,
            article=_article(hold.programme),
            resolves_id=hold.transaction_id,
        ),
        actor=actor,
        now=now,
    )


def _release(hold: Hold, *, actor: Actor, now: datetime) -> int:
    freed = hold.held_fen
    lock_counting(hold.order_id, hold.cap, programme=hold.programme)
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
    lower_carries(hold.order_id, to_fen=0, programme=hold.programme, actor=actor, now=now)
    return freed


def _article(programme: str | None) -> str:
    return ARTICLE if programme is None else AID_ARTICLE
