"""What is owed, paid and called back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from core import clock
from marketplace.notifications.payouts import arrived, not_arrived
from marketplace.notifications.recipients import Recipients, both, finance_checker, finance_maker, of, province, through
from marketplace.notifications.rules.told import Subject, news, task
from settlement.models import (
    AppropriationCorrection,
    BankSuspense,
    Clawback,
    ClawbackProposal,
    FundClosing,
    GatewayDispute,
    GatewayRefund,
    Payable,
    PayingAccount,
    Payment,
    SettlementBatch,
    Shortfall,
    ShortfallProposal,
    StatementGap,
)
from settlement.states import UNANSWERED_DISPUTES, DisputeState


def _due_on(debt: Any) -> date | None:
    """When it, or the next part of it, is due."""
    day: date | None = debt.due_on
    return day


def _answer_by(dispute: Any) -> date | None:
    """The last day to answer at the gateway."""
    return None if dispute.due_by is None else clock.today(dispute.due_by)


def _while(states: Collection[DisputeState], others: Recipients) -> Recipients:
    """Those, as long as the dispute stands so."""
    return lambda dispute: others(dispute) if dispute.state in states else []


PAYABLE = Subject(
    Payable,
    "payable",
    {
        "correct": (),
        "refuse": (task("payable.refused", both(of("payee_id"), finance_maker)),),
        "cancel": (news("payable.cancelled", of("payee_id")),),
    },
)
BATCH = Subject(
    SettlementBatch,
    "batch",
    {
        "prepare": (task("batch.approve", finance_checker),),
        "approve": (task("batch.export", finance_maker),),
        "export": (task("batch.bank_return", finance_maker),),
        "record_bank_return": (
            task("batch.close", finance_maker),
            news("payable.paid", of("payee_id"), records=arrived, link="payable", link_id=lambda paid: paid.payable_id),
            task(
                "payable.failed",
                both(of("payee_id"), finance_maker),
                records=not_arrived,
                link="payable",
                link_id=lambda payable: payable.id,
            ),
        ),
        "discard": (),
        "close": (),
    },
)
SHORTFALL = Subject(
    Shortfall,
    "shortfall",
    {
        "open": (task("shortfall.pay", of("debtor_id")), news("shortfall.owed", of("creditor_id"))),
        "owe_more": (task("shortfall.pay_more", of("debtor_id")), news("shortfall.owed", of("creditor_id"))),
        "pay": (news("shortfall.paid", of("debtor_id", "creditor_id")),),
        "pay_part": (task("shortfall.pay_rest", of("debtor_id"), due=_due_on),),
        "agree_plan": (task("shortfall.instalments", of("debtor_id"), due=_due_on),),
        "write_off": (news("shortfall.written_off", of("debtor_id", "creditor_id")),),
        "refund": (task("shortfall.owed_again", of("debtor_id"), due=_due_on),),
        "correct": (task("shortfall.corrected", of("debtor_id"), due=_due_on),),
    },
)
CLAWBACK = Subject(
    Clawback,
    "clawback",
    {
        "open": (task("clawback.repay", of("payee_id"), due=_due_on),),
        "recover_part": (task("clawback.pay_rest", of("payee_id"), due=_due_on),),
        "agree_plan": (task("clawback.instalments", of("payee_id"), due=_due_on),),
        "recover": (news("clawback.recovered", of("payee_id")),),
        "write_off": (news("clawback.written_off", of("payee_id")),),
        "correct": (task("clawback.corrected", of("payee_id"), due=_due_on),),
        "net_part": (
            news("clawback.netted", of("payee_id")),
            task("clawback.pay_rest", of("payee_id"), due=_due_on),
        ),
        "net": (news("clawback.netted", of("payee_id")),),
        "undo_netting": (task("clawback.owed_again", of("payee_id")),),
    },
)
PAYMENT = Subject(
    Payment,
    "payment",
    {
        "hold_back": (task("payment.held", finance_maker),),
        "flag": (task("payment.flagged", finance_maker),),
        "release": (),
        "succeed": (),
        "fail": (),
    },
)
SUSPENSE = Subject(
    BankSuspense,
    "suspense",
    {
        "propose": (task("suspense.settle", finance_checker),),
        "decline": (task("suspense.explain", finance_maker),),
        "settle": (),
    },
)
STATEMENT_GAP = Subject(
    StatementGap,
    "statement_gaps",
    {"open": (task("statement_gap.open", finance_maker),), "close": (), "explain": ()},
)
REFUND = Subject(
    GatewayRefund,
    "payment",
    {
        "fail": (
            task(
                "refund.failed",
                both(through("payment", of("payee_id")), finance_maker),
                link_id=lambda refund: refund.payment_id,
            ),
        ),
        "flag": (task("refund.flagged", finance_maker, link_id=lambda refund: refund.payment_id),),
        "succeed": (),
        "try_again": (),
        "transfer": (),
    },
)
FUND_CLOSING = Subject(
    FundClosing,
    "fund",
    {
        "propose": (task("fund.closing", province, link_id=lambda closing: closing.fund_id),),
        "approve": (news("fund.closed", finance_maker, link_id=lambda closing: closing.fund_id),),
        "refuse": (news("fund.closing_refused", finance_maker, link_id=lambda closing: closing.fund_id),),
    },
)
PAYING_ACCOUNT = Subject(
    PayingAccount,
    "paying_account",
    {
        "propose": (task("paying_account.decide", finance_checker),),
        "approve": (news("paying_account.approved", finance_maker),),
        "refuse": (news("paying_account.refused", finance_maker),),
    },
)
CLAWBACK_PROPOSAL = Subject(
    ClawbackProposal,
    "clawback",
    {
        "propose": (task("clawback.decide", both(finance_checker, province), link_id=lambda asked: asked.clawback_id),),
        "approve": (
            news("clawback.decided", through("clawback", of("payee_id")), link_id=lambda asked: asked.clawback_id),
        ),
        "refuse": (news("clawback.refused", finance_maker, link_id=lambda asked: asked.clawback_id),),
    },
)
SHORTFALL_PROPOSAL = Subject(
    ShortfallProposal,
    "shortfall",
    {
        "propose": (
            task("shortfall.decide", both(finance_checker, province), link_id=lambda asked: asked.shortfall_id),
        ),
        "approve": (
            news(
                "shortfall.decided",
                through("shortfall", of("debtor_id", "creditor_id")),
                link_id=lambda asked: asked.shortfall_id,
            ),
        ),
        "refuse": (
            news(
                "shortfall.refused", through("shortfall", of("creditor_id")), link_id=lambda asked: asked.shortfall_id
            ),
        ),
    },
)
APPROPRIATION_CORRECTION = Subject(
    AppropriationCorrection,
    "fund",
    {
        "propose": (task("fund.correction", province, link_id=lambda asked: asked.fund_id),),
        "approve": (news("fund.corrected", finance_maker, link_id=lambda asked: asked.fund_id),),
        "refuse": (news("fund.correction_refused", finance_maker, link_id=lambda asked: asked.fund_id),),
    },
)
DISPUTE = Subject(
    GatewayDispute,
    "payment",
    {
        "dispute": (
            task(
                "dispute.answer",
                _while(UNANSWERED_DISPUTES, through("payment", of("payee_id"))),
                due=_answer_by,
                link_id=lambda dispute: dispute.payment_id,
            ),
            news(
                "dispute.opened",
                _while(UNANSWERED_DISPUTES, finance_maker),
                link_id=lambda dispute: dispute.payment_id,
            ),
            news(
                "dispute.lost",
                _while((DisputeState.LOST,), both(through("payment", of("payee_id")), finance_maker)),
                link_id=lambda dispute: dispute.payment_id,
            ),
        ),
    },
)
