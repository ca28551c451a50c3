"""Series of bookings: looked at slot by slot, placed as far as was chosen, and the rest of one given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Unpack

from accounts.steps.memberships import user_id_of
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, DomainError, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.types import Span
from core.workdays import load_calendar
from instruments.queries.offers import OfferRefused, SlotTaken
from instruments.rules.opening import Interval
from instruments.rules.series import Repetition
from instruments.steps import keep_calendar
from marketplace.models import BookingSeries, SeriesSlot
from marketplace.permissions import may_place_orders
from marketplace.queries.series import find_series, lock_orders_of, may_still_end
from marketplace.rules.series import SeriesChoice, repetition, series_faults
from marketplace.service.endings import cancel_locked
from marketplace.service.quotes import wish_said
from marketplace.states import SERIES
from marketplace.steps.placing import (
    DeductionRefused,
    LessGiven,
    PriceChanged,
    QuoteExpired,
    checked,
    place_checked,
)
from marketplace.steps.quoting import WantedThing, Wish, assessed, figure, offered, write_quote
from settlement.rules.chart import Cap
from vouchers.rules.facts import PaymentMode

REFUSALS = (OfferRefused, SlotTaken, DeductionRefused, LessGiven, PriceChanged)
"""What keeps one slot of a series from being booked, and not the others."""


class SeriesRefused(Refused):
    """The series cannot be placed like this; what stands against each slot is named."""

    code = "series_refused"


class NothingToEnd(Conflict):
    """No order of the series is still to come."""

    code = "nothing_to_end"
    article = "V14"


def look_ahead(
    *,
    starts_at: datetime,
    ends_at: datetime,
    every_days: int,
    repeat_until: date | None,
    count: int | None,
    actor: Actor,
    now: datetime,
    **wanted: Unpack[WantedThing],
) -> BookingSeries:
    """A slot again and again, each with a quote or with everything that stands against it; nothing is held.

    A slot counts those before it as booked: in quotas, in the time kept free, and in what is left of the yearly caps.
    Raises :class:`SeriesRefused` for a repetition that cannot be, and whatever refuses every slot alike.
    """
    with transaction() as current:
        wish = wish_said(starts_at=starts_at, ends_at=ends_at, actor=actor, now=now, **wanted)
        first, today = Interval(starts_at, ends_at), clock.today(now)
        again = repetition(first, every_days=every_days, until=repeat_until, count=count)
        refuse_all(series_faults(first, again, now_day=today), error=SeriesRefused)
        if wish.instrument_id is None:
            raise SeriesRefused(reasons=[reason("service_instrument_missing", field="instrument_id")])
        series = BookingSeries(
            beneficiary_id=wish.beneficiary_id,
            service_id=wish.service_id,
            instrument_id=wish.instrument_id,
            state=SERIES.initial,
            every_days=again.every_days,
            until=again.until,
            expires_at=now + timedelta(hours=figure("quote_valid_hours", today)),
            asked_by=user_id_of(actor),
            asked_at=now,
        )
        current.add(series)
        current.flush()
        series.slots = _looked_at(series, wish, first, again, actor=actor, now=now)
        audit.record(actor=actor, now=now, action="ask", subject=series, to_state=series.state)
        return series


def place_series(*, series_id: int, choice: SeriesChoice, actor: Actor, now: datetime) -> BookingSeries:
    """Place an order for each slot of a series: for all or none, or for those that can be booked now, at the quoted
    money or better. The instrument is locked first, as by a single booking, and nobody else books it in between.

    Raises :class:`SeriesRefused` with what stands against each slot; RoomShrank and ConsentWithdrawn where others were
    quicker, after which nothing was placed.
    """
    with transaction():
        authorise(actor, may_place_orders)
        series = find_series(series_id, actor=actor, lock=True)
        allowed_target(series.state, "place", transitions=SERIES)
        if now >= series.expires_at:
            raise QuoteExpired
        keep_calendar(series.instrument_id)
        orders = [number for each in series.slots if (number := _placed(each, actor=actor, now=now)) is not None]
        missing = [each for each in series.slots if each.reasons]
        if not orders or (missing and choice is SeriesChoice.ALL):
            raise SeriesRefused(extra={"slots": [_told(each) for each in missing]}, reasons=_grounds(missing))
        series.choice, series.placed_by, series.placed_at = choice, user_id_of(actor), now
        said = {"choice": choice.value, "order_ids": orders}
        apply(series, "place", transitions=SERIES, actor=actor, now=now, data=said)
        return series


def cancel_rest(*, series_id: int, reason: str | None, actor: Actor, now: datetime) -> BookingSeries:
    """Give up every order of a series whose slot is still to come, each as by itself: with its fee, if one is due by
    now (ADR 0224). Raises :class:`NothingToEnd`."""
    with transaction():
        series = find_series(series_id, actor=actor, lock=True)
        ahead = [each for each in lock_orders_of(series) if may_still_end(each, now=now)]
        if not ahead:
            raise NothingToEnd
        for each in ahead:
            cancel_locked(each, reason=reason, actor=actor, now=now)
        ended = [each.id for each in ahead]
        audit.record(actor=actor, now=now, action="cancel", subject=series, data={"order_ids": ended, "note": reason})
        return series


def _looked_at(
    series: BookingSeries, wish: Wish, first: Interval, again: Repetition, *, actor: Actor, now: datetime
) -> list[SeriesSlot]:
    calendar = load_calendar(since=clock.today(now))
    booked, held, found = list[Interval](), Counter[Cap](), list[SeriesSlot]()
    for position, each in enumerate(again.of(first), start=1):
        slot = SeriesSlot(position=position, during=Span(each.start, each.end), quote_id=None, reasons=[])
        found.append(slot)
        wanted = replace(wish, starts_at=each.start, ends_at=each.end)
        try:
            terms = offered(wanted, calendar=calendar, now=now, before=booked)
            assessment = assessed(wanted, terms=terms, now=now, before=held)
            if wish.payment_mode is PaymentMode.DIRECT_DEDUCTION and not assessment.eligible:
                raise DeductionRefused(reasons=assessment.reasons)
        except REFUSALS as refused:
            slot.reasons = _why(refused)
            continue
        slot.quote = write_quote(wanted, terms=terms, assessment=assessment, actor=actor, now=now, series_id=series.id)
        booked.append(each)
        held.update(assessment.holds_fen)
    return found


def _placed(slot: SeriesSlot, *, actor: Actor, now: datetime) -> int | None:
    """The order on a slot's quote; None where it cannot be had, with the reasons then."""
    if slot.quote is None:
        return None
    try:
        found = checked(slot.quote, actor=actor, now=now)
    except REFUSALS as refused:
        slot.reasons = _why(refused)
        return None
    return place_checked(found, actor=actor, now=now).id


def _why(refused: DomainError) -> list[dict[str, Any]]:
    said = [each.as_json() for each in refused.reasons]
    return said or [{"code": refused.code, "article": None, "text": refused.text.zh, "text_en": refused.text.en}]


def _told(slot: SeriesSlot) -> dict[str, Any]:
    return {"position": slot.position, "starts_at": slot.during.start.isoformat(), "reasons": slot.reasons}


def _grounds(missing: Sequence[SeriesSlot]) -> list[Any]:
    """Each slot that cannot be booked, by its day."""
    days = ((each.position, clock.today(each.during.start)) for each in missing)
    return [reason("series_slot_refused", position=position, day=day) for position, day in days]
