"""The desk of each role: cards that lead to the list of what waits, an empty desk that says what to do."""

from __future__ import annotations

import pytest

from core.texts import catalogue
from marketplace.demo.client import DemoClient
from marketplace.pages.desk_cards import PLACES, READ_ONLY
from tests.integration.access.cast import CAST, VISITOR
from tests.support.deal import order, service_id, walk
from tests.support.pages import PageClient
from tests.support.queries import counted_queries
from tests.support.visits import visiting
from tests.support.world import World

SAMPLE = "demo-ms-sample"


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


@pytest.mark.parametrize("user", [user for user in CAST if user != VISITOR])
def test_every_card_leads_to_a_page_one_may_open(world: World, user: str) -> None:
    with visiting(world, user) as client:
        page = PageClient(client).get("/home")
        assert page.status == 200
        cards = page.html.split('class="card"')[1:]
        links = [card.split('href="')[1].split('"')[0].replace("&amp;", "&") for card in cards]
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_everything_that_may_wait_has_words() -> None:
    assert [key for key in {*PLACES, *READ_ONLY} if f"desk.{key}" not in catalogue()] == []


def test_a_card_counts_sums_and_dates_what_waits(province: DemoClient) -> None:
    order(province, "sme-heze", service_id(SAMPLE))
    page = browser(province, "provider-jinan").get("/home")
    (card,) = [part for part in page.html.split('class="card"') if "state=placed" in part]
    for shown in ("订单待接单", "¥800.00", "2026-03-09", ">1<"):
        assert shown in card


def test_an_empty_desk_says_what_to_do(province: DemoClient) -> None:
    page = browser(province, "sme-heze").get("/home")
    assert "没有待您处理的事项" in page.text
    assert "/instruments" in page.reader.links


def test_users_see_what_is_left_of_the_year_with_siblings_as_one_sum(province: DemoClient) -> None:
    """V12 cap; no name of a sibling (V5)."""
    order(province, "sme-jinan-sibling", service_id(SAMPLE), quantity="2")
    page = browser(province, "sme-jinan").get("/home")
    for shown in ("¥640.00", "¥499,360.00"):
        assert shown in page.text
    assert "演示济南泉城检测技术有限公司" not in page.html


def test_an_unpaid_order_is_found_from_the_desk_until_it_is_paid(province: DemoClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    walk(province, placed, user="sme-heze", until="contract:user")
    client = browser(province, "sme-heze")
    (link,) = [each for each in client.get("/home").reader.links if "unpaid" in each]
    assert f"/orders/{placed['id']}" in client.get(link).reader.links
    province.post("provider-jinan", f"/orders/{placed['id']}/payment")
    assert f"/orders/{placed['id']}" not in client.get(link).reader.links


def test_a_desk_asks_as_much_for_many_records_as_for_one(province: DemoClient) -> None:
    client = browser(province, "sme-heze")

    def queries() -> int:
        with counted_queries() as made:
            assert client.get("/home").status == 200
        return len(made)

    order(province, "sme-heze", service_id(SAMPLE))
    one = queries()
    for _ in range(10):
        order(province, "sme-heze", service_id(SAMPLE))
    assert queries() == one <= 20
