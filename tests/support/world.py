"""A province in which everything has happened once: a record of every kind in every state that a route acts upon.

Built through the HTTP API by the people of the demo province and a few neighbours of theirs, whose records are foreign
to each other: another city's bureau and finance bureau, another incubator with its team, another provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from accounts.service import sessions
from accounts.service.sessions import begin
from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import demo_uscc
from marketplace.notifications.telling import tell
from tests.factories.gateway import deliver, gateway_off, use_gateway
from tests.support.deal import DECLARED, MONDAY, PDF, ask, bank_csv, clear_flags, order, paper, service_id, walk
from tests.support.invoices import Line, Paper, xml_of
from tests.support.stripe_server import serving

SAMPLE = "demo-ms-sample"
TESTING_PROOFS = ["service_contract", "result_proof", "innovation_relevance_proof"]

NEIGHBOURS = {
    "city-finance-qingdao": ("city_finance", {"city": "370200"}),
    "incubator-qingdao": ("incubator", {"county": "370202", "incubator_level": "provincial"}),
}
"""Offices and incubators of another city: role and where they sit."""


class World:
    """The numbers of all records by name, and a client for whoever acts upon them."""

    def __init__(self, client: DemoClient) -> None:
        self.client = client
        self.ids: dict[str, int] = {}
        self.sessions: dict[str, str] = {}
        self.sign_in = DemoClient(client.app, passwords={}, default_password=client.default_password)
        self.returned = b""
        """The bank's answer to the exported batch, not handed in yet."""
        self.recovery = ""
        """The code with which sme-heze may set a new password."""
        self.serials: Iterator[int] = iter(range(100, 1000))
        self.cutoffs = iter(MONDAY.date() + timedelta(days=day) for day in range(9))

    def build(self) -> World:
        """Make everything, in the order in which it rests on each other."""
        self._neighbours()
        self._registrations()
        self._standing()
        self._members()
        self._sign_in()
        self._catalogue()
        self._orders()
        self._claims()
        self._settlement()
        self._supervision()
        self._refusals()
        self._payments()
        self._shortfall()
        self._yearly_reports()
        self._yearly_evaluation()
        self._disclosures()
        self._notices()
        return self

    def post(self, user: str | None, path: str, body: Json | None = None, *, name: str = "") -> Json:
        """POST and keep the number of what came of it under a name."""
        made = self.client.post(user, path, body)
        if name:
            self.ids[name] = made["id"]
        return made

    def token(self, user: str) -> str:
        """A user's bearer token, for requests that are rolled back; not to be asked for within such a rollback."""
        with clock.at(MONDAY):
            return self.sign_in.token(user)

    def session(self, user: str) -> str:
        """A user's page session, for requests that are rolled back; not to be asked for within such a rollback."""
        if user not in self.sessions:
            with self.client.app.app_context(), clock.at(MONDAY):
                begun = begin(
                    username=user,
                    password=self.client.default_password,
                    address="127.0.0.1",
                    agent="tests",
                    now=clock.now(),
                )
            self.sessions[user] = begun.token
        return self.sessions[user]

    def me(self, user: str) -> int:
        """The organisation of a user."""
        return int(self.client.get(user, "/me")["organisation"]["id"])

    def _uscc(self, user: str) -> str:
        return str(self.client.get(user, f"/organisations/{self.me(user)}")["uscc"])

    # -- people ------------------------------------------------------------------------------------

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

    # -- the catalogue -----------------------------------------------------------------------------

    def _catalogue(self) -> None:
        self.ids["service"] = service_id(SAMPLE)
        self.ids["hourly service"] = service_id("demo-ms-hour")
        found = {each["external_id"]: each["id"] for each in self.client.pages("provider-jinan", "/instruments")}
        self.ids["published instrument"] = found["demo-xrd"]
        for name, steps in {
            "draft": [],
            "submitted": ["listing"],
            "suspended": ["listing", "listing-review", "suspension"],
        }.items():
            facts = {
                "name": f"演示{name}仪器",
                "value_fen": 10_000_000,
                "funding": "fiscal",
                "accepted_on": "2025-03-03",
            }
            made = self.post("provider-jinan", "/instruments", {**facts, **WHOLE}, name=f"{name} instrument")
            for step in steps:
                user = "bureau-jinan" if step == "listing-review" else "provider-jinan"
                self.post(user, f"/instruments/{made['id']}/{step}", INSTRUMENT_BODIES.get(step))
        closed = {"starts_at": "2026-03-20T08:00:00+08:00", "ends_at": "2026-03-20T12:00:00+08:00"}
        self.post("provider-jinan", f"/instruments/{found['demo-xrd']}/closures", closed, name="closure")
        offer = {**SERVICE, "instrument_ids": [found["demo-xrd"]]}
        self.post("provider-jinan", "/services", offer, name="draft service")
        table = "外部编号,仪器名称\nA1,光谱仪\n,\n".encode()
        imported = self.client.upload("provider-jinan", "/instrument-imports", table, "list.csv", dry_run="true")
        self.ids["import"] = imported["id"]

    # -- orders and claims -------------------------------------------------------------------------

    def _orders(self) -> None:
        self.ids["quote"] = ask(self.client, "sme-heze", self.ids["service"])["id"]
        for name, until in {
            "placed": "",
            "accepted": "acceptance",
            "half-signed": "contract:provider",
            "contracted": "contract:user",
            "started": "service-start",
            "delivered": "delivery",
        }.items():
            self.ids[f"{name} order"] = self.order(until=until)["id"]
        self.ids["team quote"] = ask(self.client, "team-weifang", self.ids["service"])["id"]
        self.ids["team order"] = self.order(user="team-weifang")["id"]
        self.ids["team accepted order"] = self.order(user="team-weifang", until="acceptance")["id"]
        in_full = ask(self.client, "sme-heze", self.ids["service"], payment_mode="full_payment")
        self.ids["full quote"] = in_full["id"]

    def order(self, *, user: str = "sme-heze", until: str = "", mode: str = "direct_deduction") -> Json:
        """An order of one sample, taken so far."""
        placed = order(self.client, user, self.ids["service"], payment_mode=mode)
        return walk(self.client, placed, user=user, until=until) if until else placed

    def _claims(self) -> None:
        self.ids["draft claim"] = self.claim()["id"]
        self.ids["ready claim"] = self.claim(until="ready")["id"]
        self.ids["submitted claim"] = self.claim(until="submitted")["id"]
        self.ids["approved claim"] = self.claim(until="approved")["id"]
        self.ids["own ready claim"] = self.claim(user="sme-jinan", mode="full_payment", until="ready")["id"]
        self.ids["team draft claim"] = self.claim(user="team-weifang", mode="full_payment")["id"]
        self.ids["team ready claim"] = self.claim(user="team-weifang", mode="full_payment", until="ready")["id"]
        for name in ("draft", "submitted"):
            path = f"/claims/{self.ids[f'{name} claim']}/invoices"
            if name == "draft":
                self.client.upload("provider-jinan", path, self._right_invoice(), "invoice.xml")
            self.ids[f"{name} reading"] = self.client.get("provider-jinan", path)["items"][0]["id"]
        submitted = self.client.get("provider-jinan", f"/claims/{self.ids['submitted claim']}")
        self.ids["material"] = submitted["materials"][0]["id"]
        self._flagged(like=self.ids["submitted claim"])
        clear_flags(self.client, self.ids["submitted claim"], by="bureau-heze")
        for name, steps in {"open": 0, "stamped": 1, "dispatched": 2}.items():
            claim = self.claim(until="approved")
            self.ids[f"claim of the {name} summary"] = claim["id"]
            self.ids[f"{name} summary"] = self.summary(claim, steps=steps)["id"]

    def _flagged(self, *, like: int) -> None:
        """A submitted claim whose result proof is that of another one."""
        claim_id = self.claim(until="ready")["id"]
        path, proof = f"/claims/{claim_id}", paper({"claim_id": like}, "result_proof")
        self.client.upload("provider-jinan", f"{path}/materials", proof, "报告.pdf", kind="result_proof")
        self.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED})
        self.ids["flagged claim"] = claim_id
        raised = self.client.get("bureau-heze", f"{path}/flags")["items"]
        (self.ids["flag"],) = (flag["id"] for flag in raised if flag["kind"] == "same_document")

    def claim(self, *, user: str = "sme-heze", mode: str = "direct_deduction", until: str = "draft") -> Json:
        """A claim brought so far: draft, ready (with its materials), submitted, approved or confirmed."""
        done = self.order(user=user, until="completion", mode=mode)
        claim_id = done["claim_id"]
        claimant = "provider-jinan"
        if mode == "full_payment":
            claimant = "incubator-weifang" if user.startswith("team") else user
        steps = ["draft", "ready", "submitted", "approved", "confirmed"]
        for step in steps[1 : steps.index(until) + 1]:
            if step == "ready":
                self._materials(claimant, user, done)
            elif step == "submitted":
                self.post(claimant, f"/claims/{claim_id}/submission", {"declarations": DECLARED})
            elif step == "approved":
                clear_flags(self.client, claim_id, by="bureau-heze")
                verdict = {"decision": "approve", "opinion": "同意"}
                self.post("bureau-heze", f"/claims/{claim_id}/city-review", verdict)
            else:
                self.summary({"id": claim_id}, steps=2)
                self.post("province", f"/claims/{claim_id}/provincial-confirmation", {"decision": "confirm"})
        return self.client.get(claimant, f"/claims/{claim_id}")

    def _materials(self, claimant: str, user: str, done: Json) -> None:
        path = f"/claims/{done['claim_id']}/materials"
        for kind in TESTING_PROOFS:
            self.client.upload(claimant, path, paper(done, kind), f"{kind}.pdf", kind=kind)
        invoice = self.invoice(user, done)
        self.client.upload(claimant, path, invoice_xml(invoice), "invoice.xml", **invoice)

    def _right_invoice(self) -> bytes:
        """An invoice that the draft claim could use."""
        claim = self.client.get("provider-jinan", f"/claims/{self.ids['draft claim']}")
        record = claim["record"]
        done = {"price_fen": record["actual_fen"], "completed_on": record["completed_on"]}
        return invoice_xml(self.invoice("sme-heze", done))

    def invoice(self, user: str, done: Json) -> Json:
        """The form of a right invoice for a completed order."""
        seller = self.client.get("provider-jinan", "/me")["organisation"]["uscc"]
        buyer = self.client.get(user, "/me")["organisation"]["uscc"]
        form = {
            "kind": "invoice",
            "invoice_number": f"2637{next(self.serials):016d}",
            "invoice_type": "e_vat_special",
            "seller_uscc": seller,
            "amount_incl_tax_fen": done["price_fen"],
            "issued_on": done["completed_on"],
        }
        return form if buyer is None else {**form, "buyer_uscc": buyer}

    def summary(self, *claims: Json, steps: int) -> Json:
        """A summary of approved claims: open, stamped after one step, dispatched after two."""
        made = self.post("bureau-heze", "/review-summaries", {"claim_ids": [claim["id"] for claim in claims]})
        if steps:
            made = self.client.upload("bureau-heze", f"/review-summaries/{made['id']}/stamp", PDF, "stamped.pdf")
        if steps > 1:
            made = self.post("bureau-heze", f"/review-summaries/{made['id']}/dispatch")
        return made

    # -- money -------------------------------------------------------------------------------------

    def _settlement(self) -> None:
        appropriation = {"year": 2026, "appropriation_fen": 1_000_000_000, "reference": "演示指标文"}
        self.post("finance-maker", "/funds", appropriation, name="fund")
        paid = self.batch("answered", outcome="paid")
        self.ids["paid payable"] = paid["payable_id"]
        self.ids["paid claim"] = int(paid["source"].removeprefix("claim:"))
        self.ids["failed payable"] = self.batch("failed", outcome="failed")["payable_id"]
        second = self.batch("recovered", outcome="paid")
        clawback = {"payable_id": second["payable_id"], "amount_fen": second["amount_fen"], "cause": "材料不实"}
        self.ids["clawback"] = self.post("province", "/clawbacks", clawback)["id"]
        self.returned = bank_csv([self.batch("exported")], {})
        self.batch("approved", steps=["approval"])
        self.batch("prepared", steps=[])
        drawn = {"confirmed_from": "2026-03-01", "confirmed_to": "2026-03-31", "size": 1, "reason": "季度抽查"}
        self.post("province", "/spot-checks", drawn, name="spot check")
        confirmed = self.claim(until="confirmed")
        self.ids["confirmed claim"] = confirmed["id"]
        self.ids["due payable"] = self._payable(confirmed)
        stopped = {"payable_id": self._payable(self.claim(until="confirmed")), "cause": "抽查发现疑点"}
        self.post("province", "/payment-stops", stopped, name="payment stop")

    def batch(self, name: str, *, outcome: str | None = None, steps: list[str] | None = None) -> Json:
        """A batch of one newly confirmed claim, taken so far; answers with its line."""
        self.claim(until="confirmed")
        cutoff = next(self.cutoffs)
        made = self.post("finance-maker", "/settlement-batches", {"cutoff": cutoff.isoformat()}, name=f"{name} batch")
        path = f"/settlement-batches/{made['id']}"
        for step in ["approval", "exportation"] if steps is None else steps:
            self.post("finance-checker" if step == "approval" else "finance-maker", f"{path}/{step}")
        lines: list[Json] = self.client.get("finance-maker", f"{path}/lines")["items"]
        line = lines[0]
        if outcome is not None:
            self.client.upload(
                "finance-maker", f"{path}/bank-returns", bank_csv([line], {line["line_no"]: outcome}), "return.csv"
            )
        return line

    # -- supervision -------------------------------------------------------------------------------

    def _supervision(self) -> None:
        for name in ("inspector-one", "inspector-two"):
            account = {"organisation_id": self.me("province"), "role": "province", "username": name}
            self.post("admin", "/users", {**account, "password": self.client.default_password}, name=f"user of {name}")
        drawn = {"confirmed_from": "2026-03-01", "confirmed_to": "2026-03-31", "size": 100, "reason": "全面抽查"}
        self.post("province", "/spot-checks", drawn)
        planned = {each["claim_id"]: each["id"] for each in self.client.pages("province", "/inspections")}
        faulty, self.ids["due inspection"] = (
            planned.pop(self.ids["paid claim"]),
            planned.pop(self.ids["confirmed claim"]),
        )
        self.ids["planned inspection"], self.ids["clean inspection"], *_ = planned.values()
        self.ids["faulty inspection"] = faulty
        for number in (self.ids["clean inspection"], faulty):
            sent = [self.ids["user of inspector-one"], self.ids["user of inspector-two"]]
            assigned = {"inspector_ids": sent, "visit_on": "2026-03-02"}
            self.post("province", f"/inspections/{number}/assignment", assigned)
            self.post("inspector-one", f"/inspections/{number}/visit", VISIT)
        self.post("inspector-one", f"/inspections/{self.ids['clean inspection']}/conclusion")
        self._findings(f"/inspections/{faulty}")
        self._misconduct()

    def _findings(self, path: str) -> None:
        self.ids["evidence"] = self.client.upload("inspector-one", f"{path}/evidence", PDF, "photo.pdf", title="照片")[
            "id"
        ]
        for name, party in {"told": "sme-heze", "answered": "sme-heze", "upheld": "provider-jinan"}.items():
            found = {"severity": "fraud", "article": "V11", "statement": "发票与服务不符"}
            against = self.ids[f"organisation of {party}"]
            self.post(
                "inspector-two", f"{path}/findings", {**found, "organisation_id": against}, name=f"{name} finding"
            )
        self.post("inspector-one", f"{path}/conclusion")
        for name, party in {"answered": "sme-heze", "upheld": "provider-jinan"}.items():
            answer = f"/findings/{self.ids[f'{name} finding']}/answer"
            self.client.upload(party, answer, PDF, "answer.pdf", text="不认可")
        verdict = {"decision": "uphold", "opinion": "证据确凿"}
        self.post("province", f"/findings/{self.ids['upheld finding']}/decision", verdict)

    def _misconduct(self) -> None:
        accused = {"organisation_id": self.ids["approved organisation"], "kind": "fraud", "seriousness": "serious"}
        decided = {**accused, "occurred_on": "2026-03-02", "sanction_until": "2027-05-31", "notice": "公示"}
        for name in ("unappealed misconduct", "misconduct"):
            self.post("inspector-one", "/misconduct-decisions", {**decided, "grounds": "伪造材料"}, name=name)
        path = f"/misconduct-decisions/{self.ids['misconduct']}/appeal"
        filed = self.client.upload("sme-heze-approved", path, PDF, "appeal.pdf", grounds="认定有误")
        self.ids["appeal"], self.ids["appeal file"] = filed["id"], filed["files"][0]["id"]

    def _refusals(self) -> None:
        """A refused order with a complaint, namings heard and decided, a restriction, referrals."""
        for name in ("refused order", "complained order"):
            self.ids[name] = self.order()["id"]
            self.post("provider-jinan", f"/orders/{self.ids[name]}/decline", {"reason": "设备检修"})
        complained = f"/orders/{self.ids['complained order']}/complaint"
        self.post("sme-heze", complained, {"account": "无故拒绝"}, name="complaint")
        named = self.ids["organisation of provider-qingdao"]
        case = {"organisation_id": named, "cause": "not_sharing", "facts": "拒绝"}
        for name in ("naming", "answered naming", "decided naming"):
            self.post("inspector-one", "/namings", case, name=name)
        for name in ("answered naming", "decided naming"):
            self.post("provider-qingdao", f"/namings/{self.ids[name]}/answer", {"answer": "设备检修"})
        verdict = {"decision": "name", "restrictions": ["direct_deduction"], "until": "2026-12-31"}
        said = {"opinion": "理由不成立", "notice": "予以通报"}
        decided = self.post("province", f"/namings/{self.ids['decided naming']}/decision", {**verdict, **said})
        self.ids["restriction"] = decided["restrictions"][0]["id"]
        referred = {"organisation_id": self.ids["organisation of provider-jinan"], "facts": "拒不开放共享"}
        for name in ("referral", "sent referral"):
            self.post("province", "/referrals", {**referred, "department": "演示主管部门"}, name=name)
        self.post("province", f"/referrals/{self.ids['sent referral']}/dispatch")

    def _payments(self) -> None:
        """One paid online, part of which could not be given back and which is contested, and one that is begun. The
        gateway is gone afterwards."""
        now = clock.now()
        with serving() as (fake, base):
            use_gateway(base)
            self.client.post("provider-jinan", "/gateway-account/onboarding")
            fake.enable(next(iter(fake.accounts)), "alipay")
            self.client.post("provider-jinan", "/gateway-account/onboarding")
            for name in ("paid", "begun"):
                placed = self.order(until="contract:user")
                begun = self.client.post("sme-heze", f"/orders/{placed['id']}/payment", {"method": "alipay"})["payment"]
                self.ids[f"{name} payment"] = begun["id"]
                if name == "paid":
                    fake.pay(begun["intent_id"])
                    self.client.post("sme-heze", f"/payments/{begun['id']}/inquiry")
                    fake.refund_status = "failed"
                    back = self.client.post("provider-jinan", f"/payments/{begun['id']}/refunds", {"amount_fen": 1})
                    self.ids["failed refund"] = back["refunds"][0]["id"]
                    fake.dispute(begun["intent_id"])
                    deliver(fake, fake.events[-1], now=now)
        gateway_off()

    def _shortfall(self) -> None:
        """Last of all: it blocks further orders in direct deduction (V16(1))."""
        rejected = self.claim(until="submitted")
        verdict = {"decision": "reject", "opinion": "不符合条件"}
        self.post("bureau-heze", f"/claims/{rejected['id']}/city-review", verdict)
        (shortfall,) = self.client.get("sme-heze", "/shortfalls")["items"]
        self.ids["shortfall"] = shortfall["id"]

    def _yearly_reports(self) -> None:
        """菏泽 draws up this year's and has written last year's; 青岛 has submitted that."""
        texts = {"work_done": "组织培训。", "problems": "人手不足。", "suggestions": "加强共享。"}
        self.post("bureau-heze", "/annual-reports", {"year": 2026}, name="open report")
        for name, bureau in {"written": "bureau-heze", "submitted": "bureau-qingdao"}.items():
            made = self.post(bureau, "/annual-reports", {"year": 2025}, name=f"{name} report")
            self.post(bureau, f"/annual-reports/{made['id']}/texts", texts)
        self.post("bureau-qingdao", f"/annual-reports/{self.ids['submitted report']}/submission")

    def _yearly_evaluation(self) -> None:
        """Last year's, frozen and commented on by the provider from 青岛."""
        self.post("province", "/evaluation-snapshots", {"year": 2025}, name="yearly evaluation")
        path = f"/evaluation-snapshots/{self.ids['yearly evaluation']}/lines"
        (line,) = self.client.get("provider-qingdao", path)["items"]
        self.ids["evaluation line"] = line["id"]
        said = {"text": "设备检修"}
        self.post("provider-qingdao", f"/evaluation-lines/{line['id']}/comments", said, name="evaluation comment")

    def _disclosures(self) -> None:
        """The firm from 济南 asks the bureau of 菏泽 about a claim: once without an answer yet, once with one."""
        wanted = {"city": "371700", "applicant_kind": "organisation", "applicant_name": "演示申请人", "contact": "电话"}
        about = {"wanted": "补助金额", "about_kind": "claim", "about_id": self.ids["confirmed claim"]}
        for name in ("waiting disclosure", "asked disclosure", "answered disclosure"):
            self.post("sme-jinan", "/disclosure-applications", {**wanted, **about}, name=name)
        question = {"organisation_id": self.me("sme-heze"), "question": "拟公开贵单位补助金额"}
        path = f"/disclosure-applications/{self.ids['asked disclosure']}/consultations"
        self.post("bureau-heze", path, question, name="consultation")
        path = f"/disclosure-applications/{self.ids['answered disclosure']}/answer"
        self.client.upload("bureau-heze", path, PDF, "answer.pdf", decision="grant", opinion="予以公开")

    def _notices(self) -> None:
        """Everybody is told of what has happened so far."""
        tell(now=clock.now())
        self.ids["notice"] = self.client.get("bureau-heze", "/notices")["items"][0]["id"]

    def _payable(self, claim: Json) -> int:
        (payable,) = self.client.get("finance-maker", "/payables", order_id=claim["order_id"])["items"]
        return int(payable["id"])


WHOLE: Json = {
    "model": "M-1",
    "maker": "演示仪器厂",
    "category_code": "010203",
    "category": "质谱仪器",
    "external_use": "open",
    "iot_sensor": True,
}
"""What a listing needs besides its name, value and funding."""

INSTRUMENT_BODIES: dict[str, Json] = {
    "listing-review": {"decision": "approve", "opinion": "同意"},
    "suspension": {"note": "检修"},
}

CHECKED = ("contract_performed", "instruments_used", "invoice_genuine", "result_genuine", "funding_single")
VISIT: Json = {
    "visited_on": "2026-03-02",
    "account": "现场核查",
    "checklist": [{"item": item, "met": True} for item in CHECKED],
}
"""A visit on which everything is as it should be."""

SERVICE: Json = {
    "title": "演示新服务",
    "kind": "commissioned_analysis",
    "content": "分析",
    "process": "送样",
    "equipment": "仪器",
    "phone": "0531-80000004",
    "price_fen": 10_000,
    "price_unit": "sample",
    "turnaround_days": 5,
}


def invoice_xml(form: Json) -> bytes:
    """The file of an invoice that says what a form says."""
    amount_fen = form["amount_incl_tax_fen"]
    paper = Paper(
        number=form["invoice_number"],
        seller_uscc=form["seller_uscc"],
        buyer_uscc=form.get("buyer_uscc", ""),
        issued_on=date.fromisoformat(form["issued_on"]),
        lines=(Line(amount_fen=amount_fen, tax_fen=0),),
    )
    return xml_of(paper)
