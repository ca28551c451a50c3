"""What marketplace asks before a quote: price, slot and promise of one service, with every fault at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from accounts.queries.affiliation import belongs_to, sits_outside
from accounts.queries.memberships import approved_member
from core.clock import today
from core.errors import Conflict, Reason, Refused, reason
from core.gathering import Gathering
from core.kinds import ServiceKind
from core.types import UTC, Span
from core.workdays import WorkingCalendar
from instruments.models import Instrument, Occupancy, Service, ServiceConsent, ServiceInstrument, ServicePrice
from instruments.policy import booking_policy
from instruments.queries.booking_rules import held_range, own_in, rule_parts, terms_in
from instruments.queries.calendar import touching
from instruments.queries.extras import extras_wanted, priced_extras, where_priced
from instruments.queries.instruments import ServiceMissing
from instruments.queries.prices import in_force_on
from instruments.queries.qualifications import qualified_in
from instruments.rules.agreements import AgreedPrice
from instruments.rules.booking import counted_since
from instruments.rules.cancelling import CancellationTerms
from instruments.rules.extras import OfferedExtra, WantedExtra
from instruments.rules.opening import Interval
from instruments.rules.pricing import Tariff, group_price, quantity_faults, slot_quantity, sum_faults
from instruments.rules.qualifications import Validity
from instruments.rules.slots import Terms, slot_faults
from instruments.rules.terms import TIMED_UNITS, PriceGroup, PriceUnit
from instruments.rules.ways import to_qualify, to_wait
from instruments.states import ListingState, ServiceState


class ServiceNotOffered(Conflict):
    """The service is not offered any more, or its provider is not a member in good standing."""

    code = "service_not_offered"
    article = "V14"


class PriceByNegotiation(Conflict):
    """The service has no published price; its provider makes an offer to each request."""

    code = "price_by_negotiation"
    article = "V14"


class OfferRefused(Refused):
    """The service cannot be had like this; every fault is named."""

    code = "offer_refused"


class SlotTaken(Conflict):
    """Somebody else has the instrument at that time."""

    code = "slot_taken"


def slot_taken(instrument_id: int, slot: Interval) -> SlotTaken:
    """The refusal, with the field it is about, and where one waits for the slot."""
    return SlotTaken(reasons=[reason("slot_taken", field="starts_at")], ways=[to_wait(instrument_id, slot)])


@dataclass(frozen=True, slots=True)
class Consent:
    """A provider's standing consent: its number, whether orders in direct deduction are meant too, and since when."""

    id: int
    direct_deduction: bool
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service at the price of a day.

    ``price_id`` is the version of the price, ``price_group`` whose price of it ``tariff`` is, None where the price was
    agreed. ``quantity`` counts
    ``price_unit``; ``during`` is the slot, None without instrument time. ``price_fen`` is what the service and its
    ``extras`` come to. ``promised_on`` is the last day of the promised turnaround, in working days after the slot's
    end or, without one, after today. ``consent`` is the provider's standing consent, if one is in force.
    """

    service_id: int
    provider_id: int
    service_kind: ServiceKind
    title: str
    price_unit: PriceUnit
    price_id: int
    price_group: PriceGroup | None
    tariff: Tariff
    quantity: Decimal
    extras: tuple[OfferedExtra, ...]
    price_fen: int
    instrument_id: int | None
    instrument_ids: tuple[int, ...]
    published_instrument_ids: tuple[int, ...]
    during: Span | None
    turnaround_days: int
    promised_on: date
    cancellation: CancellationTerms
    consent: Consent | None

    def accepted_by(self, *, direct_deduction: bool) -> Consent | None:
        """The standing consent by which an order paid so is accepted at once (V16)."""
        covers = self.consent is not None and (self.consent.direct_deduction or not direct_deduction)
        return self.consent if covers else None


@dataclass(frozen=True, slots=True)
class _Tied:
    """An instrument the service rests on, what slots of it are judged by, what the user has booked of it where that
    counts, when the user is qualified for it, and whether anybody has it in the time asked for."""

    id: int
    state: ListingState
    is_taken: bool
    terms: Terms
    own: Sequence[Interval]
    qualified: Sequence[Validity]
    before: Sequence[Interval] = ()

    def after(self, before: Sequence[Interval]) -> _Tied:
        """The same once the user has booked some slots of it."""
        return replace(self, own=(*self.own, *before), before=before) if before else self

    def holds(self, slot: Interval) -> bool:
        """Whether somebody has it in a slot with the time kept free around that."""
        held = self.terms.rules.held(slot)
        return self.is_taken or any(held.overlaps(self.terms.rules.held(each)) for each in self.before)


@dataclass(frozen=True)
class _Wish:
    """What was asked for, once the instrument is known."""

    instrument: _Tied | None
    starts_at: datetime | None
    ends_at: datetime | None
    quantity: Decimal | None


_SERVICE = bindparam("service", type_=BigInteger)
_ON = bindparam("on", type_=Date)
_STARTS = bindparam("starts_at", type_=UTC)
_ENDS = bindparam("ends_at", type_=UTC)
_USER = bindparam("organisation", type_=BigInteger)
_TIED = select(ServiceInstrument.instrument_id).where(ServiceInstrument.service_id == _SERVICE)


_FACTS = Gathering(
    services=select(
        Service.id,
        Service.provider_id,
        Service.kind,
        Service.title,
        Service.state,
        approved_member(Service.provider_id, _ON).exists().label("is_by_member"),
        ServicePrice.id.label("price_id"),
        ServicePrice.price_unit,
        ServicePrice.by_negotiation,
        ServicePrice.price_fen,
        ServicePrice.own_price_fen,
        ServicePrice.outside_price_fen,
        ServicePrice.minimum_charge_fen,
        ServicePrice.billing_step_minutes,
        ServicePrice.turnaround_days,
        ServicePrice.free_cancellation_hours,
        ServicePrice.late_cancellation_percent,
        ServicePrice.no_show_percent,
        ServiceConsent.id.label("consent_id"),
        ServiceConsent.direct_deduction,
        ServiceConsent.given_at.label("consent_given_at"),
        where_priced(ServicePrice.own_price_fen, belongs_to(_USER, Service.provider_id, _ON)).label("is_own"),
        where_priced(ServicePrice.outside_price_fen, sits_outside(_USER, _ON)).label("is_outside"),
    )
    .select_from(Service)
    .outerjoin(ServicePrice, ServicePrice.id == in_force_on(Service.id, _ON))
    .outerjoin(ServiceConsent, ServiceConsent.id == Service.consent_id)
    .where(Service.id == _SERVICE),
    instruments=select(
        Instrument.id,
        Instrument.state,
        select(Occupancy.id)
        .where(touching(Instrument.id, *held_range(Instrument.id, _STARTS, _ENDS)))
        .exists()
        .label("is_taken"),
    )
    .where(Instrument.id.in_(_TIED))
    .order_by(Instrument.id),
    extras=extras_wanted(_SERVICE, bindparam("extras", type_=ARRAY(BigInteger)), organisation=_USER, on=_ON),
    **rule_parts(
        _TIED,
        organisation=_USER,
        since=bindparam("since", type_=UTC),
    ),
)
"""What an offer rests on: the service with its provider's standing and the price of the day, its instruments, and the
extras that are wanted with it."""


def offer(
    *,
    service_id: int,
    instrument_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    quantity: Decimal | None,
    organisation_id: int,
    extras: Sequence[WantedExtra] = (),
    agreed: AgreedPrice | None = None,
    calendar: WorkingCalendar,
    now: datetime,
    before: Sequence[Interval] = (),
) -> Offer:
    """Price and slot of a published service with extras of it for a user organisation; nothing is held. ``calendar``
    holds from today on.

    The price is the version in force today, whenever the service is rendered (ADR 0216), of the group the user belongs
    to (ADR 0217), or the one ``agreed``, which stands for ``quantity`` and ``extras`` too. A service priced by the hour
    or day on instruments needs a slot, any other a quantity. The instrument may be left out where the service has only
    one. ``before``: slots of the same instrument that the user is to book before this one; they count as if it had.
    Raises ServiceMissing, :class:`ServiceNotOffered`, :class:`PriceByNegotiation`, :class:`OfferRefused`, and
    :class:`SlotTaken` where nothing else is wrong.
    """
    slot_known = starts_at is not None and ends_at is not None and starts_at < ends_at
    found = _FACTS.read(
        service=service_id,
        on=today(now),
        # Without a slot nothing is looked for: an empty period touches none.
        starts_at=starts_at if slot_known else now,
        ends_at=ends_at if slot_known else now,
        organisation=organisation_id,
        since=counted_since(starts_at or now, now),
        extras=[each.extra_id for each in extras],
    )
    service = _offered(found["services"])
    if service.by_negotiation and agreed is None:
        raise PriceByNegotiation
    unit = service.price_unit if agreed is None else agreed.price_unit
    tied = {number: each.after(before) for number, each in _tied(found, calendar, now).items()}
    faults: list[Reason] = []
    needs_instrument = unit in TIMED_UNITS or starts_at is not None or ends_at is not None
    instrument = _instrument(tied, instrument_id, faults, needed=needs_instrument)
    wish = _Wish(instrument, starts_at, ends_at, quantity if agreed is None else agreed.quantity)
    slot = _slot(unit, wish, faults, now)
    counted = _quantity(unit, wish, slot, faults)
    ordered = priced_extras(extras, found["extras"], faults) if agreed is None else agreed.extras
    group, tariff = _tariff(service) if agreed is None else (None, agreed.tariff)
    price_fen = tariff.charge(counted) + sum(each.sum_fen for each in ordered)
    faults += sum_faults(price_fen)
    if faults:
        raise OfferRefused(reasons=faults, ways=[] if instrument is None else to_qualify(instrument.id, faults))
    if instrument is not None and slot is not None and instrument.holds(slot):
        raise slot_taken(instrument.id, slot)
    begins = today(now if slot is None else slot.end)
    turnaround_days = service.turnaround_days if agreed is None else agreed.turnaround_days
    return Offer(
        service_id=service.id,
        provider_id=service.provider_id,
        service_kind=service.kind,
        title=service.title,
        price_unit=unit,
        price_id=service.price_id,
        price_group=group,
        tariff=tariff,
        quantity=counted,
        extras=ordered,
        price_fen=price_fen,
        instrument_id=None if instrument is None else instrument.id,
        instrument_ids=tuple(tied),
        published_instrument_ids=tuple(each.id for each in tied.values() if each.state is ListingState.PUBLISHED),
        during=None if slot is None else Span(slot.start, slot.end),
        turnaround_days=turnaround_days,
        promised_on=calendar.add_working_days(begins, turnaround_days),
        cancellation=CancellationTerms(
            free_cancellation_hours=service.free_cancellation_hours,
            late_cancellation_percent=service.late_cancellation_percent,
            no_show_percent=service.no_show_percent,
        ),
        consent=_consent(service),
    )


def _offered(found: Sequence[Any]) -> Any:
    if not found or found[0].state is ServiceState.DRAFT:
        raise ServiceMissing
    (service,) = found
    if service.state is not ServiceState.PUBLISHED or not service.is_by_member or service.price_id is None:
        raise ServiceNotOffered
    return service


def _consent(service: Any) -> Consent | None:
    if service.consent_id is None:
        return None
    return Consent(service.consent_id, service.direct_deduction, service.consent_given_at)


def _tariff(service: Any) -> tuple[PriceGroup, Tariff]:
    group, unit_price_fen = group_price(
        price_fen=service.price_fen,
        own_price_fen=service.own_price_fen,
        outside_price_fen=service.outside_price_fen,
        is_own=service.is_own,
        is_outside=service.is_outside,
    )
    return group, Tariff(
        unit_price_fen=unit_price_fen,
        minimum_charge_fen=service.minimum_charge_fen,
        billing_step_minutes=service.billing_step_minutes,
    )


def _tied(found: Mapping[str, Sequence[Any]], calendar: WorkingCalendar, now: datetime) -> dict[int, _Tied]:
    limits = booking_policy(today(now))
    return {
        each.id: _Tied(
            each.id,
            each.state,
            each.is_taken,
            terms_in(each.id, found, calendar=calendar, limits=limits),
            own_in(each.id, found),
            qualified_in(each.id, found),
        )
        for each in found["instruments"]
    }


def _instrument(
    tied: Mapping[int, _Tied], instrument_id: int | None, faults: list[Reason], *, needed: bool
) -> _Tied | None:
    if instrument_id is None:
        if len(tied) == 1:
            return _published(next(iter(tied.values())), faults)
        if tied and needed:
            faults.append(reason("service_instrument_missing", field="instrument_id"))
        return None
    if instrument_id not in tied:
        faults.append(reason("service_instrument_foreign", field="instrument_id"))
        return None
    return _published(tied[instrument_id], faults)


def _published(instrument: _Tied, faults: list[Reason]) -> _Tied:
    if instrument.state is not ListingState.PUBLISHED:
        faults.append(reason("service_instrument_not_published", article="V11", field="instrument_id"))
    return instrument


def _slot(unit: PriceUnit, wish: _Wish, faults: list[Reason], now: datetime) -> Interval | None:
    needs_slot = unit in TIMED_UNITS and wish.instrument is not None
    missing = [
        reason("slot_bound_missing", field=name)
        for name, bound in (("starts_at", wish.starts_at), ("ends_at", wish.ends_at))
        if bound is None and (needs_slot or wish.starts_at is not None or wish.ends_at is not None)
    ]
    faults += missing
    if wish.starts_at is None or wish.ends_at is None:
        return None
    if wish.ends_at <= wish.starts_at:
        faults.append(reason("slot_reversed", field="ends_at"))
        return None
    slot = Interval(wish.starts_at, wish.ends_at)
    if wish.instrument is None:
        if unit not in TIMED_UNITS:
            faults.append(reason("slot_without_instrument", field="starts_at"))
        return None if faults else slot
    asked = wish.instrument
    faults += slot_faults(slot, terms=asked.terms, own=asked.own, now=now, qualified=asked.qualified)
    return slot


def _quantity(unit: PriceUnit, wish: _Wish, slot: Interval | None, faults: list[Reason]) -> Decimal:
    """By the slot where time on an instrument is priced; what is stated must then agree."""
    if unit in TIMED_UNITS and slot is not None:
        counted = slot_quantity(unit, slot.end - slot.start)
        if wish.quantity is not None and wish.quantity != counted:
            faults.append(reason("service_quantity_differs", field="quantity", counted=counted))
        return counted
    if wish.quantity is None:
        if unit not in TIMED_UNITS or wish.instrument is None:
            faults.append(reason("service_quantity_missing", field="quantity"))
        return Decimal(0)
    faults += quantity_faults(unit, wish.quantity)
    return wish.quantity
