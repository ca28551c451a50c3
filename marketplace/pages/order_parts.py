"""Parts of the page of an order: its facts, who pays what, to whom to pay, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.permissions import Role
from accounts.queries.bank import verified_account
from accounts.queries.names import organisation_names
from core.db import session
from core.pages import Event, MoneyBar, MoneyPart, term
from core.pages.language import day, moment, t, yuan
from core.permissions import Actor
from instruments.pages.pricing import cancellation_words
from marketplace.models import Order
from marketplace.pages.quote_parts import aid_words, price_facts
from marketplace.permissions import is_beneficiary_side, is_party
from marketplace.queries.timelines import OrderTimeline, Party, TimelineEntry, Waiting
from marketplace.rules.shares import shares
from marketplace.service.endings import is_out_of_service, late_fee_fen
from marketplace.states import PAYABLE, OrderState
from settlement.models import Payment
from settlement.permissions import reads_all_money
from settlement.queries.clawbacks import clawed_back_of
from settlement.queries.trade import OrderMoney, payments_of, shortfall_opened
from vouchers.models import Claim
from vouchers.pages.claim_story import countdown_words
from vouchers.permissions import is_claimant
from vouchers.queries import visible_claims
from vouchers.rules.facts import PaymentMode
from vouchers.states import DEAD, ClaimState

Facts = list[tuple[str, object]]

_ALWAYS = ("voucher", "self_pay")


def who_pays(order: Order, *, uses: bool, actor: Actor) -> MoneyBar:
    """The price as the parts that voucher, other programmes and user pay, as the claim of the order stands."""
    agreed = (order.subsidy_fen, order.other_aid_fen)
    claim = _claim_of(order, actor=actor)
    back_fen, back_aid_fen = (0, 0) if claim is None else _taken_back(claim)
    split = shares(
        agreed=agreed,
        stands=agreed if claim is None else _stands(claim, back_fen, back_aid_fen),
        self_pay_fen=order.self_pay_fen,
        shortfall_fen=0 if claim is None else shortfall_opened(order.id),
        taken_back_fen=back_fen + back_aid_fen,
        is_deducted=order.payment_mode is PaymentMode.DIRECT_DEDUCTION,
    )
    parts = [
        MoneyPart("voucher", t("money.voucher"), split.voucher_fen),
        MoneyPart("other", t("money.other_aid"), split.other_aid_fen),
        MoneyPart("self_pay", t("money.self_pay" if uses else "money.user_pays"), split.self_pay_fen),
        MoneyPart("held", t("money.shortfall"), split.shortfall_fen),
        MoneyPart("used", t("money.taken_back"), split.taken_back_fen),
        MoneyPart("room", t("money.not_granted"), split.not_granted_fen),
    ]
    return MoneyBar(t("money.who_pays"), [each for each in parts if each.fen or each.kind in _ALWAYS])


def _stands(claim: Claim, back_fen: int, back_aid_fen: int) -> tuple[int, int]:
    """Subsidy and other aid as the claim stands, less what is claimed back; a dead one stands at nothing already."""
    if claim.state in DEAD:
        return 0, 0
    return claim.standing_fen - back_fen, claim.standing_aid_fen - back_aid_fen


def _taken_back(claim: Claim) -> tuple[int, int]:
    """What was paid and is claimed back, of the subsidy and of other aid; nothing before the confirmation."""
    if claim.state not in (ClaimState.CONFIRMED, ClaimState.REVOKED):
        return 0, 0
    found = clawed_back_of(claim.order_id)
    own_fen = found.get(claim.source, 0)
    return own_fen, sum(found.values()) - own_fen


def facts_of(order: Order, money: OrderMoney) -> Facts:
    """What was agreed, between whom, and how far the money is."""
    names = organisation_names({order.beneficiary_id, order.provider_id})
    unit = t(f"term.PriceUnit.{order.quote.price_unit}")
    slot = order.during
    quantity = order.actual_quantity or order.quantity
    facts: Facts = [
        ("column.service", order.quote.title),
        ("column.service_kind", term(order.quote.service_kind)),
        ("column.beneficiary", names[order.beneficiary_id]),
        ("column.provider", names[order.provider_id]),
        ("fact.slot", None if slot is None else f"{moment(slot.start)} – {moment(slot.end)}"),
        ("fact.quantity", f"{quantity.normalize():f} {unit}"),
        ("fact.booked_quantity", booked_words(order)),
        *price_facts(order.quote, quantity),
        ("fact.payment_mode", term(order.payment_mode)),
        ("column.price", yuan(order.price_fen)),
        ("fact.aids", " ".join(aid_words(order.quote)) or None),
        ("fact.due", yuan(order.due_to_provider_fen)),
        ("fact.paid", yuan(money.self_pay_fen - money.due_fen)),
        ("fact.shortfall", yuan(money.shortfall_fen) if money.shortfall_fen else None),
        ("fact.respond_by", day(order.respond_by) if order.state is OrderState.PLACED else None),
        ("fact.expected_completion", day(order.expected_completion)),
        ("fact.completed_on", day(order.completed_on)),
        *cancellation_words(order.quote),
        ("fact.cancellation_fee", fee_words(order)),
        ("fact.fee_waiver", order.fee_waiver),
        ("fact.ended_reason", order.ended_reason),
    ]
    return [(key, value) for key, value in facts if value not in (None, "", "—")]


def fee_words(order: Order) -> str | None:
    """What the user owes the provider for giving its booking up, and why."""
    return None if order.fee_kind is None else f"{yuan(order.fee_fen)} · {term(order.fee_kind)}"


def fee_facts(order: Order, *, actor: Actor, now: datetime) -> Facts:
    """What it costs a user to cancel now, and until when it costs nothing."""
    free_until = order.free_cancellation_until
    if free_until is None or not is_beneficiary_side(actor, order):
        return []
    facts: Facts = [
        ("fact.free_cancellation_until", moment(free_until)),
        ("fact.cancellation_fee", yuan(late_fee_fen(order, now=now))),
    ]
    if is_out_of_service(order):
        facts.append(("fact.no_fee", t("page.order.no_fee")))
    return facts


def booked_words(order: Order) -> str | None:
    """What is booked where it was shortened, and that the price follows what is used; None where it was not."""
    booked = order.booked_quantity
    if booked == order.quantity or order.actual_quantity is not None:
        return None
    unit = t(f"term.PriceUnit.{order.quote.price_unit}")
    return t("page.order.shortened", quantity=f"{booked.normalize():f} {unit}")


def next_words(order: Order, *, actor: Actor) -> str:
    """What is next with the order; once it is completed, with its claim, and whose turn that is."""
    claim = _claim_of(order, actor=actor)
    if claim is None:
        return t(f"page.order.next.{order.state.value}")
    mine = is_claimant(actor, claim)
    if claim.state is ClaimState.DRAFT:
        who = t(f"party.{_claimant(claim)}")
        return t(f"page.order.claim_next.{'mine' if mine else 'theirs'}", day=day(claim.due_on), who=who)
    if claim.state is ClaimState.RETURNED and mine:
        return t("page.order.claim_next.correct", day=day(claim.due_on))
    return t("page.order.claim_next.see", state=term(claim.state))


def _claim_of(order: Order, *, actor: Actor) -> Claim | None:
    if order.claim_id is None:
        return None
    return session().scalar(visible_claims(actor).where(Claim.id == order.claim_id))


def _claimant(claim: Claim) -> str:
    if claim.claimant_id == claim.provider_id:
        return "provider"
    return "beneficiary" if claim.claimant_id == claim.beneficiary_id else "incubator"


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


def order_events(found: OrderTimeline) -> list[Event]:
    """What happened, what waits now with whom, and what is still to come."""
    done = [
        Event(title=t(f"event.order.{_told(entry)}"), at=entry.at, who=_who(entry), note=_said(entry))
        for entry in found.entries
    ]
    waiting = [
        Event(title=t(f"step.order.{each.step}"), phase="now", who=_whose(each.parties), by=each.by, note=_late(each))
        for each in found.waiting
    ]
    ahead = [Event(title=t(f"step.order.{step}"), phase="next") for step in found.ahead]
    return [*done, *waiting, *ahead]


def _who(entry: TimelineEntry) -> str:
    """The role, and of one's own people the user name."""
    role = t("party.system") if entry.party is Party.SYSTEM else term(Role(entry.role))
    return role if entry.username is None else f"{role} · {entry.username}"


def _told(entry: TimelineEntry) -> str:
    """The key of what happened: an acceptance ahead of the order is told apart, and an end because nobody came."""
    if entry.data.get("no_show"):
        return "no_show"
    return entry.action if entry.consent_id is None else f"{entry.action}_ahead"


def _said(entry: TimelineEntry) -> str | None:
    """What was written with it; a payment says how much came in."""
    if "amount_fen" in entry.data:
        return yuan(entry.data["amount_fen"])
    if "fee_fen" in entry.data:
        fee = t("event.order.fee", fee=yuan(entry.data["fee_fen"]))
        return fee if entry.note is None else f"{fee} {entry.note}"
    if entry.moved_to is not None:
        start, end = entry.moved_to
        return f"{moment(start)} – {moment(end)}"
    if entry.consent_id is not None:
        given_at = datetime.fromisoformat(entry.data["consent_given_at"])
        return t("event.order.consent", number=entry.consent_id, at=moment(given_at))
    return entry.note


def _whose(parties: Sequence[Party]) -> str:
    return t("timeline.with", who=" / ".join(t(f"party.{party}") for party in parties))


def _late(waiting: Waiting) -> str | None:
    """How long there is; of what is over, that nothing was done."""
    return t("page.order.overdue") if waiting.overdue else countdown_words(waiting.due)
