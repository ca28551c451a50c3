"""What is on record about a user and a provider on a day, and between them: all that a decision about both rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, SmallInteger, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from accounts import policy
from accounts.kinds import IncubatorLevel, OrganisationKind, RestrictionKind
from accounts.models import (
    AdverseRecord,
    BeneficiaryFigures,
    Holding,
    JointEstablishment,
    Organisation,
    OrganisationSeat,
    ProviderRestriction,
)
from accounts.queries.caps import owner_named
from accounts.queries.controllers import covers, tenures_of
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.relations import shared_account
from accounts.queries.restrictions import in_force
from accounts.rules.adverse import RecordFacts, is_sanctioned
from accounts.rules.registration import last_completed_year
from accounts.rules.relation import NO_HOLDING, RelationFacts, same_address, same_phone, same_text
from accounts.rules.seats import covering
from accounts.rules.tenures import changed_plainly, named_lately, running
from core.gathering import Gathering


@dataclass(frozen=True, slots=True)
class StatedFigures:
    """What an enterprise stated about an accounting year."""

    year: int
    staff: int
    revenue_fen: int
    orderly_finances: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSide:
    """A beneficiary on a day.

    ``county`` is where it sits, a team where its incubator does. ``figures`` are those of the last completed year or,
    without any, the latest.
    """

    id: int
    kind: OrganisationKind
    uscc: str | None
    county: str | None
    incubator_level: IncubatorLevel | None
    cap_owner: str
    figures: StatedFigures | None
    adverse_records: tuple[RecordFacts, ...]
    sanctioned: bool
    incubator_sanctioned: bool
    changed_plainly: bool
    named_lately: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSide:
    """A provider on a day; ``restricted`` is what it may not do (V20)."""

    id: int
    in_province: bool
    county: str | None
    sanctioned: bool
    restricted: frozenset[RestrictionKind]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both, and how they are related (V8(4))."""

    user: UserSide
    provider: ProviderSide
    relation: RelationFacts


_USER = bindparam("user", type_=BigInteger)
_PROVIDER = bindparam("provider", type_=BigInteger)
_ON = bindparam("on", type_=Date)
_YEAR = bindparam("year", type_=SmallInteger)
_BOTH = or_(Organisation.id == _USER, Organisation.id == _PROVIDER)
_HOST = case((Organisation.kind == OrganisationKind.TEAM, Organisation.incubator_id))
_SEATED = aliased(Organisation)
_USERS_HOST = select(_HOST).where(Organisation.id == _USER).scalar_subquery()


def _of_one(column: ColumnElement[int] | Any, *ids: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(*(column == each for each in ids))


_FACTS = Gathering(
    parties=select(
        Organisation.id,
        Organisation.kind,
        Organisation.uscc,
        Organisation.in_province,
        Organisation.legal_representative,
        Organisation.phone,
        Organisation.address,
        _HOST.label("host_id"),
        _SEATED.id.label("seated_with"),
        _SEATED.county.label("county"),
        _SEATED.incubator_level.label("incubator_level"),
    )
    .join(_SEATED, _SEATED.id == func.coalesce(_HOST, Organisation.id))
    .where(_BOTH),
    seats=select(
        OrganisationSeat.organisation_id, OrganisationSeat.county, OrganisationSeat.since, OrganisationSeat.until
    )
    .where(_of_one(OrganisationSeat.organisation_id, _USER, _PROVIDER, _USERS_HOST))
    .order_by(OrganisationSeat.since),
    tenures=tenures_of(_USER, _PROVIDER),
    figures=select(
        BeneficiaryFigures.year,
        BeneficiaryFigures.staff,
        BeneficiaryFigures.revenue_fen,
        BeneficiaryFigures.orderly_finances,
    )
    .where(BeneficiaryFigures.organisation_id == _USER)
    .order_by((BeneficiaryFigures.year == _YEAR).desc(), BeneficiaryFigures.year.desc())
    .limit(1),
    adverse=select(AdverseRecord.organisation_id, AdverseRecord.kind, AdverseRecord.since, AdverseRecord.until)
    .where(
        _of_one(AdverseRecord.organisation_id, _USER, _PROVIDER, _USERS_HOST),
        AdverseRecord.annulled_at.is_(None),
    )
    .order_by(AdverseRecord.since, AdverseRecord.id),
    restrictions=select(ProviderRestriction.kind).where(
        ProviderRestriction.organisation_id == _PROVIDER, in_force(_ON)
    ),
    holdings=select(Holding.holder_id, Holding.percent).where(
        or_(
            and_(Holding.holder_id == _USER, Holding.held_id == _PROVIDER),
            and_(Holding.holder_id == _PROVIDER, Holding.held_id == _USER),
        ),
        Holding.annulled_at.is_(None),
        covers(Holding, _ON),
    ),
    pairs=select(JointEstablishment.id).where(
        JointEstablishment.a_id == func.least(_USER, _PROVIDER),
        JointEstablishment.b_id == func.greatest(_USER, _PROVIDER),
        JointEstablishment.annulled_at.is_(None),
        or_(JointEstablishment.since.is_(None), JointEstablishment.since <= _ON),
        or_(JointEstablishment.until.is_(None), JointEstablishment.until > _ON),
    ),
    accounts=shared_account(_USER, _PROVIDER),
)


def sides(user_id: int, provider_id: int, on: date) -> Sides:
    """All of it, read in one statement; raises OrganisationMissing for an organisation there is not."""
    found = _FACTS.read(user=user_id, provider=provider_id, on=on, year=last_completed_year(on))
    parties = {each.id: each for each in found["parties"]}
    if not {user_id, provider_id} <= parties.keys():
        raise OrganisationMissing
    user, provider = parties[user_id], parties[provider_id]
    return Sides(
        user=_user(user, found, on),
        provider=ProviderSide(
            id=provider.id,
            in_province=provider.in_province,
            county=_county(provider, found["seats"], on),
            sanctioned=is_sanctioned(_records(provider.id, found["adverse"]), on),
            restricted=frozenset(each.kind for each in found["restrictions"]),
        ),
        relation=_relation(user, provider, found, on),
    )


def relation(beneficiary_id: int, provider_id: int, on: date) -> RelationFacts:
    """What is on record between a user and a provider on a day (V8(4))."""
    return sides(beneficiary_id, provider_id, on).relation


def _user(user: Any, found: Mapping[str, Sequence[Any]], on: date) -> UserSide:
    is_team = user.kind is OrganisationKind.TEAM
    tenures = _of(user.id, found["tenures"])
    controlling = None if is_team else _controller(tenures, on)
    records = _records(user.id, found["adverse"])
    figures = found["figures"]
    return UserSide(
        id=user.id,
        kind=user.kind,
        uscc=user.uscc,
        county=_county(user, found["seats"], on),
        incubator_level=user.incubator_level if user.host_id is not None else None,
        cap_owner=owner_named(user.id, user.kind, controlling),
        figures=StatedFigures(*figures[0]) if figures else None,
        adverse_records=records,
        sanctioned=is_sanctioned(records, on),
        incubator_sanctioned=is_sanctioned(_records(user.host_id, found["adverse"]), on),
        changed_plainly=changed_plainly(tenures, on),
        named_lately=named_lately(tenures, on),
    )


def _relation(user: Any, provider: Any, found: Mapping[str, Sequence[Any]], on: date) -> RelationFacts:
    held: dict[int, Decimal] = {each.holder_id: each.percent for each in found["holdings"]}
    user_controller = _controller(_of(user.id, found["tenures"]), on)
    provider_controller = _controller(_of(provider.id, found["tenures"]), on)
    return RelationFacts(
        user_holds_percent=held.get(user.id, NO_HOLDING),
        provider_holds_percent=held.get(provider.id, NO_HOLDING),
        jointly_established=bool(found["pairs"]),
        same_controller=user_controller is not None and user_controller == provider_controller,
        same_legal_representative=same_text(user.legal_representative, provider.legal_representative),
        shared_phone=same_phone(user.phone, provider.phone),
        shared_bank_account=bool(found["accounts"]),
        shared_address=same_address(user.address, provider.address, regions=policy.region_names(on)),
    )


def _controller(tenures: Sequence[Any], on: date) -> int | None:
    now = running(tenures, on)
    return None if now is None else now.controller_id


def _county(party: Any, seats: Sequence[Any], on: date) -> str | None:
    sits = covering(_of(party.seated_with, seats), on) or party
    found: str | None = sits.county
    return found


def _records(organisation_id: int | None, adverse: Sequence[Any]) -> tuple[RecordFacts, ...]:
    return tuple(
        RecordFacts(kind=each.kind, since=each.since, until=each.until) for each in _of(organisation_id, adverse)
    )


def _of(organisation_id: int | None, rows: Sequence[Any]) -> list[Any]:
    return [each for each in rows if each.organisation_id == organisation_id]
