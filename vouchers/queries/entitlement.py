"""What an order would be entitled to: facts gathered from accounts and settlement, judged by the pure rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from accounts import queries as accounts
from accounts.kinds import OrganisationKind, RestrictionKind
from accounts.rules.registration import last_completed_year
from accounts.rules.relation import relations
from core import policy
from core.db import session
from core.errors import NotFound, Reason
from core.kinds import ExtraKind, ServiceKind
from settlement import queries as settlement
from settlement.rules.chart import Cap
from settlement.rules.room import cap_room_fen
from vouchers.models import EntitlementDecision
from vouchers.rules.aids import Aid
from vouchers.rules.decision import Decision, decide
from vouchers.rules.facts import (
    Case,
    Enterprise,
    Exclusion,
    IncubatorLevel,
    Obstacle,
    OverdueClawback,
    PaymentMode,
    Provider,
    Service,
    Team,
)
from vouchers.rules.frozen import freeze
from vouchers.rules.policy import VoucherPolicy, judging

FIGURES_OUTDATED = "figures_outdated"
"""Flag: the enterprise has not stated the figures of the last completed accounting year; the latest were taken."""

CONTROLLER_CHANGED = "controller_changed"
"""Flag: the user came under another controller in that year; what it used before counts for the one it left."""

NOTHING: Mapping[Cap, int] = MappingProxyType({})

CONTROLLER_NAMED = "controller_named"
"""Flag: in that year it became known who controls the user; what it had used on its own was added to the group's."""


class DecisionMissing(NotFound):
    """No entitlement was ever decided for this order."""

    code = "decision_missing"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A decision about one order with everything that is frozen when it is placed. Nothing is held by it."""

    beneficiary_id: int
    provider_id: int
    service_kind: ServiceKind
    payment_mode: PaymentMode
    judged_on: date
    base_fen: int
    cap_owner: str
    cap_fen: int
    year: int
    facts: dict[str, Any]
    decision: Decision
    flags: tuple[str, ...]

    @property
    def eligible(self) -> bool:
        """Whether no article refuses it."""
        return self.decision.eligible

    @property
    def rate(self) -> Decimal | None:
        """The rate of the user's place."""
        return self.decision.rate

    @property
    def entitlement_fen(self) -> int:
        """The rate's share of the base."""
        return self.decision.entitlement_fen

    @property
    def cap_room_fen(self) -> int:
        """What is left of the year's cap."""
        return self.decision.cap_room_fen

    @property
    def subsidy_fen(self) -> int:
        """The lesser of entitlement and room."""
        return self.decision.subsidy_fen

    @property
    def self_pay_fen(self) -> int:
        """What the user bears."""
        return self.decision.self_pay_fen

    @property
    def aids(self) -> tuple[Aid, ...]:
        """What programmes of cities add to the subsidy (V6)."""
        return self.decision.aids

    @property
    def other_aid_fen(self) -> int:
        """All that programmes of cities add."""
        return self.decision.other_aid_fen

    @property
    def holds_fen(self) -> dict[Cap, int]:
        """What an order would hold of each cap."""
        of_aids = {Cap(self.cap_owner, self.year, each.programme): each.amount_fen for each in self.aids}
        return {Cap(self.cap_owner, self.year): self.subsidy_fen, **of_aids}

    @property
    def policy_version(self) -> str | None:
        """The version that judged; None outside the measure's term."""
        return self.decision.policy_version

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Each article a refusal rests on, once."""
        return self.decision.reasons


def assess(
    *,
    beneficiary_id: int,
    provider_id: int,
    service_kind: ServiceKind,
    excluded: Exclusion | None,
    publicly_funded: bool,
    restricted_industry: bool,
    base_fen: int,
    payment_mode: PaymentMode,
    unmet_need: str | None,
    on: date,
    expected_completion: date,
    has_published_instrument: bool,
    before: Mapping[Cap, int] = NOTHING,
) -> Assessment:
    """Judge an order of a beneficiary with a provider on a day; the cap is that of the year of completion. ``before``
    is what orders that are to be placed before this one will hold of caps, in fen."""
    judged_by = judging(policy.current(), on).policy
    both = accounts.sides(beneficiary_id, provider_id, on)
    year, cap_owner = expected_completion.year, both.user.cap_owner
    beneficiary, flags = _beneficiary(both.user, on=on)
    programmes = {each.code: Cap(cap_owner, year, each.code) for each in judged_by.programmes_for(beneficiary.county)}
    own_cap = Cap(cap_owner, year)
    money = settlement.bearings((beneficiary_id, provider_id), (own_cap, *programmes.values()), year=year, on=on)
    owed = money.overdue[beneficiary_id]
    used_fen = {cap: fen + before.get(cap, 0) for cap, fen in money.used_fen.items()}
    room_fen = cap_room_fen(cap_fen=judged_by.annual_cap_fen, used_fen=used_fen[own_cap])
    case = Case(
        on=on,
        payment_mode=payment_mode,
        base_fen=base_fen,
        cap_used_fen=judged_by.annual_cap_fen - room_fen,
        beneficiary=beneficiary,
        provider=_provider(both, judged_by=judged_by),
        service=Service(service_kind, excluded, publicly_funded, restricted_industry, has_published_instrument),
        unmet_need=unmet_need,
        aid_used_fen={code: used_fen[cap] for code, cap in programmes.items()},
        obstacles=tuple(
            _obstacles(both, payment_mode, user_owes=bool(owed), provider_owes=bool(money.overdue[provider_id]))
        ),
        overdue_clawbacks=tuple(OverdueClawback(each.id, each.open_fen, each.due_on) for each in owed),
    )
    decision = decide(case, pack=policy.current())
    return Assessment(
        beneficiary_id=beneficiary_id,
        provider_id=provider_id,
        service_kind=service_kind,
        payment_mode=payment_mode,
        judged_on=on,
        base_fen=base_fen,
        cap_owner=cap_owner,
        cap_fen=judged_by.annual_cap_fen,
        year=year,
        facts=freeze(case),
        decision=decision,
        flags=tuple(sorted({*decision.flags, *flags})),
    )


def eligible_extras(on: date) -> frozenset[ExtraKind]:
    """The kinds of extras of a service that count for the voucher on a day (V12 base)."""
    return judging(policy.current(), on).policy.eligible_extras


def offered_modes(on: date) -> tuple[PaymentMode, ...]:
    """The payment modes the measure of a day knows (V16)."""
    known = judging(policy.current(), on).policy.claimants
    return tuple(mode for mode in PaymentMode if mode in known)


def changed_flags(beneficiary_id: int, on: date) -> set[str]:
    """The flags of a firm whose controller changed in that year, so that past use stayed behind, or became known in it
    (V12 cap, invariant 3)."""
    return _changed(
        plainly=accounts.changed_plainly(beneficiary_id, on), by_naming=accounts.named_lately(beneficiary_id, on)
    )


def decision_of(order_id: int) -> EntitlementDecision:
    """The frozen decision of an order; raises :class:`DecisionMissing`."""
    found = session().scalar(select(EntitlementDecision).where(EntitlementDecision.order_id == order_id))
    if found is None:
        raise DecisionMissing
    return found


def _changed(*, plainly: bool, by_naming: bool) -> set[str]:
    return {flag for flag, is_so in ((CONTROLLER_CHANGED, plainly), (CONTROLLER_NAMED, by_naming)) if is_so}


def _beneficiary(member: accounts.UserSide, *, on: date) -> tuple[Enterprise | Team, set[str]]:
    """The beneficiary as the rules see it, and flags about the facts themselves."""
    county = member.county or ""
    flags = _changed(plainly=member.changed_plainly, by_naming=member.named_lately)
    if member.kind is OrganisationKind.TEAM:
        return Team(county, member.incubator_level or IncubatorLevel.CITY, member.uscc), flags
    figures = member.figures
    firm = Enterprise(
        county=county,
        staff=figures.staff if figures is not None else 0,
        revenue_fen=figures.revenue_fen if figures is not None else 0,
        orderly_finances=figures is not None and figures.orderly_finances,
        adverse_records=member.adverse_records,
    )
    is_outdated = figures is None or figures.year != last_completed_year(on)
    return firm, flags | {FIGURES_OUTDATED} if is_outdated else flags


def _provider(both: accounts.Sides, *, judged_by: VoucherPolicy) -> Provider:
    return Provider(
        in_province=both.provider.in_province,
        relations=relations(both.relation, subsidiary_above_percent=judged_by.subsidiary_above_percent),
        observations=both.relation.observations,
        county=both.provider.county or None if judged_by.looks_at_providers_place else None,
    )


def _obstacles(
    both: accounts.Sides, payment_mode: PaymentMode, *, user_owes: bool, provider_owes: bool
) -> Iterator[Obstacle]:
    """What supervision has against user, incubator and provider on a day (V20, V21)."""
    user, provider = both.user, both.provider
    if user.kind is OrganisationKind.TEAM:
        if user.sanctioned:
            yield Obstacle.TEAM_SANCTIONED
        if user.incubator_sanctioned:
            yield Obstacle.INCUBATOR_SANCTIONED
    if provider.sanctioned:
        yield Obstacle.PROVIDER_SANCTIONED
    if user_owes:
        yield Obstacle.USER_CLAWBACK_OVERDUE
    if provider_owes:
        yield Obstacle.PROVIDER_CLAWBACK_OVERDUE
    if RestrictionKind.NEW_ORDERS in provider.restricted:
        yield Obstacle.PROVIDER_RESTRICTED
    if RestrictionKind.DIRECT_DEDUCTION in provider.restricted and payment_mode is PaymentMode.DIRECT_DEDUCTION:
        yield Obstacle.DEDUCTION_RESTRICTED
