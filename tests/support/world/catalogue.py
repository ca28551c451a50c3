"""What is offered: instruments, services, closures, an import."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core import clock
from core.db import session
from instruments.models import SensorAlarm
from instruments.service.alarms import keep_alarms
from marketplace.demo.client import Json
from tests.support.deal import service_id
from tests.support.hostile import JPEG, PDF
from tests.support.world.records import Records

SAMPLE = "demo-ms-sample"

FREE = ("2026-03-10T09:00:00+08:00", "2026-03-10T11:00:00+08:00")
"""A time somebody looks for."""


class Catalogue(Records):
    """Instruments in every state, and what hangs on them."""

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
        number = self.ids["suspended instrument"]
        moved = {"kind": "moved", "changed_on": "2026-02-20", "note": "迁至二号楼"}
        self.post("bureau-jinan", f"/instruments/{number}/reported-changes", moved, name="reported change")
        self.client.patch("provider-jinan", f"/instruments/{number}", {"address": "二号楼"})
        self._exemptions({**facts, **WHOLE})
        self._purchases()
        self._duty_free(facts)
        closed = {"starts_at": "2026-03-20T08:00:00+08:00", "ends_at": "2026-03-20T12:00:00+08:00"}
        self.post("provider-jinan", f"/instruments/{found['demo-xrd']}/closures", closed, name="closure")
        wanted = {"starts_at": closed["starts_at"], "ends_at": "2026-03-20T10:00:00+08:00"}
        self.post("sme-jinan", f"/instruments/{found['demo-xrd']}/slot-waits", wanted, name="slot wait")
        summer = {"name": "暑假", "first_day": "2026-07-13", "last_day": "2026-08-30", "hours": []}
        self.post("provider-jinan", f"/instruments/{found['demo-xrd']}/opening-seasons", summer, name="opening season")
        photo = ("provider-jinan", f"/instruments/{found['demo-xrd']}/photos", JPEG, "xrd.jpg")
        self.ids["photo"] = self.client.upload(*photo, caption="正面", caption_en="Front")["id"]
        used = {**USE, "starts_at": "2026-03-01T08:00:00+08:00", "ends_at": "2026-03-01T12:00:00+08:00"}
        uses = f"/instruments/{found['demo-xrd']}/uses"
        self.post("provider-jinan", uses, used, name="use")
        wrong = self.post("provider-jinan", uses, used)
        correction = {name: value for name, value in used.items() if name != "purpose"}
        self.post("provider-jinan", f"{uses}/{wrong['id']}/correction", {**correction, "why": "结束时间记错"})
        self.post("provider-jinan", "/sensors", {"serial": "S-1"}, name="sensor")
        since = {"instrument_id": found["demo-xrd"], "starts_at": "2026-03-01T08:00:00+08:00"}
        self.post("provider-jinan", f"/sensors/{self.ids['sensor']}/placement", since)
        self.ids["ingest key"] = self.client.post("provider-jinan", "/ingest-keys", {"label": "机房"})["key"]["id"]
        issued = self.client.post("sme-heze", "/calendar-addresses", {})
        self.ids["calendar address"] = issued["address"]["id"]
        self._silence(found["demo-xrd"])
        offer = {**SERVICE, "instrument_ids": [found["demo-xrd"]]}
        self.post("provider-jinan", "/services", offer, name="draft service")
        instant = {**offer, "title": "即时检测"}
        path = f"/services/{self.post('provider-jinan', '/services', instant, name='consented service')['id']}"
        self.post("provider-jinan", f"{path}/publication")
        self.post("provider-jinan", f"{path}/consents", {"direct_deduction": True}, name="standing consent")
        negotiated = {**offer, "title": "工艺开发", "by_negotiation": True, "price_fen": None, "price_unit": None}
        self.post("provider-jinan", "/services", negotiated, name="negotiated service")
        self.post("provider-jinan", f"/services/{self.ids['negotiated service']}/publication")
        kept = {"name": "质谱", "search": {"q": "质谱", "city": "370100", "free_from": FREE[0], "free_to": FREE[1]}}
        self.post("sme-heze", "/saved-searches", kept, name="saved search")
        self.post("sme-heze", "/saved-searches", {"name": "一切", "search": {}}, name="other saved search")
        self.post("sme-heze", f"/saved-searches/{self.ids['other saved search']}/pause")
        self._qualifications(found["demo-sem"])
        ahead = {"valid_from": "2026-12-31", "turnaround_days": 4}
        self.post("provider-jinan", f"/services/{self.ids['service']}/prices", ahead, name="announced price")
        self._extras(f"/services/{self.ids['service']}/extras")
        table = "外部编号,仪器名称\nA1,光谱仪\n,\n".encode()
        imported = self.client.upload("provider-jinan", "/instrument-imports", table, "list.csv", dry_run="true")
        self.ids["import"] = imported["id"]

    def _extras(self, path: str) -> None:
        """What may be ordered with the service: one that counts for the voucher and one that does not."""
        gold = {"title": "金靶", "unit": "片", "kind": "consumable", "price_fen": 5_000, **AT_COST}
        self.post("provider-jinan", path, gold, name="extra")
        self.post("provider-jinan", path, {**gold, "title": "加急", "unit": "次", "kind": "express"}, name="own extra")
        ahead = {"valid_from": "2026-12-31", "price_fen": 6_000, **AT_COST}
        self.post("provider-jinan", f"{path}/{self.ids['extra']}/prices", ahead, name="announced extra price")

    def _qualifications(self, instrument_id: int) -> None:
        """An instrument for those who were trained: one firm asks, one is qualified."""
        self.ids["trained instrument"] = instrument_id
        path = f"/instruments/{instrument_id}"
        self.client.put("provider-jinan", f"{path}/booking-rules", {"qualified_only": True})
        for name, user in (("qualification", "sme-heze"), ("granted qualification", "sme-jinan")):
            made = self.client.upload(user, f"{path}/qualifications", PDF, "培训证书.pdf", note="王工，已参加培训")
            self.ids[name] = made["id"]
        granted = {"decision": "qualify", "opinion": "培训合格", "first_day": "2026-03-02"}
        self.post("provider-jinan", f"/qualifications/{made['id']}/decision", granted)

    def _silence(self, instrument_id: int) -> None:
        """The mandatory instruments are alarmed about, as their sensors, where there are any, told nothing."""
        with self.client.app.app_context():
            keep_alarms(now=clock.now() + timedelta(days=8))
            alarm = select(SensorAlarm.id).where(SensorAlarm.instrument_id == instrument_id)
            self.ids["sensor alarm"] = session().scalars(alarm).one()

    def _exemptions(self, facts: Json) -> None:
        """Requests of every step: asked for, endorsed, in force."""
        self.post("provider-jinan", "/instruments", {**facts, "name": "演示涉密仪器"}, name="secret instrument")
        for name, instrument, steps in (
            ("exemption", "draft instrument", 0),
            ("endorsed exemption", "submitted instrument", 1),
            ("exemption in force", "secret instrument", 2),
        ):
            path = f"/instruments/{self.ids[instrument]}/secrecy-exemption"
            made = self.client.upload(
                "provider-jinan", path, PDF, "定密依据.pdf", ground="军工配套", until="2027-12-31"
            )
            self.ids[name] = made["id"]
            for user, step, said in EXEMPTION_STEPS[:steps]:
                self.post(user, f"/secrecy-exemptions/{made['id']}/{step}", said)

    def _duty_free(self, facts: Json) -> None:
        """One under supervision, open to research alone."""
        made = self.post("provider-jinan", "/instruments", {**facts, **WHOLE, "name": "演示免税仪器"})
        self.ids["duty-free instrument"] = made["id"]
        path = f"/instruments/{made['id']}/duty-free-import"
        self.client.upload(
            "provider-jinan",
            path,
            PDF,
            "报关单.pdf",
            declaration_number="420120250001",
            released_on="2025-06-01",
            leave="limited",
            leave_reference="关函1号",
            limits="限高校和科研单位",
        )
        self.post("provider-jinan", f"/instruments/{made['id']}/listing")
        approved = {"decision": "approve", "opinion": "同意"}
        self.post("bureau-jinan", f"/instruments/{made['id']}/listing-review", approved)

    def _purchases(self) -> None:
        """Purchases that wait, were returned, and were advised to share."""
        for name in ("purchase", "returned purchase", "purchase shared"):
            made = self.post("provider-jinan", "/duplicate-purchase-reviews", PURCHASE, name=name)
        returned = {"decision": "return", "opinion": "请写明离子源"}
        self.post("province", f"/duplicate-purchase-reviews/{self.ids['returned purchase']}/decision", returned)
        serves = [made["searches"][0]["comparables"][0]["id"]]
        shared = {"decision": "share", "opinion": "机时充足", "instrument_ids": serves}
        self.post("province", f"/duplicate-purchase-reviews/{made['id']}/decision", shared)


PURCHASE: Json = {
    "name": "质谱",
    "category": "质谱仪器",
    "specifications": "高分辨 离子源",
    "value_fen": 90_000_000,
    "provincial_fen": 50_000_000,
    "funding_source": "省重点研发计划",
    "county": "370102",
    "why": "机时不足",
}
"""What a buyer states; the catalogue has something by that name."""

AT_COST: Json = {"cost_fen": 6_000, "cost_basis": "成本核算表"}
"""What a fiscally built provider says of an extra's cost."""

EXEMPTION_STEPS: list[tuple[str, str, Json]] = [
    ("bureau-jinan", "review", {"decision": "endorse", "opinion": "属实"}),
    ("province", "confirmation", {"decision": "confirm", "opinion": "材料齐全", "reference": "密备〔2026〕1号"}),
]

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

USE: Json = {"purpose": "teaching", "operator": "演示操作员", "samples": 3, "remarks": "示范课"}
"""A use by the provider itself, but for its time."""
