"""What the demo province's providers offer: a few instruments with opening hours and priced services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.queries import actor_of
from core.db import session
from core.kinds import ServiceKind
from instruments.models import Instrument, Service
from instruments.rules.opening import WeeklyHours
from instruments.rules.terms import ExternalUse, Funding, PriceUnit
from instruments.service import calendar, listings, services
from instruments.service.listings import Decision

OFFICE_HOURS = [WeeklyHours(weekday=day, opens=8 * 60, closes=20 * 60) for day in range(1, 8)]


@dataclass(frozen=True)
class DemoService:
    """A service on one instrument; the price is in fen a unit."""

    key: str
    title: str
    kind: ServiceKind
    price_fen: int
    unit: PriceUnit


@dataclass(frozen=True)
class DemoInstrument:
    """An instrument of a demo provider with its services."""

    key: str
    owner: str
    reviewer: str
    name: str
    name_en: str
    model: str
    maker: str
    category_code: str
    category: str
    value_fen: int
    services: tuple[DemoService, ...]


INSTRUMENTS = [
    DemoInstrument(
        "demo-ms",
        "provider-jinan",
        "bureau-jinan",
        "高分辨液相色谱质谱联用仪",
        "High-resolution LC-MS",
        "HR-LCMS 500",
        "演示仪器厂",
        "010203",
        "质谱仪器",
        260_000_000,
        (
            DemoService("demo-ms-hour", "质谱机时共享", ServiceKind.MACHINE_TIME, 40_000, PriceUnit.HOUR),
            DemoService(
                "demo-ms-sample", "未知物成分委托分析", ServiceKind.COMMISSIONED_ANALYSIS, 80_000, PriceUnit.SAMPLE
            ),
        ),
    ),
    DemoInstrument(
        "demo-sem",
        "provider-jinan",
        "bureau-jinan",
        "场发射扫描电子显微镜",
        "Field-emission SEM",
        "FE-SEM 300",
        "演示仪器厂",
        "010101",
        "电子光学仪器",
        380_000_000,
        (
            DemoService("demo-sem-hour", "扫描电镜机时共享", ServiceKind.MACHINE_TIME, 60_000, PriceUnit.HOUR),
            DemoService("demo-sem-sample", "微观形貌与能谱分析", ServiceKind.INDICATOR_TEST, 50_000, PriceUnit.SAMPLE),
        ),
    ),
    DemoInstrument(
        "demo-xrd",
        "provider-jinan",
        "bureau-jinan",
        "X射线衍射仪",
        "X-ray diffractometer",
        "XRD 9",
        "演示仪器厂",
        "010303",
        "X射线仪器",
        120_000_000,
        (DemoService("demo-xrd-sample", "物相定性分析", ServiceKind.PERFORMANCE_TEST, 30_000, PriceUnit.SAMPLE),),
    ),
    DemoInstrument(
        "demo-pilot",
        "provider-jinan",
        "bureau-jinan",
        "新材料中试反应装置",
        "Pilot reactor for new materials",
        "PR-2",
        "演示装备公司",
        "120100",
        "工艺实验设备",
        90_000_000,
        (
            DemoService(
                "demo-pilot-time", "中试及工程化服务", ServiceKind.PILOT_ENGINEERING, 10_000_000, PriceUnit.TIME
            ),
        ),
    ),
    DemoInstrument(
        "demo-nmr",
        "provider-outside",
        "province",
        "核磁共振波谱仪 600MHz",
        "NMR spectrometer 600 MHz",
        "NMR 600",
        "演示仪器厂",
        "010601",
        "波谱仪器",
        700_000_000,
        (DemoService("demo-nmr-sample", "核磁结构解析", ServiceKind.COMMISSIONED_ANALYSIS, 120_000, PriceUnit.SAMPLE),),
    ),
]


def seed_catalogue(*, now: datetime) -> None:
    """Make and publish what is not there yet."""
    for wanted in INSTRUMENTS:
        instrument = session().scalar(select(Instrument).where(Instrument.external_id == wanted.key))
        instrument_id = _publish(wanted, now=now) if instrument is None else instrument.id
        for service in wanted.services:
            if session().scalar(select(Service.id).where(Service.external_id == service.key)) is None:
                _offer(wanted, service, instrument_id, now=now)


def _publish(wanted: DemoInstrument, *, now: datetime) -> int:
    owner = actor_of(wanted.owner)
    instrument = listings.create_instrument(
        fields={
            "external_id": wanted.key,
            "name": wanted.name,
            "name_en": wanted.name_en,
            "model": wanted.model,
            "maker": wanted.maker,
            "category_code": wanted.category_code,
            "category": wanted.category,
            "value_fen": wanted.value_fen,
            "funding": Funding.FISCAL,
            "external_use": ExternalUse.OPEN,
            "iot_sensor": True,
        },
        actor=owner,
        now=now,
    )
    instrument_id = instrument.id
    calendar.set_opening_hours(instrument_id=instrument_id, hours=OFFICE_HOURS, actor=owner, now=now)
    listings.submit_listing(instrument_id=instrument_id, actor=owner, now=now)
    listings.review_listing(
        instrument_id=instrument_id,
        decision=Decision.APPROVE,
        opinion="演示审核通过",
        defects=[],
        actor=actor_of(wanted.reviewer),
        now=now,
    )
    return instrument_id


def _offer(wanted: DemoInstrument, service: DemoService, instrument_id: int, *, now: datetime) -> None:
    owner = actor_of(wanted.owner)
    fields: dict[str, Any] = {
        "external_id": service.key,
        "title": service.title,
        "kind": service.kind,
        "content": f"使用{wanted.name}提供{service.title}。",
        "process": "预约、送样、测试、出具结果。",
        "equipment": wanted.name,
        "phone": "0531-80000004",
        "price_fen": service.price_fen,
        "price_unit": service.unit,
        "turnaround_days": 5,
    }
    made = services.create_service(fields=fields, instrument_ids=[instrument_id], actor=owner, now=now)
    services.publish_service(service_id=made.id, actor=owner, now=now)
