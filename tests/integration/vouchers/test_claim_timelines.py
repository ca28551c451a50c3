"""GET /claims/{id}/timeline: who has a claim, since when, what is next, by when; and what a party may not know."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core import clock
from core.permissions import SYSTEM
from core.workdays import load_calendar
from marketplace.demo.client import DemoClient, Json
from marketplace.notifications.rules import SUBJECTS
from tests.support.deal import DECLARED, PDF, add_materials, bank_csv, order, service_id, walk
from vouchers.queries.claims import find_claim
from vouchers.queries.resubmissions import rounds

CONFIRM = {"decision": "confirm"}


def way(province: DemoClient, user: str, claim_id: int) -> Json:
    return province.get(user, f"/claims/{claim_id}/timeline")


def stands(province: DemoClient, claim_id: int, user: str = "sme-heze") -> tuple[str, str, str | None] | None:
    """Station, whose turn it is, and by when; the claim itself names the same."""
    waits_for = province.get(user, f"/claims/{claim_id}")["waits_for"]
    found = [each for each in way(province, user, claim_id)["stations"] if each["phase"] == "now"]
    if not found:
        assert waits_for is None
        return None
    (now,) = found
    assert waits_for == ("claimant" if now["station"] == "submission" else now["holder"])
    return now["station"], now["holder"], None if now["due"] is None else now["due"]["last_day"]


def told_until(kind: str, action: str) -> str | None:
    """By when the notice of a step of today says that it is due."""
    term = SUBJECTS[kind].steps[action][0].term
    last_day = None if term is None else term(clock.today(clock.now()))
    return None if last_day is None else last_day.isoformat()


def completed(province: DemoClient) -> Json:
    return walk(province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze")


def pay(province: DemoClient, outcomes: dict[int, str], cutoff: str) -> None:
    batch = province.post("finance-maker", "/settlement-batches", {"cutoff": cutoff})
    path = f"/settlement-batches/{batch['id']}"
    province.post("finance-checker", f"{path}/approval")
    province.post("finance-maker", f"{path}/exportation")
    payouts = province.get("finance-maker", f"{path}/payouts")["items"]
    province.upload("finance-maker", f"{path}/bank-returns", bank_csv(payouts, outcomes), "回单.csv")


def test_every_step_from_submission_to_the_payout_is_told(province: DemoClient) -> None:
    """V17 order: submission, city review, summary, confirmation, batch, payment; V17 pay: the next cut-off."""
    done = completed(province)
    claim_id = int(done["claim_id"])
    path = f"/claims/{claim_id}"
    assert stands(province, claim_id) == ("submission", "provider", "2026-09-02")
    add_materials(province, done, claimant="provider-jinan", number="26370000000000000011")
    province.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED})
    standing = stands(province, claim_id)
    assert standing is not None
    assert standing[:2] == ("review", "city_bureau")
    assert told_until("claim", "submit") == told_until("claim", "send_back") == standing[2] is not None
    province.post("bureau-heze", f"{path}/city-review", {"decision": "approve", "opinion": "材料齐全"})
    assert stands(province, claim_id) == ("summary", "city_bureau", None)
    summary = province.post("bureau-heze", "/review-summaries", {"claim_ids": [claim_id]})
    assert stands(province, claim_id) == ("summary", "city_bureau", None), "not sent up yet"
    province.upload("bureau-heze", f"/review-summaries/{summary['id']}/stamp", PDF, "盖章.pdf")
    province.post("bureau-heze", f"/review-summaries/{summary['id']}/dispatch")
    standing = stands(province, claim_id)
    assert standing is not None
    assert standing[:2] == ("confirmation", "province")
    assert told_until("review_summary", "dispatch") == standing[2] is not None
    province.post("province", f"{path}/provincial-confirmation", CONFIRM)
    assert stands(province, claim_id) == ("batch", "finance", "2026-03-10")
    province.post("finance-maker", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
    pay(province, {1: "failed"}, "2026-03-10")
    assert stands(province, claim_id) == ("payment", "finance", None)
    (payable,) = province.get("finance-maker", "/payables")["items"]
    province.post("finance-maker", f"/payables/{payable['id']}/correction", {"note": "户名已更正"})
    with clock.at(datetime(2026, 3, 11, 9, tzinfo=clock.SHANGHAI)):
        assert stands(province, claim_id) == ("batch", "finance", "2026-03-25")
        pay(province, {}, "2026-03-25")
        assert stands(province, claim_id) is None
        told = way(province, "provider-jinan", claim_id)
    assert (told["ended"], told["stations"]) == (True, [])
    happened = [(each["subject"], each["action"]) for each in told["entries"] if each["action"] != "add_material"]
    assert happened == [
        ("claim", "open"),
        ("claim", "submit"),
        ("claim", "approve"),
        ("claim", "summarise"),
        ("summary", "stamp"),
        ("summary", "dispatch"),
        ("claim", "confirm"),
        ("batch", "prepare"),
        ("batch", "approve"),
        ("batch", "export"),
        ("payable", "bank_failed"),
        ("payable", "correct"),
        ("batch", "prepare"),
        ("batch", "approve"),
        ("batch", "export"),
        ("payable", "bank_paid"),
    ]
    assert told["entries"][-1]["value_date"] == "2026-03-11"
    failed = {user: bank_said(province, user, claim_id) for user in ("provider-jinan", "sme-heze", "province")}
    assert failed == {"provider-jinan": "账号户名不符", "sme-heze": None, "province": "账号户名不符"}
    names = {each["username"] for each in way(province, "sme-heze", claim_id)["entries"]}
    assert names == {"sme-heze", None}, "of officials and of the other side the role must do"
    story = province.get("sme-heze", f"/orders/{done['id']}/timeline")
    assert (story["waiting"], story["ahead"], story["claim"]["ended"]) == ([], [], True)


def bank_said(province: DemoClient, user: str, claim_id: int) -> str | None:
    """Why the bank refused, as a reader is told."""
    said: list[str | None] = [
        each["note"] for each in way(province, user, claim_id)["entries"] if each["action"] == "bank_failed"
    ]
    return said[0]


def test_a_returned_claim_counts_down_and_an_ended_one_waits_for_nobody(province: DemoClient) -> None:
    """V17 return: thirty working days; withdrawn, rejected and expired claims have no station left."""
    done = completed(province)
    claim_id = int(done["claim_id"])
    path = f"/claims/{claim_id}"
    add_materials(province, done, claimant="provider-jinan", number="26370000000000000012")
    province.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED})
    verdict = {"decision": "return", "opinion": "请补正", "defects": ["合同缺页"]}
    reviewed = province.post("bureau-heze", f"{path}/city-review", verdict)
    assert reviewed["reviews"][0]["article"] == "V17 return"
    (now,) = [each for each in way(province, "provider-jinan", claim_id)["stations"] if each["phase"] == "now"]
    assert (now["station"], now["holder"]) == ("submission", "provider")
    due = {"last_day": "2026-04-14", "days_left": 43, "working_days_left": 30, "provisional": False}
    assert now["due"] == due
    (waiting,) = province.get("provider-jinan", f"{path}/rounds")["items"]
    assert (waiting["number"], waiting["returned_by"], waiting["opinion"]) == (1, "city_bureau", "请补正")
    assert waiting["defects"] == [{"defect": "合同缺页", "answer": None}]
    (listed,) = province.get("provider-jinan", "/claims", state="returned")["items"]
    assert listed["due"] == due
    too_many = {"declarations": DECLARED, "answers": ["已补签", "多余"]}
    refused = province.post("provider-jinan", f"{path}/submission", too_many, expect=422)
    assert [each["code"] for each in refused["reasons"]] == ["answers_without_defects"]
    province.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED, "answers": ["已补签合同"]})
    with province.app.app_context():
        again = rounds(find_claim(claim_id, actor=SYSTEM))[-1]
    assert again.mended == [("合同缺页", "已补签合同")]
    first, second = province.get("bureau-heze", f"{path}/rounds")["items"]
    assert first["defects"] == [{"defect": "合同缺页", "answer": "已补签合同"}]
    assert (second["number"], second["returned_at"], second["defects"], second["changed"]) == (2, None, [], [])
    assert first["submitted_by"] == second["submitted_by"]
    province.post("provider-jinan", f"{path}/withdrawal")
    assert way(province, "sme-heze", claim_id)["stations"] == []


@pytest.mark.usefixtures("province")
def test_a_year_without_an_official_calendar_is_marked() -> None:
    """Holidays of a year that is not published may still move a day."""
    calendar = load_calendar()
    last = max(calendar.published)
    near = calendar.countdown(date(last, 3, 2), date(last, 3, 9))
    assert (near.days_left, near.working_days_left, near.provisional, near.overdue) == (7, 5, False, False)
    far = calendar.countdown(date(last, 12, 30), date(last + 1, 1, 4))
    assert (far.provisional, far.overdue) == (True, False)
    assert calendar.countdown(date(last, 3, 3), date(last, 3, 2)).overdue


def test_the_year_of_a_group_is_told_without_naming_its_firms(province: DemoClient) -> None:
    """V12 cap: one's own part and that of all siblings as one sum; an incubator's teams; nobody else's."""
    order(province, "sme-jinan-sibling", service_id("demo-ms-sample"))
    mine = province.get("sme-jinan", "/me")["organisation"]["id"]
    found = province.get("sme-jinan", f"/entitlement/{mine}")
    assert (found["cap_fen"], found["held_fen"], found["consumed_fen"], found["overhang_fen"]) == (
        50_000_000,
        32_000,
        0,
        0,
    )
    assert found["room_fen"] == 50_000_000 - 32_000
    assert found["parts"] == [
        {"organisation_id": mine, "held_fen": 0, "consumed_fen": 0},
        {"organisation_id": None, "held_fen": 32_000, "consumed_fen": 0},
    ]
    (listed,) = province.get("sme-jinan", "/entitlement", year="2027")["items"]
    assert (listed["year"], listed["held_fen"], len(listed["parts"])) == (2027, 0, 1)
    teams = province.get("incubator-weifang", "/entitlement")["items"]
    assert [team["cap_fen"] for team in teams] == [50_000_000]
