"""Reads of yearly caps and holds."""

from __future__ import annotations

from sqlalchemy import select

from core.db import session
from settlement.models import CapHold, LedgerAccount
from settlement.rules.chart import AccountKind
from settlement.rules.room import cap_room_fen


def cap_room(*, cap_owner: str, year: int, cap_fen: int) -> int:
    """What is left of a yearly cap, in fen; nothing is held by asking."""
    used = session().scalar(
        select(LedgerAccount.posted_fen + LedgerAccount.pending_fen).where(
            LedgerAccount.kind == AccountKind.CAP,
            LedgerAccount.owner == cap_owner,
            LedgerAccount.year == year,
        )
    )
    return cap_room_fen(cap_fen=cap_fen, used_fen=used or 0)


def hold_of(order_id: int) -> CapHold | None:
    """The hold of an order in whatever state (``live``, ``consumed``, ``released``).

    None where nothing was ever held.
    """
    return session().scalar(
        select(CapHold).where(CapHold.order_id == order_id).execution_options(populate_existing=True)
    )
