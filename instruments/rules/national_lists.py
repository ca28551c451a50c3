"""The catalogue in the national network's templates: what stands under which header.

What a template has no column for is left out, what the catalogue does not hold (contacts among it) stays blank. Read
back, a file changes nothing that the catalogue knows better: see :mod:`instruments.rules.merging`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

from instruments.rules.imports.layouts import Places
from instruments.rules.imports.layouts.national import CUSTOMS_NUMBER_DIGITS
from instruments.rules.imports.rows import NATIONAL_LIMITS, NATIONAL_STEP_FEN
from instruments.rules.merging import cut
from instruments.rules.national_templates import Template
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind

STEPS_IN_TEN_THOUSAND_YUAN = 100
SOURCES = {
    Funding.FISCAL: "地方财政资金",
    Funding.PARTLY_FISCAL: "地方财政资金，单位自有资金",
    Funding.PRIVATE: "单位自有资金",
    Funding.UNKNOWN: "",
}
"""The sources of a funding. The catalogue does not tell central from local money; that of the province is local."""
SHARING = {
    ExternalUse.OPEN: "外部共享",
    ExternalUse.ON_REQUEST: "外部共享",
    ExternalUse.CLOSED: "不共享",
    ExternalUse.UNKNOWN: "",
}
YES, NO = "是", "否"


class Listed(Protocol):
    """What of an instrument goes into a template."""

    kind: InstrumentKind
    external_id: str
    name: str
    name_en: str
    model: str
    maker: str
    category_code: str
    value_fen: int | None
    funding: Funding
    specifications: str
    functions: str
    description: str
    address: str
    county: str
    acquired_on: date | None
    accepted_on: date | None
    external_use: ExternalUse
    duty_free: bool
    duty_free_record: str


Row = Callable[[Listed, str], list[str]]
"""Makes the cells of an instrument and the name of its provider."""


def row_maker(template: Template, places: Places) -> Row:
    """What writes the rows of a template; the province's counties are looked through once."""
    columns = template.layout.matched(list(template.headers))
    names = {code: name for name, code in places.names.items()}

    def row(instrument: Listed, provider: str) -> list[str]:
        said = {**_said(instrument), **_place(instrument, names, places.province), "provider_name": provider}
        return [said.get(columns.get(position, ""), "") for position in range(len(template.headers))]

    return row


def ten_thousand_yuan(value_fen: int | None) -> str:
    """A sum in 万元 with the two decimals the templates ask for, rounded down: nothing becomes dearer by it."""
    if value_fen is None:
        return ""
    whole, part = divmod(value_fen // NATIONAL_STEP_FEN, STEPS_IN_TEN_THOUSAND_YUAN)
    return f"{whole}.{part:02d}"


def _said(instrument: Listed) -> dict[str, str]:
    record = instrument.duty_free_record
    return {
        **{name: getattr(instrument, name) for name in ("external_id", "name", "name_en", "model", "maker")},
        "category_code": instrument.category_code,
        "value": ten_thousand_yuan(instrument.value_fen),
        "funding": SOURCES[instrument.funding],
        "specifications": cut(instrument.specifications, NATIONAL_LIMITS["specifications"]),
        "functions": cut(instrument.functions, NATIONAL_LIMITS["functions"]),
        "services": cut(instrument.description, NATIONAL_LIMITS["description"]),
        "acquired_on": _day(instrument.acquired_on),
        "accepted_on": _day(instrument.accepted_on),
        "customs": YES if instrument.duty_free else NO,
        "customs_number": record if len(record) == CUSTOMS_NUMBER_DIGITS and record.isdecimal() else "",
        "sharing": SHARING[instrument.external_use],
    }


def _place(instrument: Listed, names: Mapping[str, tuple[str, str]], province: str) -> dict[str, str]:
    """Province, city and county by name, and what of the address does not say them again."""
    if instrument.county not in names:
        return {"street": instrument.address}
    city, county = names[instrument.county]
    street = instrument.address.removeprefix(f"{province}{city}{county}")
    return {"province": province, "city": city, "county": county, "street": street}


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()
