"""Asking instruments for the price and vouchers for the entitlement, and writing the answer down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from core import clock, policy
from core.db import require_transaction
from core.errors import Reason, reason
from core.permissions import Actor
from core.workdays import WorkingCalendar
from instruments.queries.offers import Consent, Offer, offer
from instruments.rules.agreements import AgreedPrice
from instruments.rules.extras import WantedExtra
from instruments.rules.opening import Interval
from marketplace.models import Quote
from marketplace.queries.unmet_needs import met_need
from marketplace.rules.lines import kept_extras
from settlement.rules.chart import Cap
from vouchers.queries import Assessment, assess, eligible_extras
from vouchers.queries.entitlement import NOTHING
from vouchers.rules.facts import Exclusion, PaymentMode
from vouchers.rules.policy import TERM
from vouchers.steps import keep_policy


@dataclass(frozen=True, slots=True)
class Agreement:
    """An offer that a user agreed to, its price, and the last day on which an order may be placed on it; None where
    only the order's own day is looked at."""

    negotiation_id: int
    offer_id: int
    price: AgreedPrice
    valid_until: date | None = None


class WantedThing(TypedDict):
    """What somebody says it wants, whatever the time: ``quantity`` in the service's price unit; ``beneficiary_id`` a
    team, or None for itself; ``unmet_need_id`` a statement of the user's that it rests on, beside ``unmet_need`` or in
    its place."""

    service_id: int
    instrument_id: int | None
    quantity: Decimal | None
    extras: NotRequired[Sequence[WantedExtra]]
    payment_mode: PaymentMode
    unmet_need: str | None
    unmet_need_id: int | None
    excluded: Exclusion | None
    public_project_number: str | None
    restricted_industry: bool
    beneficiary_id: int | None


class Wanted(WantedThing):
    """The same with a slot where time is booked."""

    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a beneficiary asks for. ``quantity`` in the service's price unit; a slot where time is booked. ``agreement``
    is the price it agreed on by negotiation, which stands for quantity and extras too."""

    beneficiary_id: int
    service_id: int
    instrument_id: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    quantity: Decimal | None
    extras: tuple[WantedExtra, ...]
    payment_mode: PaymentMode
    unmet_need: str | None
    unmet_need_id: int | None
    excluded: Exclusion | None
    public_project_number: str | None
    restricted_industry: bool
    agreement: Agreement | None = None


def figure(name: str, day: date) -> int:
    """A whole-number value of the voucher policy of a day (outside the measure's term, of the nearest day)."""
    found: int = policy.current().nearest(day, term=TERM)[f"vouchers.{name}"]
    return found


def offered(wish: Wish, *, calendar: WorkingCalendar, now: datetime, before: Sequence[Interval] = ()) -> Offer:
    """The provider's price and slot for a wish; raises with every fault where it cannot be had. ``calendar`` holds from
    today on, ``before`` are slots that the user is to book before."""
    return offer(
        service_id=wish.service_id,
        instrument_id=wish.instrument_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        quantity=wish.quantity,
        organisation_id=wish.beneficiary_id,
        extras=wish.extras,
        agreed=None if wish.agreement is None else wish.agreement.price,
        calendar=calendar,
        now=now,
        before=before,
    )


def consent_to(wish: Wish, terms: Offer) -> Consent | None:
    """The provider's standing consent that covers a wish as it would be paid."""
    return terms.accepted_by(direct_deduction=wish.payment_mode is PaymentMode.DIRECT_DEDUCTION)


def assessed(wish: Wish, *, terms: Offer, now: datetime, before: Mapping[Cap, int] = NOTHING) -> Assessment:
    """What the voucher would pay of an offer today, once ``before`` is held of caps."""
    return assess(
        beneficiary_id=wish.beneficiary_id,
        provider_id=terms.provider_id,
        service_kind=terms.service_kind,
        excluded=wish.excluded,
        publicly_funded=wish.public_project_number is not None,
        restricted_industry=wish.restricted_industry,
        base_fen=terms.price_fen - _own_fen(terms, on=clock.today(now)),
        payment_mode=wish.payment_mode,
        unmet_need=wish.unmet_need,
        on=clock.today(now),
        expected_completion=terms.promised_on,
        has_published_instrument=bool(terms.published_instrument_ids),
        before=before,
    )


def _own_fen(terms: Offer, *, on: date) -> int:
    """What of an offer is no part of the cost that a voucher shares (V12 base)."""
    counting = eligible_extras(on)
    return sum(each.sum_fen for each in terms.extras if each.kind not in counting)


def extras_kept(terms: Offer, *, on: date) -> list[dict[str, Any]]:
    """The extras of an offer as a quote of a day keeps them."""
    return kept_extras(terms.extras, counting=eligible_extras(on))


def write_quote(
    wish: Wish,
    *,
    terms: Offer,
    assessment: Assessment,
    actor: Actor,
    now: datetime,
    series_id: int | None = None,
) -> Quote:
    """Keep the answer, perhaps as a part of a series of bookings. Needs a transaction."""
    current = require_transaction()
    consent = consent_to(wish, terms)
    quote = Quote(
        beneficiary_id=wish.beneficiary_id,
        provider_id=terms.provider_id,
        service_id=wish.service_id,
        series_id=series_id,
        instrument_id=terms.instrument_id,
        during=terms.during,
        quantity=terms.quantity,
        service_kind=terms.service_kind,
        title=terms.title,
        price_unit=terms.price_unit,
        unit_price_fen=terms.tariff.unit_price_fen,
        minimum_charge_fen=terms.tariff.minimum_charge_fen,
        billing_step_minutes=terms.tariff.billing_step_minutes,
        price_id=terms.price_id,
        price_group=terms.price_group,
        negotiation_id=None if wish.agreement is None else wish.agreement.negotiation_id,
        offer_id=None if wish.agreement is None else wish.agreement.offer_id,
        extras=extras_kept(terms, on=clock.today(now)),
        turnaround_days=terms.turnaround_days,
        **asdict(terms.cancellation),
        consent_id=None if consent is None else consent.id,
        payment_mode=wish.payment_mode,
        unmet_need=wish.unmet_need,
        unmet_need_id=wish.unmet_need_id,
        excluded=wish.excluded,
        public_project_number=wish.public_project_number,
        restricted_industry=wish.restricted_industry,
        expected_completion=terms.promised_on,
        price_fen=terms.price_fen,
        rate=assessment.rate,
        eligible=assessment.eligible,
        entitlement_fen=assessment.entitlement_fen,
        cap_room_fen=assessment.cap_room_fen,
        subsidy_fen=assessment.subsidy_fen,
        other_aid_fen=assessment.other_aid_fen,
        self_pay_fen=terms.price_fen - assessment.subsidy_fen - assessment.other_aid_fen,
        policy_version=assessment.policy_version,
        snapshot_id=keep_policy(assessment.judged_on, now=now),
        facts=assessment.facts,
        reasons=[reason.as_json() for reason in assessment.reasons],
        flags=list(assessment.flags),
        aids=[aid.as_json() for aid in assessment.aids],
        created_by=actor.user_id,
        created_at=now,
        expires_at=_valid_until(wish, now=now),
    )
    current.add(quote)
    current.flush()
    return quote


def _valid_until(wish: Wish, *, now: datetime) -> datetime:
    """The instant until which an order may be placed: some hours on, no longer than the offer that was agreed to."""
    until = now + timedelta(hours=figure("quote_valid_hours", clock.today(now)))
    last_day = None if wish.agreement is None else wish.agreement.valid_until
    return until if last_day is None else min(until, clock.end_of_day(last_day))


def wish_today(quote: Quote) -> tuple[Wish, list[Reason]]:
    """What was asked for in a quote, without the statement it rests on where an office has closed that as met since;
    the second part says so (V16 out). Needs a transaction."""
    wish = wish_of(quote)
    need = None if quote.unmet_need_id is None else met_need(quote.unmet_need_id)
    if need is None:
        return wish, []
    said = reason("quote_need_met", article="V16 out", number=need.number, note=need.closing_note or "—")
    return replace(wish, unmet_need=None, unmet_need_id=None), [said]


def wish_of(quote: Quote) -> Wish:
    """What was asked for in a quote, to ask again."""
    agreed = quote.agreed
    return Wish(
        beneficiary_id=quote.beneficiary_id,
        service_id=quote.service_id,
        instrument_id=quote.instrument_id,
        starts_at=None if quote.during is None else quote.during.start,
        ends_at=None if quote.during is None else quote.during.end,
        quantity=quote.quantity,
        extras=() if agreed is not None else wanted_extras(quote),
        payment_mode=quote.payment_mode,
        unmet_need=quote.unmet_need,
        unmet_need_id=quote.unmet_need_id,
        excluded=quote.excluded,
        public_project_number=quote.public_project_number,
        restricted_industry=quote.restricted_industry,
        agreement=None if agreed is None else Agreement(quote.negotiation_id or 0, quote.offer_id or 0, agreed),
    )


def wanted_extras(quote: Quote) -> tuple[WantedExtra, ...]:
    """The published extras that a quote was asked for with."""
    return tuple(WantedExtra(each["extra_id"], Decimal(each["quantity"])) for each in quote.extras)
