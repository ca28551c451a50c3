"""Instruments of a provider through pages, and their listing at the bureau."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Organisation
from accounts.queries import actor_of, find_user
from core import clock
from core.audit import history
from instruments.rules.terms import Funding
from instruments.service.listings import submit_listing
from marketplace.demo.client import DemoClient, Json
from tests.factories.instruments import make_draft
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import MANY, counted_queries

WHOLE = {
    "name": "页面上登记的拉曼光谱仪",
    "model": "R-1",
    "category": "光谱仪器",
    "value_fen": "350,000.00",
    "funding": "fiscal",
    "external_use": "open",
    "county": "370102",
    "accepted_on": "2026-02-02",
}


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


@pytest.fixture
def owner(province: DemoClient) -> PageClient:
    return browser(province, "provider-jinan")


@pytest.fixture
def bureau(province: DemoClient) -> PageClient:
    return browser(province, "bureau-jinan")


def made(owner: PageClient, **changes: str) -> str:
    """The page of a draft made through the form."""
    answer = owner.send("/instruments/new", {**WHOLE, **changes}, follow=False)
    assert answer.status == 303, answer.text
    return str(answer.response.headers["Location"])


def of(province: DemoClient, path: str) -> Json:
    return province.get("provider-jinan", path)


def number(province: DemoClient, external_id: str) -> int:
    return next(int(each["id"]) for each in of(province, "/instruments")["items"] if each["external_id"] == external_id)


def provider_jinan() -> Organisation:
    found = find_user("provider-jinan")
    assert found is not None
    return found.organisation


def submitted_draft() -> None:
    """One more row for every table: own, to review, with a deadline."""
    drafted = make_draft(provider_jinan(), funding=Funding.FISCAL, value_fen=40_000_000)
    drafted.accepted_on = date(2026, 2, 2)
    submit_listing(instrument_id=drafted.id, actor=actor_of("provider-jinan"), now=clock.now())


def fault_of(page: PageAnswer, field: str) -> str:
    """What stands beside a field."""
    _, _, rest = page.html.partition(f'id="f-{field}-fault">')
    return rest.partition("</p>")[0].strip()


def test_a_listing_goes_from_a_draft_to_the_public_through_forms(
    province: DemoClient, owner: PageClient, bureau: PageClient
) -> None:
    """Draft, submission, return with every defect, changes, submission again, approval; each step says what is next."""
    path = made(owner)
    assert "草稿" in owner.get(path).text
    assert of(province, path)["value_fen"] == 35_000_000
    assert "“页面上登记的拉曼光谱仪”已提交" in owner.send(f"{path}/listing").text
    queue = bureau.get("/instruments/reviews")
    assert "页面上登记的拉曼光谱仪" in queue.text
    assert "应当入网" in queue.text
    assert "须入网的仪器应安装物联网传感器" in bureau.get(f"{path}/listing-review").text
    returned = bureau.send(f"{path}/listing-review", {"decision": "return", "defects": "缺少型号铭牌\n缺少照片"})
    assert "的审核决定已记录" in returned.text
    assert "页面上登记的拉曼光谱仪" not in returned.text.replace("“页面上登记的拉曼光谱仪”", "")
    page = owner.get(path)
    assert "缺少型号铭牌" in page.text
    assert "缺少照片" in page.text
    owner.send(f"{path}/edit", {"iot_sensor": "true", "model": "R-2"})
    owner.send(f"{path}/listing")
    bureau.send(f"{path}/listing-review", {"decision": "approve", "opinion": "同意入网"})
    public = PageClient(province.app.test_client()).get(path)
    assert public.status == 200
    assert "R-2" in public.text
    assert "同意入网" not in public.html
    assert "审核通过并公开" in owner.get(path).text


def test_a_draft_needs_a_name_and_keeps_what_was_typed(owner: PageClient) -> None:
    page = owner.send(
        "/instruments/new",
        {**WHOLE, "name": "", "value_fen": "much", "category_code": "12", "acquired_on": "yesterday", "maker": "某厂"},
    )
    assert page.status == 422
    assert fault_of(page, "name") == "必填"
    assert "应为以元为单位的金额" in fault_of(page, "value_fen")
    assert fault_of(page, "category_code")
    assert fault_of(page, "acquired_on")
    assert 'value="much"' in page.html
    assert 'value="某厂"' in page.html


def test_faults_of_the_service_stand_beside_their_fields(owner: PageClient) -> None:
    page = owner.send("/instruments/new", {**WHOLE, "accepted_on": "2026-03-03", "reference_price_fen": "10"})
    assert page.status == 422
    assert "日期不能晚于今天" in fault_of(page, "accepted_on")
    assert "须同时填写" in fault_of(page, "reference_price_unit")


def test_everything_missing_for_a_listing_is_named_at_once(owner: PageClient) -> None:
    path = made(owner, category="", funding="", external_use="closed")
    page = owner.send(f"{path}/listing")
    assert page.status == 422
    for said in ("缺少仪器分类", "未说明经费来源", "未说明对外开放"):
        assert said in page.text


def test_only_what_differs_is_changed(province: DemoClient, owner: PageClient) -> None:
    """S14: saving an unchanged form starts no term; a change of a published one does."""
    path = f"/instruments/{number(province, 'demo-ms')}"
    before = of(province, path)
    owner.send(f"{path}/edit")
    assert of(province, path) == before
    owner.send(f"{path}/edit", {"model": "HR-LCMS 501"})
    after = of(province, path)
    assert after["listing"]["changed_on"] == "2026-03-02"
    assert {name for name in after if after[name] != before[name]} == {"model", "listing"}
    emptied = owner.send(f"{path}/edit", {"name": " "})
    assert emptied.status == 422
    assert fault_of(emptied, "name") == "必填"


def test_a_published_instrument_must_stay_publishable(province: DemoClient, owner: PageClient) -> None:
    page = owner.send(f"/instruments/{number(province, 'demo-ms')}/edit", {"duty_free": "true", "duty_free_record": ""})
    assert page.status == 422
    assert "S5" in fault_of(page, "duty_free_record")


def test_a_return_without_a_word_is_refused(owner: PageClient, bureau: PageClient) -> None:
    path = made(owner)
    owner.send(f"{path}/listing")
    page = bureau.send(f"{path}/listing-review", {"decision": "return"})
    assert page.status == 422
    assert "退回须列明全部问题或意见" in fault_of(page, "defects")
    assert bureau.send(f"{path}/listing-review", {}).status == 422


def test_suspension_resumption_and_retirement(province: DemoClient, owner: PageClient, bureau: PageClient) -> None:
    """What the bureau suspends its owner does not bring back (S11); retirement asks once."""
    path = f"/instruments/{number(province, 'demo-xrd')}"
    assert "已暂停公开" in owner.send(f"{path}/suspension", {"note": "检修"}).text
    assert "检修" in owner.get(path).text
    assert PageClient(province.app.test_client()).get(path).status == 404
    assert "已恢复公开" in owner.send(f"{path}/resumption").text
    bureau.send(f"{path}/suspension", {"note": "信息不实"})
    refused = owner.send(f"{path}/resumption")
    assert refused.status == 403
    assert "须由其恢复" in refused.text
    bureau.send(f"{path}/resumption")
    assert "data-confirm=" in owner.get(f"{path}/retirement").html
    assert "已退役" in owner.send(f"{path}/retirement").text
    assert of(province, path)["state"] == "retired"


def test_a_step_sent_twice_has_one_effect(province: DemoClient, owner: PageClient) -> None:
    form = owner.get("/instruments/new").form()
    sent = [owner.client.post("/instruments/new", data={**form.values, **WHOLE}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    path = sent[0].headers["Location"]
    form = owner.get(f"{path}/listing").form()
    again = [owner.client.post(f"{path}/listing", data=form.values) for _ in range(2)]
    assert [answer.status_code for answer in again] == [303, 303]
    steps = [each.action for each in history("instrument", int(path.rpartition("/")[2]))]
    assert steps == ["create", "submit"]


def test_a_step_that_the_state_forbids_says_so(owner: PageClient, bureau: PageClient) -> None:
    path = made(owner)
    page = bureau.send(f"{path}/listing-review", {"decision": "approve"})
    assert page.status == 409
    assert "不允许" in page.text


def test_each_reader_gets_the_steps_that_are_his(province: DemoClient, owner: PageClient, bureau: PageClient) -> None:
    path = made(owner)
    owners = {link for link in owner.get(path).reader.links if link.startswith(f"{path}/")}
    assert {f"{path}/listing", f"{path}/edit", f"{path}/opening-hours", f"{path}/closures"} <= owners
    owner.send(f"{path}/listing")
    assert f"{path}/edit" not in owner.get(path).reader.links
    assert f"{path}/listing-review" in bureau.get(path).reader.links
    for user in ("province", "auditor", "delegated-agency"):
        links = browser(province, user).get(path).reader.links
        assert not any(link.startswith(f"{path}/") and "calendar" not in link for link in links)


def test_the_province_reviews_those_from_outside_alone(province: DemoClient, owner: PageClient) -> None:
    """V10: the queue of the province holds no listing of a city."""
    owner.send(f"{made(owner)}/listing")
    outside = browser(province, "provider-outside")
    path = made(outside, name="省外的质谱仪", county="")
    outside.send(f"{path}/listing")
    office = browser(province, "province")
    queue = office.get("/instruments/reviews").text
    assert "省外的质谱仪" in queue
    assert "页面上登记的拉曼光谱仪" not in queue
    assert "省外的质谱仪" not in browser(province, "bureau-jinan").get("/instruments/reviews").text
    assert "已记录" in office.send(f"{path}/listing-review", {"decision": "approve"}).text


def test_deadlines_name_what_is_overdue(province: DemoClient, owner: PageClient, bureau: PageClient) -> None:
    """S13: accepted on 2025-03-03, due on 2025-04-15."""
    made(owner, name="早该入网的仪器", accepted_on="2025-03-03")
    made(owner, name="尚未到期的仪器", accepted_on="2026-02-27")
    for reader in (owner, bureau, browser(province, "province")):
        page = reader.get("/instruments/listing-deadlines")
        assert "2025-04-15" in page.text
        assert "尚未到期的仪器" in page.text
        late = reader.get("/instruments/listing-deadlines?overdue=overdue")
        assert "早该入网的仪器" in late.text
        assert "尚未到期的仪器" not in late.text
    assert "早该入网的仪器" not in browser(province, "bureau-heze").get("/instruments/listing-deadlines").text
    assert "最迟入网日" in owner.get("/instruments/own?q=早该入网").text


def test_own_instruments_filter_and_export(owner: PageClient) -> None:
    made(owner)
    assert "页面上登记的拉曼光谱仪" in owner.get("/instruments/own?state=draft").text
    assert "高分辨液相色谱质谱联用仪" not in owner.get("/instruments/own?state=draft").text
    assert "没有符合条件的记录" in owner.get("/instruments/own?state=retired").text
    assert "350000.00" in owner.get("/instruments/own?q=拉曼&export=csv").html


def test_the_tables_ask_as_much_for_many_rows_as_for_one(province: DemoClient) -> None:
    client, bureau = browser(province, "provider-jinan"), browser(province, "bureau-jinan")
    submitted_draft()

    def queries(reader: PageClient, path: str) -> int:
        with counted_queries() as asked:
            assert reader.get(path).status == 200
        return len(asked)

    paths = [(client, "/instruments/own"), (bureau, "/instruments/reviews"), (bureau, "/instruments/listing-deadlines")]
    before = [queries(reader, path) for reader, path in paths]
    for _ in range(MANY):
        submitted_draft()
    assert [queries(reader, path) for reader, path in paths] == before
    assert max(before) <= 20


def test_the_steps_read_in_english_too(province: DemoClient, owner: PageClient, bureau: PageClient) -> None:
    for reader in (owner, bureau):
        reader.client.get("/language/en")
    path = made(owner)
    assert "A draft, not public yet" in owner.get(path).text
    assert "is submitted and waits for review" in owner.send(f"{path}/listing").text
    assert "Waiting (days)" in bureau.get("/instruments/reviews").text
    assert "The decision about" in bureau.send(f"{path}/listing-review", {"decision": "approve"}).text
