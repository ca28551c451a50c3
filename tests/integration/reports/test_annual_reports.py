"""V18 report: a city reports each year by 20 January; what it said then stays, whatever the data say later."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from accounts.service.changes import apply_due_changes
from core import clock
from core.db import session
from marketplace.demo.client import DemoClient, Json
from marketplace.models import AnnualReport
from marketplace.reports.annual import CHECKS
from marketplace.reports.verification import verify_everything
from marketplace.service.annual_reports import keep_reports
from tests.support.deal import confirm, hand_in, order, service_id, walk

JINAN = "370100"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
TEXTS = {
    "work_done": '=HYPERLINK("x") 全年开展培训 3 次。\n走访企业。',
    "problems": "审核人手不足。",
    "suggestions": "加强共享。",
}


def at(day: str, time: str = "09:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


def claims_of_the_year(province: DemoClient) -> Json:
    """One claim of 济南 confirmed in 2026, one approved in part, and one only handed in."""
    with clock.at(at("2026-11-02")):
        done = [
            walk(
                province,
                order(province, "sme-jinan", service_id("demo-ms-sample")),
                user="sme-jinan",
                completed_on="2026-11-02",
            )
            for _ in range(3)
        ]
        claims = [
            hand_in(province, each, claimant="provider-jinan", number=f"26370{number:015d}")
            for number, each in enumerate(done, 1)
        ]
        first, second, _ = claims
        confirm(province, [first["id"], second["id"]], bureau="bureau-jinan", amounts={second["id"]: 1_000})
        return {"claimed": sum(each["claimed_fen"] for each in claims), "confirmed": first["claimed_fen"] + 1_000}


def figures(view: Json) -> dict[str, Any]:
    return {each["key"]: each["value"] for rows in view["figures"]["sections"].values() for each in rows}


def begin(province: DemoClient) -> str:
    report = province.post("bureau-jinan", "/annual-reports", {"year": 2026})
    return f"/annual-reports/{report['id']}"


def test_v18_report_from_the_draft_to_what_stays(province: DemoClient) -> None:
    """A draft in the running year, frozen when submitted, returned once with its first date kept, then received."""
    sums = claims_of_the_year(province)
    with clock.at(at("2026-11-20")):
        path = begin(province)
        assert province.post("bureau-jinan", "/annual-reports", {"year": 2026})["id"] == int(path.rpartition("/")[2])
        draft = province.get("bureau-jinan", f"{path}/figures")
        assert draft["frozen"] is False
        assert (figures(draft)["claims_received"], figures(draft)["confirmed_fen"]) == (3, sums["confirmed"])
        assert (figures(draft)["claimed_fen"], figures(draft)["users_supported"]) == (sums["claimed"], 1)
        assert all(each["holds"] for each in draft["figures"]["checks"])
        early = province.post("bureau-jinan", f"{path}/submission", expect=422)
        assert [each["code"] for each in early["reasons"]] == ["annual_text_missing"] * 3 + ["annual_year_running"]
        province.post("bureau-jinan", f"{path}/texts", TEXTS)
        province.get("bureau-heze", path, expect=404)
        province.post("bureau-jinan", "/annual-reports", {"year": 2024}, expect=422)
    with clock.at(at("2027-01-15")):
        submitted = province.post("bureau-jinan", f"{path}/submission")
        (edition,) = submitted["editions"]
        assert (submitted["state"], edition["number"]) == ("submitted", "济南创新券年报〔2026〕1号")
        province.post("bureau-jinan", f"{path}/texts", TEXTS, expect=409)
        pdf = province.download("province", f"{path}/document")
        said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
        assert all(each in said for each in (edition["number"], edition["digest"], "人民币", "走访企业"))
        book = province.download("auditor", f"{path}/workbook")
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
        about, numbers, _, _, defined = (sheets.get_sheet_by_index(number) for number in range(5))
        assert ["工作开展情况", TEXTS["work_done"]] in [row[:2] for row in about.to_python()]
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            assert not any(b"<f>" in parts.read(name) for name in parts.namelist())
        money = {row[1]: row[2] for row in numbers.to_python()}
        assert money["本年确认金额（元）"] == pytest.approx(sums["confirmed"] / 100)
        assert len(defined.to_python()) > 50
    with clock.at(at("2027-01-18")):
        province.post("province", f"{path}/return", {"reason": "请补充问题分析"})
        province.post("bureau-jinan", f"{path}/texts", {**TEXTS, "problems": "分析。"})
    with clock.at(at("2027-02-01")):
        again = province.post("bureau-jinan", f"{path}/submission")
        assert [each["round"] for each in again["editions"]] == [1, 2]
        assert again["first_submitted_at"] == submitted["first_submitted_at"]
        duty = next(
            each
            for each in province.get("province", "/annual-reports/duties", year="2026")["items"]
            if each["city"] == JINAN
        )
        assert (duty["overdue"], duty["state"]) == (False, "submitted")
        twice = province.post("province", f"{path}/return", {"reason": "再退"}, expect=409)
        assert twice["code"] == "annual_report_returned_before"
        assert province.post("province", f"{path}/acceptance")["state"] == "accepted"
        assert verify_everything()[1] == []


def test_a_later_change_of_the_data_is_shown_and_changes_nothing(province: DemoClient) -> None:
    claims_of_the_year(province)
    with clock.at(at("2027-01-15")):
        path = begin(province)
        province.post("bureau-jinan", f"{path}/texts", TEXTS)
        edition = province.post("bureau-jinan", f"{path}/submission")["editions"][0]
        before = province.get("auditor", f"{path}/figures")
        assert (before["frozen"], before["differences"]) == (True, [])
        pdf = province.download("auditor", f"{path}/document")
        claim = province.get("province", "/claims", state="confirmed")["items"][0]
        province.post("province", f"/claims/{claim['id']}/revocation", {"opinion": "拒不配合"})
        after = province.get("auditor", f"{path}/figures")
        assert after["figures"] == before["figures"]
        changed = {each["key"]: (each["submitted"], each["now"]) for each in after["differences"]}
        assert changed["claims_confirmed_undone"] == (0, 1)
        assert changed["confirmed_undone_fen"][1] > 0
        assert not changed.keys() & {"claims_confirmed", "confirmed_fen", "claims_revoked", "revoked_fen"}
        assert province.download("auditor", f"{path}/document") == pdf
        assert province.get("auditor", path)["editions"][0]["digest"] == edition["digest"]
        assert verify_everything()[1] == []


def test_v12_who_moves_takes_nothing_of_the_year_along(province: DemoClient) -> None:
    """Ordered, claimed and revoked in 菏泽, then moved to 济南: each city counts its own, checked by the books."""
    done = walk(province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze")
    claim = hand_in(province, done, claimant="provider-jinan", number="26370000000000000001")
    confirm(province, [claim["id"]], bureau="bureau-heze")
    province.post("province", f"/claims/{claim['id']}/revocation", {"opinion": "拒不配合"})
    before = {user: counts_of(province, user, at("2026-03-02", "18:00:00")) for user in ("bureau-heze", "bureau-jinan")}
    moved = province.upload(
        "sme-heze",
        "/member-changes",
        PDF,
        "licence.pdf",
        organisation_id=province.get("sme-heze", "/me")["organisation"]["id"],
        effective_on="2026-03-09",
        county="370102",
        reason="迁址",
    )
    province.post("bureau-jinan", f"/member-changes/{moved['id']}/review", {"decision": "approve"})
    with clock.at(at("2026-03-09")):
        apply_due_changes(now=clock.now())
        order(province, "sme-heze", service_id("demo-ms-sample"), payment_mode="full_payment")
    heze, jinan = (counts_of(province, user, at("2027-01-15")) for user in ("bureau-heze", "bureau-jinan"))
    once = ("quotes", "orders", "orders_completed", "orders_to_other_cities", "claims_received", "claims_revoked")
    assert [heze[key] for key in once] == [1] * len(once)
    assert [heze[key] for key in ("confirmed_fen", "confirmed_undone_fen", "revoked_fen")] == [claim["claimed_fen"]] * 3
    assert heze["confirmed_paid_fen"] == heze["paid_fen"] == 0
    assert [jinan[key] for key in ("orders", "quotes", "orders_from_other_cities", "claims_received")] == [1, 1, 1, 0]
    assert jinan["orders_to_other_cities"] == 0
    for key in ("members_registered", *once):
        assert heze[key] == before["bureau-heze"][key], key
    assert jinan["members_registered"] == before["bureau-jinan"]["members_registered"]
    came = jinan["members_approved"] - before["bureau-jinan"]["members_approved"]
    assert (came, heze["members_approved"] - before["bureau-heze"]["members_approved"]) == (1, -1)


def counts_of(province: DemoClient, user: str, when: datetime) -> dict[str, Any]:
    """The figures of a bureau's report of 2026; every check is of one of them."""
    with clock.at(when):
        report = province.post(user, "/annual-reports", {"year": 2026})
        view = province.get(user, f"/annual-reports/{report['id']}/figures")
    found = figures(view)
    assert {each["key"]: (each["left"], each["right"]) for each in view["figures"]["checks"]} == {
        check.key: (found[check.figure], found[check.figure]) for check in CHECKS
    }
    return found


def duty_of(province: DemoClient, user: str, when: datetime) -> tuple[str, bool]:
    with clock.at(when):
        found = province.get(user, "/annual-reports/duties", year="2025")["items"]
        (one,) = [each for each in found if each["city"] == JINAN]
        return one["due_on"], one["overdue"]


def test_v18_report_the_last_day_counts_to_its_last_second(province: DemoClient) -> None:
    """On 2026-01-21 the 2025 report is overdue, with or without a worker; a second before it was not."""
    assert duty_of(province, "province", at("2026-01-20", "23:59:59")) == ("2026-01-20", False)
    assert duty_of(province, "bureau-jinan", at("2026-01-21", "00:00:00")) == ("2026-01-20", True)
    with clock.at(at("2026-01-20", "23:59:59")):
        keep_reports(now=clock.now())
        assert states() == {("open", 2025), ("open", 2026)}
    with clock.at(at("2026-01-21", "00:00:00")):
        keep_reports(now=clock.now())
        assert states() == {("overdue", 2025), ("open", 2026)}
        assert keep_reports(now=clock.now()) == 0


def test_reminders_begin_in_january_and_are_caught_up(province: DemoClient) -> None:
    """From 1 January, ten and three days before and on the last day; what was missed comes once."""
    days = []
    for day in ("2025-12-31", "2026-01-01", "2026-01-02", "2026-01-11", "2026-01-12", "2026-01-20"):
        with clock.at(at(day, "00:02:00")):
            keep_reports(now=clock.now())
            found = session().execute(
                text("SELECT count(*) FROM audit_entry WHERE action IN ('call', 'remind') AND at = :now"),
                {"now": clock.now()},
            )
            days.append((day, found.scalar_one()))
    cities = 16
    assert days == [
        ("2025-12-31", 0),
        ("2026-01-01", cities),
        ("2026-01-02", 0),
        ("2026-01-11", cities),
        ("2026-01-12", 0),
        ("2026-01-20", cities),
    ]


def states() -> set[tuple[str, int]]:
    return {(each.state.value, each.year) for each in session().scalars(select(AnnualReport))}
