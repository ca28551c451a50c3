"""Instruments and services in any state, and slots, made through the services themselves.

Everything needs an application context; each function writes in transactions of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from accounts.models import Organisation
from core import clock
from core.clock import SHANGHAI
from core.kinds import ServiceKind
from core.types import Span
from instruments.models import Instrument, Service
from instruments.rules.opening import MINUTES_A_DAY, WeeklyHours
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit
from instruments.service.calendar import set_opening_hours
from instruments.service.listings import (
    Decision,
    create_instrument,
    review_listing,
    submit_listing,
)
from instruments.service.services import create_service, publish_service
from tests.factories.accounts import actor_of, make_bureau, make_provider, make_province

WORKING_WEEK = tuple(WeeklyHours(weekday, 8 * 60, 18 * 60) for weekday in range(1, 6))
"""Monday to Friday from eight to six."""

ALWAYS = tuple(WeeklyHours(weekday, 0, MINUTES_A_DAY) for weekday in range(1, 8))
"""Day and night."""

_numbers = itertools.count(1)


def make_draft(
    provider: Organisation | None = None,
    *,
    name: str | None = None,
    now: datetime | None = None,
    kind: InstrumentKind = InstrumentKind.INSTRUMENT,
    model: str = "",
    maker: str = "",
    category: str = "质谱仪器",
    category_code: str = "",
    funding: Funding = Funding.PRIVATE,
    value_fen: int | None = 20_000_000,
    county: str = "",
    external_use: ExternalUse = ExternalUse.OPEN,
    iot_sensor: bool = False,
    duty_free: bool = False,
    duty_free_record: str = "",
    functions: str = "",
    external_id: str | None = None,
) -> Instrument:
    """A draft that could be submitted as it is, unless told otherwise."""
    owner = provider or make_provider()
    number = next(_numbers)
    return create_instrument(
        fields={
            "external_id": external_id or f"T-{number}",
            "name": name or f"测试质谱仪{number}",
            "kind": kind,
            "model": model,
            "maker": maker,
            "category": category,
            "category_code": category_code,
            "funding": funding,
            "value_fen": value_fen,
            "county": county,
            "external_use": external_use,
            "iot_sensor": iot_sensor,
            "duty_free": duty_free,
            "duty_free_record": duty_free_record,
            "functions": functions,
        },
        actor=actor_of(owner),
        now=now or clock.now(),
    )


def publish(instrument: Instrument, *, now: datetime | None = None) -> Instrument:
    """Submit a draft and have the bureau of its provider's city, or the province, approve it."""
    moment = now or clock.now()
    owner = instrument.provider
    authority = make_bureau(owner.city, now=now) if owner.city else make_province(now=now)
    reviewer = actor_of(authority)
    submit_listing(instrument_id=instrument.id, actor=actor_of(owner), now=moment)
    return review_listing(
        instrument_id=instrument.id,
        decision=Decision.APPROVE,
        opinion="同意入网",
        defects=[],
        actor=reviewer,
        now=moment,
    )


def make_instrument(
    provider: Organisation | None = None,
    *,
    hours: Sequence[WeeklyHours] = WORKING_WEEK,
    now: datetime | None = None,
    name: str | None = None,
    model: str = "",
    category: str = "质谱仪器",
    category_code: str = "",
    funding: Funding = Funding.PRIVATE,
    value_fen: int | None = 20_000_000,
    county: str = "",
    functions: str = "",
) -> Instrument:
    """A published instrument, open in the working week unless told otherwise."""
    made = make_draft(
        provider,
        name=name,
        model=model,
        category=category,
        category_code=category_code,
        funding=funding,
        value_fen=value_fen,
        county=county,
        functions=functions,
        now=now,
    )
    published = publish(made, now=now)
    if hours:
        owner = actor_of(published.provider)
        set_opening_hours(instrument_id=published.id, hours=hours, actor=owner, now=now or clock.now())
    return published


def make_service(
    provider: Organisation | None = None,
    *,
    instruments: Sequence[Instrument] = (),
    kind: ServiceKind = ServiceKind.MACHINE_TIME,
    title: str | None = None,
    price_fen: int | None = 50_000,
    price_unit: PriceUnit = PriceUnit.HOUR,
    turnaround_days: int | None = 5,
    published: bool = True,
    now: datetime | None = None,
) -> Service:
    """A service with all that V14 asks for, published unless told otherwise. Its provider is the instruments' one."""
    owner = provider or (instruments[0].provider if instruments else make_provider(now=now))
    moment = now or clock.now()
    made = create_service(
        fields={
            "title": title or f"测试服务{next(_numbers)}",
            "kind": kind,
            "content": "样品的成分与结构分析",
            "process": "预约、送样、测试、出具报告",
            "equipment": "质谱仪",
            "price_fen": price_fen,
            "price_unit": price_unit,
            "phone": "0531-00000000",
            "turnaround_days": turnaround_days,
        },
        instrument_ids=[each.id for each in instruments],
        actor=actor_of(owner),
        now=moment,
    )
    if published:
        publish_service(service_id=made.id, actor=actor_of(owner), now=moment)
    return made


def next_slot(now: datetime | None = None, *, hours: int = 2, days_ahead: int = 7, hour: int = 9) -> Span:
    """A slot within :data:`WORKING_WEEK`: from nine o'clock in Shanghai on the first weekday a week from now."""
    day = clock.today(now or clock.now()) + timedelta(days=days_ahead)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)
    return Span(start, start + timedelta(hours=hours))
