"""Open statistics for everybody, and figures by city for those who compare or read their own."""

from __future__ import annotations

import re

import pytest

from marketplace.demo.client import DemoClient
from tests.support.deal import order, service_id, walk
from tests.support.pages import PageClient
from tests.support.queries import counted_queries

SAMPLE = "demo-ms-sample"


def visitor(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client())


def test_statistics_are_charts_with_their_figures(province: DemoClient) -> None:
    page = visitor(province).get("/statistics")
    assert page.status == 200
    charts = page.html.count('<figure class="chart"')
    assert charts >= 5
    assert page.html.count("<svg") == charts
    assert page.html.count('class="chart-figures"') == charts
    for shown in ("济南市", "开放仪器", "每月完成的服务", "2026-03"):
        assert shown in page.text


def test_no_organisation_and_no_single_deal_can_be_read_from_the_statistics(province: DemoClient) -> None:
    """V5: a subsidy over one deal alone would tell what it cost."""
    done = walk(province, order(province, "sme-heze", service_id(SAMPLE)), user="sme-heze")
    page = visitor(province).get("/statistics")
    for hidden in ("演示菏泽", "演示济南大学", "480.00", "800.00"):
        assert hidden not in page.html
    assert done["state"] == "completed"


def test_the_front_page_has_the_key_figures(province: DemoClient) -> None:
    page = visitor(province).get("/")
    figures = [each.strip() for each in re.findall(r'<dd class="count">([^<]+)</dd>', page.html)]
    instruments = province.get(None, "/instruments")["total"]
    services = len(province.get(None, "/services", limit=100)["items"])
    assert figures == [str(instruments), "2", str(services), "0", "¥0.00"]
    assert "/statistics" in page.reader.links


def test_the_province_compares_all_cities_and_a_bureau_reads_its_own(province: DemoClient) -> None:
    whole = visitor(province).sign_in("province").get("/figures")
    assert whole.status == 200
    for city in ("济南市", "菏泽市", "日照市"):
        assert city in whole.text
    for user in ("bureau-heze", "city-finance-heze"):
        own = visitor(province).sign_in(user).get("/figures")
        assert own.status == 200
        assert "菏泽市" in own.text
        assert "济南市" not in own.text


def test_figures_of_a_year_and_as_a_file(province: DemoClient) -> None:
    order(province, "sme-heze", service_id(SAMPLE))
    client = visitor(province).sign_in("province")

    def orders_of_heze(query: str) -> str:
        answer = client.get(f"/figures?export=csv{query}").response
        assert answer.headers["Content-Disposition"].startswith("attachment")
        lines = answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()
        column = lines[0].split(",").index("订单")
        (heze,) = [line for line in lines if line.startswith("菏泽市")]
        return heze.split(",")[column]

    assert orders_of_heze("") == "1"
    assert orders_of_heze("&year=2026") == "1"
    assert orders_of_heze("&year=2025") == "0"
    assert client.get("/figures?year=nonsense").status == 200


def test_the_chart_to_work_with_comes_only_when_it_is_opened(province: DemoClient) -> None:
    page = visitor(province).sign_in("province").get("/figures")
    assert 'data-chart data-kind="bar" data-source="#money-figures"' in " ".join(page.html.split())
    assert "chart.js" not in page.html
    assert 'id="money-figures"' in page.html


@pytest.mark.parametrize(("user", "path"), [("", "/statistics"), ("", "/"), ("province", "/figures")])
def test_few_queries_whatever_there_is_to_count(province: DemoClient, user: str, path: str) -> None:
    client = visitor(province).sign_in(user) if user else visitor(province)

    def queries() -> int:
        with counted_queries() as made:
            assert client.get(path).status == 200
        return len(made)

    before = queries()
    for _ in range(3):
        order(province, "sme-heze", service_id(SAMPLE))
    assert queries() == before <= 20


@pytest.mark.parametrize("path", ["/statistics", "/figures"])
def test_figures_read_in_english_too(province: DemoClient, path: str) -> None:
    client = visitor(province).sign_in("province")
    client.client.get("/language/en")
    page = client.get(path)
    assert page.status == 200
    assert "Subsidy paid by city" in page.text
