"""What becomes of a clawback by the decision of two persons; its row is locked (V21)."""

from __future__ import annotations

from datetime import datetime

from core.db import require_transaction
from core.errors import Refused
from core.failpoints import failpoint
from core.money import yuan_text
from core.permissions import Actor
from settlement.models import ClawbackProposal, Recovery
from settlement.queries.proposals import plan_of
from settlement.rules import postings
from settlement.rules.chart import TransactionKind
from settlement.states import ClawbackAction
from settlement.steps.clawbacks import ARTICLE, paying_fund, recover
from settlement.steps.funds import available_in, lock_fund
from settlement.steps.posting import Parties, Posting, post
from settlement.steps.proposals import follow_plan, move


class RecoverySpent(Refused):
    """The fund has paid out again what was recorded as recovered by mistake."""

    code = "recovery_spent"
    article = "V3"


def write_off(proposal: ClawbackProposal, *, actor: Actor, now: datetime) -> None:
    """What is open will never come back: a new transaction that names the one that opened the clawback."""
    clawback = proposal.clawback
    proposal.transaction_id = post(
        Posting(
            TransactionKind.CLAWBACK_WRITTEN_OFF,
            postings.clawback_written_off(payee_id=clawback.payee_id, amount_fen=proposal.amount_fen),
            source=f"clawback:{clawback.id}",
            article=ARTICLE,
            reverses_id=clawback.transaction_id,
            data={"proposal_id": proposal.id},
            parties=Parties(party_id=clawback.payee_id),
        ),
        actor=actor,
        now=now,
    )
    failpoint("settlement.clawback.written_off")
    clawback.written_off_fen += proposal.amount_fen
    move(clawback, ClawbackAction.WRITE_OFF, proposal.amount_fen, actor=actor, now=now)


def correct_recovery(proposal: ClawbackProposal, wrong: Recovery, *, actor: Actor, now: datetime) -> None:
    """The wrong entry is reversed and, where anything came back, the right one made; both name what they correct.

    Raises :class:`RecoverySpent` and ``RecoveryTooLarge``.
    """
    current = require_transaction()
    clawback = proposal.clawback
    fund = paying_fund(clawback)
    lock_fund(fund.id)
    available_fen = available_in(fund)
    if wrong.amount_fen > available_fen:
        raise RecoverySpent(left=yuan_text(available_fen))
    proposal.transaction_id = post(
        Posting(
            TransactionKind.RECOVERY_REVERSED,
            postings.recovery_reversed(
                programme=fund.programme, year=fund.year, payee_id=clawback.payee_id, amount_fen=wrong.amount_fen
            ),
            source=f"clawback:{clawback.id}",
            article=ARTICLE,
            reverses_id=wrong.transaction_id,
            data={"proposal_id": proposal.id},
        ),
        actor=actor,
        now=now,
    )
    failpoint("settlement.clawback.reversed")
    current.add(
        Recovery(
            clawback_id=clawback.id,
            corrects_id=wrong.id,
            amount_fen=-wrong.amount_fen,
            reference=wrong.reference,
            transaction_id=proposal.transaction_id,
            recorded_by=actor.user_id,
            recorded_at=now,
        )
    )
    clawback.recovered_fen -= wrong.amount_fen
    move(clawback, ClawbackAction.CORRECT, wrong.amount_fen, actor=actor, now=now)
    follow_plan(clawback, plan_of(clawback))
    failpoint("settlement.clawback.reopened")
    if proposal.amount_fen:
        recover(clawback, amount_fen=proposal.amount_fen, reference=wrong.reference, actor=actor, now=now)
