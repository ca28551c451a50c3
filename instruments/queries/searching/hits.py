"""What the database says to a page that the index found, in one statement: the rows, the names of what was counted, and
how far behind the index is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from accounts.models import Organisation
from core.gathering import Gathering
from core.outbox import WAITING, Waiting, waiting_of
from instruments.models import Instrument, InstrumentClass
from instruments.queries.searching.labels import Names
from instruments.rules.classes import ClassName
from instruments.states import ListingState

_SHOWN = (
    Instrument.id,
    Instrument.external_id,
    Instrument.kind,
    Instrument.name,
    Instrument.name_en,
    Instrument.model,
    Instrument.maker,
    Instrument.category_code,
    Instrument.category,
    Instrument.value_fen,
    Instrument.funding,
    Instrument.address,
    Instrument.county,
    Instrument.city,
    Instrument.external_use,
    Instrument.iot_sensor,
    Instrument.reference_price_fen,
    Instrument.reference_price_unit,
    Instrument.state,
    Instrument.provider_id,
)
"""What a list shows of an instrument."""


def _among(name: str, kind: type[BigInteger | Text]) -> Any:
    return any_(bindparam(name, type_=ARRAY(kind)))


_GATHERED = Gathering(
    waiting=WAITING,
    instruments=select(
        *_SHOWN,
        Organisation.name.label("provider_name"),
        Organisation.city.label("provider_city"),
        Organisation.in_province.label("provider_in_province"),
    )
    .join(Organisation, Organisation.id == Instrument.provider_id)
    .where(Instrument.id == _among("ids", BigInteger), Instrument.state == ListingState.PUBLISHED),
    providers=select(Organisation.id, Organisation.name).where(Organisation.id == _among("providers", BigInteger)),
    classes=select(InstrumentClass.code, InstrumentClass.name, InstrumentClass.name_en).where(
        InstrumentClass.code == _among("classes", Text)
    ),
)


@dataclass(frozen=True, slots=True)
class Hits:
    """Instruments with their providers, in the order of the numbers; those are left out that have left the catalogue
    since they were indexed."""

    items: Sequence[Any]
    names: Names
    waiting: Waiting


def hits(ids: Sequence[int], *, providers: Collection[int], classes: Collection[str], reader: str) -> Hits:
    """The rows of a page, names of providers and of classes by their six digits, and how far the index is behind."""
    found = _GATHERED.read(ids=list(ids), providers=list(providers), classes=list(classes), outbox_reader=reader)
    rows = {each.id: each for each in found["instruments"]}
    return Hits(
        [_shown(rows[number]) for number in ids if number in rows],
        Names(
            {each.id: each.name for each in found["providers"]},
            {each.code: ClassName(each.name, each.name_en) for each in found["classes"]},
        ),
        waiting_of(found["waiting"][0]),
    )


def _shown(row: Any) -> SimpleNamespace:
    provider = SimpleNamespace(
        id=row.provider_id, name=row.provider_name, city=row.provider_city, in_province=row.provider_in_province
    )
    return SimpleNamespace(**row._asdict(), provider=provider)
