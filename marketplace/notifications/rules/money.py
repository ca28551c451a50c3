"""What is owed, paid and called back."""

from __future__ import annotations

from marketplace.notifications.payouts import arrived, not_arrived
from marketplace.notifications.recipients import both, finance_checker, finance_maker, of, province, through
from marketplace.notifications.rules.told import Subject, news, task
from settlement.models import (
    BankSuspense,
    Clawback,
    FundClosing,
    GatewayRefund,
    Payable,
    Payment,
    SettlementBatch,
    Shortfall,
)

PAYABLE = Subject(
    Payable,
    "payable",
    {
        "correct": (),
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
    },
)
CLAWBACK = Subject(
    Clawback,
    "clawback",
    {
        "open": (task("clawback.repay", of("payee_id"), due=lambda clawback: clawback.due_on),),
        "recover": (news("clawback.recovered", of("payee_id")),),
        "net_part": (news("clawback.netted", of("payee_id")),),
        "net": (news("clawback.netted", of("payee_id")),),
        "undo_netting": (task("clawback.owed_again", of("payee_id")),),
    },
)
PAYMENT = Subject(
    Payment,
    "payment",
    {
        "hold_back": (task("payment.held", finance_maker),),
        "release": (),
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
