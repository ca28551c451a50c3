"""Paying an order online, over the API and through the pages, with the gateway's calls over HTTP."""

from collections.abc import Iterator

import pytest

from core import clock
from core.http.api import API_PREFIX
from marketplace.demo.client import DemoClient, Json
from settlement.service import watch
from tests.factories.gateway import gateway_off, use_gateway
from tests.support.deal import order, service_id, walk
from tests.support.fake_stripe import FakeStripe, Fault
from tests.support.pages import PageClient
from tests.support.stripe_server import serving

USER, PROVIDER = "sme-heze", "provider-jinan"
WEBHOOK = f"{API_PREFIX}/gateway-webhooks/stripe"


@pytest.fixture
def fake(province: DemoClient) -> Iterator[FakeStripe]:
    with serving() as (made, base):
        use_gateway(base)
        told = province.post(PROVIDER, "/gateway-account/onboarding")
        assert (told["state"], told["methods"]) == ("pending", [])
        assert told["url"].startswith("https://connect.example/")
        made.enable(told["account"], "alipay", "wechat_pay", "card")
        call(province, made, made.events[-1])
        assert province.get(PROVIDER, "/gateway-account")["state"] == "ready"
        yield made
        gateway_off()


def call(province: DemoClient, fake: FakeStripe, event: Json, *, expect: int = 200, tamper: bytes = b"") -> Json:
    """The gateway calls."""
    body, headers = fake.signed(event, at=int(clock.now().timestamp()))
    answer = province.app.test_client().post(WEBHOOK, data=body + tamper, headers=headers)
    assert answer.status_code == expect, answer.get_data(as_text=True)
    told: Json = answer.get_json()
    return told


def contracted(province: DemoClient) -> Json:
    return walk(province, order(province, USER, service_id("demo-ms-sample")), user=USER, until="contract:user")


def test_an_order_is_paid_online_and_refunded_when_it_is_cancelled(province: DemoClient, fake: FakeStripe) -> None:
    placed = contracted(province)
    path = f"/orders/{placed['id']}/payment"
    begun = province.post(USER, path, {"method": "alipay"}, key="pay-1")
    again = province.post(USER, path, {"method": "alipay"}, key="pay-1")
    payment = begun["payment"]
    assert again["payment"]["id"] == payment["id"]
    assert (payment["state"], payment["next_url"]) == ("created", "https://alipay.example/pay")
    assert begun["outstanding_fen"] == payment["amount_fen"] == placed["outstanding_fen"]
    assert len(fake.intents) == 1
    status, problem = province.attempt(USER, path, {"method": "card"})
    assert (status, problem["code"]) == (409, "attempt_under_way")
    status, problem = province.attempt(USER, path, {"method": "card", "reference": "T1"})
    assert (status, [each["field"] for each in problem["reasons"]]) == (422, ["reference"])

    fake.pay(payment["intent_id"])
    assert call(province, fake, fake.events[-1], tamper=b" ", expect=400)["code"] == "signature_refused"
    assert [call(province, fake, fake.events[-1])["result"] for _ in range(2)] == ["stored", "known"]
    assert province.get(USER, f"/orders/{placed['id']}")["outstanding_fen"] == 0
    assert province.get(USER, f"/payments/{payment['id']}")["state"] == "succeeded"

    province.post(USER, f"/orders/{placed['id']}/cancellation", {"reason": "不需要了"})
    watch.ask_about_all(now=clock.now())
    refunded = province.get(PROVIDER, f"/payments/{payment['id']}")
    assert (refunded["state"], [each["state"] for each in refunded["refunds"]]) == ("refunded", ["succeeded"])
    assert fake.refunded_fen == fake.received_fen


def test_who_pays_sees_what_is_known_and_never_pays_twice(province: DemoClient, fake: FakeStripe) -> None:
    placed = contracted(province)
    browser = PageClient(province.app.test_client()).sign_in(USER)
    assert f"/orders/{placed['id']}/online-payment" in " ".join(browser.get(f"/orders/{placed['id']}").reader.links)
    fake.faults.append(Fault.LOSE_REPLY)
    page = browser.send(f"/orders/{placed['id']}/online-payment", {"method": "wechat_pay"})
    assert "结果未知" in page.text
    (payment,) = province.get(USER, "/payments", order_id=placed["id"])["items"]
    here = f"/payments/{payment['id']}"
    assert browser.get(f"/orders/{placed['id']}/online-payment").response.headers["Location"] == here
    page = browser.send(f"{here}/inquiry")
    assert 'src="data:image/svg+xml' in page.html
    assert len(fake.intents) == 1
    page = browser.send(f"{here}/cancellation")
    assert "未付成" in page.text
    page = browser.send(f"/orders/{placed['id']}/online-payment", {"method": "card"})
    assert "https://checkout.example/c/pay" in page.reader.links
    fake.pay(next(iter(fake.sessions)))
    page = browser.send(f"{here.replace(str(payment['id']), str(payment['id'] + 1))}/inquiry")
    assert "款项已到账" in page.text
    call(province, fake, {**fake.events[-1], "id": "evt_later"})
    provider = PageClient(province.app.test_client()).sign_in(PROVIDER)
    page = provider.send(f"/payments/{payment['id'] + 1}/refund", {"amount_fen": "1.00"})
    assert "已退回" in page.text
    assert fake.refunded_fen == 100
    fake.dispute(next(each["id"] for each in fake.intents.values() if each["status"] == "succeeded"))
    call(province, fake, fake.events[-1])
    assert "付款人称非本人付款 (fraudulent)" in provider.get("/disputes").text


def test_a_provider_opens_its_account_through_the_pages(province: DemoClient, fake: FakeStripe) -> None:
    browser = PageClient(province.app.test_client()).sign_in("provider-outside")
    assert "尚未开通" in browser.get("/gateway-account").text
    page = browser.send("/gateway-account/onboarding")
    assert any(link.startswith("https://connect.example/") for link in page.reader.links)
    assert "收款账户 (external_account)" in page.text
    fake.faults.append(Fault.CUT)
    assert "暂无应答" in browser.send("/gateway-account/onboarding").text
