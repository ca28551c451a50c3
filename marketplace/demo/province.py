"""Making the demo province through the service's own steps, so that it is audited like everything else."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from stdnum.cn import uscc

from accounts import policy
from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind, ReviewDecision
from accounts.models import Organisation
from accounts.queries import actor_of, controller_id, find_user, membership_of
from accounts.queries.organisations import Seat
from accounts.rules.registration import Application, BankDetails
from accounts.rules.users import Credentials
from accounts.service import memberships
from accounts.steps import (
    Upload,
    establish_controller,
    hashed,
    register_controller,
    register_organisation,
    register_user,
)
from core import clock
from core.db import transaction
from core.permissions import SYSTEM, VISITOR, Actor
from marketplace.demo.accounts import (
    CITIES,
    GROUP,
    MEMBERS,
    OFFICES,
    OUTSIDE_COUNTY,
    TEAM,
    Member,
    Office,
    demo_password,
)
from marketplace.demo.catalogue import seed_catalogue
from marketplace.demo.papers import document
from settlement.service.payers import import_accounts

FOUNDED = date(2025, 1, 24)


def seed_province(*, now: datetime) -> None:
    """Make what is not there yet; running it again changes nothing."""
    password_hash = hashed(demo_password())
    for office in OFFICES:
        _office(office, password_hash=password_hash, now=now)
    for member in MEMBERS:
        _member(member, registrant=VISITOR, now=now)
    _member(TEAM, registrant=actor_of("incubator-weifang"), now=now)
    _group(now=now)
    seed_catalogue(now=now)
    import_accounts(now=now)


def demo_uscc(serial: int) -> str:
    """An invented code with a right check digit."""
    body = f"91370000DEM{serial:06d}"
    return body + str(uscc.calc_check_digit(body))


def _office(office: Office, *, password_hash: str, now: datetime) -> None:
    if find_user(office.username) is not None:
        return
    with transaction():
        sibling = find_user("finance-maker") if office.username == "finance-checker" else None
        organisation = sibling.organisation if sibling is not None else _office_organisation(office, now=now)
        register_user(
            organisation=organisation,
            role=office.role,
            username=office.username,
            password_hash=password_hash,
            actor=SYSTEM,
            now=now,
        )


def _office_organisation(office: Office, *, now: datetime) -> Organisation:
    incubator = office.kind is OrganisationKind.INCUBATOR
    county = TEAM.county if incubator else None
    return register_organisation(
        application=Application(kind=office.kind, name=office.name, phone="0531-00000000"),
        seat=Seat(county=county, city=office.city, in_province=True),
        incubator_level=IncubatorLevel.PROVINCIAL if incubator else None,
        actor=SYSTEM,
        now=now,
    )


def _member(member: Member, *, registrant: Actor, now: datetime) -> None:
    if find_user(member.username) is None:
        memberships.register(
            application=_application(member, now=now),
            credentials=Credentials(username=member.username, password=demo_password()),
            address=None,
            documents=_documents(member, now=now),
            actor=registrant,
            now=now,
        )
    registered = find_user(member.username)
    if registered is None:
        raise LookupError(member.username)
    membership = membership_of(registered.organisation_id)
    if membership is not None and membership.state == "submitted":
        memberships.review(
            membership_id=membership.id,
            decision=ReviewDecision.APPROVE,
            opinion="演示审核通过",
            defects=[],
            actor=_reviewer(registered.organisation),
            now=now,
        )


def _documents(member: Member, *, now: datetime) -> list[Upload]:
    """What its kind of member brings (V15), as papers that say what they are."""
    rules = policy.member_rules(clock.today(now))
    required = rules.required_documents(member.kind, in_province=member.county != OUTSIDE_COUNTY)
    return [
        Upload(kind, BytesIO(document(f"demo {kind.value} {member.username}")), f"{kind.value}.pdf")
        for kind in required
    ]


def _application(member: Member, *, now: datetime) -> Application:
    firm = member.kind is OrganisationKind.ENTERPRISE
    provider = member.kind is OrganisationKind.PROVIDER
    team = member.kind is OrganisationKind.TEAM
    return Application(
        kind=member.kind,
        name=member.name,
        uscc=None if team else demo_uscc(member.serial),
        county=None if team else member.county,
        legal_representative="" if team else f"演示法人{member.serial}",
        phone=f"0531-8000{member.serial:04d}",
        address=f"演示路{member.serial}号",
        institution_kind=InstitutionKind.UNIVERSITY if provider else None,
        has_sharing_rules=provider,
        fiscal=provider,
        has_rd_base=firm,
        rd_need="新材料光谱测试" if team else "",
        controller=member.controller,
        staff=80 if firm else None,
        revenue_fen=3_000_000_000 if firm else None,
        orderly_finances=True if firm else None,
        bank_account=BankDetails(
            holder_name=member.name,
            bank_name="演示银行济南分行",
            cnaps_code="102451000000",
            account_number=f"62220000000{member.serial:05d}",
        ),
        truthful=True,
    )


def _reviewer(member: Organisation) -> Actor:
    """Whoever vets this member: the bureau of its city, or the province for bodies from outside (V10)."""
    pinyin = next((name for name, (code, _) in CITIES.items() if code == member.city), None)
    return actor_of("province" if pinyin is None else f"bureau-{pinyin}")


def _group(*, now: datetime) -> None:
    """Put the two Jinan firms under one actual controller."""
    firms = [find_user(member.username) for member in MEMBERS if member.controller == GROUP]
    organisations = [firm.organisation for firm in firms if firm is not None]
    bureau = actor_of("bureau-jinan")
    with transaction():
        if any(controller_id(each.id, clock.today(now)) is not None for each in organisations):
            return
        controller = register_controller(name=GROUP, note="演示", actor=bureau, now=now)
        for each in organisations:
            establish_controller(
                organisation=each, controller=controller, since=FOUNDED, source="演示登记", actor=bureau, now=now
            )
