"""S24: a provider's year in points, each with the figure and the cases behind it, and its mandatory instruments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.rules.grading import scheme_in, score
from tests.support.deal import MONDAY, order, service_id, walk
from tests.support.pages import PageClient

JANUARY = datetime.fromisoformat("2027-01-04T09:00:00+08:00")
SNAPSHOTS = "/evaluation-snapshots"
NO_DATA = "无数据"


def frozen_line(province: DemoClient, user: str = "provider-jinan") -> Json:
    """The line of a provider in the evaluation of 2026, taken now."""
    province.tokens.clear()
    frozen = province.post("province", SNAPSHOTS, {"year": 2026})
    found: list[Json] = province.get(user, f"{SNAPSHOTS}/{frozen['id']}/lines")["items"]
    return found[0]


def mark(line: Json, measure: str) -> Json:
    """One indicator of a line."""
    marks: list[Json] = line["score"]["marks"]
    return next(each for each in marks if each["measure"] == measure)


def test_s24_each_point_has_its_figure_and_each_figure_its_cases(province: DemoClient) -> None:
    """An order served under a contract counts for use, service and compliance; what no record tells is missing."""
    served = walk(
        province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze", until="delivery"
    )
    with clock.at(JANUARY):
        line = frozen_line(province)
        assert [(mark(line, each)["value"], mark(line, each)["points"]) for each in ("services", "contracts")] == [
            ("1", "0.14"),
            ("1", "4"),
        ]
        hours = mark(line, "hours_logged")
        assert (hours["value"], hours["points"], hours["weight"]) == (None, None, 5)
        with_data = [each for each in line["score"]["marks"] if each["points"] is not None]
        assert line["score"]["covered"] == sum(each["weight"] for each in with_data)
        earned = sum(Decimal(each["points"]) for each in with_data)
        assert Decimal(line["score"]["points"]) == round(earned * 100 / line["score"]["covered"], 2)
        path = f"/evaluation-lines/{line['id']}"
        cases = province.get("provider-jinan", f"{path}/cases", measure="services")["items"]
        assert [(each["kind"], each["case_id"]) for each in cases] == [("order", served["id"])]
        province.get("provider-jinan", f"{path}/cases", measure="nonsense", expect=404)
        for figure in line["figures"]:
            behind = list(province.pages("province", f"{path}/cases", measure=figure["measure"]))
            hits = [each for each in behind if each["hit"]]
            assert (len(behind), len(hits)) == (figure["n"], figure["hits"]), figure["measure"]


def test_s24_a_booking_counts_as_logged_when_the_log_has_its_use(province: DemoClient) -> None:
    """S19: what was used stands in the log, corrected or not; what was withdrawn does not."""
    slot = {"starts_at": MONDAY.isoformat(), "ends_at": MONDAY.replace(hour=11).isoformat()}
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), **slot)
    walk(province, placed, user="sme-heze", until="service-start")
    (booking,) = province.get("provider-jinan", "/bookings")["items"]
    use = {"instrument_id": booking["instrument_id"], **slot, "operator": "演示操作员"}
    with clock.at(MONDAY.replace(hour=12)):
        province.post("provider-jinan", f"/orders/{placed['id']}/uses", use)
    with clock.at(JANUARY):
        line = frozen_line(province)
        hours = mark(line, "hours_logged")
        assert (hours["value"], hours["points"]) == ("1", "5")
        path = f"/evaluation-lines/{line['id']}"
        (case,) = province.get("provider-jinan", f"{path}/cases", measure="hours_logged")["items"]
        assert (case["hit"], case["case_id"]) == (True, booking["instrument_id"])
        instruments = province.pages("provider-jinan", f"{path}/instruments")
        used = {each["instrument_id"]: each["time"]["used"] for each in instruments}
        assert used[booking["instrument_id"]] == "2"


def test_s24_mandatory_instruments_are_scored_one_by_one(province: DemoClient) -> None:
    """Each by what can be told of it alone; the whole of them makes the provider's own figures."""
    with clock.at(JANUARY):
        line = frozen_line(province)
        path = f"/evaluation-lines/{line['id']}/instruments"
        found = list(province.pages("provider-jinan", path))
        sensors = next(each for each in line["figures"] if each["measure"] == "sensors")
        told = [each["hits"]["sensors"] for each in found if each["hits"]["sensors"] is not None]
        assert (len(told), sum(told)) == (sensors["n"], sensors["hits"])
        assert found
        for each in found:
            assert {one["measure"] for one in each["score"]["marks"] if one["points"] is not None} <= set(each["hits"])
        page = PageClient(province.app.test_client())
        page.sign_in("provider-jinan")
        shown = page.get(f"/evaluation-lines/{line['id']}")
        assert NO_DATA in shown.text
        assert path in shown.html
        assert found[0]["name"] in page.get(path).text
        assert page.get(f"/evaluation-lines/{line['id']}/cases/sensors").status == 200


def test_s24_the_scheme_is_kept_with_the_year_and_gives_the_same_points(province: DemoClient) -> None:
    """The points follow from what the snapshot keeps; a city has none, and a city's line has no cases of points."""
    with clock.at(JANUARY):
        line = frozen_line(province)
        snapshot = province.get("province", f"{SNAPSHOTS}/{line['snapshot_id']}")
        scheme = scheme_in(snapshot["inputs"]["scheme"])
        assert score(scheme, {}).points is None
        assert [each.measure.value for each in scheme.indicators] == [
            each["measure"] for each in line["score"]["marks"]
        ]
        lines = list(province.pages("province", f"{SNAPSHOTS}/{line['snapshot_id']}/lines"))
        assert {each["whose"] for each in lines if each["score"] is None} == {"cities"}
        city = next(each for each in lines if each["whose"] == "cities")
        province.get("province", f"/evaluation-lines/{city['id']}/instruments", expect=404)
