"""Parts of the page of an order: who pays what, and what happened."""

from __future__ import annotations

from core.audit import history
from core.pages import Event, MoneyBar, MoneyPart
from core.pages.language import has_text, t
from core.permissions import Actor
from marketplace.models import Order


def who_pays(order: Order) -> MoneyBar:
    """The price as the parts that voucher, other programmes and user pay."""
    parts = [
        MoneyPart("voucher", t("money.voucher"), order.subsidy_fen),
        MoneyPart("self_pay", t("money.self_pay"), order.self_pay_fen),
    ]
    if order.other_aid_fen:
        parts.insert(1, MoneyPart("other", t("money.other_aid"), order.other_aid_fen))
    return MoneyBar(t("money.who_pays"), parts)


def order_events(order: Order, *, actor: Actor) -> list[Event]:
    """What happened, as the audit trail has it."""
    return [
        Event(
            title=t(f"event.order.{entry.action}") if has_text(f"event.order.{entry.action}") else entry.action,
            at=entry.at,
        )
        for entry in history("order", order.id)
    ]
