"""Services of a provider through pages (V14)."""

from __future__ import annotations

import pytest

from accounts.queries import find_user
from instruments.pages.own_services import TICKED
from marketplace.demo.client import DemoClient, Json
from tests.factories.instruments import make_draft, make_service
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import counted_queries

WHOLE = {
    "title": "页面上登记的测试服务",
    "kind": "commissioned_analysis",
    "content": "成分分析",
    "process": "送样、测试、出报告",
    "equipment": "质谱仪",
    "price_fen": "1,250.50",
    "price_unit": "sample",
    "phone": "0531-80000004",
    "turnaround_days": "7",
}


@pytest.fixture
def owner(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client()).sign_in("provider-jinan")


def number(province: DemoClient, external_id: str) -> int:
    found: list[Json] = province.get(None, "/instruments")["items"]
    return next(int(each["id"]) for each in found if each["external_id"] == external_id)


def made(province: DemoClient, owner: PageClient, **changes: str) -> str:
    """The page of a draft made from the page of an instrument."""
    path = f"/services/new?instrument={number(province, 'demo-ms')}"
    answer = owner.send(path, {**WHOLE, **changes}, follow=False)
    assert answer.status == 303, answer.text
    return str(answer.response.headers["Location"])


def of(province: DemoClient, path: str) -> Json:
    return province.get("provider-jinan", path)


def fault_of(page: PageAnswer, field: str) -> str:
    _, _, rest = page.html.partition(f'id="f-{field}-fault">')
    return rest.partition("</p>")[0].strip()


def test_a_service_goes_from_a_draft_to_the_public_and_back(province: DemoClient, owner: PageClient) -> None:
    path = made(province, owner)
    draft = of(province, path)
    assert draft["price_fen"] == 125_050
    assert [each["id"] for each in draft["instruments"]] == [number(province, "demo-ms")]
    visitor = PageClient(province.app.test_client())
    assert visitor.get(path).status == 404
    assert "服务已发布" in owner.send(f"{path}/publication").text
    public = visitor.get(path)
    assert "每样品 ¥1,250.50" in public.text
    assert "页面上登记的测试服务" in visitor.get(f"/instruments/{number(province, 'demo-ms')}").text
    assert "服务已下架" in owner.send(f"{path}/withdrawal").text
    assert visitor.get(path).status == 404
    assert owner.send(f"{path}/publication").status == 200


def test_a_draft_needs_title_and_kind_and_keeps_what_was_typed(province: DemoClient, owner: PageClient) -> None:
    page = owner.send("/services/new", {**WHOLE, "title": "", "kind": "", "price_fen": "cheap", "turnaround_days": "0"})
    assert page.status == 422
    assert fault_of(page, "title") == "必填"
    assert fault_of(page, "kind") == "必填"
    assert "应为以元为单位的金额" in fault_of(page, "price_fen")
    assert "1 与 1000 之间" in fault_of(page, "turnaround_days")
    assert "送样、测试、出报告" in page.html
    assert "价格须大于 0" in fault_of(owner.send("/services/new", {**WHOLE, "price_fen": "0"}), "price_fen")


def test_everything_v14_asks_for_is_named_at_once(province: DemoClient, owner: PageClient) -> None:
    path = made(province, owner, content="", process="", price_fen="", phone="")
    page = owner.send(f"{path}/publication")
    assert page.status == 422
    for said in ("缺少服务内容", "缺少服务流程", "缺少价格", "缺少联系电话"):
        assert said in page.text
    assert of(province, path)["state"] == "draft"


def test_changes_keep_a_published_service_complete(province: DemoClient, owner: PageClient) -> None:
    path = made(province, owner)
    owner.send(f"{path}/publication")
    before = of(province, path)
    assert "修改已保存" in owner.send(f"{path}/edit").text
    assert of(province, path) == before
    refused = owner.send(f"{path}/edit", {"phone": ""})
    assert refused.status == 422
    assert "缺少联系电话" in fault_of(refused, "phone")
    owner.send(f"{path}/edit", {"price_fen": "1300", "instrument_ids": str(number(province, "demo-sem"))})
    after = of(province, path)
    assert after["price_fen"] == 130_000
    assert [each["id"] for each in after["instruments"]] == [number(province, "demo-sem")]


def test_a_foreign_instrument_is_none(province: DemoClient, owner: PageClient) -> None:
    page = owner.send("/services/new", {**WHOLE, "instrument_ids": str(number(province, "demo-nmr"))})
    assert page.status == 422
    assert "本单位没有这些仪器" in page.text


def test_with_many_instruments_numbers_are_typed(province: DemoClient, owner: PageClient) -> None:
    found = find_user("provider-jinan")
    assert found is not None
    for _ in range(TICKED + 1):
        make_draft(found.organisation)
    page = owner.get("/services/new")
    assert "每行一个" in page.text
    assert page.html.count('type="checkbox"') == 1  # by negotiation, and no instrument
    ids = f"{number(province, 'demo-ms')}\n{number(province, 'demo-sem')}"
    location = owner.send("/services/new", {**WHOLE, "instrument_ids": ids}, follow=False).response.headers["Location"]
    assert len(of(province, location)["instruments"]) == 2
    kept = owner.get(f"{location}/edit").form().values["instrument_ids"]
    assert kept == [ids]


def test_sent_twice_a_service_is_made_once(province: DemoClient, owner: PageClient) -> None:
    data: Json = {**owner.get("/services/new").form().values, **WHOLE}
    sent = [owner.client.post("/services/new", data=data) for _ in range(2)]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    path = sent[0].headers["Location"]
    data = owner.get(f"{path}/publication").form().values
    assert [owner.client.post(f"{path}/publication", data=data).status_code for _ in range(2)] == [303, 303]


def test_own_services_filter_and_ask_as_much_for_fifty_as_for_one(province: DemoClient, owner: PageClient) -> None:
    def queries() -> int:
        with counted_queries() as asked:
            assert owner.get("/services/own").status == 200
        return len(asked)

    path = made(province, owner)
    assert path in owner.get("/services/own?state=draft&q=页面上").reader.links
    assert path not in owner.get("/services/own?service_kind=machine_time").reader.links
    found = find_user("provider-jinan")
    assert found is not None
    before = queries()
    for _ in range(49):
        make_service(found.organisation)
    assert queries() == before <= 20


def test_services_read_in_english_too(province: DemoClient, owner: PageClient) -> None:
    owner.client.get("/language/en")
    path = made(province, owner)
    page = owner.get(path)
    assert "¥1,250.50 per sample" in page.text
    assert "7 working days" in page.text
    assert "A draft. Publish it once" in page.text


def test_a_price_is_announced_seen_by_everybody_and_taken_back(province: DemoClient, owner: PageClient) -> None:
    """V14: the service's page tells of it, the list keeps it after it was withdrawn."""
    path = made(province, owner)
    owner.send(f"{path}/publication")
    visitor = PageClient(province.app.test_client())
    early = owner.send(f"{path}/prices/new", {"valid_from": "2026-03-02", "price_fen": "1300", "price_unit": "sample"})
    assert early.status == 422
    assert "须从明天或以后生效" in fault_of(early, "valid_from")
    ahead = {"valid_from": "2026-04-01", "price_fen": "1,300", "price_unit": "sample", "turnaround_days": "6"}
    announced = owner.send(f"{path}/prices/new", {**ahead, "own_price_fen": "900", "minimum_charge_fen": "2000"})
    assert "价格已预告" in announced.text
    shown = visitor.get(path).text
    for words in ("自 2026-04-01 起的价格", "每样品 ¥1,300.00", "每样品 ¥900.00", "每样品 ¥1,250.50", "¥2,000.00"):
        assert words in shown
    history = visitor.get(f"{path}/prices")
    assert "预告" in history.text
    assert "撤回预告" not in history.text
    (number_of,) = (each["id"] for each in of(province, f"{path}/prices")["items"] if each["price_fen"] == 130_000)
    assert f"{path}/prices/{number_of}/withdrawal" in owner.get(f"{path}/prices").html
    assert "预告已撤回" in owner.send(f"{path}/prices/{number_of}/withdrawal").text
    assert "自 2026-04-01 起的价格" not in visitor.get(path).text
    assert "已撤回" in visitor.get(f"{path}/prices").text
