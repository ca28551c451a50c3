"""Making a batch of the queue's prefix, and giving it back: set-based, whatever the number of payables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update

from core import audit, clock
from core.db import require_transaction
from core.errors import Conflict, Reason, Refused, reason
from core.failpoints import failpoint
from core.money import yuan_text
from core.permissions import Actor
from core.states import apply
from settlement.models import BatchLine, Fund, Payable, PayingAccount, SettlementBatch
from settlement.rules.chart import AccountKind, AccountRef, Phase, TransactionKind
from settlement.rules.exports.layout import BankLayout
from settlement.rules.seal import SEAL_VERSION
from settlement.states import BATCH_TRANSITIONS, BatchAction, BatchState, PayableState
from settlement.steps.batch_statements import ENTRIES, MEMORY, READ_IN_ORDER, SEAL, SUM_UP, TAKE, UNDO
from settlement.steps.funds import lock_fund
from settlement.steps.hindrances import hindered_in, refuse
from settlement.steps.nettings import lock_nettable, lock_netted, release_nettings
from settlement.steps.payers import account_to_pay_from
from settlement.steps.posting import Posting, locked_account, post_many
from settlement.steps.queue import hold_queue

ARTICLE = "V17 pay"


class NothingToSettle(Refused):
    """No payable can be paid at this cut-off: none is due, there is no fund for its year, or the first does not fit."""

    code = "nothing_to_settle"


class PreparerInvolved(Conflict):
    """Who submitted, reviewed or confirmed one of the claims cannot prepare or approve their payment."""

    code = "involved_in_claims"
    article = "V17 pay"


def prepare_batch(
    *, programme: str, cutoff: date, actor: Actor, now: datetime, rest_of: date | None = None
) -> SettlementBatch:
    """The live batch of a cut-off, prepared now where there is none.

    It takes what was confirmed by the end of the cut-off's day, strictly in the order of confirmation, up to
    the first payable that the fund of the cut-off's year cannot pay (V3); stopped ones are no part of the queue. What
    is owed back by a payee is netted, the oldest clawback first, and so costs the fund nothing (V21).
    ``rest_of`` is the cut-off that was batched early and that this one completes: then claims, instalments and fund
    are that cut-off's, and ``cutoff`` only dates and numbers the batch.
    The batch keeps the account its fund pays from that day. What the files for that account's bank could not tell is
    left out of the queue until it was corrected. Raises :class:`NothingToSettle`, :class:`PreparerInvolved`
    and :class:`settlement.payers.PayerUnknown`.
    """
    current = require_transaction()
    hold_queue()
    failpoint("settlement.batch.queued")
    live = live_batch(programme=programme, cutoff=cutoff)
    if live is not None:
        return live
    due_by = cutoff if rest_of is None else rest_of
    until = clock.end_of_day(due_by)
    fund = current.scalars(select(Fund).where(Fund.programme == programme, Fund.year == due_by.year)).one_or_none()
    if fund is None:
        raise NothingToSettle(reasons=_why_nothing(programme, due_by, until, available_fen=None))
    lock_nettable(programme, due_by)
    available = locked_account(AccountRef(AccountKind.FUND, programme, due_by.year)).balance_fen
    account = account_to_pay_from(programme, now=now)
    batch = _new_batch(fund, cutoff, account, actor=actor, now=now)
    current.execute(MEMORY)
    taken: dict[str, Any] = {
        "programme": programme,
        "cutoff": due_by,
        "until": until,
        "available_fen": available,
        "batch_id": batch.id,
        "user_id": actor.user_id,
    }
    involved, last_queue_no, refused = _take(batch, account.layout, taken, actor=actor, now=now)
    if involved:
        raise PreparerInvolved
    failpoint("settlement.batch.taken")
    committed_id = _commit_money(batch, fund, actor=actor, now=now)
    failpoint("settlement.batch.committed")
    _seal(batch, committed_id, until, last_queue_no)
    failpoint("settlement.batch.sealed")
    audit.record(
        actor=actor,
        now=now,
        action="prepare",
        subject=batch,
        to_state=batch.state,
        data={
            "cutoff": cutoff.isoformat(),
            "lines": batch.line_count,
            "payouts": batch.payout_count,
            "netted_fen": batch.netted_fen,
            "total_fen": batch.total_fen,
            "waiting": batch.waiting_count,
            "refused": refused,
            "content_sha256": batch.content_sha256,
        },
    )
    return batch


def _take(
    batch: SettlementBatch, layout: BankLayout, taken: Mapping[str, Any], *, actor: Actor, now: datetime
) -> tuple[bool, int, int]:
    """Fill a batch: whether the actor had a part in a claim, the last place it takes, how many payables were refused.

    What the files for the bank could not tell is taken out of the queue, and the rest taken anew.
    """
    current = require_transaction()
    refused, why = 0, list[Reason]()
    while True:
        attempt = current.begin_nested()
        payouts, involved, last_queue_no = current.execute(TAKE, taken).one()
        hindered = hindered_in(batch, layout) if payouts else {}
        if not hindered:
            attempt.commit()
            break
        attempt.rollback()
        refused += refuse(hindered, programme=batch.programme, until=taken["until"], actor=actor, now=now)
        why += [each for reasons in hindered.values() for each in reasons]
    if not payouts:
        nothing = _why_nothing(batch.programme, taken["cutoff"], taken["until"], available_fen=taken["available_fen"])
        raise NothingToSettle(reasons=why or nothing)
    return involved, last_queue_no, refused


def discard_batch(batch: SettlementBatch, *, actor: Actor, now: datetime) -> None:
    """Give a locked batch that no file was made of back to the queue.

    Its lines stay on record and its payables keep their places. What it was to net is open as before. Of an approval
    only the audit trail tells then.
    """
    current = require_transaction()
    hold_queue()
    lock_netted(batch)
    lock_fund(batch.fund_id)
    apply(batch, BatchAction.DISCARD, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
    batch.approved_by = batch.approved_at = None
    post_many(
        Posting(
            TransactionKind.BATCH_DISCARDED,
            (),
            source=f"batch:{batch.number}",
            phase=Phase.VOID,
            article=ARTICLE,
            resolves_id=batch.transaction_id,
        ),
        entries_sql=UNDO,
        params={"committed_id": batch.transaction_id},
        actor=actor,
        now=now,
    )
    release_nettings(batch)
    current.execute(
        update(Payable)
        .where(
            Payable.id == BatchLine.payable_id,
            BatchLine.batch_id == batch.id,
            Payable.batch_id == batch.id,
        )
        .values(state=PayableState.DUE, batch_id=None)
        .execution_options(synchronize_session=False)
    )


def live_batch(*, programme: str, cutoff: date) -> SettlementBatch | None:
    """The batch of a cut-off that was not discarded."""
    found = select(SettlementBatch).where(
        SettlementBatch.programme == programme,
        SettlementBatch.cutoff == cutoff,
        SettlementBatch.state != BatchState.DISCARDED,
    )
    return require_transaction().scalars(found).one_or_none()


def is_involved(batch_id: int, user_id: int) -> bool:
    """Whether a user submitted, reviewed or confirmed any claim behind a batch (invariant 10)."""
    found = select(Payable.id).where(Payable.batch_id == batch_id, Payable.involved_user_ids.contains([user_id]))
    through = found.join(BatchLine, (BatchLine.payable_id == Payable.id) & (BatchLine.batch_id == batch_id))
    return require_transaction().scalars(through.limit(1)).first() is not None


def _new_batch(fund: Fund, cutoff: date, account: PayingAccount, *, actor: Actor, now: datetime) -> SettlementBatch:
    """An unsealed batch; the sums follow with its seal, in the same transaction."""
    current = require_transaction()
    before = select(func.coalesce(func.max(SettlementBatch.sequence), 0)).where(
        SettlementBatch.programme == fund.programme, SettlementBatch.cutoff == cutoff
    )
    sequence = current.scalars(before).one() + 1
    batch = SettlementBatch(
        number=f"{cutoff:%Y%m%d}-{fund.id}-{sequence:02d}",
        programme=fund.programme,
        cutoff=cutoff,
        sequence=sequence,
        fund_id=fund.id,
        state=BATCH_TRANSITIONS.initial,
        line_count=0,
        payout_count=0,
        gross_fen=0,
        netted_fen=0,
        total_fen=0,
        seal_version=SEAL_VERSION,
        waiting_count=0,
        waiting_fen=0,
        paying_account_id=account.id,
        prepared_by=actor.user_id,
        prepared_at=now,
    )
    current.add(batch)
    current.flush()
    return batch


def _commit_money(batch: SettlementBatch, fund: Fund, *, actor: Actor, now: datetime) -> int:
    return post_many(
        Posting(
            TransactionKind.BATCH_COMMITTED,
            (),
            source=f"batch:{batch.number}",
            phase=Phase.PENDING,
            article=ARTICLE,
        ),
        entries_sql=ENTRIES,
        params={"batch_id": batch.id, "fund_account_id": fund.account_id},
        actor=actor,
        now=now,
    )


def _seal(batch: SettlementBatch, transaction_id: int, until: datetime, last_queue_no: int) -> None:
    current = require_transaction()
    waiting_count, waiting_fen = _waiting(batch.programme, until, last_queue_no)
    current.execute(
        SUM_UP,
        {
            "transaction_id": transaction_id,
            "waiting_count": waiting_count,
            "waiting_fen": waiting_fen,
            "batch_id": batch.id,
        },
    )
    current.execute(READ_IN_ORDER, {"sorting": "off"})
    current.execute(SEAL, {"batch_id": batch.id})
    current.execute(READ_IN_ORDER, {"sorting": "on"})
    current.expire_all()


def _waiting(programme: str, until: datetime, last_queue_no: int) -> tuple[int, int]:
    """What could not be paid: as a batch is a prefix of the queue, all of it stands behind the last one taken."""
    found = select(func.count(), func.coalesce(func.sum(Payable.amount_fen), 0)).where(
        Payable.programme == programme,
        Payable.state == PayableState.DUE,
        ~Payable.stopped,
        Payable.confirmed_at < until,
        Payable.queue_no > last_queue_no,
    )
    count, fen = require_transaction().execute(found).one()
    return int(count), int(fen)


def _why_nothing(programme: str, cutoff: date, until: datetime, *, available_fen: int | None) -> list[Reason]:
    first = require_transaction().scalars(
        select(Payable.amount_fen)
        .where(
            Payable.programme == programme,
            Payable.state == PayableState.DUE,
            ~Payable.stopped,
            Payable.confirmed_at < until,
        )
        .order_by(Payable.queue_no)
        .limit(1)
    )
    amount = first.first()
    reasons: list[Reason] = []
    if amount is None:
        reasons.append(reason("nothing_due", article=ARTICLE, cutoff=cutoff))
    if available_fen is None:
        reasons.append(reason("no_fund", article="V3", year=cutoff.year))
    elif amount is not None:
        reasons.append(
            reason(
                "fund_exhausted",
                article="V3",
                year=cutoff.year,
                available=yuan_text(available_fen),
                amount=yuan_text(amount),
            )
        )
    return reasons
