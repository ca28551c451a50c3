"""Refusals complained of, providers named and restricted, institutions referred to their department (V20, S29)."""

from __future__ import annotations

from datetime import date, timedelta

from core import clock
from core.http.api import API_PREFIX
from marketplace.demo.client import DemoClient, Json
from tests.support.deal import MONDAY, ask, order, service_id
from tests.support.pages import PageClient

SAMPLE = "demo-ms-sample"
LAST_DAY = "2026-04-30"
SECOND = timedelta(seconds=1)
ACCOUNT = {"account": "多次联系均被拒绝"}
NAMED = {
    "decision": "name",
    "restrictions": ["direct_deduction", "new_listings"],
    "until": LAST_DAY,
    "opinion": "无正当理由拒绝服务",
    "notice": "该单位无正当理由拒绝提供服务，予以通报。",
}


def colleague(province: DemoClient) -> str:
    """Another officer of the province."""
    office = province.get("province", "/me")["organisation"]["id"]
    account = {"organisation_id": office, "role": "province", "username": "province-two"}
    province.post("admin", "/users", {**account, "password": province.default_password})
    return "province-two"


def refused_order(province: DemoClient) -> Json:
    """An order of sme-heze that its provider declined."""
    placed = order(province, "sme-heze", service_id(SAMPLE))
    return province.post("provider-jinan", f"/orders/{placed['id']}/decline", {"reason": "不接待外单位"})


def naming_of(province: DemoClient) -> Json:
    """A case on a complaint about a refused order."""
    complaint = province.post("sme-heze", f"/orders/{refused_order(province)['id']}/complaint", ACCOUNT)
    return province.post(
        "province", "/namings", {"complaint_id": complaint["id"], "cause": "refusal", "facts": "谢绝订单且未说明理由"}
    )


def test_v20_a_complaint_leads_to_a_hearing_a_naming_and_a_restriction(province: DemoClient) -> None:
    """The complaint is taken up, the provider heard, somebody else decides; then quotes say why nothing is deducted."""
    decider = colleague(province)
    naming = naming_of(province)
    (complaint,) = province.get("sme-heze", "/complaints")["items"]
    assert complaint["state"] == "taken_up"
    province.post("sme-heze", f"/orders/{complaint['order_id']}/complaint", ACCOUNT, expect=409)
    path = f"/namings/{naming['id']}"
    province.get("sme-heze", path, expect=404)
    assert province.attempt(decider, f"{path}/decision", NAMED)[1]["code"] == "hearing_open"
    answered = province.post("provider-jinan", f"{path}/answer", {"answer": "设备检修"})
    assert answered["state"] == "answered"
    assert province.attempt("province", f"{path}/decision", NAMED)[1]["code"] == "same_officer"
    status, faults = province.attempt(decider, f"{path}/decision", {**NAMED, "restrictions": [], "notice": None})
    assert status == 422
    assert {each["code"] for each in faults["reasons"]} == {"restriction_needed", "notice_needed"}
    assert province.attempt(decider, f"{path}/decision", {**NAMED, "until": "2031-01-01"})[0] == 422
    named = province.post(decider, f"{path}/decision", NAMED)
    assert [each["kind"] for each in named["restrictions"]] == NAMED["restrictions"]
    public = province.get("sme-heze", path)
    told = {each["code"] for each in named["reasons"]}
    assert told == {"provider_named", "naming_facts", "naming_answer", "naming_opinion", "restriction_imposed"}
    assert {each["code"] for each in public["reasons"]} == {"provider_named", "restriction_imposed"}
    assert (public["notice"], public["facts"], public["answer"]) == (NAMED["notice"], None, None)
    quote = ask(province, "sme-heze", service_id(SAMPLE))
    assert (quote["subsidy_fen"], [each["article"] for each in quote["reasons"]]) == (0, ["V20"])
    assert province.attempt("sme-heze", "/orders", {"quote_id": quote["id"]})[0] == 422
    explained = province.get("sme-heze", f"/quotes/{quote['id']}/explanation")
    assert (explained["replay_differences"], explained["differences"]) == ([], [])
    assert ask(province, "sme-heze", service_id(SAMPLE), payment_mode="full_payment")["subsidy_fen"] > 0
    service = service_id(SAMPLE)
    province.post("provider-jinan", f"/services/{service}/withdrawal")
    assert province.attempt("provider-jinan", f"/services/{service}/publication")[1]["code"] == "provider_restricted"


def test_v20_a_restriction_ends_with_its_last_day_or_when_it_is_lifted(province: DemoClient) -> None:
    """One second before the end of the last day nothing is deducted, at its end it is; a lifted one ends at once."""
    decider = colleague(province)
    path = f"/namings/{naming_of(province)['id']}"
    with clock.at(clock.end_of_day(date(2026, 3, 16)) - SECOND):
        assert province.attempt(decider, f"{path}/decision", NAMED)[0] == 409
        assert province.attempt("provider-jinan", f"{path}/answer", {"answer": ""})[0] == 422
    with clock.at(clock.end_of_day(date(2026, 3, 16))):
        assert province.attempt("provider-jinan", f"{path}/answer", {"answer": "迟"})[1]["code"] == "naming_answer_late"
        named = province.post(decider, f"{path}/decision", {**NAMED, "restrictions": ["new_orders"]})
    ends = clock.end_of_day(date.fromisoformat(LAST_DAY))
    found = []
    for when in (ends - SECOND, ends):
        with clock.at(when):
            found.append(ask(province, "sme-heze", service_id(SAMPLE))["subsidy_fen"] > 0)
    assert found == [False, True]
    lifting = f"/restrictions/{named['restrictions'][0]['id']}/lifting"
    with clock.at(ends - SECOND):
        province.post("province", lifting, {"why": "已整改"})
        assert ask(province, "sme-heze", service_id(SAMPLE))["subsidy_fen"] > 0
        assert province.attempt("province", lifting, {"why": "已整改"})[1]["code"] == "restriction_lifted"


def test_v20_everybody_reads_who_is_named_and_only_while_a_restriction_lasts(province: DemoClient) -> None:
    """Name, ground, article and days and nothing else; neither a case that is still heard nor one that is over."""
    decider = colleague(province)
    visitor = PageClient(province.app.test_client())

    def listed() -> list[Json]:
        with province.app.app_context():
            found: list[Json] = province.app.test_client().get(f"{API_PREFIX}/named-providers").get_json()["items"]
            return found

    path = f"/namings/{naming_of(province)['id']}"
    province.post("provider-jinan", f"{path}/answer", {"answer": "设备检修"})
    assert listed() == []
    assert "目前没有被通报的供给方" in visitor.get("/named-providers").text
    naming = province.post(decider, f"{path}/decision", NAMED)
    name = province.get("provider-jinan", "/me")["organisation"]["name"]
    public = {"id": naming["id"], "organisation": name, "cause": "refusal", "article": "V20"}
    assert listed() == [{**public, "since": "2026-03-02", "until": LAST_DAY}]
    page = visitor.get("/named-providers").text
    assert all(said in page for said in (name, "拒绝提供服务", "V20", "2026-03-02", LAST_DAY))
    assert not [private for private in ("予以通报", "无正当理由", "设备检修", "谢绝订单") if private in page]
    first, second = (each["id"] for each in naming["restrictions"])
    ends = clock.end_of_day(date.fromisoformat(LAST_DAY))
    with clock.at(ends - SECOND):
        assert len(listed()) == 1
    with clock.at(ends):
        assert listed() == []
    province.post("province", f"/restrictions/{first}/lifting", {"why": "已整改"})
    assert len(listed()) == 1
    province.post("province", f"/restrictions/{second}/lifting", {"why": "已整改"})
    assert listed() == []


def test_v20_who_publishes_is_not_named_for_publishing_nothing(province: DemoClient) -> None:
    """Nor is an organisation that is no provider, nor anybody for an order that went on."""
    placed = order(province, "sme-heze", service_id(SAMPLE))
    case = {"cause": "not_publishing", "facts": "未公布"}
    status, faults = province.attempt("province", "/namings", {**case, "organisation_id": placed["provider_id"]})
    assert (status, [each["code"] for each in faults["reasons"]]) == (422, ["naming_publishes"])
    user = {**case, "cause": "refusal", "organisation_id": placed["beneficiary_id"]}
    assert province.attempt("province", "/namings", user)[1]["reasons"][0]["code"] == "naming_no_provider"
    going_on = {**case, "cause": "refusal", "order_id": placed["id"]}
    assert province.attempt("province", "/namings", going_on)[1]["reasons"][0]["code"] == "naming_not_refused"
    assert province.attempt("sme-heze", f"/orders/{placed['id']}/complaint", ACCOUNT)[1]["code"] == "order_not_refused"


def test_s29_a_fiscal_institution_is_referred_to_its_department(province: DemoClient) -> None:
    """A document is written and kept, its dispatch and the department's answer are recorded."""
    case = {"department": "演示主管部门", "facts": "拒不开放共享"}
    fiscal = province.get("provider-jinan", "/me")["organisation"]["id"]
    firm = province.get("sme-heze", "/me")["organisation"]["id"]
    status, faults = province.attempt("province", "/referrals", {**case, "organisation_id": firm})
    assert (status, faults["reasons"][0]["code"]) == (422, "referral_not_fiscal")
    made = province.post("province", "/referrals", {**case, "organisation_id": fiscal})
    path = f"/referrals/{made['id']}"
    assert province.attempt("province", f"{path}/answer", {"reply": "已责成整改", "replied_on": "2026-03-02"})[0] == 409
    assert province.attempt("province", f"{path}/dispatch", {"sent_on": "2026-03-03"})[0] == 422
    assert province.post("province", f"{path}/dispatch")["sent_on"] == MONDAY.date().isoformat()
    with clock.at(MONDAY + timedelta(days=7)):
        reply = {"reply": "已责成整改", "replied_on": "2026-03-06"}
        answered = province.post("province", f"{path}/answer", reply)
    assert (answered["state"], answered["replied_on"]) == ("answered", "2026-03-06")
    province.get("provider-jinan", path, expect=403)
    assert province.get("auditor", "/referrals")["items"] == [answered]
