"""Authorities, and the registration and review of everybody who takes part."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from stdnum.cn import uscc

from accounts import policy
from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind
from accounts.permissions import Role
from accounts.rules.registration import Limits
from accounts.rules.users import Credentials
from accounts.service.users import create_first_administrator
from core import clock
from marketplace.demo.accounts import CITIES, OUTSIDE_COUNTY
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.real import cast, timeline
from marketplace.demo.real.deals import Member
from marketplace.demo.real.sources import HOME_PROVINCE, Firm, Institution

OVERSIZED_EVERY = 40
LEAST_REVENUE_FEN = 100_000_000
RETURNED_EVERY = 60
ENTERPRISE_CODE, INSTITUTION_CODE = "91", "12"
TEAM_COUNTY = "370702"
PROVIDER_SERIAL, OUTSIDE_SERIAL, INCUBATOR_SERIAL = 9_000_001, 9_000_002, 9_000_003
SIBLING_CITY = "370100"
OUTSIDE_PROVINCE = "北京"


class NobodyFits(RuntimeError):
    """The files name nobody for a part that the story needs."""


@dataclass(frozen=True)
class Office:
    """An authority with its first user; ``with_office`` puts the user into another office's organisation."""

    username: str
    role: Role
    kind: OrganisationKind
    name: str
    city: str | None = None
    with_office: str | None = None


OFFICES = [
    Office(cast.PROVINCE, Role.PROVINCE, OrganisationKind.PROVINCE, "省科技厅"),
    Office(cast.FINANCE_MAKER, Role.FINANCE_MAKER, OrganisationKind.FINANCE, "省财政厅"),
    Office(
        cast.FINANCE_CHECKER,
        Role.FINANCE_CHECKER,
        OrganisationKind.FINANCE,
        "省财政厅",
        with_office=cast.FINANCE_MAKER,
    ),
    Office(cast.AUDITOR, Role.AUDITOR, OrganisationKind.AUDIT, "省审计厅"),
    *(
        Office(cast.bureau_of(city), Role.CITY_BUREAU, OrganisationKind.CITY_BUREAU, f"{name}科技局", city)
        for city, name in CITIES.values()
    ),
]


@dataclass(frozen=True)
class Registered:
    """What became of a firm's registration: a member waiting for review, or the code of what refused it."""

    firm: Firm
    member: Member | None
    refused: str = ""


def open_offices(client: DemoClient, password: str) -> None:
    """The first administrator by the command line's function, everybody else by the administrator over HTTP."""
    create_first_administrator(
        organisation="省创新券平台运营方",
        credentials=Credentials(username=cast.ADMIN, password=password),
        now=clock.now(),
    )
    known: dict[str, int] = {}
    for office in OFFICES:
        if office.with_office is not None:
            known[office.username] = known[office.with_office]
        else:
            body: Json = {"kind": office.kind.value, "name": office.name}
            if office.city is not None:
                body["city"] = office.city
            known[office.username] = client.post(cast.ADMIN, "/organisations", body)["id"]
        _add_user(client, known[office.username], office.role, office.username, password)


def open_incubator(client: DemoClient, password: str) -> str:
    """A national incubator in Weifang; returns its code."""
    code = invented_code(INSTITUTION_CODE, TEAM_COUNTY, INCUBATOR_SERIAL)
    body = {
        "kind": OrganisationKind.INCUBATOR.value,
        "name": "潍坊科技企业孵化器",
        "uscc": code,
        "county": TEAM_COUNTY,
        "incubator_level": IncubatorLevel.NATIONAL.value,
    }
    made = client.post(cast.ADMIN, "/organisations", body)
    _add_user(client, made["id"], Role.INCUBATOR, cast.INCUBATOR, password)
    return code


def register_team(client: DemoClient, password: str) -> Member:
    """A team of the incubator, which registers it and names the account it is paid to."""
    name = "光谱农业创业团队"
    body = {
        "kind": OrganisationKind.TEAM.value,
        "name": name,
        "username": "real-team",
        "password": password,
        "rd_need": "新品种成分测试",
        "bank_account": _account("团队负责人", INCUBATOR_SERIAL),
        "truthful": True,
    }
    return _member(client.post(cast.INCUBATOR, "/memberships", body), "real-team")


def register_firms(client: DemoClient, firms: Sequence[Firm], password: str, *, seed: int) -> Iterator[Registered]:
    """Every firm registers itself over HTTP; the service decides who may."""
    chance = random.Random(seed)  # noqa: S311 - a story, the same each time
    limits = policy.limits(clock.today(clock.now()))
    bodies = [_firm_body(number, firm, password, limits, chance) for number, firm in enumerate(firms, start=1)]

    def register(asked: tuple[Firm, Json]) -> Registered:
        firm, body = asked
        status, answer = client.attempt(None, "/memberships", body)
        if status == HTTPStatus.CREATED:
            oversized = body["staff"] > limits.staff_max
            return Registered(firm, _member(answer, body["username"], oversized=oversized))
        return Registered(firm, None, refused=", ".join(each["code"] for each in answer["reasons"]))

    return client.stream(register, zip(firms, bodies, strict=True))


def register_provider(client: DemoClient, institution: Institution, county: str, serial: int, password: str) -> Member:
    """An institution of the evaluation list registers as a provider (V10)."""
    username = f"real-provider-{serial}"
    body = {
        "kind": OrganisationKind.PROVIDER.value,
        "name": institution.name,
        "uscc": invented_code(INSTITUTION_CODE, county, serial),
        "county": county,
        "legal_representative": f"测试法人{serial}",
        "phone": f"0531-{serial}",
        "address": f"测试路{serial}号",
        "institution_kind": InstitutionKind.INSTITUTE.value,
        "has_sharing_rules": True,
        "fiscal": True,
        "bank_account": _account(institution.name, serial),
        "username": username,
        "password": password,
        "truthful": True,
    }
    return _member(client.post(None, "/memberships", body), username)


def review_members(client: DemoClient, members: Sequence[Member]) -> int:
    """The bureau of each member's city approves it; some are returned first, mended and handed in again.

    Returns how many were returned.
    """
    returned = [member for member in members[::RETURNED_EVERY] if member.username.startswith("real-firm")]
    for member in returned:
        path = f"/memberships/{member.membership_id}"
        defects = {"decision": "return", "opinion": "材料不全", "defects": ["地址与执照不符"]}
        client.post(cast.bureau_of(member.city), f"{path}/review", defects)
        client.post(member.username, f"{path}/submission", {"address": f"更正后的地址 {member.organisation_id}"})

    def approve(member: Member) -> None:
        path = f"/memberships/{member.membership_id}/review"
        client.post(cast.bureau_of(member.city), path, {"decision": "approve", "opinion": "材料齐全，同意"})

    client.each(approve, members)
    return len(returned)


def choose_provider(institutions: Sequence[Institution]) -> tuple[Institution, str]:
    """The best institution of the province whose name says its city, and that city's first county."""
    places = policy.places(clock.today(clock.now()))
    for institution in institutions:
        for city, name in CITIES.values():
            if institution.province == HOME_PROVINCE and name.removesuffix("市") in institution.name:
                return institution, min(county for county, seat in places.cities.items() if seat == city)
    raise NobodyFits(f"no institution of {HOME_PROVINCE} names its city")


def choose_outside(institutions: Sequence[Institution]) -> tuple[Institution, str]:
    """The best institution of the capital."""
    for institution in institutions:
        if institution.province == OUTSIDE_PROVINCE:
            return institution, OUTSIDE_COUNTY
    raise NobodyFits(f"no institution of {OUTSIDE_PROVINCE}")


def make_siblings(client: DemoClient, firms: Sequence[Member]) -> tuple[Member, Member]:
    """Two firms of one city that their bureau finds to have one actual controller (V12 cap)."""
    of_city = [each for each in firms if each.city == SIBLING_CITY and not each.oversized]
    if len(of_city) < 2:
        raise NobodyFits(f"fewer than two firms in {SIBLING_CITY}")
    elder, younger = of_city[0], of_city[1]
    bureau, since = cast.bureau_of(SIBLING_CITY), f"{timeline.FIGURES_YEAR}-06-01"
    first: Json = {"name": "泉城种业控股（测试）", "since": since, "source": "工商登记（测试）"}
    made = client.post(bureau, f"/organisations/{elder.organisation_id}/controllers", first)
    second = {"controller_id": made["controller"]["id"], "since": since, "source": "工商登记（测试）"}
    client.post(bureau, f"/organisations/{younger.organisation_id}/controllers", second)
    return elder, younger


def refusals(registered: Sequence[Registered]) -> dict[str, int]:
    """How many firms were refused, by what was said and what their area code is."""
    return dict(Counter(f"{each.refused} ({_what_it_is(each.firm.area)})" for each in registered if not each.member))


def invented_code(kind: str, county: str, serial: int) -> str:
    """A credit code that is nobody's, with a right check digit."""
    body = f"{kind}{county}MA{serial:07d}"
    return body + str(uscc.calc_check_digit(body))


def new_account(member: Member) -> Json:
    """Another bank account of a member, for one the bank refused."""
    return _account(member.name, 50_000_000 + member.organisation_id)


def _firm_body(number: int, firm: Firm, password: str, limits: Limits, chance: random.Random) -> Json:
    staff = chance.randint(limits.staff_min, limits.staff_max)
    return {
        "kind": OrganisationKind.ENTERPRISE.value,
        "name": firm.name,
        "uscc": invented_code(ENTERPRISE_CODE, firm.area, number),
        "county": firm.area,
        "legal_representative": f"测试法人{number}",
        "phone": f"0531-{number:08d}",
        "address": f"测试路{number}号",
        "has_rd_base": True,
        "figures_year": timeline.FIGURES_YEAR,
        "staff": staff if number % OVERSIZED_EVERY else staff + limits.staff_max,
        "revenue_fen": chance.randint(LEAST_REVENUE_FEN, limits.revenue_max_fen),
        "orderly_finances": True,
        "bank_account": _account(firm.name, number),
        "username": f"real-firm-{number}",
        "password": password,
        "truthful": True,
    }


def _account(holder: str, serial: int) -> dict[str, Any]:
    return {
        "holder_name": holder,
        "bank_name": "测试银行济南分行",
        "cnaps_code": "102451000000",
        "account_number": f"6222{serial:015d}",
    }


def _member(dossier: Json, username: str, *, oversized: bool = False) -> Member:
    organisation = dossier["organisation"]
    return Member(
        name=organisation["name"],
        username=username,
        organisation_id=organisation["id"],
        membership_id=dossier["id"],
        uscc=organisation["uscc"] or "",
        county=organisation["county"] or "",
        city=organisation["city"],
        oversized=oversized,
    )


def _add_user(client: DemoClient, organisation_id: int, role: Role, username: str, password: str) -> None:
    user = {"organisation_id": organisation_id, "role": role.value, "username": username, "password": password}
    client.post(cast.ADMIN, "/users", user)


def _what_it_is(area: str) -> str:
    if area.endswith("0000"):
        return "names the province only"
    return "names a city only" if area.endswith("00") else "no county of today's division list"
