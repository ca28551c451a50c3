"""Orders through pages: each step as a form, who may take it, the contract, the money, the table."""

from __future__ import annotations

import pytest

from marketplace.demo.client import DemoClient, Json
from tests.support.deal import ask, hand_in, order, service_id, walk
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import MANY, counted_queries

SAMPLE = "demo-ms-sample"
POINTS = ["content", "intellectual_property", "confidentiality", "damages", "breach", "disputes"]


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


@pytest.fixture
def heze(province: DemoClient) -> PageClient:
    return browser(province, "sme-heze")


@pytest.fixture
def provider(province: DemoClient) -> PageClient:
    return browser(province, "provider-jinan")


def placed(province: DemoClient, until: str = "", **wanted: object) -> str:
    """The page of an order taken so far."""
    made = order(province, "sme-heze", service_id(SAMPLE), **wanted)
    if until:
        walk(province, made, user="sme-heze", until=until)
    return f"/orders/{made['id']}"


def of(province: DemoClient, path: str) -> Json:
    return province.get("sme-heze", path)


def test_the_whole_deal_is_walked_through_forms(province: DemoClient, heze: PageClient, provider: PageClient) -> None:
    """Acceptance, both signatures, payment, start, delivery, completion; each says what is next."""
    path = placed(province)
    assert "已接单。" in provider.send(f"{path}/acceptance").text
    assert "已签署。" in provider.send(f"{path}/contract").text
    assert "供给方已签署的条款" in heze.get(f"{path}/contract").text
    assert "已签署。" in heze.send(f"{path}/contract").text
    due = heze.get(path)
    assert "6222000000000004" in due.text.replace(" ", "")
    assert "¥320.00" in due.text
    assert "已确认到账。" in provider.send(f"{path}/payment", {"reference": "BANK-1"}).text
    assert "BANK-1" in heze.get(path).text
    assert "服务已开始。" in provider.send(f"{path}/service-start").text
    assert "已交付。" in provider.send(f"{path}/delivery", {"note": "报告已寄出"}).text
    done = heze.send(f"{path}/completion", {"completed_on": "2026-03-02", "quantity": "1"})
    assert "服务已完成。" in done.text
    claim_id = of(province, path)["claim_id"]
    assert any(link.endswith(f"/claims/{claim_id}") for link in done.reader.links)
    assert "报告已寄出" in done.text


def test_the_first_to_sign_may_write_terms_and_the_second_signs_those(
    province: DemoClient, heze: PageClient, provider: PageClient
) -> None:
    path = placed(province, until="acceptance")
    page = heze.get(f"{path}/contract")
    fields = page.form().values
    assert [name for name in fields if name.startswith("terms.")] == [f"terms.{point}" for point in POINTS]
    assert all(fields[f"terms.{point}"][0].strip() for point in POINTS)
    heze.send(f"{path}/contract", {"terms.damages": "各自承担。"})
    assert of(province, path)["contract_terms"]["damages"] == "各自承担。"
    assert "各自承担。" in provider.get(f"{path}/contract").text
    provider.send(f"{path}/contract")
    assert of(province, path)["state"] == "contracted"


def test_an_empty_point_is_named_and_the_others_keep_what_was_typed(province: DemoClient, heze: PageClient) -> None:
    path = placed(province, until="acceptance")
    page = heze.send(f"{path}/contract", {"terms.breach": " ", "terms.disputes": "", "terms.damages": "各自承担。"})
    assert page.status == 422
    assert 'id="f-terms-breach-fault"' in page.html
    assert 'id="f-terms-disputes-fault"' in page.html
    assert page.form().values["terms.damages"] == ["各自承担。"]
    assert of(province, path)["beneficiary_signed_at"] is None


def test_nobody_signs_what_was_not_on_the_page(province: DemoClient, heze: PageClient, provider: PageClient) -> None:
    """The provider signs other terms while the user still reads the standard ones."""
    path = placed(province, until="acceptance")
    form = heze.get(f"{path}/contract").form()
    provider.send(f"{path}/contract", {"terms.damages": "一律由使用方承担。"})
    answer = PageAnswer(heze.client.post(f"{path}/contract", data=form.values))
    assert answer.status == 409
    assert "对方签署的条款不同" in answer.text
    assert "一律由使用方承担。" in answer.text
    assert of(province, path)["beneficiary_signed_at"] is None
    seen = heze.client.post(f"{path}/contract", data={**answer.form().values, "_key": "after-reading"})
    assert seen.status_code == 303
    assert of(province, path)["state"] == "contracted"


def test_more_than_is_due_is_refused_beside_the_amount(province: DemoClient, provider: PageClient) -> None:
    path = placed(province, until="contract:user")
    page = provider.send(f"{path}/payment", {"amount_fen": "321", "paid_on": "2026-04-01", "reference": "B-7"})
    assert page.status == 422
    assert 'id="f-amount_fen-fault"' in page.html
    assert 'id="f-paid_on-fault"' in page.html
    assert page.form().values["reference"] == ["B-7"]
    assert of(province, path)["paid_fen"] == 0


def test_a_payment_in_parts_leaves_the_rest_due(province: DemoClient, heze: PageClient, provider: PageClient) -> None:
    path = placed(province, until="contract:user")
    provider.send(f"{path}/payment", {"amount_fen": "120.50", "reference": "B-1"})
    assert "¥199.50" in heze.get(path).text
    assert provider.get(f"{path}/payment").form().values["amount_fen"] == ["199.50"]


def test_faults_of_a_completion_stand_beside_their_fields(province: DemoClient, provider: PageClient) -> None:
    path = placed(province, until="delivery")
    page = provider.send(f"{path}/completion", {"completed_on": "2026-03-09", "quantity": "2"})
    assert page.status == 422
    assert 'id="f-completed_on-fault"' in page.html
    assert 'id="f-quantity-fault"' in page.html


@pytest.mark.parametrize(
    ("step", "until", "user"), [("decline", "", "provider-jinan"), ("cancellation", "", "sme-heze")]
)
def test_what_ends_an_order_asks_once_and_shows_the_reason(
    province: DemoClient, heze: PageClient, step: str, until: str, user: str
) -> None:
    path = placed(province, until)
    client = browser(province, user)
    asked = client.get(f"{path}/{step}")
    assert "data-confirm=" in asked.html
    kept = asked.form()
    assert "设备故障" in client.send(f"{path}/{step}", {"reason": "设备故障"}).text
    assert "设备故障" in heze.get(path).text
    sent_late = {**kept.values, "_key": "sent-once-more", "reason": "再来一次"}
    refused = PageAnswer(client.client.post(f"{path}/{step}", data=sent_late))
    assert refused.status == 409
    assert refused.form().values["reason"] == ["再来一次"]


@pytest.mark.parametrize(
    ("step", "user"),
    [
        ("acceptance", "provider-jinan"),
        ("decline", "provider-jinan"),
        ("contract", "sme-heze"),
        ("payment", "provider-jinan"),
        ("service-start", "provider-jinan"),
        ("delivery", "provider-jinan"),
        ("completion", "sme-heze"),
        ("cancellation", "sme-heze"),
    ],
)
def test_a_step_that_is_no_longer_open_leads_back_to_the_order(province: DemoClient, step: str, user: str) -> None:
    path = placed(province)
    province.post("provider-jinan", f"{path}/decline", {"reason": "设备故障"})
    client = browser(province, user)
    assert client.client.get(f"{path}/{step}").status_code == 303
    page = client.get(path)
    assert 'data-tone="warn"' in page.html
    assert "已不能办理" in page.text
    assert "已不能办理" not in client.get(path).text


def test_a_completed_order_says_who_hands_in_its_claim_and_by_when(
    province: DemoClient, heze: PageClient, provider: PageClient
) -> None:
    """V16, V17: the provider in direct deduction, the user in full payment, within six months."""
    path = placed(province, until="completion")
    assert "请在 2026-09-02 前（含当日）备齐材料并提交兑付申请" in provider.get(path).text
    assert "由供给方在 2026-09-02 前（含当日）提交兑付申请" in heze.get(path).text
    own = placed(province, until="completion", payment_mode="full_payment")
    assert "备齐材料并提交兑付申请" in heze.get(own).text
    assert "由使用方在" in provider.get(own).text
    hand_in(province, of(province, path), claimant="provider-jinan", number="26372000000000000001")
    for client in (heze, provider):
        text = client.get(path).text
        assert "兑付申请现为“待审核”" in text
        assert "备齐材料" not in text


def test_a_completed_order_without_a_voucher_asks_for_no_claim(province: DemoClient, heze: PageClient) -> None:
    path = placed(province, until="completion", payment_mode="full_payment", excluded="batch_test")
    assert "无须提交兑付申请" in heze.get(path).text


def test_a_step_sent_twice_has_one_effect(province: DemoClient, provider: PageClient) -> None:
    path = placed(province, until="contract:user")
    form = provider.get(f"{path}/payment").form()
    values = {**form.values, "amount_fen": "100", "reference": "B-1"}
    first, second = (provider.client.post(f"{path}/payment", data=values) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert of(province, path)["paid_fen"] == 10_000


def test_each_side_sees_its_own_next_steps(province: DemoClient, heze: PageClient, provider: PageClient) -> None:
    path = placed(province)
    mine, theirs = heze.get(path).reader.links, provider.get(path).reader.links
    assert f"{path}/acceptance" in theirs
    assert f"{path}/decline" in theirs
    assert f"{path}/acceptance" not in mine
    assert f"{path}/cancellation" in mine
    bureau = browser(province, "bureau-heze").get(path)
    assert bureau.status == 200
    assert [link for link in bureau.reader.links if link.startswith(f"{path}/")] == [f"{path}/explanation"]


def test_the_timeline_says_who_has_it_until_when_and_what_is_next(province: DemoClient, heze: PageClient) -> None:
    """V12 hold: five working days to answer. One's own people by name, the other side by its part (V5)."""
    path = placed(province)
    page = heze.get(path)
    for shown in (
        "下单",
        "sme-heze",
        "进行中 答复订单",
        "由供给方办理 最迟 2026-03-09",
        "下一步 签署服务合同",
        "下一步 审核并拨付补助",
    ):
        assert shown in page.text, shown
    provider = browser(province, "provider-jinan").get(path)
    assert "sme-heze" not in provider.text
    walk(province, of(province, path), user="sme-heze", until="contract:provider")
    assert "进行中 签署服务合同 由使用方办理" in heze.get(path).text


def test_the_contract_prints_with_a_place_for_both_seals(province: DemoClient, heze: PageClient) -> None:
    path = placed(province, until="contract:user")
    page = heze.get(f"{path}/contract-document")
    assert page.html.count('class="stamp-area') == 2
    assert "演示济南大学分析测试中心（盖章）" in page.text
    assert "演示菏泽牡丹生物科技有限公司（盖章）" in page.text
    assert "data-print" in page.html
    assert heze.get(f"{placed(province)}/contract-document").status == 404


def test_the_standard_contract_reads_in_ones_own_language_and_own_terms_as_written(
    province: DemoClient, heze: PageClient
) -> None:
    standard, own = placed(province, until="contract:user"), placed(province, until="acceptance")
    heze.send(f"{own}/contract", {"terms.damages": "使用方承担 / 供给方不承担"})
    for path in (standard, f"{standard}/contract-document"):
        text = heze.get(path).text
        assert "由过错方赔偿" in text
        assert "At fault" not in text
        assert "Disputes" not in text
    heze.client.get("/language/en")
    for path in (standard, f"{standard}/contract-document"):
        assert "由过错方赔偿" not in heze.get(path).text
    assert "使用方承担 / 供给方不承担" in heze.get(own).text


def test_payments_are_for_the_parties_and_those_who_read_all_money(province: DemoClient, provider: PageClient) -> None:
    path = placed(province, until="contract:user")
    provider.send(f"{path}/payment", {"reference": "BANK-99"})
    for user, sees in [("sme-heze", True), ("province", True), ("auditor", True), ("bureau-heze", False)]:
        assert ("BANK-99" in browser(province, user).get(path).text) is sees, user


@pytest.mark.parametrize("user", ["sme-jinan", "team-weifang", "bureau-weifang"])
def test_a_foreign_order_is_a_missing_one(province: DemoClient, user: str) -> None:
    assert browser(province, user).get(placed(province)).status == 404


def test_the_table_filters_by_state_mode_day_and_words(province: DemoClient, heze: PageClient) -> None:
    first, second = placed(province), placed(province, until="acceptance", payment_mode="full_payment")

    def found(query: str) -> set[str]:
        return {link for link in heze.get(f"/orders?{query}").reader.links if link in (first, second)}

    assert found("") == {first, second}
    assert found("state=accepted") == {second}
    assert found("payment_mode=direct_deduction") == {first}
    assert found("from=2026-03-02&to=2026-03-02") == {first, second}
    assert found("from=2026-03-03") == found("to=2026-03-01") == set()
    assert found("q=成分") == {first, second}
    assert found("q=%25") == set()
    assert found(f"q={second.rpartition('/')[2]}") == {second}
    for unreadable in ("from=0001-01-01", "to=9999-12-31", "from=soon"):
        assert heze.get(f"/orders?{unreadable}").status == 200


def test_orders_to_accept_stand_above_the_providers_table(province: DemoClient, provider: PageClient) -> None:
    waiting, taken = placed(province), placed(province, until="acceptance")
    page = provider.get("/orders")
    (link,) = [each for each in page.reader.links if "state=placed" in each and "sort=placed_at" in each]
    narrowed = provider.get(link).reader.links
    assert waiting in narrowed
    assert taken not in narrowed


def test_a_table_of_orders_can_be_taken_along(province: DemoClient, heze: PageClient) -> None:
    placed(province)
    answer = heze.get("/orders?export=csv").response
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "800.00" in answer.get_data(as_text=True)


def test_the_table_asks_as_much_for_many_orders_as_for_one(province: DemoClient, heze: PageClient) -> None:
    def queries() -> int:
        with counted_queries() as made:
            assert heze.get("/orders").status == 200
        return len(made)

    quoted = [ask(province, "sme-heze", service_id(SAMPLE))["id"] for _ in range(MANY)]
    province.post("sme-heze", "/orders", {"quote_id": quoted[0]})
    one = queries()
    for quote_id in quoted[1:]:
        province.post("sme-heze", "/orders", {"quote_id": quote_id})
    assert queries() == one <= 20


def test_an_order_reads_in_english_too(province: DemoClient, heze: PageClient) -> None:
    heze.client.get("/language/en")
    page = heze.get(placed(province, until="contract:user"))
    for shown in ("Order", "Please pay by bank transfer", "The voucher pays", "Account number"):
        assert shown in page.text
