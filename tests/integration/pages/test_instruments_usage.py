"""The pages of the log: written, corrected, fetched as a file; bookings beside what came of them."""

from __future__ import annotations

import csv
import io

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
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{log}?export=csv").html.lstrip("\ufeff"))))
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
