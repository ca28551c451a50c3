"""What the catalogue says where a search finds nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from instruments.rules.terms import Funding
from marketplace.demo.client import DemoClient
from tests.factories.accounts import make_provider
from tests.factories.instruments import make_instrument
from tests.support.pages import PageClient
from tests.support.queries import counted_queries

API = "/api/v1/instruments"
MOST_QUERIES = 20


def ask(client: FlaskClient, **wanted: Any) -> dict[str, Any]:
    found = client.get(API, query_string=wanted).get_json()
    assert isinstance(found, dict)
    return found


def near(client: FlaskClient, **wanted: Any) -> dict[str, Any]:
    """What is near a search that finds nothing."""
    found = ask(client, **wanted)
    assert found["total"] == 0
    answer: dict[str, Any] = found["nearby"]
    return answer


@pytest.fixture
def stock(client: FlaskClient) -> FlaskClient:
    """质谱仪 in 济南 and 菏泽, a microscope in 青岛."""
    jinan, heze, qingdao = (make_provider(city) for city in ("370100", "371700", "370200"))
    make_instrument(jinan, name="飞行时间质谱仪", funding=Funding.FISCAL, value_fen=30_000_000)
    make_instrument(jinan, name="气相质谱仪", value_fen=10_000_000)
    make_instrument(heze, name="液相质谱仪", value_fen=10_000_000)
    make_instrument(qingdao, name="扫描电镜", category="电镜")
    return client


def test_nothing_is_said_where_something_is_found(stock: FlaskClient) -> None:
    assert ask(stock, q="质谱")["nearby"] is None


def test_each_filter_that_stands_in_the_way_is_named_with_its_exact_count(stock: FlaskClient) -> None:
    """Each alone; a filter without which there is still nothing is left out."""
    wanted = {"q": "质谱", "city": "370200", "max_value_fen": 20_000_000}
    found = near(stock, **wanted)
    assert found["without"] == [{"filters": ["city"], "total": 2}, {"filters": ["q"], "total": 1}]
    for each in found["without"]:
        rest = {name: value for name, value in wanted.items() if name not in each["filters"]}
        assert ask(stock, **rest)["total"] == each["total"]


def test_the_same_in_other_cities(stock: FlaskClient) -> None:
    """A county goes with its city; without a city asked for there are none."""
    found = near(stock, q="质谱", city="370200", county="370202")
    assert [each["filters"] for each in found["without"]] == [["city", "county"]]
    assert [(each["value"], each["count"]) for each in found["cities"]] == [("370100", 2), ("371700", 1)]
    assert near(stock, q="质谱", funding="unknown")["cities"] == []


def test_similar_names_where_the_words_are_known_nowhere(stock: FlaskClient) -> None:
    """The closest part of the words that any name has; of words in no name at all, none."""
    assert near(stock, q="质谱议")["names"] == ["气相质谱仪", "液相质谱仪", "飞行时间质谱仪"]
    assert near(stock, q="离心机") == {"without": [], "cities": [], "names": []}


def test_a_single_filter_is_not_tried_without_itself(stock: FlaskClient) -> None:
    """Without it everything would be found, which says nothing."""
    assert near(stock, city="371100") == {"without": [], "cities": [], "names": []}


def test_the_two_ends_of_a_time_go_together(stock: FlaskClient) -> None:
    night = {"free_from": "2026-03-10T02:00:00+08:00", "free_to": "2026-03-10T03:00:00+08:00"}
    assert near(stock, q="质谱", **night)["without"] == [{"filters": ["free_from", "free_to"], "total": 3}]


def test_the_page_leads_on_within_its_budget(stock: FlaskClient) -> None:
    """With every filter there is, the page asks no more than any other may."""
    visitor = PageClient(stock)
    page = visitor.get("/instruments?q=质谱&city=370200")
    assert "去掉“设区市”：3 台（套）" in page.text
    onward = next(link for link in page.reader.links if "q=" in link and "city=370100" in link)
    assert "共 2 台（套）仪器" in visitor.get(onward).text
    crowded = (
        "q=质谱议&city=370200&county=370202&category=电镜&provider=1&funding=fiscal&min_value=1&max_value=2"
        "&free_from=2026-03-10T02:00&free_to=2026-03-10T03:00"
    )
    with counted_queries() as made:
        assert visitor.get(f"/instruments?{crowded}").status == 200
    assert len(made) <= MOST_QUERIES


def test_in_english_too(province: DemoClient) -> None:
    visitor = PageClient(province.app.test_client())
    visitor.get("/language/en?next=/")
    page = visitor.get("/instruments?q=质谱&city=370200")
    assert re.search(r"Without 'City': \d", page.text)
