"""Turning a quote into an order: whether it may be now, and writing it down with slot and hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import errors as pg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from core import audit, clock
from core.db import insert_at_once
from core.errors import Conflict, Refused
from core.failpoints import failpoint
from core.permissions import SYSTEM, Actor
from core.states import allowed_target
from instruments.queries.offers import Consent, Offer
from instruments.steps import book
from marketplace.models import Order, Quote
from marketplace.queries.hindrances import shortfall_hindrance, shortfalls_block
from marketplace.queries.quotes import Standing, standing_of
from marketplace.rules.lines import same_prices
from marketplace.rules.requoting import why_less
from marketplace.states import ORDER, OrderAction
from marketplace.steps.agreeing import use_agreement
from marketplace.steps.membership import require_membership
from marketplace.steps.quoting import assessed, consent_to, extras_kept, figure, offered, wish_today
from vouchers.queries import Assessment
from vouchers.rules.facts import PaymentMode
from vouchers.steps import hold

ACCEPT = OrderAction.ACCEPT


class QuoteExpired(Conflict):
    """The quote is no longer valid; ask again."""

    code = "quote_expired"
    article = "V12 hold"


class LessGiven(Conflict):
    """Less is given today than was quoted: the rate or the aid fell, or less of the cap is left; ask again."""

    code = "less_given"


class QuoteUsed(Conflict):
    """An order was placed on this quote already."""

    code = "quote_used"
    article = "V12 hold"


class ConsentWithdrawn(Conflict):
    """The provider took its standing consent back at this moment; place the order again, and it is asked."""

    code = "consent_withdrawn"
    article = "V16"


class PriceChanged(Conflict):
    """The provider's price, or what giving the booking up costs, changed since the quote; ask again."""

    code = "price_changed"
    article = "V14"


class DeductionRefused(Refused):
    """Nothing can be deducted from an order that no voucher supports; pay in full instead."""

    code = "deduction_refused"


class ShortfallUnpaid(Conflict):
    """An unpaid shortfall blocks new orders in direct deduction."""

    code = "shortfall_unpaid"


@dataclass(frozen=True, slots=True)
class Checked:
    """A quote on which an order may be placed at this moment, with what that rests on."""

    quote: Quote
    standing: Standing
    terms: Offer
    assessment: Assessment
    consent: Consent | None


def checked(quote: Quote, *, actor: Actor, now: datetime) -> Checked:
    """Whether an order may be placed on a quote now; nothing is written but that an agreed price is ordered on, once
    (ADR 0237).

    Raises OfferOver, LessGiven where less is given than quoted, SlotTaken, PriceChanged, QuoteExpired, QuoteUsed,
    ShortfallUnpaid (V16(1)), DeductionRefused, NotAMember, and whatever the provider's terms refuse.
    """
    today = clock.today(now)
    standing = standing_of(quote, on=today)
    _require_fresh(quote, standing, now=now)
    require_membership(quote.beneficiary_id, is_member=standing.is_members, on=today)
    _require_no_shortfall(quote, standing, on=today)
    if quote.negotiation_id is not None:
        use_agreement(quote.negotiation_id, offer_id=quote.offer_id, actor=actor, now=now)
    wish, needs_met = wish_today(quote)
    terms = offered(wish, calendar=standing.calendar, now=now)
    if (
        terms.price_fen != quote.price_fen
        or terms.cancellation != quote.cancellation
        or not same_prices(quote.extras, extras_kept(terms, on=today))
    ):
        raise PriceChanged
    assessment = assessed(wish, terms=terms, now=now)
    if assessment.subsidy_fen < quote.subsidy_fen or assessment.other_aid_fen < quote.other_aid_fen:
        raise LessGiven(reasons=[*needs_met, *why_less(quote, assessment, refusals=assessment.reasons)])
    if quote.payment_mode is PaymentMode.DIRECT_DEDUCTION and not assessment.eligible:
        raise DeductionRefused(reasons=assessment.reasons)
    return Checked(quote, standing, terms, assessment, consent_to(wish, terms))


def place_checked(found: Checked, *, actor: Actor, now: datetime) -> Order:
    """The order, with slot and hold taken together or not at all (V12 hold), accepted at once where the provider's
    standing consent covers it (ADR 0209). Raises RoomShrank and ConsentWithdrawn where others were quicker; the
    transaction must then be given up.
    """
    quote, assessment, consent, today = found.quote, found.assessment, found.consent, clock.today(now)
    order = Order(
        quote_id=quote.id,
        beneficiary_id=quote.beneficiary_id,
        provider_id=quote.provider_id,
        payment_mode=quote.payment_mode,
        state=ORDER.initial if consent is None else allowed_target(ORDER.initial, ACCEPT, transitions=ORDER),
        consent_id=None if consent is None else consent.id,
        eligible=assessment.eligible,
        quantity=quote.quantity,
        contract_fen=quote.price_fen,
        price_fen=quote.price_fen,
        # What is held below, or the order is given up.
        subsidy_fen=assessment.subsidy_fen,
        other_aid_fen=assessment.other_aid_fen,
        self_pay_fen=quote.price_fen - assessment.subsidy_fen - assessment.other_aid_fen,
        expected_completion=quote.expected_completion,
        placed_by=actor.user_id,
        placed_at=now,
        respond_by=found.standing.calendar.add_working_days(today, figure("answer_working_days", today)),
    )
    _add(order, quote)
    failpoint("marketplace.order.added")
    if quote.instrument_id is not None and quote.during is not None:
        book(
            order_id=order.id,
            instrument_id=quote.instrument_id,
            during=quote.during,
            organisation_id=quote.beneficiary_id,
            calendar=found.standing.calendar,
            actor=actor,
            now=now,
        )
    if assessment.eligible:
        hold(order_id=order.id, assessment=assessment, actor=actor, now=now)
    audit.record(
        actor=actor,
        now=now,
        action="place",
        subject=order,
        to_state=ORDER.initial,
        data=money_of(order),
    )
    if consent is not None:
        _accept_by(consent, order, now=now)
    failpoint("marketplace.order.placed")
    return order


def _add(order: Order, quote: Quote) -> None:
    """Insert an order on its quote; whoever places one on the same quote at this moment is waited for."""
    try:
        insert_at_once(order)
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.UniqueViolation):
            raise QuoteUsed from violated
        if isinstance(violated.orig, pg.IntegrityConstraintViolation):
            raise ConsentWithdrawn from violated
        raise
    set_committed_value(order, "quote", quote)


def _accept_by(consent: Consent, order: Order, *, now: datetime) -> None:
    """Write down that the provider accepted ahead: by which consent, and since when that stands."""
    audit.record(
        actor=SYSTEM,
        now=now,
        action=ACCEPT.value,
        subject=order,
        from_state=ORDER.initial,
        to_state=order.state,
        data={**money_of(order), "consent_id": consent.id, "consent_given_at": consent.given_at.isoformat()},
    )


def money_of(order: Order) -> dict[str, Any]:
    """The sums of an order for the audit trail, in fen."""
    return {
        "price_fen": order.price_fen,
        "subsidy_fen": order.subsidy_fen,
        "other_aid_fen": order.other_aid_fen,
        "self_pay_fen": order.self_pay_fen,
        "payment_mode": order.payment_mode.value,
    }


def _require_fresh(quote: Quote, standing: Standing, *, now: datetime) -> None:
    if standing.is_used:
        raise QuoteUsed
    if now >= quote.expires_at:
        raise QuoteExpired


def _require_no_shortfall(quote: Quote, standing: Standing, *, on: date) -> None:
    if quote.payment_mode is not PaymentMode.DIRECT_DEDUCTION or not shortfalls_block(on):
        return
    if standing.owes_shortfall:
        raise ShortfallUnpaid(reasons=[shortfall_hindrance()])
