"""The facts a decision about an entitlement rests on. They are frozen when an order is placed (V12 facts)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from accounts.kinds import AdverseKind, IncubatorLevel, Relation
from accounts.rules.adverse import RecordFacts as AdverseRecord
from core.kinds import ServiceKind

__all__ = [
    "AdverseKind",
    "AdverseRecord",
    "Case",
    "Enterprise",
    "Exclusion",
    "IncubatorLevel",
    "Obstacle",
    "OverdueClawback",
    "PaymentMode",
    "Provider",
    "Relation",
    "Service",
    "ServiceKind",
    "Team",
]


class PaymentMode(StrEnum):
    """Who pays the provider the subsidised part first (V16)."""

    DIRECT_DEDUCTION = "direct_deduction"
    FULL_PAYMENT = "full_payment"


class Exclusion(StrEnum):
    """Activities that vouchers never pay for (V11 x)."""

    MANDATORY_TEST = "mandatory_test"
    STATUTORY_TEST = "statutory_test"
    ROUTINE_PRODUCTION_TEST = "routine_production_test"
    BATCH_TEST = "batch_test"
    QUALITY_SAMPLING = "quality_sampling"
    ENVIRONMENTAL_TEST = "environmental_test"


class Obstacle(StrEnum):
    """What supervision has against a party of an order (V19, V20, V21)."""

    TEAM_SANCTIONED = "team_sanctioned"
    INCUBATOR_SANCTIONED = "incubator_sanctioned"
    PROVIDER_SANCTIONED = "provider_sanctioned"
    USER_CLAWBACK_OVERDUE = "user_clawback_overdue"
    PROVIDER_CLAWBACK_OVERDUE = "provider_clawback_overdue"
    PROVIDER_RESTRICTED = "provider_restricted"
    DEDUCTION_RESTRICTED = "deduction_restricted"


@dataclass(frozen=True)
class Enterprise:
    """A firm as the measure looks at it; figures are those of the last completed accounting year."""

    county: str
    staff: int
    revenue_fen: int
    orderly_finances: bool
    adverse_records: tuple[AdverseRecord, ...] = ()


@dataclass(frozen=True)
class Team:
    """A start-up team; ``county`` is where its incubator sits, ``uscc`` is what it must not have (V9)."""

    county: str
    incubator_level: IncubatorLevel
    uscc: str | None = None


@dataclass(frozen=True)
class Provider:
    """Who serves: whether registered in the province, how related to the beneficiary, and further observations.

    ``observations`` are shared telephone, bank account or address: flags for a reviewer, never a refusal. ``county`` is
    where it sits, for measures whose rates ask for it.
    """

    in_province: bool
    relations: tuple[Relation, ...] = ()
    observations: tuple[str, ...] = ()
    county: str | None = None


@dataclass(frozen=True)
class Service:
    """What is ordered. ``has_published_instrument``: it rests on a shared, published instrument (V11)."""

    kind: ServiceKind
    excluded: Exclusion | None = None
    publicly_funded: bool = False
    restricted_industry: bool = False
    has_published_instrument: bool = True


@dataclass(frozen=True)
class OverdueClawback:
    """What the user should have paid back by ``due_on`` and has not (V21)."""

    number: int
    open_fen: int
    due_on: date


@dataclass(frozen=True)
class Case:
    """One question: what would this order on this day be entitled to?

    ``cap_used_fen`` is what the controller or team has held and used in the year of the expected completion,
    ``aid_used_fen`` the same for programmes of cities (V6), by their code.
    ``obstacles`` are what supervision has against a party; an enterprise's own sanctions are adverse records.
    ``overdue_clawbacks`` are the user's; of what was judged before they were kept there are none.
    """

    on: date
    payment_mode: PaymentMode
    base_fen: int
    cap_used_fen: int
    beneficiary: Enterprise | Team
    provider: Provider
    service: Service
    unmet_need: str | None = None
    aid_used_fen: Mapping[str, int] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()
    overdue_clawbacks: tuple[OverdueClawback, ...] = ()
