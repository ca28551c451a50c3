"""What reading a list yields: rows in the catalogue's own words, rows refused with every fault, and repeats."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

from core.errors import Reason
from core.kinds import ServiceKind
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit

NATIONAL_LIMITS = {"specifications": 500, "functions": 300, "description": 200, "address": 300}
"""Characters that the national templates, and their reader, allow of what the catalogue holds at greater length."""
NATIONAL_STEP_FEN = 10_000
"""Those templates state sums in 万元 with two decimals."""
UNSAID = frozenset({"line", "is_national", "place"})
"""What a row holds that is none of its content."""


class _Said:
    """What a file says of one thing."""

    @cached_property
    def mark(self) -> str:
        """A fingerprint of everything a row says but its line: equal fingerprints mean nothing has changed."""
        said = [getattr(self, name) for name in _SAID[type(self)]]
        return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, kw_only=True)
class InstrumentRow(_Said):
    """One instrument of a file. Texts are trimmed, '' where the file says nothing; money is fen; None is unknown.

    ``is_national`` marks rows of the national network's templates, which say some things only roughly; ``place`` is
    what of the address stands in columns of its own there.
    """

    line: int
    external_id: str
    name: str
    kind: InstrumentKind = InstrumentKind.INSTRUMENT
    name_en: str = ""
    model: str = ""
    maker: str = ""
    category_code: str = ""
    category: str = ""
    value_fen: int | None = None
    funding: Funding = Funding.UNKNOWN
    provider_name: str = ""
    provider_uscc: str = ""
    specifications: str = ""
    functions: str = ""
    description: str = ""
    address: str = ""
    county: str = ""
    acquired_on: date | None = None
    accepted_on: date | None = None
    external_use: ExternalUse = ExternalUse.UNKNOWN
    iot_sensor: bool | None = None
    duty_free: bool | None = None
    duty_free_record: str = ""
    reference_price_fen: int | None = None
    reference_price_unit: PriceUnit | None = None
    is_national: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceRow(_Said):
    """One priced service of a list."""

    line: int
    external_id: str
    title: str
    kind: ServiceKind
    content: str
    price_fen: int
    price_unit: PriceUnit
    process: str = ""
    equipment: str = ""
    standard: str = ""
    phone: str = ""
    turnaround_days: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not taken, with all its faults."""

    line: int
    external_id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A row that says again, word for word, what an earlier line said: skipped and counted."""

    line: int
    external_id: str
    first_line: int


_SAID: dict[type[_Said], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in UNSAID)
    for kind in (InstrumentRow, ServiceRow)
}
