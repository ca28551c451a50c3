"""What becomes of a shortfall by the decision of two persons; its row is locked (V16(1))."""

from __future__ import annotations

from datetime import datetime

from core.failpoints import failpoint
from core.permissions import Actor
from core.states import apply
from settlement.models import Payment, ShortfallProposal
from settlement.rules import postings
from settlement.rules.chart import TransactionKind
from settlement.states import PAYMENT_TRANSITIONS, PaymentAction, ShortfallAction
from settlement.steps.charges import locked_charge, post_trade
from settlement.steps.deductions import DEDUCTION_ARTICLE, give_up_online, owe_again, settle_shortfall
from settlement.steps.proposals import move


def write_off(proposal: ShortfallProposal, *, actor: Actor, now: datetime) -> None:
    """The user owes what is open no more: a new transaction that names the one that opened the shortfall."""
    shortfall = proposal.shortfall
    give_up_online(shortfall, actor=actor, now=now)
    proposal.transaction_id = post_trade(
        locked_charge(shortfall.order_id),
        postings.shortfall_written_off(order_id=shortfall.order_id, amount_fen=proposal.amount_fen),
        TransactionKind.SHORTFALL_WRITTEN_OFF,
        article=DEDUCTION_ARTICLE,
        reverses_id=shortfall.transaction_id,
        actor=actor,
        now=now,
    )
    failpoint("settlement.shortfall.written_off")
    shortfall.written_off_fen += proposal.amount_fen
    move(shortfall, ShortfallAction.WRITE_OFF, proposal.amount_fen, actor=actor, now=now)


def correct_payment(proposal: ShortfallProposal, wrong: Payment, *, actor: Actor, now: datetime) -> None:
    """The wrong entry is reversed and, where anything came, the right one made; both name what they correct.

    Raises ``PaymentTooLarge``.
    """
    shortfall = proposal.shortfall
    proposal.transaction_id = post_trade(
        locked_charge(shortfall.order_id),
        postings.shortfall_payment_undone(order_id=shortfall.order_id, amount_fen=wrong.amount_fen),
        TransactionKind.SHORTFALL_PAYMENT_REVERSED,
        article=DEDUCTION_ARTICLE,
        reverses_id=wrong.transaction_id,
        actor=actor,
        now=now,
    )
    failpoint("settlement.shortfall.reversed")
    apply(
        wrong,
        PaymentAction.CORRECT,
        transitions=PAYMENT_TRANSITIONS,
        actor=actor,
        now=now,
        data={"amount_fen": wrong.amount_fen},
    )
    owe_again(shortfall, ShortfallAction.CORRECT, amount_fen=wrong.amount_fen, actor=actor, now=now)
    failpoint("settlement.shortfall.reopened")
    if proposal.amount_fen:
        settle_shortfall(
            shortfall,
            amount_fen=proposal.amount_fen,
            reference=wrong.reference,
            corrects_id=wrong.id,
            actor=actor,
            now=now,
        )
