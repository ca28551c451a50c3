"""V18: disclosure is on application, within 20 working days, once extended; what is given out holds no secrets."""

from __future__ import annotations

import io
from datetime import datetime
from secrets import token_hex
from typing import Any

from pypdf import PdfReader
from sqlalchemy import text

from core import clock
from core.db import session
from core.invariants import verify
from marketplace.demo.client import DemoClient, Json
from marketplace.queries.invariants import INVARIANTS
from marketplace.service.disclosures import keep_applications
from tests.support.deal import confirm, hand_in, order, service_id, walk
from tests.support.pages import PageClient

ASKED = {"organisation_id": 1, "question": "拟公开"}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def at(day: str, time: str = "09:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


def asked(province: DemoClient, **more: Any) -> Json:
    """The firm from 菏泽 asks the bureau of 济南 on Monday 2026-03-02."""
    wanted = {"applicant_kind": "organisation", "applicant_name": "演示申请人", "contact": "电话", "wanted": "补助金额"}
    return province.post("sme-heze", "/disclosure-applications", {"city": "370100", **wanted, **more})


def answer(
    province: DemoClient,
    path: str,
    *,
    office: str = "bureau-jinan",
    expect: int = 201,
    file: bytes | None = None,
    **form: Any,
) -> Json:
    """The bureau answers with a form that may have a file."""
    data: dict[str, Any] = {**form}
    if file is not None:
        data["file"] = (io.BytesIO(file), "answer.pdf")
    got = province.app.test_client().post(
        f"/api/v1{path}/answer",
        data=data,
        headers={
            "Authorization": f"Bearer {province.token(office)}",
            "Idempotency-Key": token_hex(),
        },
    )
    assert got.status_code == expect, got.get_data(as_text=True)
    found: Json = got.get_json()
    return found


def days(path: str, province: DemoClient, on: str) -> str:
    with clock.at(at(on)):
        return str(province.get("bureau-jinan", path)["due_on"])


def test_v18_disclosure_within_its_term_extended_once(province: DemoClient) -> None:
    """Twenty working days from 2026-03-02 with 清明 between; on the last second it is in time, then it is late."""
    application = asked(province)
    path = f"/disclosure-applications/{application['id']}"
    assert (application["due_on"], application["number"]) == ("2026-03-30", "济南市公开申请〔2026〕1号")
    province.get("bureau-heze", path, expect=404)
    with clock.at(at("2026-03-30", "23:59:59")):
        keep_applications(now=clock.now())
        assert actions() == ["file", "remind"]
    with clock.at(at("2026-03-31", "00:00:00")):
        keep_applications(now=clock.now())
        assert actions() == ["file", "remind", "fall_due"]
        assert keep_applications(now=clock.now()) == 0
        late = province.post("bureau-jinan", f"{path}/extension", {"why": "检索"}, expect=422)
        assert late["reasons"][0]["code"] == "disclosure_extension_late"
    other = f"/disclosure-applications/{asked(province)['id']}"
    extended = province.post("bureau-jinan", f"{other}/extension", {"why": "检索工作量大"})
    assert extended["due_on"] == "2026-04-28"
    province.post("bureau-jinan", f"{other}/extension", {"why": "再延"}, expect=409)
    province.post("province", f"{other}/extension", {"why": "越权"}, expect=403)
    refused = answer(province, other, expect=422, decision="refuse", opinion="不予公开")
    assert [each["code"] for each in refused["reasons"]] == ["disclosure_ground_missing"]
    final = answer(province, other, decision="refuse", grounds=["not_held"], opinion="经检索没有")
    assert (final["state"], final["grounds"]) == ("refused", ["not_held"])
    twice = answer(province, other, expect=409, decision="grant_partly", grounds=["not_held"], opinion="部分")
    assert "“不予公开”不允许“部分公开”" in twice["title"]
    assert "“征求意见”" in province.post("bureau-jinan", f"{other}/consultations", ASKED, expect=409)["title"]
    province.post("sme-heze", f"{path}/withdrawal")
    assert verify(INVARIANTS) == []


def test_v18_secrets_need_the_others_and_the_sheet_has_none(province: DemoClient) -> None:
    done = walk(province, order(province, "sme-jinan", service_id("demo-ms-sample")), user="sme-jinan")
    claim = hand_in(province, done, claimant="provider-jinan", number="26370000000000000001")
    confirm(province, [claim["id"]], bureau="bureau-jinan")
    application = asked(province, about_kind="claim", about_id=claim["id"])
    path = f"/disclosure-applications/{application['id']}"
    hasty = answer(province, path, expect=422, decision="refuse", grounds=["commercial_secret"], opinion="商业秘密")
    assert [each["code"] for each in hasty["reasons"]] == ["disclosure_nobody_consulted"]
    user = province.get("sme-jinan", "/me")["organisation"]["id"]
    question = {"organisation_id": user, "question": "拟公开补助金额"}
    asked_of = province.post("bureau-jinan", f"{path}/consultations", question)
    assert asked_of["answer_by"] == "2026-03-23"
    waiting = answer(province, path, expect=422, decision="grant", opinion="公开", use_sheet="true")
    assert [each["code"] for each in waiting["reasons"]] == ["disclosure_consultation_open"]
    here = f"/disclosure-consultations/{asked_of['id']}"
    assert "演示申请人" not in str(province.get("sme-jinan", here))
    concerned = PageClient(province.app.test_client()).sign_in("sme-jinan")
    assert concerned.get("/home").text.count("信息公开征求意见待答复") == 1
    for place in ("/disclosure-consultations", here, f"{here}/answer"):
        page = concerned.get(place)
        assert (page.status, "拟公开补助金额" in page.text, "演示申请人" in page.text) == (200, True, False)
    office = PageClient(province.app.test_client()).sign_in("bureau-jinan")
    assert "演示济南" in office.get(path).text
    assert "演示济南" in office.get(f"{path}/consultations").text
    assert f"{path}/sheet" in office.get(path).html
    preview = office.get(f"{path}/sheet").text
    assert all(shown in preview for shown in ("演示济南", "V12、V16(1)", "320.00", application["number"]))
    with clock.at(at("2026-03-09")):
        province.post("sme-jinan", f"{here}/answer", {"consents": True})
        province.post("sme-jinan", f"{here}/answer", {"consents": False}, expect=409)
        assert "信息公开征求意见待答复" not in concerned.get("/home").text
        assert days(path, province, "2026-03-09") == "2026-04-07", "five working days of rest are added"
        final = answer(province, path, decision="grant", opinion="予以公开", use_sheet="true")
        assert final["state"] == "granted"
        assert f"{path}/sheet" not in office.get(path).html
        given = province.download("sme-heze", f"{path}/answer-file")
        said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(given)).pages).replace("\n", "")
        for shown in ("演示济南", "V12、V16(1)", "320.00", application["number"]):
            assert shown in said
        secrets = session().execute(
            text("SELECT account_number FROM bank_account UNION SELECT phone FROM organisation")
        )
        assert not [each for (each,) in secrets if each and (each in said or each in preview)]
        page = PageClient(province.app.test_client()).sign_in("sme-heze").get(path)
        assert "予以公开" in page.text
        province.get("sme-jinan", path, expect=404)
    assert verify(INVARIANTS) == []


def test_v18_the_parties_of_a_record_are_asked_wherever_they_sit(province: DemoClient) -> None:
    """A claim of 菏泽 whose provider sits in 济南: both may be asked; any other answers as one that does not exist."""
    done = walk(province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze")
    claim = hand_in(province, done, claimant="provider-jinan", number="26370000000000000001")
    application = asked(province, city="371700", about_kind="claim", about_id=claim["id"])
    path = f"/disclosure-applications/{application['id']}"
    foreign, provider, user = (
        province.get(name, "/me")["organisation"]["id"] for name in ("sme-jinan", "provider-jinan", "sme-heze")
    )
    answers = [
        province.post("bureau-heze", f"{path}/consultations", {**ASKED, "organisation_id": number}, expect=404)
        for number in (foreign, 999_999)
    ]
    assert answers[0]["title"] == answers[1]["title"]
    assert {each["code"] for each in answers} == {"organisation_missing"}
    for number, name in ((provider, "provider-jinan"), (user, "sme-heze")):
        asked_of = province.post("bureau-heze", f"{path}/consultations", {**ASKED, "organisation_id": number})
        province.post(name, f"/disclosure-consultations/{asked_of['id']}/answer", {"consents": False})
    refused = answer(
        province, path, office="bureau-heze", decision="refuse", grounds=["commercial_secret"], opinion="商业秘密"
    )
    assert refused["state"] == "refused"


def test_a_question_that_nobody_answers_lapses(province: DemoClient) -> None:
    application = asked(province)
    path = f"/disclosure-applications/{application['id']}"
    user = province.get("sme-jinan", "/me")["organisation"]["id"]
    asked_of = province.post("bureau-jinan", f"{path}/consultations", {"organisation_id": user, "question": "拟公开"})
    session().execute(text("UPDATE disclosure_application SET paused_on = NULL"))
    assert {each.number for each in verify(INVARIANTS)} == {9}
    session().execute(text("UPDATE disclosure_application SET paused_on = '2026-03-02'"))
    with clock.at(at("2026-03-24")):
        assert keep_applications(now=clock.now()) == 1
        kept = province.get("bureau-jinan", path)
        assert (kept["paused_on"], kept["due_on"]) == (None, "2026-04-21")
        late = province.post(
            "sme-jinan", f"/disclosure-consultations/{asked_of['id']}/answer", {"consents": False}, expect=409
        )
        assert late["code"] == "consultation_over"
    assert verify(INVARIANTS) == []


def actions() -> list[str]:
    found = text("SELECT action FROM audit_entry WHERE subject_kind = 'disclosure_application' ORDER BY id")
    return list(session().execute(found).scalars())
