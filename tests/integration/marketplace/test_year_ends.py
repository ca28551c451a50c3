"""V12 cap across a year end and V16(1), V16(2) after it, through the API: the hold moves with the first submission."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import clock
from core.policy import article_name
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.support.deal import DECLARED, add_materials, ask, confirm, order, service_id, walk
from tests.support.pages import PageClient

PILOT = "demo-pilot-time"
"""100,000.00 a time; at 40% in 济南 40,000.00 of it is the voucher's, in 潍坊 too."""
CAP = 50_000_000
SHARE = 4_000_000


def at(day: str, time: str = "09:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


def completed(province: DemoClient, user: str, mode: str, claimant: str) -> Json:
    """An order of December for December, completed on 2026-12-14, its materials handed in."""
    with clock.at(at("2026-12-14")):
        placed = order(province, user, service_id(PILOT), payment_mode=mode)
        done = walk(province, placed, user=user, completed_on="2026-12-14")
        add_materials(province, done, claimant=claimant, number=f"2637{done['id']:016d}")
    return done


def take_next_year(province: DemoClient, units: int) -> None:
    """A sibling's order that is promised for 2027 holds so much of that year's cap."""
    if units:
        with clock.at(at("2026-12-30")):
            order(province, "sme-jinan-sibling", service_id(PILOT), quantity=str(units))


def submit(province: DemoClient, done: Json, claimant: str, when: datetime) -> Json:
    with clock.at(when):
        path = f"/claims/{done['claim_id']}/submission"
        return province.post(claimant, path, {"declarations": {} if "incubator" in claimant else DECLARED})


def room(province: DemoClient, year: int) -> int:
    """What is left of a year for the group of sme-jinan."""
    (found,) = province.get("sme-jinan", "/entitlement", year=str(year))["items"]
    return int(found["room_fen"])


@pytest.mark.parametrize(
    ("mode", "taken", "claimed"),
    [
        ("direct_deduction", 0, SHARE),
        ("direct_deduction", 12, CAP - 12 * SHARE),
        ("direct_deduction", 13, 0),
        ("full_payment", 12, CAP - 12 * SHARE),
        ("full_payment", 13, 0),
    ],
)
def test_v12_cap_a_claim_of_january_takes_the_lesser_of_its_hold_and_the_new_years_room(
    province: DemoClient, mode: str, taken: int, claimed: int
) -> None:
    """Empty, partly used by a sibling, full: what was deducted and not granted is the user's debt, paid or blocking."""
    claimant = "provider-jinan" if mode == "direct_deduction" else "sme-jinan"
    done = completed(province, "sme-jinan", mode, claimant)
    take_next_year(province, taken)
    with clock.at(at("2026-12-31")):
        assert (room(province, 2026), room(province, 2027)) == (CAP - SHARE, CAP - min(CAP, taken * SHARE))
    claim = submit(province, done, claimant, at("2027-01-08"))
    assert (claim["year"], claim["subsidy_fen"], claim["claimed_fen"]) == (2027, SHARE, claimed)
    with clock.at(at("2027-01-11")):
        assert room(province, 2026) == CAP, "the old year is free again"
        assert room(province, 2027) == CAP - min(CAP, taken * SHARE + claimed)
        decide(province, claim, bureau="bureau-jinan")
        final = province.get(claimant, f"/claims/{claim['id']}")
        payment = final["payment"]
        assert final["first_submitted_at"] == final["submitted_at"] == claim["submitted_at"]
        assert final["state"] == ("confirmed" if claimed else "rejected")
        assert (final["confirmed_fen"] or 0, payment and payment["amount_fen"]) == (claimed, claimed or None)
        debts = province.get("sme-jinan", "/shortfalls")["items"]
        owed = SHARE - claimed if mode == "direct_deduction" else 0
        assert [debt["amount_fen"] for debt in debts] == ([owed] if owed else [])
        if owed:
            assert_blocked_until_paid(province, debts[0])
        assert verify_everything()[1] == []


def decide(province: DemoClient, claim: Json, *, bureau: str) -> None:
    """Confirmed where anything is left of it; of nothing nothing is approved, it is rejected."""
    if claim["claimed_fen"]:
        confirm(province, [claim["id"]], bureau=bureau)
        return
    province.post(bureau, f"/claims/{claim['id']}/city-review", {"decision": "reject", "opinion": "本年额度已用完"})


def assert_blocked_until_paid(province: DemoClient, debt: Json) -> None:
    """V16(1): an unpaid shortfall blocks new direct deductions, and nothing else."""
    sample = service_id("demo-ms-sample")
    asked = ask(province, "sme-jinan", sample)
    quote = {"quote_id": asked["id"]}
    assert [each["article"] for each in asked["hindrances"]] == [article_name("V16(1)")]
    assert ask(province, "sme-jinan", sample, payment_mode="full_payment")["hindrances"] == []
    page = PageClient(province.app.test_client()).sign_in("sme-jinan")
    assert "目前不能以直接抵扣下单" in page.get(f"/quotes/{asked['id']}").text
    assert "差额（使用方向供给方补缴）" in page.get(f"/orders/{debt['order_id']}").text
    assert province.post("sme-jinan", "/orders", quote, expect=409)["code"] == "shortfall_unpaid"
    order(province, "sme-jinan", sample, payment_mode="full_payment")
    paid = {"amount_fen": debt["amount_fen"], "reference": "补缴"}
    province.post("provider-jinan", f"/shortfalls/{debt['id']}/payment", paid)
    assert province.get("sme-jinan", f"/quotes/{asked['id']}")["hindrances"] == []
    assert province.post("sme-jinan", "/orders", quote)["state"] == "placed"


def test_v17_return_of_december_keeps_the_year_of_its_first_submission(province: DemoClient) -> None:
    """Handed in at 23:59:59 on 31 December, returned and mended in January although the new year is full."""
    done = completed(province, "sme-jinan", "full_payment", "sme-jinan")
    take_next_year(province, 13)
    first = submit(province, done, "sme-jinan", at("2026-12-31", "23:59:59"))
    path = f"/claims/{first['id']}"
    with clock.at(at("2027-01-01", "00:00:00")):
        verdict = {"decision": "return", "opinion": "请补正", "defects": ["合同缺页"]}
        province.post("bureau-jinan", f"{path}/city-review", verdict)
    again = submit(province, done, "sme-jinan", at("2027-01-11"))
    assert (again["year"], again["claimed_fen"]) == (2026, SHARE)
    with clock.at(at("2027-01-12")):
        assert room(province, 2026) == CAP - SHARE
        confirm(province, [first["id"]], bureau="bureau-jinan", amounts={first["id"]: 3_000_000})
        final = province.get("sme-jinan", path)
        assert (final["confirmed_fen"], province.get("sme-jinan", "/shortfalls")["items"]) == (3_000_000, [])
        assert room(province, 2026) == CAP - 3_000_000, "V16(2): the rest of the hold is released"
        assert verify_everything()[1] == []


def test_v16_team_the_hold_of_a_team_moves_year_too_and_a_withdrawal_leaves_no_debt(province: DemoClient) -> None:
    """The incubator hands in at 00:00:00 on 1 January; the provider's withdrawn deduction costs the team nothing."""
    in_full = completed(province, "team-weifang", "full_payment", "incubator-weifang")
    deducted = completed(province, "team-weifang", "direct_deduction", "provider-jinan")
    claim = submit(province, in_full, "incubator-weifang", at("2027-01-01", "00:00:00"))
    assert (claim["year"], claim["claimed_fen"]) == (2027, SHARE)
    claim = submit(province, deducted, "provider-jinan", at("2026-12-31", "23:59:59"))
    assert claim["year"] == 2026
    with clock.at(at("2027-01-04")):
        province.post("provider-jinan", f"/claims/{claim['id']}/withdrawal")
        years = {}
        for year in (2026, 2027):
            (team,) = province.get("incubator-weifang", "/entitlement", year=str(year))["items"]
            years[year] = (team["held_fen"], team["consumed_fen"])
        assert years == {2026: (0, 0), 2027: (SHARE, 0)}
        assert province.get("incubator-weifang", "/shortfalls")["items"] == []
        assert verify_everything()[1] == []
