"""Parts of the page of an order: its facts, who pays what, to whom to pay, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.queries.bank import verified_account
from accounts.queries.names import organisation_names
from core.audit import history
from core.pages import Event, MoneyBar, MoneyPart, term
from core.pages.language import day, has_text, moment, t, yuan
from core.permissions import Actor
from marketplace.models import Order
from marketplace.permissions import is_party
from marketplace.states import PAYABLE
from settlement.models import Payment
from settlement.permissions import reads_all_money
from settlement.queries.trade import OrderMoney, payments_of

Facts = list[tuple[str, object]]


def who_pays(order: Order, *, uses: bool) -> MoneyBar:
    """The price as the parts that voucher, other programmes and user pay."""
    parts = [
        MoneyPart("voucher", t("money.voucher"), order.subsidy_fen),
        MoneyPart("self_pay", t("money.self_pay" if uses else "money.user_pays"), order.self_pay_fen),
    ]
    if order.other_aid_fen:
        parts.insert(1, MoneyPart("other", t("money.other_aid"), order.other_aid_fen))
    return MoneyBar(t("money.who_pays"), parts)


def facts_of(order: Order, money: OrderMoney) -> Facts:
    """What was agreed, between whom, and how far the money is."""
    names = organisation_names({order.beneficiary_id, order.provider_id})
    unit = t(f"term.PriceUnit.{order.quote.price_unit}")
    slot = order.during
    facts: Facts = [
        ("column.service", order.quote.title),
        ("column.service_kind", term(order.quote.service_kind)),
        ("column.beneficiary", names[order.beneficiary_id]),
        ("column.provider", names[order.provider_id]),
        ("fact.slot", None if slot is None else f"{moment(slot.start)} – {moment(slot.end)}"),
        ("fact.quantity", f"{order.actual_quantity or order.quantity} {unit}"),
        ("fact.payment_mode", term(order.payment_mode)),
        ("column.price", yuan(order.price_fen)),
        ("fact.due", yuan(order.due_to_provider_fen)),
        ("fact.paid", yuan(money.self_pay_fen - money.due_fen)),
        ("fact.shortfall", yuan(money.shortfall_fen) if money.shortfall_fen else None),
        ("fact.respond_by", day(order.respond_by)),
        ("fact.expected_completion", day(order.expected_completion)),
        ("fact.completed_on", day(order.completed_on)),
        ("fact.ended_reason", order.ended_reason),
    ]
    return [(key, value) for key, value in facts if value not in (None, "", "—")]


def payments_shown(order: Order, *, actor: Actor) -> Sequence[Payment]:
    """What the provider confirmed as received, for the two sides and those who read all money."""
    return payments_of(order.id) if is_party(actor, order) or reads_all_money(actor) else []


def pay_to(order: Order, money: OrderMoney) -> Facts | None:
    """How the user pays what is due: how much, to whom and by what words; None while nothing is due."""
    due_fen = money.due_fen + money.shortfall_fen
    if order.state not in PAYABLE or due_fen <= 0:
        return None
    account = verified_account(order.provider_id)
    facts: Facts = [
        ("fact.amount_to_pay", yuan(due_fen)),
        ("fact.transfer_words", t("page.order.transfer_words", number=order.id)),
    ]
    if account is None:
        return facts
    return [
        *facts,
        ("fact.holder_name", account.holder_name),
        ("fact.account_number", account.account_number),
        ("fact.bank_name", account.bank_name),
        ("fact.cnaps_code", account.cnaps_code),
    ]


def order_events(order: Order, *, actor: Actor) -> list[Event]:
    """What happened, as the audit trail has it."""
    return [
        Event(
            title=t(f"event.order.{entry.action}") if has_text(f"event.order.{entry.action}") else entry.action,
            at=entry.at,
        )
        for entry in history("order", order.id)
    ]
