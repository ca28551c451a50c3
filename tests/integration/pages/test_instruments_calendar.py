"""Opening hours, closures and maintenance of an instrument through pages."""

from __future__ import annotations

import pytest

from core import clock
from instruments.service.slot_waits import tell_waiting
from marketplace.demo.client import DemoClient, Json
from tests.support.deal import order, service_id
from tests.support.pages import PageAnswer, PageClient

HOURS = "opening-hours"
SLOT = {"starts_at": "2026-03-10T09:00:00+08:00", "ends_at": "2026-03-10T11:00:00+08:00"}


@pytest.fixture
def owner(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client()).sign_in("provider-jinan")


@pytest.fixture
def path(province: DemoClient) -> str:
    """The page of an instrument that is open from eight to eight every day."""
    found: list[Json] = province.get(None, "/instruments")["items"]
    return f"/instruments/{next(each['id'] for each in found if each['external_id'] == 'demo-ms')}"


def week(province: DemoClient, path: str) -> list[tuple[int, str, str]]:
    found = province.get("provider-jinan", f"{path}/{HOURS}")["hours"]
    return [(each["weekday"], each["opens"], each["closes"]) for each in found]


def closures(province: DemoClient, path: str) -> list[Json]:
    period: Json = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-16T00:00:00Z"}
    found = province.get("provider-jinan", f"{path}/availability", **period)
    return [each for each in found["occupied"] if each["kind"] != "booking"]


def fault_of(page: PageAnswer, field: str) -> str:
    _, _, rest = page.html.partition(f'id="f-{field}-fault">')
    return rest.partition("</p>")[0].strip()


def test_the_week_is_shown_and_saved_unchanged(province: DemoClient, owner: PageClient, path: str) -> None:
    before = week(province, path)
    assert len(before) == 7
    assert "开放时间已保存" in owner.send(f"{path}/{HOURS}").text
    assert week(province, path) == before


def test_a_week_is_set_by_weekday_with_breaks_and_nights(province: DemoClient, owner: PageClient, path: str) -> None:
    """An end not after its start is on the next day; midnight is the end of the day; empty is closed."""
    empty = {f"{name}.1.{side}": "" for name in ("saturday", "sunday") for side in ("opens", "closes")}
    owner.send(
        f"{path}/{HOURS}",
        {
            **empty,
            "monday.1.closes": "12:00",
            "monday.2.opens": "13:30",
            "monday.2.closes": "00:00",
            "friday.1.opens": "22:00",
            "friday.1.closes": "02:00",
        },
    )
    found = week(province, path)
    assert found[:2] == [(1, "08:00", "12:00"), (1, "13:30", "24:00")]
    assert found[-1] == (5, "22:00", "02:00")
    page = owner.get(path)
    assert "08:00–12:00及13:30–24:00" in page.text
    assert "22:00–次日02:00" in page.text
    again = owner.get(f"{path}/{HOURS}").form().values
    assert again["monday.2.closes"] == ["00:00"]
    assert "开放时间已保存" in owner.send(f"{path}/{HOURS}").text
    assert week(province, path) == found


def test_more_stretches_than_two_are_kept(province: DemoClient, owner: PageClient, path: str) -> None:
    stretches = [("08:00", "09:00"), ("10:00", "11:00"), ("12:00", "13:00")]
    hours = [{"weekday": 3, "opens": opens, "closes": closes} for opens, closes in stretches]
    province.put("provider-jinan", f"{path}/{HOURS}", {"hours": hours})
    owner.send(f"{path}/{HOURS}")
    assert week(province, path) == [(3, opens, closes) for opens, closes in stretches]


def test_every_fault_of_a_week_stands_beside_its_stretch(province: DemoClient, owner: PageClient, path: str) -> None:
    before = week(province, path)
    page = owner.send(f"{path}/{HOURS}", {"tuesday.2.opens": "21:00", "thursday.1.opens": "late"})
    assert page.status == 422
    assert "HH:MM" in fault_of(page, "tuesday-2-closes")
    assert "HH:MM" in fault_of(page, "thursday-1-opens")
    assert 'value="21:00"' in page.html
    overlapping = owner.send(f"{path}/{HOURS}", {"tuesday.2.opens": "10:00", "tuesday.2.closes": "11:00"})
    assert overlapping.status == 422
    assert "重叠" in fault_of(overlapping, "tuesday-2-opens")
    assert week(province, path) == before


def test_an_instrument_can_be_closed_all_week(province: DemoClient, owner: PageClient, path: str) -> None:
    form = owner.get(f"{path}/{HOURS}").form().values
    owner.send(f"{path}/{HOURS}", {name: "" for name in form if name.endswith((".opens", ".closes"))})
    assert week(province, path) == []
    assert "尚未设置开放时间" in owner.get(path).text
    assert "未设开放时间" in PageClient(province.app.test_client()).get(path).text


def test_a_closure_is_entered_shown_and_ended_early(province: DemoClient, owner: PageClient, path: str) -> None:
    """Its note is for the owner and its bureau alone."""
    assert "没有登记停用或维护" in owner.get(f"{path}/closures").text
    wanted = {"kind": "maintenance", "starts_at": "2026-03-09T08:00", "ends_at": "2026-03-09T12:00", "note": "换灯丝"}
    done = owner.send(f"{path}/closures", wanted)
    assert "已登记" in done.text
    assert "2026-03-09 08:00" in done.text
    assert [each["kind"] for each in closures(province, path)] == ["maintenance"]
    visitor = PageClient(province.app.test_client())
    assert "维护" in visitor.get(path).text
    assert "换灯丝" not in visitor.get(path).html
    assert "换灯丝" in owner.get(path).text
    removal = next(link for link in done.reader.links if link.endswith("/removal"))
    assert "换灯丝" in owner.get(removal).text
    assert "重新可以预约" in owner.send(removal).text
    assert closures(province, path) == []


def test_a_series_of_closures_is_entered_and_ended_whole(province: DemoClient, owner: PageClient, path: str) -> None:
    """All of it or nothing: what is taken is named by its day."""
    weekly = {"kind": "maintenance", "starts_at": "2026-03-03T08:00", "ends_at": "2026-03-03T09:30", "every_days": "7"}
    missing = owner.send(f"{path}/closures", weekly)
    assert (missing.status, fault_of(missing, "repeat_until")) == (422, "必填")
    order(province, "sme-heze", service_id("demo-ms-hour"), **SLOT)
    taken = owner.send(f"{path}/closures", {**weekly, "repeat_until": "2026-03-31"})
    assert taken.status == 409
    assert "2026-03-10 的时段已被占用" in taken.text
    assert closures(province, path) == []
    earlier = {"starts_at": "2026-03-03T07:00", "ends_at": "2026-03-03T08:30", "repeat_until": "2026-03-16"}
    done = owner.send(f"{path}/closures", {**weekly, **earlier})
    assert len(closures(province, path)) == 2
    removal = next(link for link in done.reader.links if link.endswith("/removal"))
    owner.send(removal, {"series": "true"})
    assert closures(province, path) == []


def test_faults_of_a_closure_stand_beside_their_fields(province: DemoClient, owner: PageClient, path: str) -> None:
    page = owner.send(f"{path}/closures", {"starts_at": "soon", "ends_at": "", "note": "检修"})
    assert page.status == 422
    assert "应为日期和时间" in fault_of(page, "starts_at")
    assert fault_of(page, "ends_at") == "必填"
    assert 'value="检修"' in page.html
    turned = owner.send(f"{path}/closures", {"starts_at": "2026-03-09T12:00", "ends_at": "2026-03-09T08:00"})
    assert "结束时间须晚于开始时间" in fault_of(turned, "ends_at")
    past = owner.send(f"{path}/closures", {"starts_at": "2026-02-09T08:00", "ends_at": "2026-02-09T12:00"})
    assert fault_of(past, "ends_at")
    assert closures(province, path) == []


def test_what_is_booked_is_not_closed(province: DemoClient, owner: PageClient, path: str) -> None:
    """Invariant 5, and nobody's name."""
    order(province, "sme-heze", service_id("demo-ms-hour"), **SLOT)
    page = owner.send(f"{path}/closures", {"starts_at": "2026-03-10T08:00", "ends_at": "2026-03-10T12:00"})
    assert page.status == 409
    assert "该时段已被占用" in page.text
    assert "菏泽" not in page.html
    booking = province.get("provider-jinan", "/orders")["items"][0]
    assert owner.get(f"{path}/closures/{booking['id']}/removal").status == 404


def test_sent_twice_each_has_one_effect(province: DemoClient, owner: PageClient, path: str) -> None:
    wanted = {"starts_at": "2026-03-09T08:00", "ends_at": "2026-03-09T12:00"}
    data: Json = {**owner.get(f"{path}/closures").form().values, **wanted}
    sent = [owner.client.post(f"{path}/closures", data=data).status_code for _ in range(2)]
    assert sent == [303, 303]
    assert len(closures(province, path)) == 1
    removal = next(link for link in owner.get(f"{path}/closures").reader.links if link.endswith("/removal"))
    data = owner.get(removal).form().values
    assert [owner.client.post(removal, data=data).status_code for _ in range(2)] == [303, 303]
    data = owner.get(f"{path}/{HOURS}").form().values
    assert [owner.client.post(f"{path}/{HOURS}", data=data).status_code for _ in range(2)] == [303, 303]


def test_rules_of_bookings_are_set_shown_and_taken_back(province: DemoClient, owner: PageClient, path: str) -> None:
    """For all instruments first, then for one; the instrument's page says them to everybody."""
    visitor = PageClient(province.app.test_client())
    assert "预约规则" not in visitor.get(path).text
    done = owner.send("/instruments/booking-rules", {"step_minutes": "30", "after_minutes": "15"})
    assert "通用预约规则已保存" in done.text
    assert "以 30 分钟为一格" in visitor.get(path).text
    own = {"step_minutes": "", "max_minutes": "90", "closed_on_holidays": "true", "makeup_weekday": "5"}
    assert "预约规则已保存" in owner.send(f"{path}/booking-rules", own).text
    said = visitor.get(path).text
    for sentence in ("一次最长 1:30", "每次预约后预留 15 分钟", "法定节假日不开放", "调休上班的周末按星期五开放"):
        assert sentence in said
    assert "分钟为一格" not in said
    assert "2027 年的节假日安排尚未公布" in said
    assert owner.get(f"{path}/booking-rules").form().values["makeup_weekday"] == ["5"]
    assert "已改用本单位的通用规则" in owner.send(f"{path}/booking-rules/removal").text
    assert "以 30 分钟为一格" in visitor.get(path).text


def test_a_range_of_days_is_entered_shown_and_removed(province: DemoClient, owner: PageClient, path: str) -> None:
    """Begun from the week; the instrument's page says it to everybody while it has not ended."""
    page = owner.get(f"{path}/opening-seasons")
    assert "全年按每周的开放时间开放" in page.text
    assert page.form().values["monday.1.opens"] == ["08:00"]
    wrong = owner.send(f"{path}/opening-seasons", {"first_day": "soon", "monday.1.closes": "late"})
    assert wrong.status == 422
    assert fault_of(wrong, "name") == "必填"
    assert fault_of(wrong, "first_day")
    closed = {name: "" for name in page.form().values if name.endswith((".opens", ".closes"))}
    summer = {"name": "暑假", "first_day": "2026-07-13", "last_day": "2026-08-30"}
    some = {**closed, "tuesday.1.opens": "09:00", "tuesday.1.closes": "11:00"}
    done = owner.send(f"{path}/opening-seasons", {**some, **summer})
    assert "分期开放时间已保存" in done.text
    assert "星期二 09:00–11:00" in done.text
    again = owner.send(f"{path}/opening-seasons", {**closed, **summer})
    assert again.status == 422
    assert "重叠" in fault_of(again, "first_day")
    said = "暑假（2026-07-13 至 2026-08-30）：星期二 09:00–11:00"
    visitor = PageClient(province.app.test_client())
    assert said in visitor.get(path).text
    removal = next(link for link in done.reader.links if link.endswith("/removal"))
    assert "暑假" in owner.get(removal).text
    assert "已删除" in owner.send(removal).text
    assert said not in visitor.get(path).text


def test_faults_of_rules_stand_beside_their_fields(owner: PageClient, path: str) -> None:
    page = owner.send(f"{path}/booking-rules", {"min_minutes": "90", "max_minutes": "60", "step_minutes": "7"})
    assert page.status == 422
    assert "不能短于最短时长" in fault_of(page, "max_minutes")
    assert "整除一天" in fault_of(page, "step_minutes")
    unread = owner.send(f"{path}/booking-rules", {"min_minutes": "many", "horizon_days": "0"})
    assert fault_of(unread, "min_minutes")
    assert fault_of(unread, "horizon_days")
    assert 'value="many"' in unread.html


def test_the_calendar_shows_holidays_and_what_is_kept_free(province: DemoClient, owner: PageClient, path: str) -> None:
    """National Day 2026; minutes after a booking that nobody else may use."""
    owner.send(f"{path}/booking-rules", {"closed_on_holidays": "true", "after_minutes": "30"})
    order(province, "sme-heze", service_id("demo-ms-hour"), **SLOT)
    visitor = PageClient(province.app.test_client())

    def shown(start: str, end: str) -> list[tuple[str, str]]:
        found = visitor.client.get(f"{path}/calendar/events", query_string={"from": start, "to": end}).get_json()
        return [(each["kind"], each["start"][11:16]) for each in found]

    assert ("holiday", "08:00") in shown("2026-10-01T00:00:00", "2026-10-02T00:00:00")
    assert {("booking", "09:00"), ("buffer", "11:00")} <= set(shown("2026-03-10T00:00:00", "2026-03-11T00:00:00"))
    assert "前后预留" in visitor.get(path).text


def test_the_calendar_fills_the_form_beside_it(owner: PageClient, path: str) -> None:
    html = owner.get(f"{path}/closures").html
    assert 'data-select-start="#f-starts_at"' in html
    assert 'id="f-starts_at"' in html
    assert f'data-events="{path}/calendar/events"' in html


def test_hours_and_closures_read_in_english_too(owner: PageClient, path: str) -> None:
    owner.client.get("/language/en")
    page = owner.get(f"{path}/{HOURS}")
    assert "Stretch 1 (from – to)" in page.text
    assert "Monday, stretch 1, from" in page.text
    assert "Closures and maintenance" in owner.get(f"{path}/closures").text


def test_a_calendar_address_is_shown_once_and_answers_without_a_session(
    province: DemoClient, owner: PageClient, path: str
) -> None:
    """For the instrument from its page, and for the bookings one sees; the list has neither secret."""
    urls = []
    for at in (f"{path}/calendar-address", "/calendar-addresses/new"):
        shown = owner.send(at)
        urls.append(shown.text[shown.text.index("/api/v1/calendar-feeds/") :].split()[0])
    visitor = province.app.test_client()
    assert [visitor.get(url).status_code for url in urls] == [200, 200]
    listed = owner.get("/calendar-addresses").text
    assert not [url for url in urls if url.split("/")[-2] in listed]


def test_a_user_waits_for_a_slot_and_books_it_from_its_page(province: DemoClient, owner: PageClient, path: str) -> None:
    """A refused form leads to waiting. Somebody else's order is cancelled; the worker tells who waits, whose page leads
    on to a quote of the slot. The provider sees who waits."""
    number = int(path.rpartition("/")[2])
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), instrument_id=number, **SLOT)
    waiting = PageClient(province.app.test_client()).sign_in("sme-jinan")
    typed = {"starts_at": "2026-03-10T09:00", "ends_at": "2026-03-10T11:00"}
    taken = waiting.send(f"/quotes/new?service_id={service_id('demo-ms-hour')}&instrument_id={number}", typed)
    assert taken.status == 409
    (way,) = {each for each in taken.reader.links if "/slot-waits/new" in each}
    assert waiting.get(way).form().values["starts_at"] == [typed["starts_at"]]
    assert "候补中" in waiting.send(way).text
    asked = owner.get("/slot-waits")
    assert "候补中" in asked.text
    assert "/slot-waits" in {each.partition("?")[0] for each in owner.get(path).reader.links}
    assert (
        "无需处理" in owner.get(f"/slot-waits/{province.get('provider-jinan', '/slot-waits')['items'][0]['id']}").text
    )
    province.post("sme-heze", f"/orders/{placed['id']}/cancellation")
    with province.app.app_context():
        tell_waiting(now=clock.now())
    (found,) = province.get("sme-jinan", "/slot-waits")["items"]
    assert found["state"] == "offered"
    shown = waiting.get(f"/slot-waits/{found['id']}")
    assert "starts_at=2026-03-10T09:00&amp;ends_at=2026-03-10T11:00" in shown.html
    order(province, "sme-jinan", service_id("demo-ms-hour"), instrument_id=number, **SLOT)
    with province.app.app_context():
        tell_waiting(now=clock.now())
    assert "您已预约此时段" in waiting.get(f"/slot-waits/{found['id']}").text
