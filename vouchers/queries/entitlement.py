"""What an order would be entitled to: facts gathered from accounts and settlement, judged by the pure rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from accounts import queries as accounts
from accounts.kinds import OrganisationKind, RestrictionKind
from accounts.models import Organisation
from accounts.rules.relation import relations
from core import policy
from core.db import session
from core.errors import NotFound, Reason
from core.kinds import ServiceKind
from settlement import queries as settlement
from settlement.rules.chart import Cap
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
) -> Assessment:
    """Judge an order of a beneficiary with a provider on a day; the cap is that of the year of completion."""
    judged_by = judging(policy.current(), on).policy
    overdue = _overdue_clawbacks(beneficiary_id, on=on)
    year = expected_completion.year
    cap_owner = accounts.cap_owner(beneficiary_id, on)
    room_fen = settlement.cap_room(cap_owner=cap_owner, year=year, cap_fen=judged_by.annual_cap_fen)
    beneficiary, flags = _beneficiary(accounts.organisation(beneficiary_id), on=on)
    case = Case(
        on=on,
        payment_mode=payment_mode,
        base_fen=base_fen,
        cap_used_fen=judged_by.annual_cap_fen - room_fen,
        beneficiary=beneficiary,
        provider=_provider(beneficiary_id, provider_id, on=on, judged_by=judged_by),
        service=Service(service_kind, excluded, publicly_funded, restricted_industry, has_published_instrument),
        unmet_need=unmet_need,
        aid_used_fen={
            programme.code: settlement.cap_used(Cap(cap_owner, year, programme.code))
            for programme in judged_by.programmes_for(beneficiary.county)
        },
        obstacles=(
            *_obstacles(accounts.organisation(beneficiary_id), provider_id, owes_overdue=bool(overdue), on=on),
            *_restrictions(provider_id, payment_mode, on=on),
        ),
        overdue_clawbacks=overdue,
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
        flags=tuple(sorted({*decision.flags, *flags, *changed_flags(beneficiary_id, on)})),
    )


def offered_modes(on: date) -> tuple[PaymentMode, ...]:
    """The payment modes the measure of a day knows (V16)."""
    known = judging(policy.current(), on).policy.claimants
    return tuple(mode for mode in PaymentMode if mode in known)


def changed_flags(beneficiary_id: int, on: date) -> set[str]:
    """The flags of a firm whose controller changed in that year, so that past use stayed behind, or became known in it
    (V12 cap, invariant 3)."""
    found = set()
    if accounts.changed_plainly(beneficiary_id, on):
        found.add(CONTROLLER_CHANGED)
    if accounts.named_lately(beneficiary_id, on):
        found.add(CONTROLLER_NAMED)
    return found


def decision_of(order_id: int) -> EntitlementDecision:
    """The frozen decision of an order; raises :class:`DecisionMissing`."""
    found = session().scalar(select(EntitlementDecision).where(EntitlementDecision.order_id == order_id))
    if found is None:
        raise DecisionMissing
    return found


def _beneficiary(member: Organisation, *, on: date) -> tuple[Enterprise | Team, set[str]]:
    """The beneficiary as the rules see it, and flags about the facts themselves."""
    seat = accounts.seat(member.id, on)
    county = seat.county or ""
    if member.kind is OrganisationKind.TEAM:
        level = member.incubator.incubator_level if member.incubator is not None else None
        return Team(county, level or IncubatorLevel.CITY, member.uscc), set()
    last_completed = on.year - 1
    figures = accounts.figures(member.id, last_completed) or accounts.latest_figures(member.id)
    outdated = figures is None or figures.year != last_completed
    firm = Enterprise(
        county=county,
        staff=figures.staff if figures is not None else 0,
        revenue_fen=figures.revenue_fen if figures is not None else 0,
        orderly_finances=figures is not None and figures.orderly_finances,
        adverse_records=accounts.adverse_facts(member.id),
    )
    return firm, {FIGURES_OUTDATED} if outdated else set()


def _provider(beneficiary_id: int, provider_id: int, *, on: date, judged_by: VoucherPolicy) -> Provider:
    related = accounts.relation(beneficiary_id, provider_id, on)
    county = accounts.seat(provider_id, on).county if judged_by.looks_at_providers_place else None
    return Provider(
        in_province=accounts.organisation(provider_id).in_province,
        relations=relations(related, subsidiary_above_percent=judged_by.subsidiary_above_percent),
        observations=related.observations,
        county=county or None,
    )


def _overdue_clawbacks(user_id: int, *, on: date) -> tuple[OverdueClawback, ...]:
    return tuple(
        OverdueClawback(each.id, each.open_fen, each.due_on)
        for each in settlement.overdue_clawbacks(user_id, on)
        if each.due_on is not None
    )


def _obstacles(user: Organisation, provider_id: int, *, owes_overdue: bool, on: date) -> Iterator[Obstacle]:
    """What supervision has against user, incubator and provider on a day (V21)."""
    if user.kind is OrganisationKind.TEAM:
        if accounts.sanctioned_until(user.id, on):
            yield Obstacle.TEAM_SANCTIONED
        if user.incubator_id is not None and accounts.sanctioned_until(user.incubator_id, on):
            yield Obstacle.INCUBATOR_SANCTIONED
    if accounts.sanctioned_until(provider_id, on):
        yield Obstacle.PROVIDER_SANCTIONED
    if owes_overdue:
        yield Obstacle.USER_CLAWBACK_OVERDUE
    if settlement.overdue_clawbacks(provider_id, on):
        yield Obstacle.PROVIDER_CLAWBACK_OVERDUE


def _restrictions(provider_id: int, payment_mode: PaymentMode, *, on: date) -> Iterator[Obstacle]:
    """What a provider that was named may not do on a day (V20)."""
    restricted = accounts.restrictions_on(provider_id, on)
    if RestrictionKind.NEW_ORDERS in restricted:
        yield Obstacle.PROVIDER_RESTRICTED
    if RestrictionKind.DIRECT_DEDUCTION in restricted and payment_mode is PaymentMode.DIRECT_DEDUCTION:
        yield Obstacle.DEDUCTION_RESTRICTED
