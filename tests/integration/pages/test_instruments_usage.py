"""The pages of the log: written, corrected, fetched as a file; bookings beside what came of them."""

from __future__ import annotations

import csv
import io

from core import clock
from instruments.service.readings import derive_due
from marketplace.demo.client import DemoClient
from tests.support.deal import MONDAY, order, service_id, walk
from tests.support.pages import PageClient


def test_the_log_is_written_corrected_and_fetched_as_a_file(province: DemoClient) -> None:
    """S19: both entries stand in the file, and no cell of it is a formula."""
    found = {each["external_id"]: each["id"] for each in province.pages("provider-jinan", "/instruments")}
    log = f"/instruments/{found['demo-xrd']}/uses"
    owner = PageClient(province.app.test_client()).sign_in("provider-jinan")
    use = {"purpose": "teaching", "starts_at": "2026-03-01T08:00", "ends_at": "2026-03-01T12:00"}
    told = owner.send(f"{log}/new", {**use, "operator": "演示操作员", "remarks": "=1+1"})
    assert "已登记" in told.text
    (entry,) = province.get("provider-jinan", f"{log}")["items"]
    mended = {"ends_at": "2026-03-01T11:00", "why": "提前结束"}
    assert "已更正" in owner.send(f"{log}/{entry['id']}/correction", mended).text
    rows = _rows(owner, f"{log}?export=csv")
    assert [(row["小时"], row["有效"], row["更正原因"]) for row in rows] == [
        ("3.00", "是", "提前结束"),
        ("4.00", "否", ""),
    ]
    assert {row["备注说明"] for row in rows} == {"'=1+1"}


def test_a_user_checks_in_and_out_with_the_order(province: DemoClient) -> None:
    """Where the owner lets users do so there is a button; afterwards the log stands beside the booking."""
    slot = {"starts_at": MONDAY.isoformat(), "ends_at": MONDAY.replace(hour=11).isoformat()}
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), **slot)
    page = f"/orders/{placed['id']}"
    walk(province, placed, user="sme-heze", until="service-start")
    user = PageClient(province.app.test_client()).sign_in("sme-heze")
    assert f"{page}/check-in" not in user.get(page).html
    (booking,) = province.get("provider-jinan", "/bookings")["items"]
    province.put("provider-jinan", f"/instruments/{booking['instrument_id']}/attendance", {"users_check_in": True})
    assert f"{page}/check-in" in user.get(page).html
    assert "已签到" in user.send(f"{page}/check-in", {}).text
    assert f"{page}/check-out" in user.get(page).html
    shown = user.get("/bookings")
    assert "2026-03-02 09:00" in shown.text


def test_a_sensor_is_registered_placed_and_given_a_key_that_is_shown_once(province: DemoClient) -> None:
    """S4: the page of sensors says where each is; the key stands on one page and on no other."""
    owner = PageClient(province.app.test_client()).sign_in("provider-jinan")
    found = {each["external_id"]: each["id"] for each in province.pages("provider-jinan", "/instruments")}
    placing = owner.send("/sensors/new", {"serial": "S-1", "running_from_w": "120"})
    assert "请说明安装在哪台仪器上" in placing.text
    (sensor,) = province.get("provider-jinan", "/sensors")["items"]
    placed = owner.send(f"/sensors/{sensor['id']}/placement", {"instrument_id": str(found["demo-xrd"])})
    assert "S-1" in placed.text
    assert province.get("provider-jinan", "/sensors")["items"][0]["placements"][0]["instrument_id"] == found["demo-xrd"]
    shown = owner.send("/ingest-keys/new", {"label": "机房网关"})
    (token,) = (word for word in shown.reader.words if word.startswith("ik_"))
    reading = {"sensor": "S-1", "at": MONDAY.isoformat(), "power_w": "130"}
    answer = province.app.test_client().post(
        "/api/v1/sensor-readings", json={"readings": [reading]}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.get_json()["taken"] == 1
    keys = owner.get("/ingest-keys")
    assert "机房网关" in keys.text
    assert token not in keys.html
    (key,) = province.get("provider-jinan", "/ingest-keys")["items"]
    assert "密钥已撤销" in owner.send(f"/ingest-keys/{key['id']}/revocation").text
    assert "2026-03-02 09:00" in owner.get("/sensors").text


def test_utilisation_is_shown_by_day_and_by_instrument_and_fetched_as_files(province: DemoClient) -> None:
    """S19: the days as a chart and a file, instruments as a table and a file; what is typed wrongly says so."""
    owner = PageClient(province.app.test_client()).sign_in("provider-jinan")
    days = "used_from=2026-03-02&used_to=2026-03-03"
    shown = owner.get(f"/utilisation?{days}")
    assert "utilisation-by-day" in shown.html
    assert "预约率" in shown.text
    by_day = list(
        csv.DictReader(io.StringIO(owner.get(f"/utilisation?{days}&list=days&export=csv").html.lstrip("\ufeff")))
    )
    assert [row["日期"] for row in by_day] == ["2026-03-02", "2026-03-03"]
    assert float(by_day[0]["可用小时"]) > 0
    rows = _rows(owner, f"/utilisation?{days}&export=csv")
    assert sum(float(row["可用小时"]) for row in rows) == sum(float(row["可用小时"]) for row in by_day)
    sheet = owner.client.get(f"/utilisation?{days}&export=xlsx")
    assert sheet.data.startswith(b"PK")
    sheet.close()
    office = PageClient(province.app.test_client()).sign_in("province")
    cities = office.get(f"/utilisation?{days}")
    assert "济南市" in cities.text
    assert "/utilisation?utilisation_by=provider&amp;city=370100" in cities.html
    assert "无法识别" in office.get("/utilisation?used_from=2026-03-03&used_to=2026-03-01").text


def test_what_was_booked_stands_beside_what_was_logged_and_measured(province: DemoClient) -> None:
    """S19: of two booked hours nothing is logged; it ran on for an hour, and again in the evening without a booking."""
    slot = {"starts_at": MONDAY.isoformat(), "ends_at": MONDAY.replace(hour=11).isoformat()}
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), **slot)
    walk(province, placed, user="sme-heze", until="service-start")
    (booking,) = province.get("provider-jinan", "/bookings")["items"]
    instrument = booking["instrument_id"]
    sensor = province.post("provider-jinan", "/sensors", {"serial": "S-1"})["id"]
    since = {"instrument_id": instrument, "starts_at": MONDAY.isoformat()}
    province.post("provider-jinan", f"/sensors/{sensor}/placement", since)
    token = province.post("provider-jinan", "/ingest-keys", {"label": "网关"})["token"]
    with clock.at(MONDAY.replace(hour=23)):
        told = [
            {"sensor": "S-1", "at": MONDAY.replace(hour=hour, minute=minute).isoformat(), "running": runs}
            for hours, runs in ((range(9, 12), True), (range(12, 20), False), (range(20, 22), True), ([22], False))
            for hour in hours
            for minute in (0, 20, 40)
        ]
        headers = {"Authorization": f"Bearer {token}"}
        client = province.app.test_client()
        assert client.post("/api/v1/sensor-readings", json={"readings": told}, headers=headers).status_code == 201
        derive_due(now=clock.now())
        owner = PageClient(client).sign_in("provider-jinan")
        page = f"/instruments/{instrument}/comparison"
        rows = _rows(owner, f"{page}?used_from=2026-03-02&used_to=2026-03-02&export=csv")
        assert [
            tuple(row[name] for name in ("类别", "预约小时", "登记小时", "实测小时", "不一致")) for row in rows
        ] == [
            ("预约", "2.00", "", "3.00", "运行未登记 · 运行超出时段"),
            ("运行（无预约、无登记）", "", "", "2.00", "无预约运行"),
        ]
        shown = owner.get(f"{page}?difference=ran_unbooked")
        assert ("无预约运行" in shown.text, f"/orders/{placed['id']}" in shown.html) == (True, False)
        assert "无法识别" in owner.get(f"{page}?used_from=2026-01-01&used_to=2026-03-01").text
        assert page in owner.get(f"/instruments/{instrument}").html
        user = PageClient(province.app.test_client()).sign_in("sme-heze")
        assert "预约与实际使用" in user.get(f"/orders/{placed['id']}").text
        assert user.get(page).status == 403


def _rows(reader: PageClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(reader.get(path).html.lstrip("\ufeff"))))
