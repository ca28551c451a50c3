"""The voucher measure of one day, read from the policy pack into plain fields.

Everything is read at once, so a pack that lacks a figure fails when it is first used and not in some rare case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from core.kinds import ExtraKind, ServiceKind
from core.policy import Edition, PolicyPack
from core.texts import Text
from vouchers.rules.aids import CityProgramme, programmes_of
from vouchers.rules.facts import AdverseKind, IncubatorLevel, Obstacle, PaymentMode, Relation

TERM = "vouchers.term"
FILES = ("places", "services", "vouchers")
"""The files of a pack that a decision about entitlement rests on; the policy version covers them."""

KEPT_FILES = (*FILES, "articles", "materials")
"""The files kept with a decision: also the names by which it speaks."""

MATERIAL_KINDS = "materials.kinds"
"""What a claim's files may prove; the names are no part of a decision, so they stand in a file of their own."""

PROVINCE_AREA = "province"
DIVISION = re.compile("[0-9]{6}")
"""A city's or county's own code, where an area is not a named list."""


class PlaceUnknown(LookupError):
    """The code looks like one of the province's, but its division list has no such county."""


@dataclass(frozen=True)
class Places:
    """The province's division codes."""

    prefix: str
    cities: Mapping[str, str]
    """City code to name."""
    counties: Mapping[str, str]
    """County code to the code of its city; county-level zones included."""
    areas: Mapping[str, frozenset[str]]
    """Named lists of counties and cities that a rate may depend on."""

    def in_province(self, county: str) -> bool:
        """Whether a six-digit code lies in the province."""
        return county.startswith(self.prefix)

    def city_of(self, county: str) -> str:
        """The city a county of the province belongs to; raises :class:`PlaceUnknown`."""
        try:
            return self.counties[county]
        except KeyError:
            raise PlaceUnknown(county) from None

    def is_known(self, county: str) -> bool:
        """Whether the code is outside the province or one of its counties and county-level areas."""
        return not self.in_province(county) or county in self.counties

    def lies_in(self, county: str, area: str) -> bool:
        """Whether a county lies in a named area, or under a division's code, by itself or through its city."""
        if not self.in_province(county):
            return False
        own = {county, self.city_of(county)}
        return area == PROVINCE_AREA or area in own or bool(own & self.areas.get(area, frozenset()))


@dataclass(frozen=True)
class SubsidyRate:
    """A rate with the area its beneficiary and, where the measure looks at that, its provider must sit in."""

    rate: Decimal
    beneficiary_in: str
    provider_in: str | None = None


@dataclass(frozen=True)
class VoucherPolicy:
    """Every figure and list of the voucher measure that is in force on one day."""

    version: str
    places: Places
    staff_min: int
    staff_max: int
    revenue_max_fen: int
    adverse_years_back: int
    misconduct_blocks_while_sanctioned: bool
    incident_records: frozenset[AdverseKind]
    listing_records: frozenset[AdverseKind]
    refused_relations: frozenset[Relation]
    flagged_relations: frozenset[Relation]
    refused_obstacles: frozenset[Obstacle]
    subsidiary_above_percent: Decimal
    incubator_levels: frozenset[IncubatorLevel]
    out_of_province_modes: frozenset[PaymentMode]
    subsidy_rates: tuple[SubsidyRate, ...]
    """The first that fits counts."""
    annual_cap_fen: int
    service_groups: Mapping[ServiceKind, str]
    eligible_extras: frozenset[ExtraKind]
    """Kinds of extras of a service that are part of the cost the voucher shares (V12 base)."""
    excluded_names: Mapping[str, Text]
    materials: Mapping[str, tuple[str, ...]]
    """Material kinds a claim needs, by group of service."""
    material_kinds: Mapping[str, Text]
    """Every kind of material there is, with its name."""
    tax_invoice_types: frozenset[str]
    claimants: Mapping[PaymentMode, str]
    required_declarations: tuple[str, ...]
    validity_months: int
    validity_moves_to_working_day: bool
    correction_working_days: int
    city_programmes: tuple[CityProgramme, ...]
    article_names: Mapping[str, str]
    """The measure's own numbers for the articles the rules name, where they differ."""

    def programmes_for(self, county: str) -> tuple[CityProgramme, ...]:
        """The programmes of cities that a beneficiary of this county may use beside the voucher (V6)."""
        return tuple(each for each in self.city_programmes if self.places.lies_in(county, each.beneficiary_in))

    @property
    def looks_at_providers_place(self) -> bool:
        """Whether any rate depends on where the provider sits."""
        return any(each.provider_in is not None for each in self.subsidy_rates)

    def article(self, rule: str) -> str:
        """How this province's measure numbers an article that the rules name."""
        return self.article_names.get(rule, rule)

    def required_materials(self, kind: ServiceKind) -> tuple[str, ...]:
        """What a claim for this kind of service must bring (V16 files)."""
        return self.materials[self.service_groups[kind]]


@dataclass(frozen=True)
class Judgement:
    """The policy that judges a day, whether the measure is in force on it (V23), and the edition it was read from."""

    policy: VoucherPolicy
    in_term: bool
    edition: Edition

    @property
    def version(self) -> str | None:
        """The version a decision stores; None outside the measure's term."""
        return self.policy.version if self.in_term else None


def judging(pack: PolicyPack, day: date) -> Judgement:
    """The policy of a day; outside the term that of the nearest day within it (V23)."""
    edition = pack.nearest(day, term=TERM)
    return Judgement(_read_once(edition), pack.within(day, term=TERM) == day, edition)


def first_day(pack: PolicyPack, *, days_before: int) -> date:
    """So many days before the measure began: what is older belongs to nothing under it (V23)."""
    return pack.within(date.min, term=TERM) - timedelta(days=days_before)


def judging_by(edition: Edition, day: date) -> Judgement:
    """The same by one edition that was kept, whatever the pack says today."""
    return Judgement(read(edition), edition.entry(TERM).covers(day), edition)


def read(edition: Edition) -> VoucherPolicy:
    """The typed policy of an edition; raises core.policy.PolicyMissing or ValueError for a pack it cannot use."""

    def figure(name: str) -> Any:
        return edition[f"vouchers.{name}"]

    supported = {ServiceKind(entry["code"]): entry for entry in edition["services.supported"]}
    return VoucherPolicy(
        version=edition.version(*FILES),
        places=_places(edition),
        staff_min=figure("staff_min"),
        staff_max=figure("staff_max"),
        revenue_max_fen=figure("revenue_max_fen"),
        adverse_years_back=figure("adverse_years_back"),
        misconduct_blocks_while_sanctioned=figure("misconduct_blocks_while_sanctioned"),
        incident_records=frozenset(map(AdverseKind, figure("incident_records"))),
        listing_records=frozenset(map(AdverseKind, figure("listing_records"))),
        refused_relations=frozenset(map(Relation, figure("refused_relations"))),
        flagged_relations=frozenset(map(Relation, figure("flagged_relations"))),
        refused_obstacles=frozenset(map(Obstacle, figure("refused_obstacles"))),
        subsidiary_above_percent=Decimal(figure("subsidiary_above_percent")),
        incubator_levels=frozenset(map(IncubatorLevel, figure("incubator_levels"))),
        out_of_province_modes=frozenset(map(PaymentMode, figure("out_of_province_modes"))),
        subsidy_rates=tuple(
            SubsidyRate(Decimal(row["rate"]), row["beneficiary_in"], row.get("provider_in"))
            for row in figure("subsidy_rates")
        ),
        annual_cap_fen=figure("annual_cap_fen"),
        service_groups={kind: entry["group"] for kind, entry in supported.items()},
        eligible_extras=frozenset(map(ExtraKind, _eligible_extras(edition))),
        excluded_names={entry["code"]: Text(entry["zh"], entry["en"]) for entry in edition["services.excluded"]},
        materials=figure("materials"),
        material_kinds=_material_kinds(edition),
        tax_invoice_types=frozenset(figure("tax_invoice_types")),
        claimants={PaymentMode(mode): party for mode, party in figure("claimants").items()},
        required_declarations=figure("required_declarations"),
        validity_months=figure("validity_months"),
        validity_moves_to_working_day=figure("validity_moves_to_working_day"),
        correction_working_days=figure("correction_working_days"),
        city_programmes=programmes_of(_city_programmes(edition)),
        article_names=edition.article_names,
    )


@cache
def _read_once(edition: Edition) -> VoucherPolicy:
    """Editions of a pack live as long as the pack; each is read once."""
    return read(edition)


def _material_kinds(edition: Edition) -> dict[str, Text]:
    """Every kind by its code. A required one that the pack does not name stands for itself."""
    required = {kind: Text(kind, kind) for kinds in edition["vouchers.materials"].values() for kind in kinds}
    if MATERIAL_KINDS not in edition:
        return required
    named = edition[MATERIAL_KINDS]
    return required | {entry["code"]: Text(entry["zh"], entry["en"]) for entry in named}


def _places(edition: Edition) -> Places:
    counties = edition["places.counties"]
    rows = (*edition["vouchers.subsidy_rates"], *_city_programmes(edition))
    asked = {row[place] for row in rows for place in ("beneficiary_in", "provider_in") if place in row}
    named = {area for area in asked if not DIVISION.fullmatch(area)} - {PROVINCE_AREA}
    return Places(
        prefix=edition["places.province"],
        cities={row["code"]: row["name"] for row in edition["places.cities"]},
        counties={row["code"]: row["city"] for row in counties},
        areas={name: frozenset(edition[f"places.{name}"]) for name in named},
    )


def _eligible_extras(edition: Edition) -> Sequence[str]:
    """The kinds of extras that count; by a pack without that value none does."""
    key = "vouchers.eligible_extras"
    if key not in edition:
        return ()
    kinds: Sequence[str] = edition[key]
    return kinds


def _city_programmes(edition: Edition) -> Sequence[Mapping[str, Any]]:
    """The rows of ``vouchers.city_programmes``; a pack without that value has none."""
    key = "vouchers.city_programmes"
    if key not in edition:
        return ()
    rows: Sequence[Mapping[str, Any]] = edition[key]
    return rows
