"""Organisations of every kind, their users and tokens, made through the steps the service itself takes.

Everything needs an application context; each function writes in a transaction of its own.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from sqlalchemy import select
from stdnum.cn import uscc as codes

from accounts import policy
from accounts.kinds import AdverseKind, IncubatorLevel, InstitutionKind, OrganisationKind
from accounts.models import (
    AdverseRecord,
    Controller,
    Holding,
    JointEstablishment,
    Membership,
    Organisation,
    User,
)
from accounts.permissions import ROLES_OF_KIND, Role
from accounts.queries.memberships import membership_of
from accounts.queries.organisations import Seat
from accounts.rules.registration import Application, BankDetails
from accounts.states import MembershipAction
from accounts.steps import (
    add_adverse_record,
    add_holding,
    add_joint_establishment,
    decide_membership,
    establish_controller,
    hashed,
    issue_token,
    open_membership,
    register_controller,
    register_organisation,
    register_user,
)
from core import clock
from core.db import session, transaction
from core.permissions import SYSTEM, Actor

PASSWORD = "correct horse 7"
"""The password of every user made here."""

LONG = timedelta(days=36_500)
LONG_AGO = date(2020, 1, 1)

_numbers = itertools.count(1)


@cache
def password_hash() -> str:
    """One argon2 hash for all."""
    return hashed(PASSWORD)


def make_uscc(number: int | None = None) -> str:
    """A code with a right check digit that no firm has; a new one each time unless ``number`` is given."""
    body = f"91370000{next(_numbers) if number is None else number:09d}"
    return body + str(codes.calc_check_digit(body))


def make_enterprise(
    county: str = "371702",
    *,
    approved: bool = True,
    controller: Controller | None = None,
    name: str | None = None,
    staff: int = 120,
    revenue_fen: int = 5_000_000_000,
    orderly_finances: bool = True,
    has_rd_base: bool = True,
    bank_account: bool = True,
    uscc: str | None = None,
    legal_representative: str | None = None,
    phone: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Organisation:
    """An enterprise with figures, one user and a bank account, approved by the bureau of its city unless told not."""
    title = name or f"测试企业{next(_numbers)}有限公司"
    application = Application(
        kind=OrganisationKind.ENTERPRISE,
        name=title,
        uscc=uscc or make_uscc(),
        county=county,
        has_rd_base=has_rd_base,
        staff=staff,
        revenue_fen=revenue_fen,
        orderly_finances=orderly_finances,
        bank_account=make_bank_details(title) if bank_account else None,
        truthful=True,
        legal_representative=legal_representative or f"法定代表人{next(_numbers)}",
        phone=phone,
        address=address,
    )
    made = _member(application, approved=approved, now=now)
    if controller is not None:
        make_tenure(made, controller, now=now)
    return made


def make_provider(
    city: str = "370100",
    *,
    approved: bool = True,
    in_province: bool = True,
    name: str | None = None,
    institution_kind: InstitutionKind = InstitutionKind.UNIVERSITY,
    fiscal: bool = False,
    bank_account: bool = True,
    county: str | None = None,
    uscc: str | None = None,
    legal_representative: str | None = None,
    phone: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Organisation:
    """A provider in a city of the province, or from outside (in Beijing), vetted by the bureau or the province."""
    title = name or f"测试供给方{next(_numbers)}研究院"
    application = Application(
        kind=OrganisationKind.PROVIDER,
        name=title,
        uscc=uscc or make_uscc(),
        county=county or (_first_county(city, now) if in_province else "110108"),
        institution_kind=institution_kind,
        has_sharing_rules=True,
        fiscal=fiscal,
        bank_account=make_bank_details(title) if bank_account else None,
        truthful=True,
        legal_representative=legal_representative or f"法定代表人{next(_numbers)}",
        phone=phone,
        address=address,
    )
    return _member(application, approved=approved, now=now)


def make_team(
    incubator: Organisation | None = None,
    *,
    approved: bool = True,
    name: str | None = None,
    bank_account: bool = True,
    now: datetime | None = None,
) -> Organisation:
    """A team of an incubator, registered by the incubator's user."""
    host = incubator or make_incubator(now=now)
    title = name or f"测试团队{next(_numbers)}"
    application = Application(
        kind=OrganisationKind.TEAM,
        name=title,
        rd_need="新材料样品的性能测试",
        bank_account=make_bank_details(f"团队代表{next(_numbers)}") if bank_account else None,
        truthful=True,
    )
    return _member(application, approved=approved, host=host, now=now)


def make_incubator(
    county: str = "370702",
    *,
    level: IncubatorLevel = IncubatorLevel.PROVINCIAL,
    name: str | None = None,
    now: datetime | None = None,
) -> Organisation:
    """An incubator with one user."""
    return _authority(
        OrganisationKind.INCUBATOR,
        name or f"测试孵化器{next(_numbers)}",
        seat=Seat(county=county, city=f"{county[:4]}00", in_province=True),
        incubator_level=level,
        now=now,
    )


def make_bureau(city: str = "371700", *, now: datetime | None = None) -> Organisation:
    """The bureau of a city with one user; made once for each city."""
    return _only(OrganisationKind.CITY_BUREAU, f"{city}科技局", city=city, now=now)


def make_city_finance(city: str = "371700", *, now: datetime | None = None) -> Organisation:
    """The finance bureau of a city with one user; made once for each city."""
    return _only(OrganisationKind.CITY_FINANCE, f"{city}财政局", city=city, now=now)


def make_province(*, now: datetime | None = None) -> Organisation:
    """The province's department with one user; made once."""
    return _only(OrganisationKind.PROVINCE, "省科学技术厅", now=now)


def make_agency(city: str | None = None, *, now: datetime | None = None) -> Organisation:
    """A delegated agency of the province, or of a city, with one user."""
    return _only(OrganisationKind.DELEGATED_AGENCY, f"受托机构{city or ''}", city=city, now=now)


def make_finance(*, now: datetime | None = None) -> Organisation:
    """The finance department with a maker and a checker; made once."""
    return _only(OrganisationKind.FINANCE, "省级财务经办", now=now)


def make_audit(*, now: datetime | None = None) -> Organisation:
    """The audit office with one user; made once."""
    return _only(OrganisationKind.AUDIT, "审计机关", now=now)


def make_operator(*, now: datetime | None = None) -> Organisation:
    """The operator of the platform with its administrator; made once."""
    return _only(OrganisationKind.OPERATOR, "平台运营", now=now)


def make_user(role: Role, organisation: Organisation, *, username: str | None = None) -> User:
    """A further user of an organisation; the role must be one of its kind's."""
    assert role in ROLES_OF_KIND[organisation.kind], f"{role} is no role of a {organisation.kind}"
    with transaction():
        return register_user(
            organisation=organisation,
            role=role,
            username=username or f"{role.value}-{next(_numbers)}",
            password_hash=password_hash(),
            actor=SYSTEM,
            now=clock.now(),
        )


def user_of(organisation: Organisation, role: Role | None = None) -> User:
    """The first user of an organisation, perhaps of one role."""
    found = select(User).where(User.organisation_id == organisation.id).order_by(User.id)
    if role is not None:
        found = found.where(User.role == role)
    return session().scalars(found).first() or make_user(role or ROLES_OF_KIND[organisation.kind][0], organisation)


def actor_of(organisation: Organisation, role: Role | None = None) -> Actor:
    """The first user of an organisation as an actor."""
    return user_of(organisation, role).as_actor()


def user_with_role(role: Role) -> User:
    """A user of any role, with an organisation of its own kind, for trying every role on something."""
    organisation = _MAKERS[role]()
    return user_of(organisation, role)


def token_for(user: User) -> dict[str, str]:
    """The headers of a user signed in; the token outlives any clock a test sets."""
    with transaction():
        issued = issue_token(user=user, lifetime=LONG, now=clock.now())
    return {"Authorization": f"Bearer {issued.token}"}


def headers_of(organisation: Organisation, role: Role | None = None) -> dict[str, str]:
    """The headers of the first user of an organisation."""
    return token_for(user_of(organisation, role))


def keyed(headers: dict[str, str] | None = None) -> dict[str, str]:
    """Headers with an idempotency key of their own."""
    return {**(headers or {}), "Idempotency-Key": uuid.uuid4().hex}


def membership(organisation: Organisation) -> Membership:
    """The membership of a member."""
    found = membership_of(organisation.id)
    assert found is not None
    return found


def approve(organisation: Organisation, *, now: datetime | None = None) -> None:
    """Approve a submitted member by the bureau of its city, or by the province where it is from outside."""
    authority = make_bureau(organisation.city, now=now) if organisation.city else make_province(now=now)
    reviewer = actor_of(authority)
    with transaction():
        decide_membership(
            membership=membership(organisation),
            action=MembershipAction.APPROVE,
            opinion="同意",
            defects=[],
            actor=reviewer,
            now=now or clock.now(),
        )


def make_controller(name: str | None = None) -> Controller:
    """An actual controller."""
    with transaction():
        return register_controller(name=name or f"实际控制人{next(_numbers)}", note="", actor=SYSTEM, now=clock.now())


def make_tenure(
    organisation: Organisation, controller: Controller, *, since: date = LONG_AGO, now: datetime | None = None
) -> None:
    """Put an organisation under a controller from a day on."""
    with transaction():
        establish_controller(
            organisation=organisation,
            controller=controller,
            since=since,
            source="测试登记",
            actor=SYSTEM,
            now=now or clock.now(),
        )


def make_adverse_record(
    organisation: Organisation, kind: AdverseKind, since: date, until: date | None = None
) -> AdverseRecord:
    """Put an adverse record against an organisation."""
    with transaction():
        return add_adverse_record(
            organisation_id=organisation.id,
            kind=kind,
            since=since,
            until=until,
            source="测试登记",
            actor=SYSTEM,
            now=clock.now(),
        )


def make_holding(
    holder: Organisation, held: Organisation, percent: str, *, since: date = LONG_AGO, until: date | None = None
) -> Holding:
    """Put on record that one organisation holds a share of another."""
    with transaction():
        return add_holding(
            holder_id=holder.id,
            held_id=held.id,
            percent=Decimal(percent),
            since=since,
            until=until,
            source="测试登记",
            actor=SYSTEM,
            now=clock.now(),
        )


def make_joint_establishment(one: Organisation, other: Organisation) -> JointEstablishment:
    """Put on record that two organisations were built jointly."""
    with transaction():
        return add_joint_establishment(
            one_id=one.id, other_id=other.id, source="测试登记", actor=SYSTEM, now=clock.now()
        )


def make_bank_details(holder_name: str) -> BankDetails:
    """A bank account nobody else has."""
    return BankDetails(
        holder_name=holder_name,
        bank_name="测试银行",
        cnaps_code="102100099996",
        account_number=f"6222{next(_numbers):012d}",
    )


def _member(
    application: Application,
    *,
    approved: bool,
    host: Organisation | None = None,
    now: datetime | None = None,
) -> Organisation:
    moment = now or clock.now()
    actor = SYSTEM if host is None else actor_of(host)
    with transaction():
        made = open_membership(
            application=application,
            seat=_seat(application, host, moment),
            host=host,
            username=f"{application.kind.value}-{next(_numbers)}",
            password_hash=password_hash(),
            actor=actor,
            now=moment,
        ).organisation
    if approved:
        approve(made, now=now)
    return made


def _seat(application: Application, host: Organisation | None, now: datetime) -> Seat:
    if host is not None:
        return Seat(county=host.county, city=host.city, in_province=True)
    county = application.county or ""
    places = policy.places(clock.today(now))
    return Seat(county=county, city=places.cities.get(county), in_province=places.in_province(county))


def _first_county(city: str, now: datetime | None) -> str:
    places = policy.places(clock.today(now or clock.now()))
    return min(county for county, its_city in places.cities.items() if its_city == city)


def _only(kind: OrganisationKind, name: str, *, city: str | None = None, now: datetime | None = None) -> Organisation:
    found = session().scalar(select(Organisation).where(Organisation.kind == kind, Organisation.name == name))
    return found or _authority(kind, name, seat=Seat(county=None, city=city, in_province=True), now=now)


def _authority(
    kind: OrganisationKind,
    name: str,
    *,
    seat: Seat,
    incubator_level: IncubatorLevel | None = None,
    now: datetime | None = None,
) -> Organisation:
    moment = now or clock.now()
    with transaction():
        made = register_organisation(
            application=Application(kind=kind, name=name),
            seat=seat,
            incubator_level=incubator_level,
            actor=SYSTEM,
            now=moment,
        )
        for role in ROLES_OF_KIND[kind]:
            register_user(
                organisation=made,
                role=role,
                username=f"{role.value}-{next(_numbers)}",
                password_hash=password_hash(),
                actor=SYSTEM,
                now=moment,
            )
    return made


_MAKERS: dict[Role, Callable[[], Organisation]] = {
    Role.ENTERPRISE: make_enterprise,
    Role.TEAM: make_team,
    Role.INCUBATOR: make_incubator,
    Role.PROVIDER: make_provider,
    Role.CITY_BUREAU: make_bureau,
    Role.CITY_FINANCE: make_city_finance,
    Role.PROVINCE: make_province,
    Role.DELEGATED_AGENCY: make_agency,
    Role.FINANCE_MAKER: make_finance,
    Role.FINANCE_CHECKER: make_finance,
    Role.AUDITOR: make_audit,
    Role.ADMIN: make_operator,
}
