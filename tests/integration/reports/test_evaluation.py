"""The evaluation of providers, cities and officers: figures, what they rest on, and who reads whose (V20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.service.endings import lapse_unanswered
from tests.support.deal import MONDAY, hand_in, order, service_id, walk

SAMPLE = "demo-ms-sample"
TURNED_DOWN = "设备检修"


def measure(report: Json, name: str) -> dict[str, Any]:
    """One measure of a report."""
    return next(each for each in report["measures"] if each["measure"] == name)


def later(days: int, hours: int = 0) -> datetime:
    """So long after Monday 2026-03-02, 9 o'clock."""
    return MONDAY + timedelta(days=days, hours=hours)


def test_v20_a_provider_is_measured_by_its_answers_and_its_promises(province: DemoClient) -> None:
    """Accepted after two working days, declined, left to lapse; one delivery kept its promise, one came late."""
    sample = service_id(SAMPLE)
    taken, refused, _lapsed = (order(province, "sme-heze", sample) for _ in range(3))
    provider_id = taken["provider_id"]
    path = f"/evaluations/providers/{provider_id}"
    with clock.at(later(2)):
        taken = walk(province, taken, user="sme-heze", until="service-start")
        province.post("provider-jinan", f"/orders/{refused['id']}/decline", {"reason": TURNED_DOWN})
    with clock.at(later(10)):
        assert lapse_unanswered(now=clock.now()) == 1
    promised = datetime.fromisoformat(f"{taken['expected_completion']}T12:00:00+08:00")
    with clock.at(promised + timedelta(days=1)):
        late_on = clock.now()
        province.post("provider-jinan", f"/orders/{taken['id']}/delivery", {"note": "报告"})
        found = province.get("provider-jinan", path)
        accepted = measure(found, "acceptance")
        assert (accepted["n"], accepted["hits"], accepted["timed"], accepted["few"]) == (3, 2, 2, True)
        assert (accepted["median_days"], accepted["median_hours"], accepted["middle_days"]) == ("2", "48", "2")
        assert (measure(found, "lapsed")["hits"], measure(found, "declined")["hits"]) == (1, 1)
        kept, delay = measure(found, "turnaround"), measure(found, "delay")
        assert (kept["n"], kept["hits"], kept["share"]) == (1, 0, "0")
        assert (delay["n"], delay["hits"]) == (1, 0)
        cases = province.get("province", f"{path}/cases", measure="declined")["items"]
        assert [(each["case_id"], each["note"]) for each in cases if each["hit"]] == [(refused["id"], TURNED_DOWN)]
        before = province.get("province", path, since="2025-01-01", until="2025-12-31")
        assert measure(before, "acceptance")["n"] == 0
    assert late_on > promised


def test_v20_a_city_is_measured_by_its_reviews_and_what_the_province_undid(province: DemoClient) -> None:
    """A claim reviewed after three working days, summed up and sent, and sent back by the province."""
    done = walk(province, order(province, "sme-heze", service_id(SAMPLE)), user="sme-heze")
    hand_in(province, done, claimant="provider-jinan", number="26370302000000000001")
    claim = f"/claims/{done['claim_id']}"
    with clock.at(later(3)):
        waiting = measure(province.get("bureau-heze", "/evaluations/cities/371700"), "waiting_claims")
        assert (waiting["n"], waiting["hits"], waiting["median_days"]) == (1, 0, "3")
        province.post(
            "bureau-heze", f"{claim}/city-review", {"decision": "return", "opinion": "请补正", "defects": ["发票"]}
        )
        found = province.get("auditor", "/evaluations/cities/371700")
    review, returned = measure(found, "claim_review"), measure(found, "returns")
    assert (review["n"], review["hits"], review["median_days"]) == (1, 1, "3")
    assert (returned["hits"], returned["share"]) == (1, "1")
    assert measure(found, "missed")["hits"] == 0
    own = measure(province.get("provider-jinan", f"/evaluations/providers/{done['provider_id']}"), "claims_returned")
    assert (own["n"], own["hits"]) == (1, 1)
    officers = province.get("bureau-heze", "/evaluations/officers")["items"]
    assert [each["name"] for each in officers] == ["bureau-heze"]
    decided = {each["measure"]: each for each in officers[0]["figures"]}
    assert decided["claim_reviews"]["median_days"] == "3"
    assert decided["decisions"]["hits"] >= 1


def test_v20_each_reads_its_own_and_the_province_all(province: DemoClient) -> None:
    """A foreign evaluation answers as one that does not exist; a reversed period is refused."""
    everybody = province.get("province", "/evaluations/providers")["items"]
    own = province.get("provider-jinan", "/evaluations/providers")["items"]
    assert len(everybody) > len(own) == 1
    assert province.get("provider-jinan", "/evaluations/cities")["items"] == []
    assert [each["key"] for each in province.get("bureau-heze", "/evaluations/cities")["items"]] == ["371700"]
    assert len(province.get("auditor", "/evaluations/cities")["items"]) == 16
    for user, path in (
        ("bureau-heze", "/evaluations/cities/370100"),
        ("provider-outside", f"/evaluations/providers/{own[0]['key']}"),
        ("provider-jinan", "/evaluations/officers/1"),
        ("province", "/evaluations/providers/999999"),
        ("province", "/evaluations/nobody"),
    ):
        province.get(user, path, expect=404)
    cases = f"/evaluations/providers/{own[0]['key']}/cases"
    province.get("province", cases, measure="beauty", expect=404)
    province.get("province", "/evaluations/cities", since="2026-03-01", until="2026-02-01", expect=422)
    names = {each["measure"] for each in province.get("province", "/evaluation-measures")["items"]}
    assert {"acceptance", "turnaround", "claim_review", "overturned"} <= names
