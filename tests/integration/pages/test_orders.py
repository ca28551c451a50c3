"""Orders through pages."""

from __future__ import annotations

from marketplace.demo.client import DemoClient
from tests.support.pages import PageClient


def test_the_list_of_orders_says_what_to_do_where_there_are_none(province: DemoClient) -> None:
    page = PageClient(province.app.test_client()).sign_in("sme-heze").get("/orders")
    assert page.status == 200
    assert "还没有订单" in page.text
