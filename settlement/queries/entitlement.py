"""Reads of yearly caps and holds."""

from __future__ import annotations

from sqlalchemy import select

from core.db import session
from settlement.models import AidHold, CapHold, LedgerAccount
from settlement.rules.chart import Cap
from settlement.rules.room import cap_room_fen


def cap_room(*, cap_owner: str, year: int, cap_fen: int) -> int:
    """What is left of a yearly cap, in fen; nothing is held by asking."""
    return cap_room_fen(cap_fen=cap_fen, used_fen=cap_used(Cap(cap_owner, year)))


def cap_used(cap: Cap) -> int:
    """What is held and consumed of a yearly cap, in fen."""
    ref = cap.account
    used = session().scalar(
        select(LedgerAccount.posted_fen + LedgerAccount.pending_fen).where(
            LedgerAccount.kind == ref.kind,
            LedgerAccount.owner == ref.owner,
            LedgerAccount.year == ref.year,
        )
    )
    return used or 0


def aid_holds_of(order_id: int) -> dict[str, AidHold]:
    """The holds of an order on the caps of city programmes, by programme, in whatever state (V6)."""
    found = select(AidHold).where(AidHold.order_id == order_id).execution_options(populate_existing=True)
    return {hold.programme: hold for hold in session().scalars(found)}


def hold_of(order_id: int) -> CapHold | None:
    """The hold of an order in whatever state (``live``, ``consumed``, ``released``).

    None where nothing was ever held.
    """
    return session().scalar(
        select(CapHold).where(CapHold.order_id == order_id).execution_options(populate_existing=True)
    )
