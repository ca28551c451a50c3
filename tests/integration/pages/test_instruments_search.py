"""The catalogue for everybody: search, one instrument, services; with and without scripts."""

from __future__ import annotations

import csv
import io
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from marketplace.demo.client import DemoClient, Json
from tests.factories.instruments import make_draft, make_instrument, make_service
from tests.support.deal import order, service_id
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import counted_queries

HOURLY = "demo-ms-hour"
SLOT = {"starts_at": "2026-03-10T09:00:00+08:00", "ends_at": "2026-03-10T11:00:00+08:00"}


@pytest.fixture
def visitor(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client())


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


def number(province: DemoClient, external_id: str) -> int:
    found: list[Json] = province.get(None, "/instruments")["items"]
    return next(int(each["id"]) for each in found if each["external_id"] == external_id)


def names(page: PageAnswer) -> list[str]:
    return [word for word in page.reader.words if word.endswith(("仪", "镜", "MHz", "装置"))]


def test_everybody_searches_by_words_and_sees_where_to_go_on(visitor: PageClient) -> None:
    page = visitor.get("/instruments?q=质谱")
    assert "共 1 台（套）仪器" in page.text
    assert "高分辨液相色谱质谱联用仪" in page.text
    assert "场发射扫描电子显微镜" not in page.text
    assert "明码标价的服务：2 项" in page.text


def test_facets_lead_on_with_counts_and_filters_in_force_can_be_taken_away(visitor: PageClient) -> None:
    page = visitor.get("/instruments")
    city = next(link for link in page.reader.links if "city=370100" in link)
    narrowed = visitor.get(city)
    assert "共 4 台（套）仪器" in narrowed.text
    assert "设区市：济南市" in narrowed.text
    assert 'name="county"' in narrowed.html
    category = next(link for link in narrowed.reader.links if "category=" in link)
    assert parse_qs(urlsplit(category).query)["city"] == ["370100"]
    assert "共 1 台（套）仪器" in visitor.get(category).text
    assert "/instruments" in narrowed.reader.links


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("city=370100", 4),
        ("funding=fiscal", 5),
        ("min_value=3000000", 2),
        ("max_value=900,000.00", 1),
        ("min_value=1000000&max_value=3000000", 2),
        ("free_from=2026-03-10T09:00&free_to=2026-03-10T11:00", 5),
        ("free_from=2026-03-10T05:00&free_to=2026-03-10T06:00", 0),
        ("category=0101", 1),
        ("vouchers=true", 5),
        ("iot_sensor=false", 0),
        ("value_band=from_1m", 3),
        ("q=质谱&city=370200", 0),
        ("kind=instrument&q=质谱", 1),
        ("min_price=1000.01", 2),
        ("max_price=500&price_unit=hour", 1),
    ],
)
def test_each_filter_is_that_of_the_api(visitor: PageClient, query: str, count: int) -> None:
    page = visitor.get(f"/instruments?{query}")
    assert (f"共 {count} 台（套）仪器" if count else "没有符合条件的仪器") in page.text


def test_facets_of_value_sensor_and_vouchers_lead_on_and_stay_with_the_form(visitor: PageClient) -> None:
    """A click narrows, the form hands on what was clicked, and the filter in force bears its name."""
    links = visitor.get("/instruments").reader.links
    for name, shown in (
        ("value_band=from_1m", "100 万元至 500 万元"),
        ("vouchers=true", "可用创新券"),
        ("iot_sensor=true", "已装物联网传感器"),
    ):
        page = visitor.get(next(link for link in links if name in link))
        assert shown in page.text
        field, _, value = name.partition("=")
        assert f'name="{field}" value="{value}"' in " ".join(page.html.split())


def test_what_is_near_comes_first(province: DemoClient, visitor: PageClient) -> None:
    """The county's own, then its city's, then the rest."""
    owner = make_instrument(county="371702", name="菏泽本地的光谱仪").provider
    make_instrument(owner, county="371703", name="同市邻县的光谱仪")
    found = [word for word in visitor.get("/instruments?near=371702").reader.words if word.endswith("的光谱仪")]
    assert found == ["菏泽本地的光谱仪", "同市邻县的光谱仪"]


def test_every_unreadable_filter_is_named_beside_its_field_and_kept(visitor: PageClient) -> None:
    page = visitor.get("/instruments?min_value=abc&funding=stolen&free_from=soon&provider=x&city=3701000000&sort=best")
    assert page.status == 200
    for name in ("min_value", "funding", "free_from", "sort"):
        assert f'aria-describedby="fault-{name}"' in page.html.replace("\n", " ")
    assert 'value="abc"' in page.html
    assert "应为以元为单位的金额" in page.text
    assert "应为日期和时间" in page.text


def test_contradictions_are_named_beside_their_field(visitor: PageClient) -> None:
    page = visitor.get("/instruments?free_from=2026-03-10T09:00&min_value=5&max_value=4")
    assert "须同时填写" in page.text
    assert "原值上限低于下限" in page.text
    assert "没有符合条件的仪器" in page.text


def test_nothing_found_says_what_to_do(visitor: PageClient) -> None:
    page = visitor.get("/instruments?q=质谱&city=370200")
    assert "只按“质谱”查找" in page.text
    alone = next(link for link in page.reader.links if link.endswith("%E8%B0%B1"))
    assert "共 1 台（套）仪器" in visitor.get(alone).text


def test_pages_follow_the_cursor_of_the_search(province: DemoClient, visitor: PageClient) -> None:
    owner = make_instrument().provider
    for _ in range(30):
        make_instrument(owner)
    first = visitor.get(f"/instruments?provider={owner.id}")
    onward = next(link for link in first.reader.links if "cursor=" in link)
    second = visitor.get(onward)
    links = [*first.reader.links, *second.reader.links]
    seen = {link for link in links if link.removeprefix("/instruments/").isdecimal()}
    assert len(seen) == 31
    assert f"/instruments?provider={owner.id}" in second.reader.links
    assert visitor.get("/instruments?cursor=made-up").status == 400


def test_a_search_can_be_taken_along_as_a_file(visitor: PageClient) -> None:
    answer = visitor.get("/instruments?city=370100&sort=-value&export=csv").response
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert rows[0][:3] == ["编号", "名称", "英文名称"]
    assert [row[1] for row in rows[1:3]] == ["场发射扫描电子显微镜", "高分辨液相色谱质谱联用仪"]
    book = visitor.get("/instruments?city=370100&export=xlsx").response
    assert book.get_data().startswith(b"PK")
    book.close()


def test_the_fragment_is_the_results_alone_and_names_their_address(visitor: PageClient) -> None:
    page = visitor.get("/instruments?q=质谱&city=&min_value=", HX_Request="true", HX_Target="catalogue")
    assert "<html" not in page.html
    assert page.response.headers["HX-Push-Url"] == "/instruments?q=%E8%B4%A8%E8%B0%B1"


def test_names_are_suggested_while_somebody_types(visitor: PageClient) -> None:
    page = visitor.get("/instruments/suggestions?q=质谱", HX_Request="true")
    assert ">高分辨液相色谱质谱联用仪</a>" in page.html
    assert "支持拼音" in page.text
    assert visitor.get("/instruments/suggestions?q=z", HX_Request="true").html.strip() == ""
    assert visitor.get("/instruments/suggestions?q=质谱").response.headers["Location"].startswith("/instruments?q=")


def test_what_is_not_public_is_neither_found_nor_opened(province: DemoClient, visitor: PageClient) -> None:
    draft = make_draft(name="尚未公开的回旋加速器")
    assert "回旋加速器" not in visitor.get("/instruments?q=回旋加速器").text.replace("“回旋加速器”", "")
    assert visitor.get("/instruments/suggestions?q=回旋加速器", HX_Request="true").html.strip() == ""
    assert visitor.get(f"/instruments/{draft.id}").status == 404
    assert visitor.get(f"/instruments/{draft.id}/calendar.ics").status == 404


def test_the_number_of_an_organisation_does_not_give_its_name(province: DemoClient, visitor: PageClient) -> None:
    """Names of providers come from the result; the number of somebody else stays a number (V6)."""
    firm = province.get("sme-heze", "/me")["organisation"]
    page = visitor.get(f"/instruments?provider={firm['id']}")
    assert firm["name"] not in page.html


def test_search_asks_as_much_for_many_as_for_one(province: DemoClient, visitor: PageClient) -> None:
    def queries(path: str) -> int:
        with counted_queries() as made:
            assert visitor.get(path).status == 200
        return len(made)

    owner = make_instrument().provider
    alone, services_alone = queries(f"/instruments?provider={owner.id}"), queries("/services?q=测试服务")
    for _ in range(24):
        made = make_instrument(owner)
        make_service(instruments=[made])
        make_service(instruments=[made])
    assert queries(f"/instruments?provider={owner.id}") == alone <= 20
    assert queries("/services?q=测试服务") <= services_alone + 2


def test_an_instrument_shows_services_prices_hours_and_provider(province: DemoClient, visitor: PageClient) -> None:
    page = visitor.get(f"/instruments/{number(province, 'demo-ms')}")
    for shown in ("每小时 ¥400.00", "演示济南大学分析测试中心", "08:00–20:00", "HR-LCMS 500", "¥2,600,000.00"):
        assert shown in page.text
    assert "入网情况" not in page.text
    assert "未来 14 天已占用的时段" in page.text


def test_users_get_a_quote_and_visitors_sign_in_first(province: DemoClient, visitor: PageClient) -> None:
    path = f"/instruments/{number(province, 'demo-ms')}"
    wanted = f"service_id={service_id(HOURLY)}&instrument_id={number(province, 'demo-ms')}"
    mine = next(link for link in browser(province, "sme-heze").get(path).reader.links if wanted in link)
    assert mine.startswith("/quotes/new")
    through = next(unquote(link) for link in visitor.get(path).reader.links if wanted in unquote(link))
    assert through == f"/sign-in?next=/quotes/new?{wanted}"
    assert wanted in "".join(browser(province, "incubator-weifang").get(path).reader.links)
    for user in ("province", "bureau-jinan", "provider-outside", "finance-maker"):
        assert not any("/quotes/new" in link for link in browser(province, user).get(path).reader.links)


def test_bookings_show_without_names_and_ones_own_as_ones_own(province: DemoClient, visitor: PageClient) -> None:
    order(province, "sme-heze", service_id(HOURLY), **SLOT)
    path = f"/instruments/{number(province, 'demo-ms')}"
    period = "from=2026-03-09T00:00:00%2B08:00&to=2026-03-16T00:00:00"
    kinds = {}
    for user in (None, "sme-heze", "sme-jinan", "provider-jinan"):
        reader = visitor if user is None else browser(province, user)
        events = reader.get(f"{path}/calendar/events?{period}").response.get_json()
        taken = [each for each in events if each["kind"] != "closed"]
        assert [(each["start"], each["end"]) for each in taken] == [tuple(SLOT.values())]
        assert "菏泽" not in str(events)
        assert "菏泽" not in reader.get(path).html or user == "sme-heze"
        kinds[user] = taken[0]["kind"]
    assert kinds == {None: "booking", "sme-heze": "mine", "sme-jinan": "booking", "provider-jinan": "booking"}
    assert "2026-03-10 09:00" in visitor.get(path).text


def test_closed_hours_are_events_and_busy_for_all_but_the_owner(province: DemoClient, visitor: PageClient) -> None:
    path = f"/instruments/{number(province, 'demo-ms')}/calendar/events?from=2026-03-09&to=2026-03-10"
    assert [each["start"][11:16] for each in visitor.get(path).response.get_json()] == ["00:00", "20:00"]
    assert {each["busy"] for each in visitor.get(path).response.get_json()} == {True}
    assert {each["busy"] for each in browser(province, "provider-jinan").get(path).response.get_json()} == {False}


@pytest.mark.parametrize(
    ("period", "status"),
    [
        ("", 400),
        ("?from=x&to=y", 400),
        ("?from=2026-03-09&to=2026-03-08", 422),
        ("?from=2026-01-01&to=2026-12-01", 422),
    ],
)
def test_a_period_without_sense_is_refused(province: DemoClient, visitor: PageClient, period: str, status: int) -> None:
    assert visitor.get(f"/instruments/{number(province, 'demo-ms')}/calendar/events{period}").status == status


def test_a_calendar_program_reads_the_feed(province: DemoClient, visitor: PageClient) -> None:
    answer = visitor.get(f"/instruments/{number(province, 'demo-ms')}/calendar.ics").response
    assert answer.mimetype == "text/calendar"
    assert answer.get_data(as_text=True).startswith("BEGIN:VCALENDAR")


def test_services_are_a_table_that_filters_by_words_kind_and_price(province: DemoClient, visitor: PageClient) -> None:
    assert "质谱机时共享" in visitor.get("/services?q=质谱").text
    assert "微观形貌" not in visitor.get("/services?q=质谱").text
    assert "中试及工程化服务" in visitor.get("/services?service_kind=pilot_engineering").text
    cheap = visitor.get("/services?max_price=300&sort=-price").text
    assert "物相定性分析" in cheap
    assert "质谱机时共享" not in cheap
    assert "无法识别" in visitor.get("/services?max_price=cheap").text
    assert visitor.get("/services?export=csv").response.headers["Content-Disposition"].startswith("attachment")


def test_a_service_names_public_instruments_alone(province: DemoClient, visitor: PageClient) -> None:
    """V11: what is not published is nobody's business but its owner's."""
    shown = make_instrument(name="公开的光谱仪")
    hidden = make_draft(shown.provider, name="未公开的光谱仪")
    made = make_service(instruments=[shown, hidden])
    page = visitor.get(f"/services/{made.id}")
    assert "公开的光谱仪" in page.text
    assert "未公开的光谱仪" not in page.html
    assert "5 个工作日" in page.text
    withdrawn = make_service(published=False)
    assert visitor.get(f"/services/{withdrawn.id}").status == 404


def test_the_catalogue_reads_in_english_too(province: DemoClient, visitor: PageClient) -> None:
    visitor.client.get("/language/en")
    assert "5 instruments" in visitor.get("/instruments").text
    page = visitor.get(f"/instruments/{number(province, 'demo-ms')}")
    for shown in (
        "¥400.00 per hour",
        "Opening hours",
        "Taken in the next 14 days",
        "Get a quote",
        "All instruments of",
    ):
        assert shown in page.text
    assert "working days" in visitor.get(f"/services/{service_id(HOURLY)}").text
