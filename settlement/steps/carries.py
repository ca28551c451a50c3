"""Use that counts on another cap too, since firms left the group it stands on (V12 cap).

It is kept hold by hold, so that what a hold gives back is given back wherever it counts, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core import audit
from core.db import require_transaction
from core.permissions import Actor
from settlement.models import CapCarry
from settlement.queries.caps import carries_of, carries_on, owner_in
from settlement.rules import postings
from settlement.rules.chart import Cap, TransactionKind
from settlement.steps.posting import Posting, lock_accounts, locked_account, post

ARTICLE = "V12 cap"


def lock_counting(order_id: int, *caps: Cap, programme: str | None, to_year: int | None = None) -> None:
    """Lock the accounts of these caps and of all others that the order's locked hold counts on, by their ids.

    ``to_year`` is the year it goes to. Separations lock the hold first, so no further cap comes in from its group.
    """
    wanted = {cap.account for cap in caps}
    while True:
        counting = {cap for _, cap in carries_of(order_id, programme=programme)}
        if to_year is not None:
            counting |= {_in_year(cap, to_year) for cap in counting}
        missing = {cap.account for cap in counting} - wanted
        wanted |= missing
        lock_accounts(wanted)
        if not missing:
            return


def lower_carries(order_id: int, *, to_fen: int, programme: str | None, actor: Actor, now: datetime) -> None:
    """What an order's hold came down to counts wherever else it does; nothing left ends the carries."""
    for carry, cap in carries_of(order_id, programme=programme):
        if to_fen < carry.amount_fen:
            _lower(carry, cap, to_fen=to_fen, actor=actor, now=now)


def move_carries(
    order_id: int, *, to: Cap, amount_fen: int, cap_fen: int, programme: str | None, actor: Actor, now: datetime
) -> None:
    """The hold counts in another year from now on, on its own cap ``to`` and on all others that carry it."""
    reached = {to}
    for carry, cap in carries_of(order_id, programme=programme):
        target = _in_year(cap, to.year)
        _lower(carry, cap, to_fen=0, actor=actor, now=now)
        if target not in reached:
            reached.add(target)
            begin_carry(carry.source, carry.root, target, amount_fen, cap_fen=cap_fen, actor=actor, now=now)


def begin_carry(
    source: str, root: str, cap: Cap, amount_fen: int, *, cap_fen: int, actor: Actor, now: datetime
) -> CapCarry:
    """Let a use that stands elsewhere count on this cap, perhaps more of it than did.

    Where the cap comes to stand above the one in force its account is bounded by that from then on, as after a merge.
    """
    current = require_transaction()
    account = locked_account(cap.account)
    used_after_fen = account.balance_fen + amount_fen
    account.max_fen = max(account.max_fen or 0, cap_fen, used_after_fen)
    current.flush()
    entries = postings.use_carried(cap, amount_fen=amount_fen)
    data = {"cap_fen": cap_fen, "used_after_fen": used_after_fen}
    post(Posting(TransactionKind.CAP_CARRIED, entries, source=source, article=ARTICLE, data=data), actor=actor, now=now)
    known = next((each for each in carries_on(account.id) if each.root == root), None)
    carry = known or CapCarry(source=source, root=root, account_id=account.id, amount_fen=0, live=True, carried_at=now)
    carry.amount_fen += amount_fen
    current.add(carry)
    audit.record(
        actor=actor,
        now=now,
        action="carry",
        subject=carry,
        data={"source": source, "root": root, "to_cap": cap.account.owner, "year": cap.year, "amount_fen": amount_fen},
    )
    current.flush()
    return carry


def end_carries(carries: Iterable[CapCarry], cap: Cap, *, actor: Actor, now: datetime) -> None:
    """These uses do not count on this cap any more."""
    for carry in carries:
        _lower(carry, cap, to_fen=0, actor=actor, now=now)


def _lower(carry: CapCarry, cap: Cap, *, to_fen: int, actor: Actor, now: datetime) -> None:
    before_fen = carry.amount_fen
    entries = postings.carry_ended(cap, amount_fen=before_fen - to_fen)
    post(
        Posting(TransactionKind.CARRY_ENDED, entries, source=carry.source, article=ARTICLE),
        actor=actor,
        now=now,
    )
    if to_fen == 0:
        carry.live = False
        audit.record(actor=actor, now=now, action="end_carry", subject=carry, data={"amount_fen": before_fen})
    else:
        carry.amount_fen = to_fen
        data = {"from_fen": before_fen, "to_fen": to_fen}
        audit.record(actor=actor, now=now, action="reduce", subject=carry, data=data)
    require_transaction().flush()


def _in_year(cap: Cap, year: int) -> Cap:
    return Cap(owner_in(cap.owner, year), year, cap.programme)
