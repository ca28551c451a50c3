"""What moves between yearly caps: groups merge, some firms leave a group, a team becomes a firm (V12 cap).

``caps`` gives the yearly cap in force by city programme, None being the province's voucher; for a programme that is
not named any more, what its account was bounded by counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from core import audit
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor
from settlement.models import AidHold, CapCarry, CapHold, CapMerge, CapMergeYear, LedgerAccount
from settlement.rules import postings
from settlement.rules.chart import AID_OF, AccountKind, AccountRef, Cap, TransactionKind, cap_of
from settlement.rules.postings import Entries
from settlement.rules.room import carried_parts, overhang_fen
from settlement.states import HoldState
from settlement.steps.holds import Hold, lock_caps, move_to_owner, owner_in
from settlement.steps.posting import Posting, lock_accounts, post

ARTICLE = "V12 cap"

CapsInForce = Mapping[str | None, int]


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
    before = [cap for cap in _caps_of(absorbed, from_year) if cap.owner == absorbed]
    targets = {cap: Cap(into, cap.year, cap.programme) for cap in before}
    accounts = _locked([*targets, *targets.values()])
    years = [
        _merge_year(
            merge,
            accounts[cap],
            accounts[target],
            cap_fen=_in_force(caps, cap, accounts[cap]),
            holds=[hold for hold in holds if hold.cap == cap],
            actor=actor,
            now=now,
        )
        for cap, target in targets.items()
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
) -> list[CapCarry]:
    """Let the use of a group count for those who leave it too, for ``from_year`` and all later years.

    At most the cap in force is carried: more would take no more room. What the group carried itself goes along under
    its own root, so that no use is counted twice when groups meet again.
    """
    before = [cap for cap in _caps_of(left, from_year) if cap.owner == left]
    targets = {cap: Cap(heir, cap.year, cap.programme) for cap in before}
    accounts = _locked([*targets, *targets.values()])
    return [
        carry
        for cap, target in targets.items()
        for carry in _carry_year(
            source,
            left,
            accounts[cap],
            target,
            accounts[target],
            cap_fen=_in_force(caps, cap, accounts[cap]),
            actor=actor,
            now=now,
        )
    ]


def _merge_year(
    merge: CapMerge,
    account: LedgerAccount,
    target: LedgerAccount,
    *,
    cap_fen: int,
    holds: Sequence[Hold],
    actor: Actor,
    now: datetime,
) -> CapMergeYear:
    current = require_transaction()
    old, new = cap_of(_ref(account)), cap_of(_ref(target))
    carried = _settle_carries(merge, account, target, actor=actor, now=now)
    current.refresh(account)
    current.refresh(target)
    held_fen = sum(hold.held_fen for hold in holds)
    consumed_fen = account.posted_fen - sum(carry.amount_fen for carry in carried)
    used_after_fen = target.balance_fen + account.balance_fen
    overhang = overhang_fen(cap_fen=cap_fen, used_fen=used_after_fen)
    target.max_fen = max(target.max_fen or 0, cap_fen, used_after_fen)
    current.flush()
    for hold in holds:
        move_to_owner(hold, target=new, account_id=target.id, cap_fen=cap_fen, actor=actor, now=now)
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
        cap_fen=cap_fen,
        held_fen=held_fen,
        consumed_fen=consumed_fen,
        used_after_fen=used_after_fen,
        overhang_fen=overhang,
    )
    current.add(year)
    current.flush()
    current.refresh(account)
    current.refresh(target)
    return year


def _settle_carries(
    merge: CapMerge, account: LedgerAccount, target: LedgerAccount, *, actor: Actor, now: datetime
) -> list[CapCarry]:
    """End what is carried of a use that now stands on the same cap; the absorbed owner's carries that remain.

    Of two carries of one root only the larger remains: the smaller is a part of it.
    """
    year = account.year
    own, theirs = _carries_on(account), _carries_on(target)
    met = [carry for carry in (*own, *theirs) if owner_in(carry.root, year) == merge.merged_into]
    kept = {carry.root: carry for carry in theirs if carry not in met}
    for carry in own:
        other = kept.get(carry.root)
        if carry in met or other is None:
            continue
        met.append(min(carry, other, key=lambda each: each.amount_fen))
    for carry in met:
        _end(carry, actor=actor, now=now)
    return [carry for carry in own if carry.live]


def _carry_year(
    source: str,
    left: str,
    account: LedgerAccount,
    target: Cap,
    heir: LedgerAccount,
    *,
    cap_fen: int,
    actor: Actor,
    now: datetime,
) -> list[CapCarry]:
    current = require_transaction()
    inherited = _carries_on(account)
    own_fen = account.balance_fen - sum(carry.amount_fen for carry in inherited)
    wanted = [(carry.root, carry.amount_fen) for carry in inherited] + [(left, own_fen)]
    heir.max_fen = max(heir.max_fen or 0, cap_fen)
    current.flush()
    made = []
    for root, amount_fen in carried_parts(wanted, cap_fen=cap_fen - heir.balance_fen):
        entries = postings.use_carried(target, amount_fen=amount_fen)
        _post(TransactionKind.CAP_CARRIED, entries, source, data={"cap_fen": cap_fen}, actor=actor, now=now)
        carry = CapCarry(source=source, root=root, account_id=heir.id, amount_fen=amount_fen, live=True, carried_at=now)
        current.add(carry)
        audit.record(
            actor=actor,
            now=now,
            action="carry",
            subject=carry,
            data={"source": source, "root": root, "to_cap": heir.owner, "year": heir.year, "amount_fen": amount_fen},
        )
        made.append(carry)
    return made


def _end(carry: CapCarry, *, actor: Actor, now: datetime) -> None:
    current = require_transaction()
    account = current.get_one(LedgerAccount, carry.account_id)
    entries = postings.carry_ended(cap_of(_ref(account)), amount_fen=carry.amount_fen)
    _post(TransactionKind.CARRY_ENDED, entries, carry.source, actor=actor, now=now)
    carry.live = False
    audit.record(actor=actor, now=now, action="end_carry", subject=carry, data={"amount_fen": carry.amount_fen})
    current.flush()


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


def _caps_of(owner: str, from_year: int) -> list[Cap]:
    """The caps of an owner that anything was ever held on, of a year and later ones."""
    found = select(LedgerAccount).where(
        or_(
            (LedgerAccount.kind == AccountKind.CAP) & (LedgerAccount.owner == owner),
            (LedgerAccount.kind == AccountKind.AID_CAP)
            & LedgerAccount.owner.startswith(owner + AID_OF, autoescape=True),
        ),
        LedgerAccount.year >= from_year,
    )
    return [cap_of(_ref(account)) for account in require_transaction().scalars(found.order_by(LedgerAccount.id))]


def _locked(caps: Iterable[Cap]) -> dict[Cap, LedgerAccount]:
    """The accounts of caps, locked, as they stand now."""
    wanted = {cap.account: cap for cap in caps}
    lock_caps(wanted.values())
    ids = lock_accounts(wanted)
    accounts = require_transaction().scalars(
        select(LedgerAccount).where(LedgerAccount.id.in_(ids.values())).execution_options(populate_existing=True)
    )
    return {wanted[_ref(account)]: account for account in accounts}


def _carries_on(account: LedgerAccount) -> list[CapCarry]:
    found = select(CapCarry).where(CapCarry.account_id == account.id, CapCarry.live).order_by(CapCarry.root)
    return list(require_transaction().scalars(found))


def _ref(account: LedgerAccount) -> AccountRef:
    return AccountRef(account.kind, account.owner, account.year)


def _in_force(caps: CapsInForce, cap: Cap, account: LedgerAccount) -> int:
    return caps.get(cap.programme, account.max_fen or 0)


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
