"""Parts of the page of a quote: who pays what, what is left of the cap, and what changed since the quote before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from flask import url_for

from accounts.queries import organisation
from accounts.queries.names import organisation_names
from core import clock
from core.pages import MoneyBar, MoneyPart, term
from core.pages.language import day, moment, say, t, text_or, yuan
from core.permissions import Actor
from core.texts import Text
from instruments.pages.pricing import cancellation_words, step_words
from instruments.policy import city_names, county_names
from marketplace.models import Quote
from marketplace.queries import find_quote
from vouchers.queries import offered_modes
from vouchers.queries.yearly import YearlyUse, yearly_use
from vouchers.rules.facts import PaymentMode

Facts = list[tuple[str, str]]

RATE_ARTICLE = "V12"
"""Where the rates stand."""


def who_pays(quote: Quote) -> MoneyBar:
    """The price as what the voucher pays, what programmes of cities add, and what remains for the user."""
    parts = [
        MoneyPart("voucher", t("money.voucher"), quote.subsidy_fen),
        MoneyPart("self_pay", t("money.self_pay"), quote.self_pay_fen),
    ]
    if quote.other_aid_fen:
        parts.insert(1, MoneyPart("other", t("money.other_aid"), quote.other_aid_fen))
    return MoneyBar(t("money.who_pays"), parts)


def aid_words(quote: Quote) -> list[str]:
    """What each programme of a city adds, with its document (V6)."""
    return [
        t(
            "page.quote.aid",
            name=say(Text(aid["zh"], aid["en"])),
            reference=aid["reference"],
            rate=f"{Decimal(aid['rate']):.0%}",
            sum=yuan(aid["amount_fen"]),
        )
        for aid in quote.aids
    ]


def cap_left(quote: Quote, *, ordered: bool, now: datetime) -> MoneyBar:
    """The cap of the year this would be held in: own use, siblings' as one sum, this quote, and what is left then."""
    use = yearly_use(quote.beneficiary_id, year=quote.expected_completion.year, now=now)
    taken_fen = 0 if ordered else min(quote.subsidy_fen, use.room_fen)
    return year_bar(use, taken_fen=taken_fen)


def year_bar(use: YearlyUse, *, taken_fen: int = 0) -> MoneyBar:
    """A year's cap by who takes what of it; ``taken_fen`` is what a quote would take now."""
    parts = [
        MoneyPart("used", t("money.cap.used"), use.own_used_fen),
        MoneyPart("held", t("money.cap.held"), use.own_held_fen),
        MoneyPart("other", t("money.cap.siblings"), use.siblings_fen),
        MoneyPart("voucher", t("money.cap.this_quote"), taken_fen),
        MoneyPart("room", t("money.cap.left"), use.room_fen - taken_fen),
    ]
    title = t("money.cap.title", year=use.year, article=use.article)
    return MoneyBar(title, [part for part in parts if part.fen > 0 or part.kind in ("used", "room")])


def money_facts(quote: Quote) -> Facts:
    """What is paid to whom, and what comes back; rate and entitlement only where a voucher pays."""
    deducted = quote.payment_mode is PaymentMode.DIRECT_DEDUCTION
    return _known(
        [
            ("column.price", yuan(quote.price_fen)),
            ("fact.rate", f"{quote.rate:.0%}" if quote.eligible and quote.rate is not None else None),
            ("fact.entitlement", yuan(quote.entitlement_fen) if quote.eligible else None),
            ("fact.pay_provider", yuan(quote.self_pay_fen if deducted else quote.price_fen)),
            ("fact.paid_back", None if deducted else yuan(quote.subsidy_fen + quote.other_aid_fen)),
        ]
    )


def why_this_rate(quote: Quote) -> str | None:
    """Whose place gives which rate (V12); None where no voucher pays."""
    if not quote.eligible or quote.rate is None:
        return None
    user, on = organisation(quote.beneficiary_id), clock.today(quote.created_at)
    names = city_names(on).get(user.city or "", ""), county_names(on).get(user.county or "", "")
    lies_in = say(Text("".join(names), " ".join(names)))
    return t("policy.value.rate", place=lies_in, rate=f"{quote.rate:.0%}")


def facts_of(quote: Quote) -> Facts:
    """What was asked for, from whom, and by which policy it was judged."""
    names = organisation_names({quote.provider_id, quote.beneficiary_id})
    unit, slot = t(f"term.PriceUnit.{quote.price_unit}"), quote.during
    return _known(
        [
            ("column.service", quote.title),
            ("column.service_kind", term(quote.service_kind)),
            ("column.beneficiary", names[quote.beneficiary_id]),
            ("column.provider", names[quote.provider_id]),
            ("fact.slot", None if slot is None else f"{moment(slot.start)} – {moment(slot.end)}"),
            ("fact.quantity", f"{quote.quantity.normalize():f} {unit}"),
            *price_facts(quote, quote.quantity),
            ("fact.payment_mode", term(quote.payment_mode)),
            *cancellation_words(quote),
            ("fact.unmet_need", quote.unmet_need),
            ("fact.acceptance", t("acceptance.on_request" if quote.consent_id is None else "acceptance.instant_both")),
            ("fact.turnaround", _turnaround(quote)),
            ("fact.expected_completion", day(quote.expected_completion)),
            ("fact.policy_version", quote.policy_version),
            ("column.valid_until", moment(quote.expires_at)),
        ]
    )


def price_facts(quote: Quote, quantity: Decimal) -> Facts:
    """Whose price a unit is at and why, what is charged for, and the least charge where that is what it costs."""
    tariff = quote.tariff
    unit = t(f"term.PriceUnit.{quote.price_unit}")
    billed = least = None
    if tariff.billed(quantity) != quantity:
        step = step_words(quote.billing_step_minutes)
        billed = t("page.quote.billed", quantity=f"{tariff.billed(quantity).normalize():f} {unit}", step=step)
    if tariff.is_least(quantity):
        least = t("page.quote.least", sum=yuan(quote.minimum_charge_fen), counted=yuan(tariff.counted(quantity)))
    group = quote.price_group
    return _known(
        [
            ("column.unit_price", yuan(quote.unit_price_fen)),
            ("fact.price_source", agreed_words(quote)),
            ("fact.price_group", None if group is None else t(f"page.quote.group.{group.value}")),
            ("fact.billed", billed),
            ("fact.minimum_charge", least),
        ]
    )


def agreed_words(quote: Quote) -> str | None:
    """That the price was agreed on, and where; None where it is a published one."""
    if quote.negotiation_id is None:
        return None
    return t("page.quote.agreed", number=quote.negotiation_id, offer=quote.offer_id)


def _turnaround(quote: Quote) -> str | None:
    days = quote.turnaround_days
    return None if days is None else t("fact.working_days", count=days)


def _known(facts: Iterable[tuple[str, str | None]]) -> Facts:
    return [(key, value) for key, value in facts if value]


def flag_words(flags: Iterable[str]) -> list[str]:
    """What a reviewer will look at, and where the cap cut the subsidy, in words."""
    return [text_or(f"flag.{flag}", flag) for flag in flags]


def other_modes(quote: Quote) -> list[dict[str, str]]:
    """The ways to the same wish in the payment modes that the province offers beside."""
    offered = () if quote.negotiation_id is not None else offered_modes(clock.today(clock.now()))
    return [_other_mode(quote, mode) for mode in offered if mode is not quote.payment_mode]


def _other_mode(quote: Quote, other: PaymentMode) -> dict[str, str]:
    return {
        "label": t(f"page.quote.other_mode.{other.value}"),
        "href": url_for(
            "quote_pages.new",
            service_id=quote.service_id,
            instrument_id=quote.instrument_id,
            again=quote.id,
            payment_mode=other.value,
        ),
    }


def changes(quote: Quote, before_id: int | None, *, actor: Actor) -> list[tuple[str, str, str]]:
    """Label, old and new value of what differs from the quote this one was given instead of."""
    if before_id is None:
        return []
    before = find_quote(before_id, actor=actor)
    compared = [
        ("column.price", yuan(before.price_fen), yuan(quote.price_fen)),
        ("fact.cap_room", yuan(before.cap_room_fen), yuan(quote.cap_room_fen)),
        ("column.subsidy", yuan(before.subsidy_fen), yuan(quote.subsidy_fen)),
        ("money.other_aid", yuan(before.other_aid_fen), yuan(quote.other_aid_fen)),
        ("column.self_pay", yuan(before.self_pay_fen), yuan(quote.self_pay_fen)),
        ("fact.expected_completion", day(before.expected_completion), day(quote.expected_completion)),
    ]
    return [each for each in compared if each[1] != each[2]]
