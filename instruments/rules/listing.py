"""Who must list what, what is missing before a listing may be public, and by when (S2, S4, S5, S13, S14, S23, S27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from core.errors import Reason, reason
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind

FISCAL = frozenset({Funding.FISCAL, Funding.PARTLY_FISCAL})


class Obligation(StrEnum):
    """Whether an instrument must be listed."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"


class Workdays(Protocol):
    """The working calendar, as far as deadlines need it."""

    def add_working_days(self, day: date, count: int) -> date: ...


@dataclass(frozen=True, kw_only=True)
class ListingFacts:
    """What decides about a listing. ``secrecy_exempted_on`` is the day an approved exemption was filed (S23)."""

    kind: InstrumentKind
    funding: Funding
    value_fen: int | None
    name: str = ""
    category: str = ""
    external_use: ExternalUse = ExternalUse.OPEN
    iot_sensor: bool = False
    duty_free: bool = False
    duty_free_record: str = ""
    secrecy_exempted_on: date | None = None


def obligation(facts: ListingFacts, *, mandatory_min_fen: int) -> Obligation:
    """Mandatory: facilities, and instruments from the threshold on, paid wholly or partly by the public (S2, S4);
    everything else may be listed. A filed secrecy exemption lifts the duty (S23)."""
    if facts.secrecy_exempted_on is not None or facts.funding not in FISCAL:
        return Obligation.OPTIONAL
    is_dear = facts.value_fen is not None and facts.value_fen >= mandatory_min_fen
    return Obligation.MANDATORY if is_dear or facts.kind is InstrumentKind.FACILITY else Obligation.OPTIONAL


def obstacles(facts: ListingFacts) -> list[Reason]:
    """Everything that keeps a listing from being submitted or published, at once."""
    found: list[Reason] = []
    if not facts.name:
        found.append(reason("instrument_name_missing", field="name"))
    if not facts.category:
        found.append(reason("instrument_category_missing", field="category"))
    if facts.funding is Funding.UNKNOWN:
        found.append(reason("instrument_funding_unknown", article="S4", field="funding"))
    if facts.funding in FISCAL and facts.value_fen is None:
        found.append(reason("instrument_value_missing", article="S4", field="value_fen"))
    if facts.external_use not in (ExternalUse.OPEN, ExternalUse.ON_REQUEST):
        found.append(reason("instrument_not_open", field="external_use"))
    if facts.duty_free and not facts.duty_free_record:
        found.append(reason("instrument_duty_free_record_missing", article="S5", field="duty_free_record"))
    if facts.secrecy_exempted_on is not None:
        found.append(reason("instrument_secret", article="S23", field="secrecy_exempted_on"))
    return found


def defects(facts: ListingFacts, *, mandatory_min_fen: int) -> list[Reason]:
    """What is to be mended, though it keeps nothing from being public: the sensor of a mandatory one (S4)."""
    is_mandatory = obligation(facts, mandatory_min_fen=mandatory_min_fen) is Obligation.MANDATORY
    if is_mandatory and not facts.iot_sensor:
        return [reason("instrument_sensor_missing", article="S4", field="iot_sensor")]
    return []


def advice(facts: ListingFacts, *, mandatory_min_fen: int) -> list[Reason]:
    """What is encouraged: a sensor on private facilities and on instruments from the threshold on (S4)."""
    is_mandatory = obligation(facts, mandatory_min_fen=mandatory_min_fen) is Obligation.MANDATORY
    is_dear = facts.value_fen is not None and facts.value_fen >= mandatory_min_fen
    if not is_mandatory and not facts.iot_sensor and (is_dear or facts.kind is InstrumentKind.FACILITY):
        return [reason("instrument_sensor_encouraged", article="S4", field="iot_sensor")]
    return []


def due_on(day: date, *, working_days: int, calendar: Workdays) -> date:
    """The last day to list after acceptance (S13) or to update after a change (S14)."""
    return calendar.add_working_days(day, working_days)


def duplicate_review_needed(provincial_fen: int, *, review_min_fen: int) -> bool:
    """Whether buying with so much provincial money needs a look into the catalogue first (S27)."""
    return provincial_fen >= review_min_fen
