"""Search: words, filters, facets, paging, free windows, and who sees what."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.workdays import load_calendar
from instruments.pages.asking import FACETS_SHOWN, asked, asked_for
from instruments.queries.catalogue import Search, Sort
from instruments.queries.saved_searches import filters_of, wanted_of
from instruments.rules.opening import WeeklyHours
from instruments.rules.terms import Funding, InstrumentKind, PriceUnit, ValueBand
from instruments.steps import book
from tests.factories.accounts import actor_of, headers_of, make_bureau, make_enterprise, make_provider
from tests.factories.instruments import ALWAYS, make_draft, make_instrument, next_slot

API = "/api/v1/instruments"


def ask(client: FlaskClient, headers: dict[str, str] | None = None, **wanted: Any) -> dict[str, Any]:
    """A search that succeeds."""
    given = {name: value for name, value in wanted.items() if value is not None}
    answer = client.get(API, query_string=given, headers=headers)
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def names(found: dict[str, Any]) -> list[str]:
    """Names of a page."""
    return [each["name"] for each in found["items"]]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("质谱", ["飞行时间质谱仪"]),
        ("谱", ["X射线光电子能谱仪", "飞行时间质谱仪"]),
        ("质谱仪", ["飞行时间质谱仪"]),
        ("飞行 质谱", ["飞行时间质谱仪"]),
        ("LTQ", ["飞行时间质谱仪"]),
        ("ltq orb", ["飞行时间质谱仪"]),
        ("ＬＴＱ", ["飞行时间质谱仪"]),
        ("h-7650", ["透射电镜"]),
        ("H7650", ["透射电镜"]),
        ("X射线", ["X射线光电子能谱仪"]),
        ("细胞", ["透射电镜"]),
        ("谱质", []),
        ("……", []),
        ("离心机", []),
    ],
)
def test_words_of_any_length_and_script_find_their_instrument(client: FlaskClient, q: str, expected: list[str]) -> None:
    """Characters, pairs, longer words, Latin beginnings, full width, model numbers."""
    make_instrument(name="飞行时间质谱仪", model="LTQ Orbitrap", category="质量")
    make_instrument(name="透射电镜", model="H-7650", category="电镜", functions="观察细胞结构")
    make_instrument(name="X射线光电子能谱仪", category="表面")
    assert sorted(names(ask(client, q=q))) == sorted(expected)


def test_the_name_comes_before_the_rest(client: FlaskClient) -> None:
    """Whole name, beginning, part, then other fields."""
    for name, functions in (
        ("色谱柱温箱", "用于质谱前处理"),
        ("气相质谱仪", ""),
        ("质谱仪", ""),
        ("质谱", ""),
    ):
        make_instrument(name=name, functions=functions, category="分析")
    assert names(ask(client, q="质谱")) == ["质谱", "质谱仪", "气相质谱仪", "色谱柱温箱"]


def test_filters_totals_and_facets_agree(client: FlaskClient) -> None:
    """Facets follow the filters; counts are exact."""
    jinan, heze = make_provider("370100"), make_provider("371700")
    for _ in range(3):
        make_instrument(jinan, category="质谱仪器", category_code="010101", funding=Funding.FISCAL, county="370102")
    make_instrument(heze, category="质谱仪器", category_code="010101", value_fen=90_000_000)
    make_instrument(heze, category="显微镜", category_code="010203")
    everything = ask(client)
    assert everything["total"] == 5
    assert everything["facets"]["city"] == [
        {"value": "370100", "label": "济南市", "label_en": None, "count": 3},
        {"value": "371700", "label": "菏泽市", "label_en": None, "count": 2},
    ]
    assert everything["facets"]["category"][0] == {
        "value": "质谱仪器",
        "label": "质谱仪器",
        "label_en": None,
        "count": 4,
    }
    assert everything["facets"]["funding"][0] == {
        "value": "fiscal",
        "label": "财政资金",
        "label_en": "fiscal",
        "count": 3,
    }
    assert everything["facets"]["provider"][0]["label"] == jinan.name
    assert everything["facets"]["county"][0] == {"value": "370102", "label": "历下区", "label_en": None, "count": 3}
    for wanted, total in (
        ({"city": "371700"}, 2),
        ({"county": "370102"}, 3),
        ({"category": "质谱仪器"}, 4),
        ({"category": "0101"}, 4),
        ({"category": "01"}, 5),
        ({"provider": heze.id}, 2),
        ({"funding": "fiscal"}, 3),
        ({"min_value_fen": 90_000_000}, 1),
        ({"max_value_fen": 89_999_999}, 4),
        ({"city": "371700", "category": "显微镜"}, 1),
    ):
        found = ask(client, **wanted)
        assert found["total"] == len(found["items"]) == total, wanted
        assert sum(each["count"] for each in found["facets"]["city"]) == total
    assert ask(client, facets="none")["facets"] == {}
    assert set(ask(client, facets="city,funding")["facets"]) == {"city", "funding"}


@pytest.mark.parametrize("sort", ["relevance", "newest", "name", "value", "-value"])
def test_paging_neither_loses_nor_repeats(client: FlaskClient, sort: str) -> None:
    """In every order, with equal keys and unknown values among them."""
    provider = make_provider()
    for number in range(7):
        value = None if number == 3 else 1_000 * (number % 3)
        make_instrument(provider, name=f"离心机{number % 2}", value_fen=value)
    seen: list[int] = []
    cursor = None
    while True:
        page = ask(client, q="离心机", sort=sort, limit=2, cursor=cursor)
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == [each["id"] for each in ask(client, q="离心机", sort=sort, limit=50)["items"]]


def test_a_free_window_is_open_throughout_and_not_taken(client: FlaskClient) -> None:
    """Also across midnight, and from Sunday night into Monday."""
    slot = next_slot(hours=2)
    assert slot.end is not None
    make_instrument(name="工作日开放")
    booked = make_instrument(name="已约")
    make_instrument(name="周末开放", hours=[WeeklyHours(6, 0, 1440), WeeklyHours(7, 0, 1440)])
    always = make_instrument(name="全天开放", hours=ALWAYS)
    make_instrument(name="周日夜", hours=[WeeklyHours(7, 20 * 60, 32 * 60)])
    firm = make_enterprise()
    with transaction():
        book(
            order_id=1,
            instrument_id=booked.id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=clock.now(),
        )

    def free(start: Any, end: Any) -> set[str]:
        return set(names(ask(client, free_from=start.isoformat(), free_to=end.isoformat())))

    assert free(slot.start, slot.end) == {"工作日开放", "全天开放"}
    assert free(slot.end, slot.end + timedelta(hours=1)) == {"工作日开放", "全天开放", "已约"}
    local = slot.start.astimezone(clock.SHANGHAI)
    sunday = local + timedelta(days=7 - local.isoweekday())
    night = sunday.replace(hour=22)
    assert free(night, night + timedelta(hours=8)) == {always.name, "周日夜"}
    midday = sunday.replace(hour=12)
    assert free(midday, midday + timedelta(hours=1)) == {"全天开放", "周末开放"}


def test_drafts_are_seen_by_their_owner_and_its_bureau_only(client: FlaskClient) -> None:
    """The public sees published ones; V6 for bureaus."""
    provider = make_provider("370100")
    draft, public = make_draft(provider, name="草稿仪器"), make_instrument(provider, name="公开仪器")
    assert names(ask(client)) == [public.name]
    assert set(names(ask(client, headers_of(provider)))) == {draft.name, public.name}
    assert names(ask(client, headers_of(make_provider()))) == [public.name]
    assert names(ask(client, state="draft")) == []
    assert names(ask(client, headers_of(make_bureau("370100")), state="draft")) == [draft.name]
    assert names(ask(client, headers_of(make_bureau("371700")), state="draft")) == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"free_from": "2027-01-01T00:00:00+08:00"}, "search_window_half"),
        ({"free_from": "2027-01-02T00:00:00Z", "free_to": "2027-01-01T00:00:00Z"}, "search_window_reversed"),
        ({"free_from": "2027-01-01T00:00:00Z", "free_to": "2027-01-09T00:00:00Z"}, "search_window_too_long"),
        ({"min_value_fen": 2, "max_value_fen": 1}, "search_values_reversed"),
        ({"facets": "city,colour"}, "search_facet_unknown"),
    ],
)
def test_searches_that_contradict_themselves_are_refused(
    client: FlaskClient, wanted: dict[str, Any], code: str
) -> None:
    """422 with every reason."""
    refused = client.get(API, query_string=wanted)
    assert (refused.status_code, [each["code"] for each in refused.get_json()["reasons"]]) == (422, [code])


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "WzEsMiwzXQ", "WyJhIl0", "W3RydWVd", "WzFlOTld"])
def test_foreign_cursors_are_malformed(client: FlaskClient, cursor: str) -> None:
    """400."""
    refused = client.get(API, query_string={"cursor": cursor})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "cursor_unknown")


def test_signs_of_patterns_in_a_query_are_letters(client: FlaskClient) -> None:
    """% and _ match only themselves in ranking, and nothing breaks."""
    make_instrument(name="100%石墨")
    assert names(ask(client, q="100%石墨")) == ["100%石墨"]
    assert ask(client, q="\\' OR 1=1 --%")["total"] == 0


def test_whatever_the_api_filters_by_can_be_typed_and_kept(app: Flask) -> None:
    """Each filter of a search has its field on the page; a kept search opens as the search it was."""
    wanted = Search(
        q="质谱",
        city="370100",
        county="370102",
        category="0102",
        provider=7,
        funding=Funding.FISCAL,
        kind=InstrumentKind.FACILITY,
        value_band=ValueBand.FROM_100K,
        iot_sensor=False,
        vouchers=True,
        instant=True,
        min_value_fen=1,
        max_value_fen=123_456_789,
        min_price_fen=5_050,
        max_price_fen=6_000,
        price_unit=PriceUnit.SAMPLE,
        free_from=datetime(2026, 12, 8, 2, tzinfo=UTC),
        free_to=datetime(2026, 12, 8, 4, 30, tzinfo=UTC),
        near="370102",
        sort=Sort.VALUE,
        facets=FACETS_SHOWN,
    )
    said = {each.name for each in fields(wanted) if getattr(wanted, each.name) != each.default}
    assert said == {each.name for each in fields(wanted)} - {"state"}
    with app.test_request_context():
        address = asked_for(wanted_of(filters_of(wanted))).href()
    with app.test_request_context(address):
        again = asked()
    assert again.faults == {}
    assert replace(again.wanted, facets=FACETS_SHOWN) == wanted
