"""Taking in what the bank says of a batch: outcomes, ledger and payables, set-based and all at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, text

from core import audit
from core.db import require_transaction
from core.files import StoredFile
from core.permissions import Actor
from settlement.models import BankReturn, BankReturnLine, BatchLine, Payable, SettlementBatch
from settlement.rules.bank_return import ReturnLine, SentLine
from settlement.rules.chart import Phase, TransactionKind
from settlement.states import PayoutOutcome
from settlement.steps.funds import lock_fund
from settlement.steps.posting import Posting, post_many

ARTICLE = "V17 pay"

_FIRST = """
    SELECT l.account_id, l.amount_fen, r.outcome
      FROM bank_return_line r JOIN batch_line l ON l.batch_id = r.batch_id AND l.line_no = r.line_no
     WHERE r.bank_return_id = :return_id AND NOT r.late"""

_SETTLED = f"""
    SELECT * FROM (
        SELECT account_id, 'pending' AS layer, -sum(amount_fen)::bigint AS amount_fen
          FROM ({_FIRST}) f GROUP BY account_id
        UNION ALL
        SELECT account_id, 'posted', sum(amount_fen)::bigint
          FROM ({_FIRST}) f WHERE outcome = 'paid' GROUP BY account_id
        UNION ALL
        SELECT CAST(:fund_account_id AS bigint), 'pending', sum(amount_fen)::bigint FROM ({_FIRST}) f
        UNION ALL
        SELECT CAST(:fund_account_id AS bigint), 'posted', -sum(amount_fen)::bigint
          FROM ({_FIRST}) f WHERE outcome = 'paid') e
     WHERE amount_fen IS NOT NULL"""

_LATE = """
    SELECT l.account_id, l.amount_fen
      FROM bank_return_line r
      JOIN batch_line l ON l.batch_id = r.batch_id AND l.line_no = r.line_no
      JOIN bank_return_line paid ON paid.batch_id = r.batch_id AND paid.line_no = r.line_no AND NOT paid.late
     WHERE r.bank_return_id = :return_id AND r.late AND paid.bank_return_id = :paid_return_id"""

_REVERSED = f"""
    SELECT account_id, 'posted' AS layer, -sum(amount_fen)::bigint AS amount_fen
      FROM ({_LATE}) f GROUP BY account_id
    UNION ALL
    SELECT CAST(:fund_account_id AS bigint), 'posted', sum(amount_fen)::bigint FROM ({_LATE}) f"""

_REVERSALS = text(
    """
    SELECT DISTINCT paid.bank_return_id AS paid_return_id, t.id AS settled_id
      FROM bank_return_line r
      JOIN bank_return_line paid ON paid.batch_id = r.batch_id AND paid.line_no = r.line_no AND NOT paid.late
      JOIN ledger_transaction t ON t.source = 'bank_return:' || paid.bank_return_id AND t.kind = 'payout_settled'
     WHERE r.bank_return_id = :return_id AND r.late
     ORDER BY 1
    """
)

_MOVE_PAYABLES = text(
    """
    UPDATE payable p
       SET state = r.outcome, paid_fen = CASE r.outcome WHEN 'paid' THEN p.amount_fen ELSE 0 END
      FROM bank_return_line r
     WHERE r.bank_return_id = :return_id AND p.id = r.payable_id AND p.batch_id = r.batch_id
       AND p.state = CASE WHEN r.late THEN 'paid' ELSE 'in_batch' END
    """
)


def sent_lines(batch: SettlementBatch) -> dict[int, SentLine]:
    """What was sent, by line, with what the bank has said of each so far."""
    current = require_transaction()
    said = select(BankReturnLine.line_no, BankReturnLine.outcome).where(BankReturnLine.batch_id == batch.id)
    # In this order a late return has the last word.
    outcomes = dict(current.execute(said.order_by(BankReturnLine.late)).tuples().all())
    rows = current.execute(
        select(
            BatchLine.line_no,
            BatchLine.account_number,
            BatchLine.amount_fen,
            (Payable.batch_id == BatchLine.batch_id) & (Payable.clawed_back_fen > 0),
        )
        .join(Payable, Payable.id == BatchLine.payable_id)
        .where(BatchLine.batch_id == batch.id)
    )
    return {
        line_no: SentLine(line_no, number, fen, outcomes.get(line_no), bool(clawed_back))
        for line_no, number, fen, clawed_back in rows
    }


def take_in(
    batch: SettlementBatch,
    lines: Sequence[ReturnLine],
    *,
    file: StoredFile,
    actor: Actor,
    now: datetime,
) -> BankReturn:
    """Record a faultless return of a locked batch: lines, ledger and payables."""
    current = require_transaction()
    fund_account_id = lock_fund(batch.fund_id)
    answer = _add_return(batch, lines, file=file, actor=actor, now=now)
    payables = _payable_ids(batch)
    current.execute(
        insert(BankReturnLine),
        [
            {
                "bank_return_id": answer.id,
                "line_no": line.line_no,
                "batch_id": batch.id,
                "payable_id": payables[line.line_no],
                "outcome": line.outcome,
                "late": line.late,
                "amount_fen": line.amount_fen,
                "reason": line.reason,
                "value_date": line.value_date,
            }
            for line in lines
        ],
    )
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
    current.execute(_MOVE_PAYABLES, {"return_id": answer.id})
    current.expire_all()
    return answer


def _add_return(
    batch: SettlementBatch, lines: Sequence[ReturnLine], *, file: StoredFile, actor: Actor, now: datetime
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
    lines: Sequence[ReturnLine],
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


def _payable_ids(batch: SettlementBatch) -> dict[int, int]:
    found = select(BatchLine.line_no, BatchLine.payable_id).where(BatchLine.batch_id == batch.id)
    return dict(require_transaction().execute(found).tuples().all())
