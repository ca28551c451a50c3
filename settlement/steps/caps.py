"""What moves between yearly caps: groups merge, some firms leave a group, a team becomes a firm (V12 cap).

``caps`` gives the yearly cap in force by city programme, None being the province's voucher; for a programme that is
not named any more, what its account was bounded by counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from core import audit
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor
from settlement.models import AidHold, CapCarry, CapHold, CapMerge, CapMergeYear, LedgerAccount
from settlement.queries.caps import (
    CapsInForce,
    account_cap,
    caps_of,
    carries_on,
    planned_carry,
    planned_merge,
    standing_on,
)
from settlement.rules import postings
from settlement.rules.carrying import CapMove, Standing, carried_along, ended_by_merge
from settlement.rules.chart import AccountRef, Cap, TransactionKind
from settlement.rules.postings import Entries
from settlement.states import HoldState
from settlement.steps.carries import begin_carry, end_carries
from settlement.steps.holds import Hold, lock_caps, move_to_owner
from settlement.steps.posting import Posting, lock_accounts, post

ARTICLE = "V12 cap"


class OwnerAbsorbed(Conflict):
    """The use of this group or team was added to another's already."""

    code = "cap_owner_absorbed"
    article = "V12 cap"


def merge_caps(
    *, source: str, absorbed: str, into: str, from_year: int, caps: CapsInForce, actor: Actor, now: datetime
) -> CapMerge:
    """Add the use of one owner to another's, for ``from_year`` and all later years; live holds move along.

    Where both together are above the cap in force the overhang is recorded and bounds the account from then on; while
    there is any, no hold is granted (invariant 3). What either carried of the other's use since a split ends. The
    caller keeps new holds of the absorbed owner out until its transaction ends. Raises :class:`OwnerAbsorbed`.
    """
    current = require_transaction()
    if current.scalar(select(CapMerge.id).where(CapMerge.absorbed.in_([absorbed, into]))) is not None:
        raise OwnerAbsorbed
    holds = _locked_holds(absorbed)
    merge = CapMerge(source=source, absorbed=absorbed, merged_into=into, from_year=from_year, merged_at=now)
    current.add(merge)
    current.flush()
    targets = {cap: Cap(into, cap.year, cap.programme) for cap in caps_of(absorbed, from_year)}
    accounts = _locked([*targets, *targets.values()])
    planned = planned_merge(absorbed, into, from_year=from_year, caps=caps)
    years = [
        _merge_year(
            merge,
            accounts[cap],
            accounts[target],
            move,
            holds=[hold for hold in holds if hold.cap == cap],
            actor=actor,
            now=now,
        )
        for move, (cap, target) in zip(planned, targets.items(), strict=True)
    ]
    audit.record(
        actor=actor,
        now=now,
        action="merge",
        subject=merge,
        data={
            "source": source,
            "absorbed": absorbed,
            "into": into,
            "from_year": from_year,
            "moved_fen": sum(year.held_fen + year.consumed_fen for year in years),
            "overhang_fen": sum(year.overhang_fen for year in years),
        },
    )
    return merge


def carry_caps(
    *, source: str, left: str, heir: str, from_year: int, caps: CapsInForce, actor: Actor, now: datetime
) -> list[CapMove]:
    """Let the use of a group count for those who leave it too, for ``from_year`` and all later years.

    Hold by hold, so that what one gives back later is given back on both caps; what the group carried itself goes
    along, and nothing counts twice on one cap. An heir with use of its own may come to stand above the cap in force,
    which bounds its account then (invariant 3). Returns what it did to each cap.
    """
    _locked_holds(left)
    before = caps_of(left, from_year)
    targets = {cap: Cap(heir, cap.year, cap.programme) for cap in before}
    _locked([*targets, *targets.values()])
    planned = planned_carry(left, heir, from_year=from_year, caps=caps)
    for move, (cap, target) in zip(planned, targets.items(), strict=True):
        for root, each in sorted(carried_along(standing_on(cap), standing_on(target)).items()):
            begin_carry(source, root, target, each.amount_fen, cap_fen=move.cap_fen, actor=actor, now=now)
    return planned


def _merge_year(
    merge: CapMerge,
    account: LedgerAccount,
    target: LedgerAccount,
    move: CapMove,
    *,
    holds: Sequence[Hold],
    actor: Actor,
    now: datetime,
) -> CapMergeYear:
    current = require_transaction()
    old, new = account_cap(account), account_cap(target)
    carried = _settle_carries(account, target, standing_on(old), standing_on(new), actor=actor, now=now)
    current.refresh(account)
    current.refresh(target)
    held_fen = sum(hold.held_fen for hold in holds)
    target.max_fen = max(target.max_fen or 0, move.cap_fen, move.used_after_fen)
    current.flush()
    for hold in holds:
        move_to_owner(hold, target=new, account_id=target.id, cap_fen=move.cap_fen, actor=actor, now=now)
    if account.posted_fen > 0:
        entries = postings.use_moved(old, new, amount_fen=account.posted_fen)
        _post(TransactionKind.CAP_MERGED, entries, merge.source, actor=actor, now=now)
    for carry in carried:
        carry.account_id = target.id
    _take_over_consumed(account, target, new)
    year = CapMergeYear(
        merge_id=merge.id,
        programme=old.programme,
        year=old.year,
        from_account_id=account.id,
        into_account_id=target.id,
        cap_fen=move.cap_fen,
        held_fen=held_fen,
        consumed_fen=move.moved_fen - held_fen,
        used_after_fen=move.used_after_fen,
        overhang_fen=move.overhang_fen,
    )
    current.add(year)
    current.flush()
    current.refresh(account)
    current.refresh(target)
    return year


def _settle_carries(
    account: LedgerAccount, target: LedgerAccount, absorbed: Standing, into: Standing, *, actor: Actor, now: datetime
) -> list[CapCarry]:
    """End what is carried of a use that now stands on the same cap; the absorbed owner's carries that remain."""
    remain: dict[int, list[CapCarry]] = {}
    for each, ended in zip((account, target), ended_by_merge(absorbed, into), strict=True):
        carries = carries_on(each.id)
        end_carries([carry for carry in carries if carry.root in ended], account_cap(each), actor=actor, now=now)
        remain[each.id] = [carry for carry in carries if carry.live]
    return remain[account.id]


def _take_over_consumed(account: LedgerAccount, target: LedgerAccount, new: Cap) -> None:
    """The rows of what was used say where it stands now."""
    current = require_transaction()
    for model in (CapHold, AidHold):
        current.execute(
            update(model)
            .where(model.account_id == account.id, model.state == HoldState.CONSUMED)
            .values(account_id=target.id, cap_owner=new.owner)
        )
    current.flush()


def _locked_holds(owner: str) -> list[Hold]:
    """Every live hold of an owner in whatever year, locked: claims lock their hold before its account too."""
    current = require_transaction()
    found: list[Hold] = []
    for model in (CapHold, AidHold):
        found += current.scalars(
            select(model)
            .where(model.cap_owner == owner, model.state == HoldState.LIVE)
            .order_by(model.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    return found


def _locked(caps: Iterable[Cap]) -> dict[Cap, LedgerAccount]:
    """The accounts of caps, locked, as they stand now."""
    wanted = {cap.account: cap for cap in caps}
    lock_caps(wanted.values())
    ids = lock_accounts(wanted)
    accounts = require_transaction().scalars(
        select(LedgerAccount).where(LedgerAccount.id.in_(ids.values())).execution_options(populate_existing=True)
    )
    return {wanted[_ref(account)]: account for account in accounts}


def _ref(account: LedgerAccount) -> AccountRef:
    return AccountRef(account.kind, account.owner, account.year)


def _post(
    kind: TransactionKind,
    entries: Entries,
    source: str,
    *,
    actor: Actor,
    now: datetime,
    data: Mapping[str, int] | None = None,
) -> None:
    post(Posting(kind, entries, source=source, article=ARTICLE, data=data), actor=actor, now=now)
