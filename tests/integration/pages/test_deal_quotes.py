"""Quotes through pages: what the service needs to know is asked, the money is shown, and an order placed on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock
from marketplace.demo.client import DemoClient
from tests.support.deal import MONDAY, ask, order, service_id
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import MANY, counted_queries

SAMPLE, HOUR, OUTSIDE = "demo-ms-sample", "demo-ms-hour", "demo-nmr-sample"


@pytest.fixture
def heze(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client()).sign_in("sme-heze")


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


def asked(client: PageClient, service: int, **values: object) -> PageAnswer:
    return client.send(f"/quotes/new?service_id={service}", {"quantity": "1", **values})


def test_without_a_service_one_is_chosen_from_a_table(heze: PageClient) -> None:
    page = heze.get("/quotes/new")
    assert page.status == 200
    assert f"/quotes/new?service_id={service_id(SAMPLE)}" in page.reader.links
    narrowed = heze.get("/quotes/new?q=扫描电镜")
    assert "扫描电镜机时共享" in narrowed.text
    assert "未知物成分委托分析" not in narrowed.text


def test_a_service_priced_by_time_asks_for_a_slot_beside_its_calendar(heze: PageClient) -> None:
    page = heze.get(f"/quotes/new?service_id={service_id(HOUR)}")
    assert 'data-select-start="#f-starts_at"' in page.html
    assert 'data-select-end="#f-ends_at"' in page.html
    fields = page.form().values
    assert {"starts_at", "ends_at", "payment_mode", "excluded", "public_project_number"} <= set(fields)
    assert not {"quantity", "unmet_need", "beneficiary_id", "service_id"} & set(fields)


def test_a_slot_becomes_a_quote_with_its_money(heze: PageClient) -> None:
    slot = {"starts_at": "2026-03-03T09:00", "ends_at": "2026-03-03T11:00"}
    page = heze.send(f"/quotes/new?service_id={service_id(HOUR)}", slot)
    assert page.status == 200
    for shown in ("¥800.00", "¥480.00", "¥320.00", "60%", "2026-03-03 09:00 – 2026-03-03 11:00"):
        assert shown in page.text
    assert page.html.count('class="money-bar"') == 2


def test_where_a_qualification_is_asked_the_form_says_how_one_stands_and_where_to_ask(
    province: DemoClient, heze: PageClient
) -> None:
    """Beside the form before it is sent, in the refusal, and on the page of the instrument."""
    (instrument,) = province.get(None, f"/services/{service_id(HOUR)}")["instruments"]
    page, way = f"/instruments/{instrument['id']}", f"/instruments/{instrument['id']}/qualifications/new"
    province.put("provider-jinan", f"{page}/booking-rules", {"qualified_only": True})
    form = f"/quotes/new?service_id={service_id(HOUR)}"
    assert "尚未取得，请先申请" in heze.get(form).text
    refused = heze.send(form, {"starts_at": "2026-03-03T09:00", "ends_at": "2026-03-03T11:00"})
    assert (refused.status, "经供给方培训或审核" in refused.text) == (422, True)
    for shown in (heze.get(page), heze.get(form), refused):
        assert way in shown.reader.links
    assert "等待供给方决定" in heze.send(way, {"note": "王工，已参加培训"}).text
    assert "已申请，等待供给方决定" in heze.get(form).text
    assert way not in browser(province, "provider-jinan").get(page).reader.links


def test_every_fault_of_a_wish_stands_beside_its_field_and_what_was_typed_stays(heze: PageClient) -> None:
    wrong = {"starts_at": "whenever", "ends_at": "", "public_project_number": "x" * 101}
    page = heze.send(f"/quotes/new?service_id={service_id(HOUR)}", wrong)
    assert page.status == 422
    for field in ("starts_at", "ends_at", "public_project_number"):
        assert f'id="f-{field}-fault"' in page.html
    assert page.form().values["starts_at"] == ["whenever"]
    assert page.form().values["public_project_number"] == ["x" * 101]


def test_a_slot_outside_opening_hours_is_refused_where_it_was_typed(heze: PageClient) -> None:
    slot = {"starts_at": "2026-03-03T03:00", "ends_at": "2026-03-03T04:00", "payment_mode": "full_payment"}
    page = heze.send(f"/quotes/new?service_id={service_id(HOUR)}", slot)
    assert page.status == 422
    assert page.form().values["starts_at"] == ["2026-03-03T03:00"]
    assert 'id="f-starts_at-fault"' in page.html
    assert re.search(r'value="full_payment"\s+checked', page.html)


def test_a_service_from_outside_asks_for_the_unmet_need_and_starts_in_full_payment(heze: PageClient) -> None:
    page = heze.get(f"/quotes/new?service_id={service_id(OUTSIDE)}")
    assert "unmet_need" in page.form().values
    assert page.form().values["payment_mode"] == ["full_payment"]


def test_a_refused_wish_says_why_and_offers_no_order(heze: PageClient) -> None:
    page = asked(heze, service_id(SAMPLE), excluded="batch_test")
    assert "V11 x" in page.text
    assert "¥0.00" in page.text
    assert not [
        form
        for form in page.reader.forms
        if form.method == "post" and "_key" in form.values and not form.action.endswith("/again")
    ]


def test_a_quote_says_why_this_rate_and_a_refused_one_names_none(heze: PageClient) -> None:
    """V12: Heze is a city with the raised rate."""
    paid = asked(heze, service_id(SAMPLE))
    assert "按 60% 补助" in paid.text
    assert "菏泽市" in paid.text
    assert "/policy#article-V12" in paid.reader.links
    assert paid.html.index("reasons-heading") < paid.html.index("补助比例")
    refused = asked(heze, service_id(SAMPLE), excluded="batch_test")
    for left_out in ("补助比例", "60%", "按比例可补助"):
        assert left_out not in refused.text


def test_an_incubator_says_for_which_of_its_teams(province: DemoClient) -> None:
    incubator = browser(province, "incubator-weifang")
    path = f"/quotes/new?service_id={service_id(SAMPLE)}"
    missing = incubator.send(path, {"quantity": "1"})
    assert missing.status == 422
    assert 'id="f-beneficiary_id-fault"' in missing.html
    team = province.get("team-weifang", "/me")["organisation"]["id"]
    page = incubator.send(path, {"quantity": "1", "beneficiary_id": str(team)})
    assert page.status == 200
    assert "演示潍坊光谱创业团队" in page.text


def test_an_order_is_placed_once_however_often_the_form_is_sent(heze: PageClient) -> None:
    page = asked(heze, service_id(SAMPLE))
    form = next(each for each in page.reader.forms if "_key" in each.values and not each.action.endswith("/again"))
    assert "data-confirm=" in page.html
    first = heze.client.post(form.action, data=form.values)
    second = heze.client.post(form.action, data=form.values)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    placed = heze.get(first.headers["Location"])
    assert "已下单" in placed.text
    quote = heze.get(form.action)
    assert first.headers["Location"] in quote.reader.links
    assert "已按此报价下单" in quote.text


def test_the_same_wish_in_the_other_payment_mode_is_one_link_away(heze: PageClient) -> None:
    page = asked(heze, service_id(SAMPLE), quantity="3", payment_mode="direct_deduction")
    (link,) = [each for each in page.reader.links if "payment_mode=full_payment" in each]
    values = heze.get(link).form().values
    assert values["payment_mode"] == ["full_payment"]
    assert values["quantity"] == ["3"]


def test_less_room_than_quoted_brings_a_new_quote_with_what_changed(province: DemoClient) -> None:
    """V12 cap and V12 hold: the sibling's order took the room; nothing is placed before the user agrees anew."""
    sample = service_id(SAMPLE)
    client = browser(province, "sme-jinan")
    page = asked(client, sample, quantity="1500")
    quote = next(f for f in page.reader.forms if "_key" in f.values).action
    order(province, "sme-jinan-sibling", sample, quantity="500")
    answer = client.send(quote)
    assert answer.status == 200
    assert "现在可给予的支持少于上次报价时" in answer.text
    assert "与上次报价相比的变化" in answer.text
    assert "<del>" in answer.html
    assert "<ins>" in answer.html
    assert "确认下单" in answer.text
    assert province.get("sme-jinan", "/orders")["items"] == []
    new = next(f for f in answer.reader.forms if "_key" in f.values and not f.action.endswith("/again"))
    placed = client.client.post(new.action, data=new.values)
    assert "/orders/" in placed.headers["Location"]


def test_an_expired_quote_offers_to_ask_again(province: DemoClient, heze: PageClient) -> None:
    quote = ask(province, "sme-heze", service_id(SAMPLE))
    with clock.at(MONDAY + timedelta(days=30)):
        late = browser(province, "sme-heze")
        page = late.get(f"/quotes/{quote['id']}")
        assert "已过有效期" in page.text
        again = late.send(f"/quotes/{quote['id']}", action="/again")
        assert again.status == 200
        assert "已过有效期" not in again.text


def test_a_sent_order_on_an_expired_quote_says_so(province: DemoClient, heze: PageClient) -> None:
    page = asked(heze, service_id(SAMPLE))
    form = next(each for each in page.reader.forms if "_key" in each.values and not each.action.endswith("/again"))
    used = heze.client.post(form.action, data=form.values)
    assert used.status_code == 303
    other = {**form.values, "_key": "another-key"}
    answer = PageAnswer(heze.client.post(form.action, data=other))
    assert answer.status == 409
    assert "该报价已下过订单" in answer.text


def test_quotes_are_seen_by_those_alone_who_asked(province: DemoClient) -> None:
    quote = ask(province, "sme-heze", service_id(SAMPLE))
    assert browser(province, "sme-jinan").get(f"/quotes/{quote['id']}").status == 404
    assert browser(province, "provider-jinan").get(f"/quotes/{quote['id']}").status == 403
    assert PageClient(province.app.test_client()).get("/quotes").status == 303


def queries(client: PageClient, path: str) -> int:
    with counted_queries() as made:
        assert client.get(path).status == 200
    return len(made)


@pytest.mark.parametrize("path", ["/quotes", "/quotes/new"])
def test_tables_ask_as_much_for_many_rows_as_for_one(province: DemoClient, heze: PageClient, path: str) -> None:
    ask(province, "sme-heze", service_id(SAMPLE))
    one = queries(heze, path)
    for _ in range(MANY):
        ask(province, "sme-heze", service_id(SAMPLE))
    assert queries(heze, path) == one <= 20


def test_the_story_reads_in_english_too(heze: PageClient) -> None:
    heze.client.get("/language/en")
    page = asked(heze, service_id(SAMPLE))
    for shown in ("Quote", "Yearly cap of 2026", "The voucher pays", "before 2026-03"):
        assert shown in page.text
