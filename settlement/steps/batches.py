"""Making a batch of the queue's prefix, and giving it back: set-based, whatever the number of payables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text, update

from core import audit, clock
from core.db import require_transaction
from core.errors import Conflict, Reason, Refused, reason
from core.money import fen_to_yuan
from core.permissions import Actor
from core.states import apply
from settlement.models import BatchLine, Fund, Payable, SettlementBatch
from settlement.rules.chart import AccountKind, AccountRef, Phase, TransactionKind
from settlement.rules.seal import SEAL_SQL
from settlement.states import BATCH_TRANSITIONS, BatchAction, BatchState, PayableState
from settlement.steps.funds import lock_fund
from settlement.steps.posting import Posting, locked_account, post_many
from settlement.steps.queue import hold_queue

ARTICLE = "V17 pay"

_TAKE = text(
    """
    WITH queue AS (
        SELECT id, queue_no, sum(amount_fen) OVER (ORDER BY queue_no) AS running_fen
          FROM payable
         WHERE programme = :programme AND state = 'due' AND NOT stopped AND confirmed_at < :until
    ), taken AS (
        SELECT id, row_number() OVER (ORDER BY queue_no) AS line_no FROM queue WHERE running_fen <= :available_fen
    ), moved AS (
        UPDATE payable p SET state = 'in_batch', batch_id = :batch_id, attempts = p.attempts + 1
          FROM taken t
         WHERE p.id = t.id
        RETURNING t.line_no, p.*
    )
    INSERT INTO batch_line (batch_id, line_no, payable_id, attempt, source, order_id, payee_id, account_id,
                            holder_name, bank_name, cnaps_code, account_number, amount_fen)
    SELECT :batch_id, line_no, id, attempts, source, order_id, payee_id, account_id,
           holder_name, bank_name, cnaps_code, account_number, amount_fen
      FROM moved
    """
)

_ENTRIES = """
    SELECT account_id, 'pending' AS layer, sum(amount_fen)::bigint AS amount_fen
      FROM batch_line WHERE batch_id = :batch_id GROUP BY account_id
    UNION ALL
    SELECT CAST(:fund_account_id AS bigint), 'pending', -sum(amount_fen)::bigint
      FROM batch_line WHERE batch_id = :batch_id"""

_UNDO = """
    SELECT account_id, layer, -amount_fen AS amount_fen FROM ledger_posting WHERE transaction_id = :committed_id"""

_SEAL = text(
    f"""
    UPDATE settlement_batch b
       SET transaction_id = :transaction_id, line_count = s.line_count, total_fen = s.total_fen,
           waiting_count = :waiting_count, waiting_fen = :waiting_fen, content_sha256 = s.seal
      FROM (SELECT count(*) AS line_count, sum(l.amount_fen) AS total_fen, {SEAL_SQL} AS seal
              FROM batch_line l WHERE l.batch_id = :batch_id) s
     WHERE b.id = :batch_id
    """
)


class NothingToSettle(Refused):
    """No payable can be paid at this cut-off: none is due, there is no fund for its year, or the first does not fit."""

    code = "nothing_to_settle"


class PreparerInvolved(Conflict):
    """Who submitted, reviewed or confirmed one of the claims cannot prepare or approve their payment."""

    code = "involved_in_claims"
    article = "V17 pay"


def prepare_batch(*, programme: str, cutoff: date, actor: Actor, now: datetime) -> SettlementBatch:
    """The live batch of a cut-off, prepared now where there is none.

    It takes what was confirmed by the end of the cut-off's day, strictly in the order of confirmation, up to
    the first payable that the fund of the cut-off's year cannot pay (V3); stopped ones are no part of the queue.
    Raises :class:`NothingToSettle` and :class:`PreparerInvolved`.
    """
    current = require_transaction()
    hold_queue()
    live = live_batch(programme=programme, cutoff=cutoff)
    if live is not None:
        return live
    until = clock.end_of_day(cutoff)
    fund = current.scalars(select(Fund).where(Fund.programme == programme, Fund.year == cutoff.year)).one_or_none()
    if fund is None:
        raise NothingToSettle(reasons=_why_nothing(programme, cutoff, until, available_fen=None))
    available = locked_account(AccountRef(AccountKind.FUND, programme, cutoff.year)).balance_fen
    batch = _new_batch(fund, cutoff, actor=actor, now=now)
    taken: Any = current.execute(
        _TAKE,
        {"programme": programme, "until": until, "available_fen": available, "batch_id": batch.id},
    )
    if taken.rowcount == 0:
        raise NothingToSettle(reasons=_why_nothing(programme, cutoff, until, available_fen=available))
    if actor.user_id is not None and is_involved(batch.id, actor.user_id):
        raise PreparerInvolved
    _seal(batch, _commit_money(batch, fund, actor=actor, now=now), until)
    audit.record(
        actor=actor,
        now=now,
        action="prepare",
        subject=batch,
        to_state=batch.state,
        data={
            "cutoff": cutoff.isoformat(),
            "lines": batch.line_count,
            "total_fen": batch.total_fen,
            "waiting": batch.waiting_count,
            "content_sha256": batch.content_sha256,
        },
    )
    return batch


def discard_batch(batch: SettlementBatch, *, actor: Actor, now: datetime) -> None:
    """Give a prepared, locked batch back to the queue; its lines stay on record and its payables keep their places."""
    current = require_transaction()
    hold_queue()
    lock_fund(batch.fund_id)
    apply(batch, BatchAction.DISCARD, transitions=BATCH_TRANSITIONS, actor=actor, now=now)
    post_many(
        Posting(
            TransactionKind.BATCH_DISCARDED,
            (),
            source=f"batch:{batch.number}",
            phase=Phase.VOID,
            article=ARTICLE,
            resolves_id=batch.transaction_id,
        ),
        entries_sql=_UNDO,
        params={"committed_id": batch.transaction_id},
        actor=actor,
        now=now,
    )
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


def _new_batch(fund: Fund, cutoff: date, *, actor: Actor, now: datetime) -> SettlementBatch:
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
        total_fen=0,
        waiting_count=0,
        waiting_fen=0,
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
        entries_sql=_ENTRIES,
        params={"batch_id": batch.id, "fund_account_id": fund.account_id},
        actor=actor,
        now=now,
    )


def _seal(batch: SettlementBatch, transaction_id: int, until: datetime) -> None:
    current = require_transaction()
    waiting_count, waiting_fen = _waiting(batch.programme, until)
    current.execute(
        _SEAL,
        {
            "transaction_id": transaction_id,
            "waiting_count": waiting_count,
            "waiting_fen": waiting_fen,
            "batch_id": batch.id,
        },
    )
    current.refresh(batch)


def _waiting(programme: str, until: datetime) -> tuple[int, int]:
    found = select(func.count(), func.coalesce(func.sum(Payable.amount_fen), 0)).where(
        Payable.programme == programme,
        Payable.state == PayableState.DUE,
        ~Payable.stopped,
        Payable.confirmed_at < until,
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
                available=fen_to_yuan(available_fen),
                amount=fen_to_yuan(amount),
            )
        )
    return reasons
