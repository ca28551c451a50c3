"""What offices do besides: supervision, namings, yearly work, disclosure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from core import clock
from marketplace.demo.client import Json
from marketplace.notifications.telling import tell
from tests.support.deal import PDF, service_id
from tests.support.settling import settle
from tests.support.world.deals import Deals

JANUARY = datetime.fromisoformat("2027-01-04T09:00:00+08:00")
CHECKED = ("contract_performed", "instruments_used", "invoice_genuine", "result_genuine", "funding_single")

VISIT: Json = {
    "visited_on": "2026-03-02",
    "account": "现场核查",
    "checklist": [{"item": item, "met": True} for item in CHECKED],
}
"""A visit on which everything is as it should be."""


class Offices(Deals):
    """Inspections, findings, misconduct, refusals, reports, evaluations, disclosures, notices."""

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

    def _credits(self) -> None:
        """A credit invoice of the submitted claim's that another city's bureau entered, so that it waits, and one of an
        invoice nobody knows, in force."""
        submitted = self.client.get("provider-jinan", f"/claims/{self.ids['submitted claim']}")
        (of,) = {each["invoice"]["number"] for each in submitted["materials"] if each["invoice"]}
        entered: dict[str, Any] = {"amount_incl_tax_fen": 100, "issued_on": VISIT["visited_on"], "opinion": "企业来函"}
        for name, user, number in (
            ("waiting credit", "bureau-jinan", of),
            ("credit", "inspector-one", f"2637{99:016d}"),
        ):
            form: dict[str, Any] = {"number": f"2637{next(self.serials):016d}", "original_number": number, **entered}
            self.ids[name] = self.client.upload(user, "/credit-invoices", PDF, "红字.pdf", **form)["id"]

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

    def _published_evaluation(self) -> None:
        """This year's, once it is over: public, with an award, something to put right, and a correction that waits."""
        self.client.tokens.clear()
        with clock.at(JANUARY):
            made = self.post("province", "/evaluation-snapshots", {"year": 2026}, name="published evaluation")
            path = f"/evaluation-snapshots/{made['id']}"
            for user, name in (("provider-jinan", "awarded line"), ("provider-qingdao", "poor line")):
                (line,) = self.client.get(user, f"{path}/lines")["items"]
                self.ids[name] = line["id"]
        self.client.tokens.clear()
        with clock.at(clock.end_of_day(date.fromisoformat(made["comment_by"]))):
            for name, grade in (("awarded", "excellent"), ("poor", "unqualified")):
                self._graded(self.ids[f"{name} line"], grade, name=f"{name} grade")
            self.post("inspector-one", f"{path}/grade-proposals")
            self.post("province", f"{path}/grade-approvals", {"opinion": "同意"})
            self.post("province", f"{path}/publication")
            awards = f"/evaluation-grades/{self.ids['awarded grade']}/awards"
            for name in ("award", "approved award"):
                self.post("inspector-one", awards, {"amount_fen": 100, "cause": "成效突出"}, name=name)
            decided = {"decision": "approve", "opinion": "同意", "document_number": "1号", "document_on": "2027-01-04"}
            self.post("province", f"/evaluation-awards/{self.ids['approved award']}/decision", decided)
            rectification = f"/evaluation-grades/{self.ids['poor grade']}/rectification"
            self.post("province", rectification, {"demand": "入网"}, name="rectification")
            correction = {"grade": "qualified", "cause": "核实后更正"}
            lines = f"/evaluation-lines/{self.ids['poor line']}/grades"
            self.post("inspector-one", lines, correction, name="proposed grade")
        self.client.tokens.clear()

    def _graded(self, line: int, grade: str, *, name: str) -> None:
        """A grade that one officer proposed and another approved."""
        self.post("inspector-one", f"/evaluation-lines/{line}/grades", {"grade": grade, "cause": "专家意见"}, name=name)
        decision = {"decision": "approve", "opinion": "同意"}
        self.post("province", f"/evaluation-grades/{self.ids[name]}/decision", decision)

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

    def _needs(self) -> None:
        """What users could not find in the province: waiting, answered, and of a team."""
        said = {"subject": "固体核磁", "methods": "600MHz 固体探头", "why": "省内无此探头", "search": {"q": "核磁"}}
        self.post("team-weifang", "/unmet-needs", said, name="team need")
        for name in ("stated need", "answered need"):
            self.post("sme-heze", "/unmet-needs", said, name=name)
        offer = {"service_ids": [self.ids["service"]], "opinion": "请先比较"}
        self.post("bureau-heze", f"/unmet-needs/{self.ids['answered need']}/answer", offer)
        asked = {
            "service_id": service_id("demo-nmr-sample"),
            "quantity": "1",
            "payment_mode": "full_payment",
            "unmet_need_id": self.ids["answered need"],
        }
        quote = self.post("sme-heze", "/quotes", asked, name="quote on a need")
        self.post("sme-heze", "/orders", {"quote_id": quote["id"]}, name="order on a need")

    def _negotiations(self) -> None:
        """A service without a price: one request without an offer, one of a team, one agreed to and one ordered."""
        said = {"service_id": self.ids["negotiated service"], "subject": "工艺开发", "extent": "一批", "note": "加急"}
        offer = {
            "price_unit": "time",
            "quantity": "1",
            "unit_price_fen": 500_000,
            "lines": [
                {"title": "靶材", "kind": "consumable", "unit": "片", "quantity": "2", "unit_price_fen": 5_050},
                {"title": "寄送", "kind": "shipping", "unit": "次", "quantity": "1", "unit_price_fen": 2_000},
            ],
            "turnaround_days": 20,
            "valid_until": "2026-03-31",
            "conditions": "样品由使用方提供",
            "cost_fen": 600_000,
            "cost_basis": "成本核算表",
        }
        self.post("team-weifang", "/negotiations", said, name="team negotiation")
        for name in ("asked negotiation", "offered negotiation", "agreed negotiation", "ordered negotiation"):
            self.post("sme-heze", "/negotiations", said, name=name)
            if name == "asked negotiation":
                continue
            made = self.post("provider-jinan", f"/negotiations/{self.ids[name]}/offers", offer)
            self.ids[f"offer of {name}"] = made["offers"][0]["id"]
            if name == "offered negotiation":
                continue
            terms = {"offer_id": made["offers"][0]["id"], "payment_mode": "full_payment"}
            quote = self.post("sme-heze", f"/negotiations/{self.ids[name]}/agreement", terms)
            if name == "ordered negotiation":
                self.post("sme-heze", "/orders", {"quote_id": quote["id"]}, name="order at an agreed price")

    def _notices(self) -> None:
        """Everybody is told of what has happened so far; what others hold open on the server is waited for."""
        settle()
        tell(now=clock.now())
        self.ids["notice"] = self.client.get("bureau-heze", "/notices")["items"][0]["id"]
