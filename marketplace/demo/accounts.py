"""Who lives in the demo province: one account for every role, all invented."""

from __future__ import annotations

import os
from dataclasses import dataclass

from accounts.kinds import OrganisationKind
from accounts.permissions import Role

PASSWORD_VARIABLE = "DEMO_PASSWORD"  # noqa: S105 - the name of a variable
DEFAULT_PASSWORD = "voucher-demo-2026"  # noqa: S105 - printed at every start, for play only
OUTSIDE_COUNTY = "110108"


@dataclass(frozen=True)
class DemoAccount:
    """An account as ``demo seed`` prints it."""

    username: str
    password: str
    role: str
    organisation: str


@dataclass(frozen=True)
class Office:
    """An authority of the demo province with its one user; ``city`` is six digits for those of a city."""

    username: str
    role: Role
    kind: OrganisationKind
    name: str
    city: str | None = None


@dataclass(frozen=True)
class Member:
    """A member of the demo province; ``serial`` makes its invented code, ``controller`` names its actual controller."""

    username: str
    kind: OrganisationKind
    name: str
    county: str
    serial: int
    controller: str = ""


CITIES = {
    "jinan": ("370100", "济南市"),
    "qingdao": ("370200", "青岛市"),
    "zibo": ("370300", "淄博市"),
    "zaozhuang": ("370400", "枣庄市"),
    "dongying": ("370500", "东营市"),
    "yantai": ("370600", "烟台市"),
    "weifang": ("370700", "潍坊市"),
    "jining": ("370800", "济宁市"),
    "taian": ("370900", "泰安市"),
    "weihai": ("371000", "威海市"),
    "rizhao": ("371100", "日照市"),
    "linyi": ("371300", "临沂市"),
    "dezhou": ("371400", "德州市"),
    "liaocheng": ("371500", "聊城市"),
    "binzhou": ("371600", "滨州市"),
    "heze": ("371700", "菏泽市"),
}
"""Every city by its name in pinyin: code and name."""

ADMIN = Office("admin", Role.ADMIN, OrganisationKind.OPERATOR, "演示平台运营方")

OFFICES = [
    ADMIN,
    Office("province", Role.PROVINCE, OrganisationKind.PROVINCE, "演示省科技厅"),
    Office("delegated-agency", Role.DELEGATED_AGENCY, OrganisationKind.DELEGATED_AGENCY, "演示科技服务中心"),
    Office("finance-maker", Role.FINANCE_MAKER, OrganisationKind.FINANCE, "演示省财政厅"),
    Office("finance-checker", Role.FINANCE_CHECKER, OrganisationKind.FINANCE, "演示省财政厅"),
    Office("auditor", Role.AUDITOR, OrganisationKind.AUDIT, "演示省审计厅"),
    *(
        Office(f"bureau-{pinyin}", Role.CITY_BUREAU, OrganisationKind.CITY_BUREAU, f"演示{name}科技局", city)
        for pinyin, (city, name) in CITIES.items()
    ),
    Office("city-finance-heze", Role.CITY_FINANCE, OrganisationKind.CITY_FINANCE, "演示菏泽市财政局", "371700"),
    Office("incubator-weifang", Role.INCUBATOR, OrganisationKind.INCUBATOR, "演示潍坊孵化器", "370700"),
]

GROUP = "演示泉城控股集团"

MEMBERS = [
    Member("sme-heze", OrganisationKind.ENTERPRISE, "演示菏泽牡丹生物科技有限公司", "371702", 1),
    Member("sme-jinan", OrganisationKind.ENTERPRISE, "演示济南泉城新材料有限公司", "370102", 2, GROUP),
    Member("sme-jinan-sibling", OrganisationKind.ENTERPRISE, "演示济南泉城检测技术有限公司", "370112", 3, GROUP),
    Member("provider-jinan", OrganisationKind.PROVIDER, "演示济南大学分析测试中心", "370102", 4),
    Member("provider-outside", OrganisationKind.PROVIDER, "演示北京材料研究所", OUTSIDE_COUNTY, 5),
]

TEAM = Member("team-weifang", OrganisationKind.TEAM, "演示潍坊光谱创业团队", "370702", 0)


def demo_password() -> str:
    """The password of every demo account."""
    return os.environ.get(PASSWORD_VARIABLE) or DEFAULT_PASSWORD


def demo_accounts() -> list[DemoAccount]:
    """Every account, in the order in which a reader would try them."""
    password = demo_password()
    members = [DemoAccount(each.username, password, each.kind.value, each.name) for each in [*MEMBERS, TEAM]]
    offices = [DemoAccount(each.username, password, each.role.value, each.name) for each in OFFICES]
    return [*members, *offices]
