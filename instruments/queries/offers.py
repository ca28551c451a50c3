"""What marketplace asks before a quote: price, slot and promise of one service, with every fault at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from accounts.queries import is_approved_member
from core.clock import today
from core.db import session
from core.errors import Conflict, Reason, Refused, reason
from core.kinds import ServiceKind
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Instrument, Service
from instruments.policy import booking_policy
from instruments.queries.calendar import occupied, opening_hours
from instruments.queries.instruments import ServiceMissing
from instruments.rules.opening import Interval, slot_faults
from instruments.rules.pricing import price, quantity_faults, slot_quantity
from instruments.rules.terms import TIMED_UNITS, PriceUnit
from instruments.states import ListingState, ServiceState


class ServiceNotOffered(Conflict):
    """The service is not offered any more, or its provider is not a member in good standing."""

    code = "service_not_offered"
    article = "V14"


class OfferRefused(Refused):
    """The service cannot be had like this; every fault is named."""

    code = "offer_refused"


class SlotTaken(Conflict):
    """Somebody else has the instrument at that time."""

    code = "slot_taken"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service at its price.

    ``quantity`` counts ``price_unit``; ``during`` is the slot, None without instrument time. ``promised_on`` is the
    last day of the promised turnaround, in working days after the slot's end or, without one, after today.
    """

    service_id: int
    provider_id: int
    service_kind: ServiceKind
    title: str
    price_unit: PriceUnit
    unit_price_fen: int
    quantity: Decimal
    price_fen: int
    instrument_id: int | None
    instrument_ids: tuple[int, ...]
    published_instrument_ids: tuple[int, ...]
    during: Span | None
    turnaround_days: int
    promised_on: date


@dataclass(frozen=True)
class _Wish:
    """What was asked for, once the instrument is known."""

    instrument: Instrument | None
    starts_at: datetime | None
    ends_at: datetime | None
    quantity: Decimal | None


def offer(
    *,
    service_id: int,
    instrument_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    quantity: Decimal | None,
    now: datetime,
) -> Offer:
    """Price and slot of a published service; nothing is held.

    A service priced by the hour or day on instruments needs a slot, any other a quantity. The instrument may be left
    out where the service has only one. Raises ServiceMissing, :class:`ServiceNotOffered`, :class:`OfferRefused`, and
    :class:`SlotTaken` where nothing else is wrong.
    """
    service, unit, unit_price_fen, turnaround_days = _offered(service_id, on=today(now))
    faults: list[Reason] = []
    needs_instrument = unit in TIMED_UNITS or starts_at is not None or ends_at is not None
    instrument = _instrument(service, instrument_id, faults, needed=needs_instrument)
    wish = _Wish(instrument, starts_at, ends_at, quantity)
    slot = _slot(unit, wish, faults, now)
    counted = _quantity(unit, wish, slot, faults)
    if faults:
        raise OfferRefused(reasons=faults)
    if instrument is not None and slot is not None and occupied(instrument.id, slot.start, slot.end):
        raise SlotTaken(reasons=[reason("slot_taken", field="starts_at")])
    begins = today(now if slot is None else slot.end)
    return Offer(
        service_id=service.id,
        provider_id=service.provider_id,
        service_kind=service.kind,
        title=service.title,
        price_unit=unit,
        unit_price_fen=unit_price_fen,
        quantity=counted,
        price_fen=price(unit_price_fen, counted),
        instrument_id=None if instrument is None else instrument.id,
        instrument_ids=tuple(each.id for each in service.instruments),
        published_instrument_ids=tuple(each.id for each in service.instruments if each.state is ListingState.PUBLISHED),
        during=None if slot is None else Span(slot.start, slot.end),
        turnaround_days=turnaround_days,
        promised_on=load_calendar(since=begins).add_working_days(begins, turnaround_days),
    )


def _offered(service_id: int, *, on: date) -> tuple[Service, PriceUnit, int, int]:
    service = session().scalar(select(Service).where(Service.id == service_id))
    if service is None or service.state is ServiceState.DRAFT:
        raise ServiceMissing
    unit, unit_price_fen, turnaround_days = service.price_unit, service.price_fen, service.turnaround_days
    is_complete = unit is not None and unit_price_fen is not None and turnaround_days is not None
    is_member = is_approved_member(service.provider_id, on=on)
    if service.state is not ServiceState.PUBLISHED or not is_member or not is_complete:
        raise ServiceNotOffered
    return service, unit, unit_price_fen, turnaround_days  # type: ignore[return-value]


def _instrument(
    service: Service, instrument_id: int | None, faults: list[Reason], *, needed: bool
) -> Instrument | None:
    tied = {each.id: each for each in service.instruments}
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


def _published(instrument: Instrument, faults: list[Reason]) -> Instrument:
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
    limits = booking_policy(today(now))
    faults += slot_faults(
        slot,
        hours=opening_hours(wish.instrument.id),
        now=now,
        longest=limits.longest,
        horizon=limits.horizon,
    )
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
