"""Taking in what the bank says of a batch: outcomes, ledger, payables and nettings, set-based and all at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, text

from core import audit, clock
from core.db import require_transaction
from core.failpoints import failpoint
from core.files import StoredFile
from core.permissions import Actor
from settlement.models import BankReturn, BankReturnLine, BatchLine, BatchPayout, Payable, SettlementBatch
from settlement.rules.bank_files.matching import SentBatch, SentPayout, Told
from settlement.rules.chart import Layer, Phase, TransactionKind
from settlement.states import PayoutOutcome
from settlement.steps.funds import lock_fund
from settlement.steps.nettings import lock_netted, settle_nettings, undo_nettings
from settlement.steps.posting import Posting, post_many

ARTICLE = "V17 pay"
NETTING_ARTICLE = "V21"

NETTED_PART = 32_767
"""The part of a batch that no bank hears of: payouts of which clawbacks keep everything back."""

_FIRST = """
    SELECT p.payee_id, p.account_id, p.gross_fen, p.netted_fen, p.amount_fen, r.outcome
      FROM bank_return_line r JOIN batch_payout p ON p.batch_id = r.batch_id AND p.payout_no = r.payout_no
     WHERE r.bank_return_id = :return_id AND NOT r.late"""

_NETTED = """
    SELECT payee_id, account_id, gross_fen, netted_fen, amount_fen, 'paid' AS outcome
      FROM batch_payout WHERE batch_id = :batch_id AND amount_fen = 0"""

_LATE = """
    SELECT p.payee_id, p.account_id, p.gross_fen, p.netted_fen, p.amount_fen, r.outcome
      FROM bank_return_line r
      JOIN batch_payout p ON p.batch_id = r.batch_id AND p.payout_no = r.payout_no
      JOIN bank_return_line paid ON paid.batch_id = r.batch_id AND paid.payout_no = r.payout_no AND NOT paid.late
     WHERE r.bank_return_id = :return_id AND r.late AND paid.bank_return_id = :paid_return_id"""


def _entries(payouts: str, layer: Layer, sign: int) -> str:
    """What these payouts moved when they were committed or paid, or the undoing of it."""
    return f"""
        SELECT account_id, '{layer}' AS layer, {sign} * sum(gross_fen)::bigint AS amount_fen
          FROM ({payouts}) f GROUP BY account_id
        UNION ALL
        SELECT a.id, '{layer}', {-sign} * sum(f.netted_fen)::bigint
          FROM ({payouts}) f
          JOIN ledger_account a ON a.kind = 'clawback_receivable' AND a.owner = 'organisation:' || f.payee_id
         WHERE f.netted_fen > 0 GROUP BY a.id
        UNION ALL
        SELECT CAST(:fund_account_id AS bigint), '{layer}', {-sign} * sum(amount_fen)::bigint FROM ({payouts}) f"""


def _resolved(payouts: str) -> str:
    paid = f"SELECT * FROM ({payouts}) said WHERE outcome = 'paid'"
    both = f"{_entries(payouts, Layer.PENDING, -1)} UNION ALL {_entries(paid, Layer.POSTED, 1)}"
    return f"SELECT * FROM ({both}) e WHERE amount_fen <> 0"


_SETTLED = _resolved(_FIRST)
_SETTLED_WITHOUT_BANK = _resolved(_NETTED)
_REVERSED = f"SELECT * FROM ({_entries(_LATE, Layer.POSTED, -1)}) e WHERE amount_fen <> 0"

_REVERSALS = text(
    """
    SELECT DISTINCT paid.bank_return_id AS paid_return_id, t.id AS settled_id
      FROM bank_return_line r
      JOIN bank_return_line paid ON paid.batch_id = r.batch_id AND paid.payout_no = r.payout_no AND NOT paid.late
      JOIN ledger_transaction t ON t.source = 'bank_return:' || paid.bank_return_id AND t.kind = 'payout_settled'
     WHERE r.bank_return_id = :return_id AND r.late
     ORDER BY 1
    """
)

_MOVE_PAYABLES = text(
    """
    UPDATE payable p
       SET state = r.outcome, paid_fen = CASE r.outcome WHEN 'paid' THEN p.amount_fen ELSE 0 END
      FROM bank_return_line r JOIN batch_line l ON l.batch_id = r.batch_id AND l.payout_no = r.payout_no
     WHERE r.bank_return_id = :return_id AND p.id = l.payable_id AND p.batch_id = r.batch_id
       AND p.state = CASE WHEN r.late THEN 'paid' ELSE 'in_batch' END
    """
)

_PAY_NETTED = text(
    """
    UPDATE payable p SET state = 'paid', paid_fen = p.amount_fen
      FROM batch_payout o JOIN batch_line l ON l.batch_id = o.batch_id AND l.payout_no = o.payout_no
     WHERE o.batch_id = :batch_id AND o.amount_fen = 0 AND p.id = l.payable_id AND p.batch_id = o.batch_id
       AND p.state = 'in_batch'
    """
)


def sent_batch(batch: SettlementBatch) -> SentBatch:
    """What was sent to a bank, by payout, with what the bank has said of each so far."""
    current = require_transaction()
    said = select(BankReturnLine.payout_no, BankReturnLine.late, BankReturnLine.outcome).where(
        BankReturnLine.batch_id == batch.id
    )
    outcomes = {(payout_no, late): outcome for payout_no, late, outcome in current.execute(said)}
    clawed_back = (
        select(BatchLine.payout_no)
        .join(Payable, Payable.id == BatchLine.payable_id)
        .where(
            BatchLine.batch_id == batch.id,
            Payable.batch_id == batch.id,
            Payable.clawed_back_fen > 0,
        )
        .distinct()
    )
    taken_back = set(current.scalars(clawed_back))
    rows = current.execute(
        select(BatchPayout.payout_no, BatchPayout.account_number, BatchPayout.amount_fen).where(
            BatchPayout.batch_id == batch.id, BatchPayout.amount_fen > 0
        )
    )
    payouts = {
        payout_no: SentPayout(
            payout_no,
            number,
            fen,
            first=outcomes.get((payout_no, False)),
            late=(payout_no, True) in outcomes,
            clawed_back=payout_no in taken_back,
        )
        for payout_no, number, fen in rows
    }
    return SentBatch(batch.number, payouts, approved_on=clock.today(batch.approved_at or batch.prepared_at))


def settle_without_bank(batch: SettlementBatch, *, actor: Actor, now: datetime) -> None:
    """Settle the payouts of a locked batch that no bank hears of, because clawbacks keep all of them back (V21)."""
    current = require_transaction()
    empty = select(BatchPayout.payout_no).where(BatchPayout.batch_id == batch.id, BatchPayout.amount_fen == 0)
    payout_nos = current.scalars(empty).all()
    if not payout_nos:
        return
    lock_netted(batch)
    post_many(
        Posting(
            TransactionKind.PAYOUT_SETTLED,
            (),
            source=f"batch:{batch.number}",
            article=NETTING_ARTICLE,
            resolves_id=batch.transaction_id,
            part=NETTED_PART,
        ),
        entries_sql=_SETTLED_WITHOUT_BANK,
        params={"batch_id": batch.id, "fund_account_id": lock_fund(batch.fund_id)},
        actor=actor,
        now=now,
    )
    current.execute(_PAY_NETTED, {"batch_id": batch.id})
    settle_nettings(batch, payout_nos, paid=True, actor=actor, now=now)
    audit.record(actor=actor, now=now, action="settle_netted", subject=batch, data={"payouts": len(payout_nos)})


def take_in(
    batch: SettlementBatch,
    lines: Sequence[Told],
    *,
    file: StoredFile,
    actor: Actor,
    now: datetime,
    suspense_id: int | None = None,
) -> BankReturn:
    """Record a faultless return of a locked batch: its lines, the ledger, payables and what was netted.

    ``suspense_id`` is the entry that persons matched to the payout, where no file told it.
    """
    current = require_transaction()
    lock_netted(batch)
    fund_account_id = lock_fund(batch.fund_id)
    answer = _add_return(batch, lines, file=file, suspense_id=suspense_id, actor=actor, now=now)
    current.execute(
        insert(BankReturnLine),
        [
            {
                "bank_return_id": answer.id,
                "payout_no": line.payout_no,
                "batch_id": batch.id,
                "outcome": line.outcome,
                "late": line.late,
                "amount_fen": line.amount_fen,
                "reason": line.reason,
                "value_date": line.value_date,
            }
            for line in lines
        ],
    )
    failpoint("settlement.return.recorded")
    if any(not line.late for line in lines):
        _settle(answer, batch, fund_account_id, lines, actor=actor, now=now)
    for paid_return_id, settled_id in current.execute(_REVERSALS, {"return_id": answer.id}).all():
        post_many(
            Posting(
                TransactionKind.PAYOUT_RETURNED,
                (),
                source=f"bank_return:{answer.id}",
                article=ARTICLE,
                reverses_id=settled_id,
            ),
            entries_sql=_REVERSED,
            params={
                "return_id": answer.id,
                "paid_return_id": paid_return_id,
                "fund_account_id": fund_account_id,
            },
            actor=actor,
            now=now,
        )
    failpoint("settlement.return.posted")
    current.execute(_MOVE_PAYABLES, {"return_id": answer.id})
    failpoint("settlement.return.moved")
    current.expire_all()
    _resolve_nettings(batch, lines, actor=actor, now=now)
    return answer


def _resolve_nettings(batch: SettlementBatch, lines: Sequence[Told], *, actor: Actor, now: datetime) -> None:
    first = [line for line in lines if not line.late]
    paid = [line.payout_no for line in first if line.outcome is PayoutOutcome.PAID]
    unpaid = [line.payout_no for line in first if line.outcome is not PayoutOutcome.PAID]
    settle_nettings(batch, paid, paid=True, actor=actor, now=now)
    settle_nettings(batch, unpaid, paid=False, actor=actor, now=now)
    undo_nettings(batch, [line.payout_no for line in lines if line.late], actor=actor, now=now)


def _add_return(
    batch: SettlementBatch,
    lines: Sequence[Told],
    *,
    file: StoredFile,
    suspense_id: int | None,
    actor: Actor,
    now: datetime,
) -> BankReturn:
    current = require_transaction()
    earlier = select(func.coalesce(func.max(BankReturn.part), 0)).where(BankReturn.batch_id == batch.id)
    count = {outcome: sum(1 for each in lines if each.outcome is outcome) for outcome in PayoutOutcome}
    fen = {outcome: sum(each.amount_fen for each in lines if each.outcome is outcome) for outcome in PayoutOutcome}
    answer = BankReturn(
        batch_id=batch.id,
        part=current.scalars(earlier).one() + 1,
        sha256=file.sha256,
        file_id=file.id,
        suspense_id=suspense_id,
        paid_count=count[PayoutOutcome.PAID],
        paid_fen=fen[PayoutOutcome.PAID],
        failed_count=count[PayoutOutcome.FAILED],
        failed_fen=fen[PayoutOutcome.FAILED],
        returned_count=count[PayoutOutcome.RETURNED],
        returned_fen=fen[PayoutOutcome.RETURNED],
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    current.add(answer)
    current.flush()
    audit.record(
        actor=actor,
        now=now,
        action="record_bank_return",
        subject=batch,
        data={
            "bank_return_id": answer.id,
            "sha256": file.sha256,
            "paid_fen": answer.paid_fen,
            "failed_fen": answer.failed_fen,
            "returned_fen": answer.returned_fen,
        },
    )
    return answer


def _settle(
    answer: BankReturn,
    batch: SettlementBatch,
    fund_account_id: int,
    lines: Sequence[Told],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """First outcomes leave the pending layer; those paid are posted."""
    paid = any(line.outcome is PayoutOutcome.PAID for line in lines)
    post_many(
        Posting(
            TransactionKind.PAYOUT_SETTLED,
            (),
            source=f"bank_return:{answer.id}",
            phase=Phase.POSTED if paid else Phase.VOID,
            article=ARTICLE,
            resolves_id=batch.transaction_id,
            part=answer.part,
        ),
        entries_sql=_SETTLED,
        params={"return_id": answer.id, "fund_account_id": fund_account_id},
        actor=actor,
        now=now,
    )
