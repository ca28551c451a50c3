"""What user and provider owe each other (V16(1), V16(2), invariants 4 and 17)."""

import pytest
from flask import Flask

from accounts.queries import organisation
from core.db import transaction
from core.errors import Forbidden, NotFound
from core.permissions import SYSTEM
from core.states import StateForbids
from settlement import queries, steps
from settlement.models import Shortfall
from settlement.queries.trade import payments_of
from settlement.service import shortfalls
from settlement.states import PaymentState, ShortfallState
from settlement.steps import (
    ChargeBelowPaid,
    OrderCharged,
    OrderNotCharged,
    PaymentExists,
    PaymentTooLarge,
    RefundTooLarge,
    ShortfallExists,
    SubsidyExceedsDeduction,
)
from tests.factories.accounts import actor_of, make_provider
from tests.factories.settlement import JANUARY, charge, make_payable, make_shortfall, new_order_id


def pay(order_id: int, amount_fen: int, reference: str = "T1") -> None:
    with transaction():
        steps.record_payment(order_id=order_id, amount_fen=amount_fen, reference=reference, actor=SYSTEM, now=JANUARY)


def refund(order_id: int, amount_fen: int) -> None:
    with transaction():
        steps.refund_order(order_id=order_id, amount_fen=amount_fen, actor=SYSTEM, now=JANUARY)


def adjust(order_id: int, self_pay_fen: int, subsidy_fen: int) -> None:
    with transaction():
        steps.adjust_charge(
            order_id=order_id,
            self_pay_fen=self_pay_fen,
            subsidy_receivable_fen=subsidy_fen,
            actor=SYSTEM,
            now=JANUARY,
        )


def confirm(shortfall: Shortfall, amount_fen: int | None = None, reference: str = "S1") -> Shortfall:
    return shortfalls.confirm_payment(
        shortfall_id=shortfall.id,
        amount_fen=amount_fen,
        reference=reference,
        actor=actor_of(organisation(shortfall.creditor_id)),
        now=JANUARY,
    )


def test_v16_1_user_pays_40000_and_the_province_assigns_60000(app: Flask) -> None:
    order_id = new_order_id()
    _, provider = charge(order_id, self_pay_fen=4_000_000, subsidy_fen=6_000_000)
    pay(order_id, 4_000_000)
    make_payable(6_000_000, payee=provider, order_id=order_id)

    money = queries.order_money(order_id)

    assert (money.due_fen, money.received_fen) == (0, 4_000_000)
    assert (money.subsidy_receivable_fen, money.subsidy_assigned_fen, money.shortfall_fen) == (0, 6_000_000, 0)


def test_v16_1_refused_the_user_owes_60000(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000_000)

    assert shortfall.amount_fen == 6_000_000
    assert [s.id for s in queries.unpaid_shortfalls(shortfall.debtor_id)] == [shortfall.id]
    assert queries.order_money(shortfall.order_id).subsidy_receivable_fen == 0


def test_v16_1_approved_50000_the_user_owes_10000(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000_000, approved_fen=5_000_000)
    money = queries.order_money(shortfall.order_id)

    assert (money.shortfall_fen, money.subsidy_assigned_fen) == (1_000_000, 5_000_000)


def test_v16_1_an_expired_claim_leaves_the_user_owing_nothing(app: Flask) -> None:
    order_id = new_order_id()
    user, _ = charge(order_id, self_pay_fen=4_000_000, subsidy_fen=6_000_000)
    with transaction():
        assert steps.forgo_subsidy(order_id=order_id, actor=SYSTEM, now=JANUARY) == 6_000_000

    money = queries.order_money(order_id)

    assert (money.subsidy_receivable_fen, money.shortfall_fen) == (0, 0)
    assert not queries.unpaid_shortfalls(user.id)


def test_v16_1_a_paid_shortfall_no_longer_blocks(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000_000)

    confirm(shortfall, 1_000_000, "S1")
    assert (shortfall.state, shortfall.open_fen) == (ShortfallState.OPEN, 5_000_000)
    confirm(shortfall, reference="S2")

    assert shortfall.state is ShortfallState.PAID
    assert not queries.unpaid_shortfalls(shortfall.debtor_id)
    assert queries.order_money(shortfall.order_id).received_fen == 6_000_000


def test_a_shortfall_takes_no_more_than_is_owed_and_each_transfer_once(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=600)

    with pytest.raises(PaymentTooLarge):
        confirm(shortfall, 601)
    confirm(shortfall, 100)
    with pytest.raises(PaymentExists):
        confirm(shortfall, 100)
    confirm(shortfall, 500, "S2")
    with pytest.raises((StateForbids, PaymentTooLarge)):
        confirm(shortfall, 1, "S3")


def test_only_the_creditor_confirms_a_shortfall_payment(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=600)
    stranger, debtor = actor_of(make_provider()), actor_of(organisation(shortfall.debtor_id))

    for actor, error in ((stranger, NotFound), (debtor, Forbidden)):
        with pytest.raises(error):
            shortfalls.confirm_payment(
                shortfall_id=shortfall.id, amount_fen=None, reference="S1", actor=actor, now=JANUARY
            )


def test_an_order_has_one_shortfall_within_what_was_deducted(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=600)
    other = new_order_id()
    user, provider = charge(other, self_pay_fen=400, subsidy_fen=600)

    for order_id, amount, error in (
        (shortfall.order_id, 1, ShortfallExists),
        (other, 601, SubsidyExceedsDeduction),
        (new_order_id(), 1, OrderNotCharged),
    ):
        with pytest.raises(error), transaction():
            steps.open_shortfall(
                order_id=order_id,
                debtor_id=user.id,
                creditor_id=provider.id,
                amount_fen=amount,
                article="V16(1)",
                actor=SYSTEM,
                now=JANUARY,
            )


def test_v16_1_no_more_is_assigned_than_was_deducted(app: Flask) -> None:
    order_id = new_order_id()
    _, provider = charge(order_id, self_pay_fen=400, subsidy_fen=600)

    with pytest.raises(SubsidyExceedsDeduction):
        make_payable(601, payee=provider, order_id=order_id)


def test_v16_2_full_payment_leaves_the_trade_alone_when_the_user_is_paid(app: Flask) -> None:
    order_id = new_order_id()
    user, _ = charge(order_id, self_pay_fen=10_000, subsidy_fen=0)
    pay(order_id, 10_000)
    before = queries.order_money(order_id)

    make_payable(6_000, payee=user, order_id=order_id)

    assert queries.order_money(order_id) == before


def test_a_payment_is_within_what_is_due_and_recorded_once(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)

    with pytest.raises(PaymentTooLarge):
        pay(order_id, 401)
    pay(order_id, 100)
    with pytest.raises(PaymentExists):
        pay(order_id, 100)
    with pytest.raises(OrderNotCharged):
        pay(new_order_id(), 1)


def test_an_order_is_charged_once(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)

    with pytest.raises(OrderCharged):
        charge(order_id, self_pay_fen=400, subsidy_fen=600)


def test_cancelling_refunds_all_payments_and_takes_the_charge_back(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)
    pay(order_id, 100, "T1")
    pay(order_id, 200, "T2")

    with transaction():
        assert steps.cancel_charge(order_id=order_id, actor=SYSTEM, now=JANUARY) == 300

    money = queries.order_money(order_id)
    assert (money.due_fen, money.received_fen, money.subsidy_receivable_fen) == (0, 0, 0)
    assert {p.state for p in payments_of(order_id)} == {PaymentState.REFUNDED}


def test_a_smaller_fee_refunds_the_difference_first(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)
    pay(order_id, 400)

    with pytest.raises(ChargeBelowPaid):
        adjust(order_id, 300, 450)
    refund(order_id, 100)
    adjust(order_id, 300, 450)

    money = queries.order_money(order_id)
    assert (money.self_pay_fen, money.due_fen, money.received_fen, money.subsidy_receivable_fen) == (300, 0, 300, 450)
    assert payments_of(order_id)[0].state is PaymentState.SUCCEEDED


def test_no_more_is_refunded_than_was_paid(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)
    pay(order_id, 100)

    with pytest.raises(RefundTooLarge):
        refund(order_id, 101)


def test_a_larger_fee_is_self_pay(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=400, subsidy_fen=600)
    adjust(order_id, 500, 600)

    assert queries.order_money(order_id).due_fen == 500


def test_a_free_order_moves_no_money(app: Flask) -> None:
    order_id = new_order_id()
    charge(order_id, self_pay_fen=0, subsidy_fen=0)

    assert queries.order_money(order_id).charged
