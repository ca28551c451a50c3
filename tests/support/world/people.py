"""Who there is: members, neighbours, documents, what is on record about them."""

from __future__ import annotations

from accounts.service import sessions
from marketplace.demo.client import Json
from marketplace.demo.province import demo_uscc
from tests.support.deal import MONDAY, PDF
from tests.support.world.records import Records

NEIGHBOURS = {
    "city-finance-qingdao": ("city_finance", {"city": "370200"}),
    "incubator-qingdao": ("incubator", {"county": "370202", "incubator_level": "provincial"}),
}
"""Offices and incubators of another city: role and where they sit."""


class People(Records):
    """Members in every state, with their documents, standing, changes and residences."""

    def _neighbours(self) -> None:
        password = self.client.default_password
        for username, (role, seat) in NEIGHBOURS.items():
            office = self.post("admin", "/organisations", {"kind": role, "name": f"演示青岛{role}", **seat})
            account = {"organisation_id": office["id"], "role": role, "username": username, "password": password}
            self.post("admin", "/users", account)
        self.register("provider-qingdao", kind="provider", county="370202", approve="bureau-qingdao")
        self.register("team-qingdao", kind="team", by="incubator-qingdao", approve="bureau-qingdao")

    def _registrations(self) -> None:
        waiting = self.register("sme-heze-waiting", county="371702")
        self.ids["submitted membership"] = waiting["id"]
        self.ids["waiting organisation"] = waiting["organisation"]["id"]
        self.ids["pending bank account"] = waiting["bank_account"]["id"]
        self.ids["document"] = self.client.upload(
            "sme-heze-waiting", f"/memberships/{waiting['id']}/documents", PDF, "licence.pdf", kind="licence"
        )["id"]
        returned = self.register("sme-heze-returned", county="371702")
        self.ids["returned membership"] = returned["id"]
        verdict = {"decision": "return", "defects": ["营业执照不清晰"]}
        self.post("bureau-heze", f"/memberships/{returned['id']}/review", verdict)
        for name in ("approved", "suspended"):
            made = self.register(f"sme-heze-{name}", county="371702", approve="bureau-heze")
            self.ids[f"{name} membership"] = made["id"]
            self.ids[f"{name} organisation"] = made["organisation"]["id"]
        self.post("bureau-heze", f"/memberships/{self.ids['suspended membership']}/suspension", {"opinion": "核查"})
        team = self.client.get("incubator-weifang", "/memberships", kind="team")["items"][0]
        self.ids["team membership"] = team["id"]
        outside = self.client.get("province", "/memberships", kind="provider", in_province="false")["items"][0]
        self.ids["outside membership"] = outside["id"]
        users = {each["username"]: each["id"] for each in self.client.pages("admin", "/users")}
        self.ids["user"] = users["sme-heze-approved"]
        for username in ("sme-heze", "provider-jinan", "provider-qingdao", "team-weifang", "incubator-weifang"):
            self.ids[f"organisation of {username}"] = self.me(username)
        details = {"holder_name": "演示菏泽牡丹生物科技有限公司", "bank_name": "演示银行", "cnaps_code": "102475000000"}
        self.post(
            "sme-heze",
            f"/organisations/{self.ids['organisation of sme-heze']}/bank-accounts",
            {**details, "account_number": "6222000000099999"},
            name="pending bank account",
        )

        self._documents()

    def _documents(self) -> None:
        """One document that waits, and one that is certified."""
        for name, user in {"pending document": "sme-heze", "certified document": "provider-jinan"}.items():
            path = f"/organisations/{self.ids[f'organisation of {user}']}/documents"
            self.ids[name] = self.client.upload(user, path, PDF, "licence.pdf", kind="licence")["id"]
        verdict = {"decision": "certify", "valid_until": "2027-12-31"}
        self.post("bureau-jinan", f"/documents/{self.ids['certified document']}/certification", verdict)

    def register(
        self, username: str, *, kind: str = "enterprise", county: str = "", by: str | None = None, approve: str = ""
    ) -> Json:
        """A registration, approved by a bureau if asked."""
        serial = next(self.serials)
        account = {"username": username, "password": self.client.default_password, "truthful": True}
        common = {"kind": kind, "name": f"演示{username}", "phone": f"0531-9{serial:07d}", "address": f"邻路{serial}号"}
        legal = {"uscc": demo_uscc(serial), "county": county, "legal_representative": f"演示邻居{serial}"}
        bank = {
            "holder_name": f"演示{username}",
            "bank_name": "演示银行",
            "cnaps_code": "102451000000",
            "account_number": f"62220000001{serial:05d}",
        }
        stated: dict[str, Json] = {
            "enterprise": {
                **legal,
                "has_rd_base": True,
                "staff": 50,
                "revenue_fen": 1_000_000_000,
                "orderly_finances": True,
                "bank_account": bank,
            },
            "provider": {**legal, "institution_kind": "university", "has_sharing_rules": True, "bank_account": bank},
            "team": {"rd_need": "测试", "bank_account": bank},
        }
        made = self.post(by, "/memberships", {**account, **common, **stated[kind]})
        if approve:
            verdict = {"decision": "approve", "opinion": "同意"}
            made = self.post(approve, f"/memberships/{made['id']}/review", verdict)
        return made

    def _sign_in(self) -> None:
        user, password = self.client.get("sme-heze", "/me")["user"], self.client.default_password
        sessions.begin(username="sme-heze", password=password, address="192.0.2.1", agent="Firefox", now=MONDAY)
        self.ids["session"] = self.client.get("sme-heze", "/me/sessions")["items"][0]["id"]
        self.recovery = self.client.post("admin", f"/users/{user['id']}/recovery", {})["code"]

    def _standing(self) -> None:
        suspended = self.ids["suspended organisation"]
        listing = {"organisation_id": suspended, "kind": "abnormal_operations", "since": "2026-01-05", "source": "公示"}
        self.post("bureau-heze", "/adverse-records", listing, name="adverse record")
        held = {"holder_id": suspended, "held_id": self.ids["approved organisation"], "percent": "10"}
        self.post("bureau-heze", "/holdings", {**held, "since": "2025-06-01", "source": "登记"}, name="holding")
        pair = {"a_id": suspended, "b_id": self.ids["approved organisation"], "source": "登记"}
        self.post("bureau-heze", "/joint-establishments", pair, name="joint establishment")
        for name in ("approved", "suspended"):
            path = f"/organisations/{self.ids[f'{name} organisation']}/controllers"
            tenure = {"name": f"演示控制人{name}", "since": "2025-01-02", "source": "登记"}
            self.ids[f"controller {name}"] = self.post("bureau-heze", path, tenure)["controller"]["id"]
        merge = {"kind": "merge", "controller_id": self.ids["controller approved"], "effective_on": "2026-03-01"}
        into = {"into_id": self.ids["controller suspended"], "evidence": "合并协议"}
        self.post("bureau-heze", "/controller-changes", {**merge, **into}, name="controller change")
        became = {"team_id": self.ids["organisation of team-weifang"], "evidence": "营业执照"}
        firm = {"enterprise_uscc": self._uscc("sme-heze"), "effective_on": "2026-03-01"}
        self.post("incubator-weifang", "/team-successions", {**became, **firm}, name="team succession")
        tie = {"uscc": demo_uscc(999), "name": "演示旧单位", "kind": "employer", "since": "2015-07-01"}
        self.post("bureau-heze", "/interests", tie, name="interest")

    def _members(self) -> None:
        """What members renew and change, where they reside, and a public list that was read in."""
        approved = self.ids["approved organisation"]
        figures: Json = {"organisation_id": approved, "year": 2025, "staff": 50, "revenue_fen": 1_000_000_000}
        self.ids["waiting renewal"] = self.client.upload(
            "sme-heze-approved", "/figures-renewals", PDF, "figures.pdf", **figures, orderly_finances="true"
        )["id"]
        move: Json = {"organisation_id": approved, "effective_on": "2026-06-01", "county": "370102", "reason": "迁址"}
        self.ids["change"] = self.client.upload("sme-heze-approved", "/member-changes", PDF, "licence.pdf", **move)[
            "id"
        ]
        host = {"incubator_id": self.ids["organisation of incubator-weifang"], "since": "2026-01-05"}
        self.post("sme-heze", "/residences", host, name="asked residence")
        self.post("sme-heze-approved", "/residences", host, name="residence")
        here = f"/residences/{self.ids['residence']}"
        self.post("incubator-weifang", f"{here}/answer", {"decision": "accept"})
        self.ids["advice"] = self.client.upload(
            "incubator-weifang", f"{here}/advice", PDF, "plan.pdf", advice="请补充检测方案"
        )["id"]
        listed = f"统一社会信用代码,企业名称,列入日期,移出日期\n{demo_uscc(998)},演示非会员,2026-01-05,\n"
        self.ids["adverse import"] = self.client.upload(
            "bureau-heze",
            "/adverse-record-imports",
            listed.encode(),
            "list.csv",
            kind="abnormal_operations",
            source="公示",
        )["id"]

    def _uscc(self, user: str) -> str:
        return str(self.client.get(user, f"/organisations/{self.me(user)}")["uscc"])
