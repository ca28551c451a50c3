"""A generated catalogue: published instruments with Chinese names, Latin models, services and opening hours."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from accounts.models import Organisation, User
from accounts.queries import organisation
from core import clock
from core.db import session, transaction
from core.kinds import ServiceKind
from instruments.models import Instrument, OpeningHours, Service, ServiceConsent, ServiceInstrument
from instruments.rules.merging import instrument_tokens
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit
from instruments.states import ListingState, ServiceState
from tests.factories.accounts import actor_of, make_bureau, make_provider

FIRST = ("高分辨", "飞行时间", "场发射", "全自动", "便携式", "双光束", "低温", "超高效", "原位", "三重四极杆")
KINDS = (
    ("液相色谱质谱联用仪", "010203", "质谱仪器"),
    ("气相色谱仪", "010301", "色谱仪器"),
    ("扫描电子显微镜", "010101", "电子光学仪器"),
    ("核磁共振波谱仪", "010601", "波谱仪器"),
    ("X射线衍射仪", "010303", "X射线仪器"),
    ("离心机", "120100", "工艺实验设备"),
    ("PCR扩增仪", "", "生命科学仪器"),
    ("环境试验箱", "1", ""),
)
MODELS = ("Orbitrap 480", "QTOF-6550", "H-7650", "ＬＴＱ ＸＬ", "FE-SEM 300", "AVANCE NEO 600", "", "zeta_7/b")
PLACES = (
    ("370102", "370100"),
    ("370103", "370100"),
    ("371702", "371700"),
    ("370202", "370200"),
    ("", "370100"),
    ("", ""),
)
VALUES = (None, 0, 9_999_999, 19_999_999, 20_000_000, 99_999_999, 100_000_000, 650_000_000, 1_000_000_000)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Makers:
    """Who owns and who reviews what is generated."""

    owners: tuple[Organisation, ...]
    submitter: int
    reviewer: int


def makers(count: int = 3) -> Makers:
    """Providers, and users of one of them and of a bureau."""
    owners = tuple(make_provider("370100") for _ in range(count))
    submitter, reviewer = actor_of(owners[0]).user_id, actor_of(make_bureau("370100")).user_id
    assert submitter is not None
    assert reviewer is not None
    return Makers(owners, submitter, reviewer)


def row(of: Makers, chance: random.Random, **given: Any) -> dict[str, Any]:
    """The columns of one published instrument."""
    kind, code, category = chance.choice(KINDS)
    county, city = chance.choice(PLACES)
    now = clock.now()
    fields: dict[str, Any] = {
        "provider_id": chance.choice(of.owners).id,
        "external_id": f"G-{next(_numbers)}",
        "kind": chance.choice(tuple(InstrumentKind)),
        "name": chance.choice(FIRST) + kind,
        "name_en": "",
        "model": chance.choice(MODELS),
        "maker": chance.choice(("演示仪器厂", "Demo Instruments", "")),
        "category_code": code,
        "category": category,
        "value_fen": chance.choice(VALUES),
        "funding": chance.choice(tuple(Funding)),
        "functions": chance.choice(("用于质谱前处理", "观察细胞结构", "")),
        "description": "",
        "county": county,
        "city": city,
        "external_use": chance.choice(tuple(ExternalUse)),
        "iot_sensor": chance.random() < 0.5,
        "state": ListingState.PUBLISHED,
        "created_at": now,
        "updated_at": now,
        "published_at": now,
        "submitted_by": of.submitter,
        "submitted_at": now,
        "reviewed_by": of.reviewer,
        "reviewed_at": now,
        **given,
    }
    return fields | {"tokens": instrument_tokens(fields)}


def fill(count: int, *, seed: int, of: Makers | None = None) -> list[int]:
    """Add published instruments, every other one with opening hours and a service; their numbers."""
    chance = random.Random(seed)
    those = of or makers()
    with transaction() as current:
        made = list(
            current.scalars(insert(Instrument).returning(Instrument.id), [row(those, chance) for _ in range(count)])
        )
        for number in made[::2]:
            _open_and_offer(number, chance)
    return made


def change(number: int, chance: random.Random) -> None:
    """Change anything an index may hold of an instrument."""
    with transaction() as current:
        found = current.get_one(Instrument, number, with_for_update=True)
        fresh = row(Makers((organisation(found.provider_id),), found.submitted_by or 0, found.reviewed_by or 0), chance)
        for name in ("name", "model", "category_code", "category", "value_fen", "county", "city", "tokens", "funding"):
            setattr(found, name, fresh[name])
        found.state = chance.choice((ListingState.PUBLISHED, ListingState.PUBLISHED, ListingState.SUSPENDED))


def published() -> list[Instrument]:
    """All published instruments."""
    found = select(Instrument).where(Instrument.state == ListingState.PUBLISHED)
    return list(session().scalars(found.order_by(Instrument.id)))


def _open_and_offer(number: int, chance: random.Random) -> None:
    current = session()
    hours = {"instrument_id": number, "weekday": 1, "opens_minute": 480, "closes_minute": 1080}
    current.execute(insert(OpeningHours), [hours])
    now = clock.now()
    for unit in chance.sample(tuple(PriceUnit), 2):
        offered = {
            "provider_id": select(Instrument.provider_id).where(Instrument.id == number).scalar_subquery(),
            "external_id": f"S-{next(_numbers)}",
            "kind": ServiceKind.COMMISSIONED_ANALYSIS,
            "title": "委托分析",
            "content": "分析",
            "process": "送样",
            "equipment": "仪器",
            "phone": "0531-80000004",
            "price_fen": chance.choice((100, 5_000, 70_000)),
            "price_unit": unit,
            "turnaround_days": 5,
            "state": chance.choice(tuple(ServiceState)),
            "created_at": now,
            "updated_at": now,
        }
        service = current.scalars(insert(Service).values(**offered).returning(Service.id)).one()
        current.execute(insert(ServiceInstrument), [{"service_id": service, "instrument_id": number}])
        if offered["state"] is ServiceState.PUBLISHED and number % 3 == 0:
            consent(service)


def consent(service_id: int) -> None:
    """Accept the orders of a service ahead. Needs a transaction."""
    current, someone = session(), select(func.min(User.id)).scalar_subquery()
    given = {"service_id": service_id, "direct_deduction": True, "given_by": someone, "given_at": clock.now()}
    number = current.scalars(insert(ServiceConsent).values(**given).returning(ServiceConsent.id)).one()
    current.execute(update(Service).where(Service.id == service_id).values(consent_id=number))
