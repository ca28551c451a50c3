"""Summaries through pages: chosen, printed, stamped, sent up, confirmed or sent back; stops and draws (V17 to V19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.queries import organisation
from core import clock
from core.db import session
from core.money import fen_to_yuan
from tests.factories.accounts import (
    make_agency,
    make_audit,
    make_bureau,
    make_city_finance,
    make_enterprise,
    make_provider,
    make_province,
)
from tests.factories.vouchers import PDF, bring, make_claim, send_up, summarise
from tests.support.finance import browser, in_english, queries_of, sent_twice
from tests.support.pages import PageClient
from tests.support.queries import MANY
from vouchers.models import Claim, ReviewSummary, SpotCheck
from vouchers.states import ClaimState, SummaryState

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HEZE, JINAN = "371700", "370100"
NEW = "/review-summaries/new"
STAMPED = {"file": (PDF, "盖章件.pdf")}


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def bureau(app: Flask) -> PageClient:
    return browser(app, make_bureau(HEZE))


def approved(*, base_fen: int = 10_000_000) -> Claim:
    return bring(make_claim(base_fen=base_fen), ClaimState.CITY_APPROVED)


def sent_up() -> Claim:
    claim = approved()
    send_up(summarise(claim))
    return claim


def path(summary: ReviewSummary, step: str = "") -> str:
    return f"/review-summaries/{summary.id}{step}"


def said(summary: ReviewSummary) -> dict[str, str]:
    """What stands on the stamped sheet."""
    return {"number": summary.number or "", "total_fen": fen_to_yuan(summary.total_fen)}


def confirmation(claim: Claim) -> str:
    return f"/claims/{claim.id}/provincial-confirmation"


def state_of(claim: Claim) -> ClaimState:
    return session().scalars(select(Claim.state).where(Claim.id == claim.id)).one()


def summary_state(summary_id: int) -> SummaryState:
    return session().scalars(select(ReviewSummary.state).where(ReviewSummary.id == summary_id)).one()


def test_v18_a_city_collects_prints_stamps_and_sends_up(app: Flask, bureau: PageClient) -> None:
    claims = [approved(), approved(base_fen=1_000_000)]
    form = bureau.get(NEW)
    assert form.form().values["claim_ids"] == [str(claim.id) for claim in claims]
    assert "¥66,000.00" in form.text
    page = bureau.send(NEW, {"claim_ids": [str(claim.id) for claim in claims]})
    assert "合计 ¥66,000.00" in page.text
    summary = session().scalars(select(ReviewSummary)).one()
    for shown in (
        "菏泽市科技创新券兑付审核汇总表",
        "人民币陆万陆仟元整",
        "菏泽市科学技术局（盖章）",
        "¥60,000.00",
        "60%",
    ):
        assert shown in page.text
    assert 'class="official"' in page.html
    assert "data-print" in page.html
    assert bureau.get(path(summary, "/stamped-copy")).status == 404

    unstamped = bureau.send(path(summary, "/dispatch"), {})
    assert unstamped.status == 409
    assert 'data-confirm="' in bureau.get(path(summary, "/dispatch")).html
    other = bureau.send(path(summary, "/stamp"), {**said(summary), "total_fen": "66000.01"}, files=STAMPED)
    assert other.status == 422
    assert 'id="f-total_fen-fault"' in other.html
    assert "可以报送" in bureau.send(path(summary, "/stamp"), said(summary), files=STAMPED).text
    assert "已报送省科技厅" in bureau.send(path(summary, "/dispatch"), {}).text
    assert summary_state(summary.id) is SummaryState.DISPATCHED
    copy = browser(app, make_province()).get(path(summary, "/stamped-copy")).response
    assert copy.data == PDF
    assert copy.headers["Content-Disposition"].startswith("attachment;")


def test_a_summary_needs_claims_and_its_stamped_copy_a_file(bureau: PageClient) -> None:
    assert "没有待汇总的申请" in bureau.get(NEW).text
    claim = approved()
    nothing = bureau.send(NEW, {"claim_ids": []})
    assert nothing.status == 422
    assert 'id="f-claim_ids-fault"' in nothing.html
    summary = summarise(claim)
    blank = bureau.send(path(summary, "/stamp"), {})
    assert blank.status == 422
    for field in ("file", "number", "total_fen"):
        assert f'id="f-{field}-fault"' in blank.html
    wrong = bureau.send(path(summary, "/stamp"), said(summary), files={"file": (b"plain words", "stamp.pdf")})
    assert wrong.status == 415
    assert summary_state(summary.id) is SummaryState.OPEN


def test_a_claim_in_a_summary_is_not_put_in_another(bureau: PageClient) -> None:
    claim = approved()
    form = bureau.get(NEW).form()
    summarise(claim)
    answer = bureau.client.post(NEW, data=form.values)
    assert answer.status_code == 422
    assert "未经市级通过" in answer.get_data(as_text=True)


def test_v5_an_agency_prepares_for_one_city_at_a_time_and_stamps_nothing(app: Flask) -> None:
    heze = approved()
    jinan = bring(make_claim(make_enterprise(county="370102")), ClaimState.CITY_APPROVED)
    agency = browser(app, make_agency())
    first = agency.get(NEW)
    assert first.form().values["claim_ids"] == [str(jinan.id)]
    assert "菏泽市" in first.text
    page = agency.send(f"{NEW}?city={HEZE}", {"claim_ids": [str(heze.id)]})
    assert "汇总表已生成" in page.text
    summary = session().scalars(select(ReviewSummary)).one()
    assert path(summary, "/stamp") not in page.html
    assert agency.get(path(summary, "/stamp")).status == 403


def test_v6_a_summary_is_read_by_its_city_and_the_province(app: Flask) -> None:
    summary = summarise(approved())
    for reader in (make_bureau(HEZE), make_city_finance(HEZE), make_province(), make_agency(), make_audit()):
        client = browser(app, reader)
        assert path(summary) in client.get("/review-summaries").reader.links
        assert client.get(path(summary)).status == 200
    for stranger in (make_bureau(JINAN), make_city_finance(JINAN)):
        client = browser(app, stranger)
        assert path(summary) not in client.get("/review-summaries").html
        assert client.get(path(summary)).status == 404
    assert browser(app, make_enterprise()).get(path(summary)).status == 403
    assert path(summary) not in browser(app, make_province()).get("/review-summaries?state=dispatched").html


def test_making_a_summary_twice_makes_one(bureau: PageClient) -> None:
    claim = approved()
    first, second = sent_twice(bureau, NEW, {"claim_ids": str(claim.id)})
    assert (first.status, second.status) == (303, 303)
    assert first.response.headers["Location"] == second.response.headers["Location"]
    assert session().scalar(select(func.count()).select_from(ReviewSummary)) == 1


def test_the_province_confirms_what_was_sent_up(app: Flask) -> None:
    claim, early = sent_up(), approved()
    summarise(early)
    province = browser(app, make_province())
    queue = province.get("/confirmations")
    assert confirmation(claim) in queue.reader.links
    assert confirmation(early) not in queue.reader.links
    page = province.get(confirmation(claim))
    assert f"/claims/{claim.id}/explanation" in page.reader.links
    assert 'id="claim-sums"' in page.html
    assert "设区市：通过" in page.text
    assert f"/review-summaries/{claim.summary_id}" in page.reader.links
    assert 'data-confirm="' in page.html
    assert f"申请 {claim.id} 已确认" in province.send(confirmation(claim), {"decision": "confirm"}).text
    assert state_of(claim) is ClaimState.CONFIRMED
    too_early = province.send(confirmation(early), {"decision": "confirm"})
    assert too_early.status == 409
    assert "尚未盖章报送" in too_early.text


def test_sending_back_needs_an_opinion_beside_its_field(app: Flask) -> None:
    claim = sent_up()
    province = browser(app, make_province())
    nothing = province.send(confirmation(claim), {})
    assert nothing.status == 422
    assert 'id="f-decision-fault"' in nothing.html
    silent = province.send(confirmation(claim), {"decision": "send_back", "opinion": " "})
    assert silent.status == 422
    assert 'id="f-opinion-fault"' in silent.html
    page = province.send(confirmation(claim), {"decision": "send_back", "opinion": "请复核合同"})
    assert "已退回设区市" in page.text
    assert state_of(claim) is ClaimState.SENT_BACK
    assert "请复核合同" in browser(app, make_bureau(HEZE)).get(f"/claims/{claim.id}/city-review").text


def test_a_confirmation_sent_twice_owes_once(app: Flask) -> None:
    claim = sent_up()
    province = browser(app, make_province())
    first, second = sent_twice(province, confirmation(claim), {"decision": "confirm"})
    assert (first.status, second.status) == (303, 303)


def test_v19_the_province_stops_a_payment_and_says_why(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    stop = f"/claims/{claim.id}/revocation"
    province = browser(app, make_province())
    assert stop in province.get(f"/claims/{claim.id}").reader.links
    assert province.send(stop, {"opinion": ""}).status == 422
    assert 'data-confirm="' in province.get(stop).html
    page = province.send(stop, {"opinion": "材料不实"})
    assert "已停止兑付" in page.text
    assert "材料不实" in page.text
    assert state_of(claim) is ClaimState.REVOKED
    assert browser(app, make_bureau(HEZE)).get(stop).status == 403


def test_v19_a_draw_can_be_repeated_from_what_is_shown(app: Flask) -> None:
    claims = [bring(make_claim(), ClaimState.CONFIRMED) for _ in range(3)]
    province = browser(app, make_province())
    reversed_period = {"confirmed_from": "2026-03-02", "confirmed_to": "2026-03-01", "size": "0", "reason": ""}
    assert 'data-confirm="抽取后名单即固定' in province.get("/spot-checks/new").html
    refused = province.send("/spot-checks/new", reversed_period)
    assert refused.status == 422
    for field in ("size", "reason"):
        assert f'id="f-{field}-fault"' in refused.html
    drawn = {"confirmed_from": "2026-03-01", "confirmed_to": "2026-03-31", "size": "2", "reason": "季度抽查"}
    page = province.send("/spot-checks/new", {**drawn, "seed": "2026-Q1"})
    assert "已抽取 2 项" in page.text
    check = session().scalars(select(SpotCheck)).one()
    assert check.drawn
    assert {f"/claims/{each}" for each in check.drawn} <= set(page.reader.links)
    for shown in ("2026-Q1", "季度抽查", ", ".join(str(claim.id) for claim in claims)):
        assert shown in page.text
    auditor = browser(app, make_audit())
    assert auditor.get(f"/spot-checks/{check.id}").status == 200
    assert "/spot-checks/new" not in auditor.get("/spot-checks").html
    assert auditor.get("/spot-checks/new").status == 403
    assert browser(app, make_bureau(HEZE)).get("/spot-checks").status == 403


def test_a_draw_from_nothing_is_refused_and_kept(app: Flask) -> None:
    drawn = {"confirmed_from": "2025-01-01", "confirmed_to": "2025-01-31", "size": "2", "reason": "抽查"}
    page = browser(app, make_province()).send("/spot-checks/new", drawn)
    assert page.status == 422
    assert page.form().values["reason"] == ["抽查"]


def test_every_table_can_be_taken_along(app: Flask) -> None:
    waiting = sent_up()
    bring(make_claim(), ClaimState.SUBMITTED)
    confirmed = bring(make_claim(), ClaimState.CONFIRMED)
    province, bureau = browser(app, make_province()), browser(app, make_bureau(HEZE))
    user = browser(app, organisation(confirmed.beneficiary_id))
    drawn = {"confirmed_from": "2026-03-01", "confirmed_to": "2026-03-31", "size": "1", "reason": "抽查"}
    province.send("/spot-checks/new", drawn)
    check = session().scalars(select(SpotCheck.id)).one()
    for client, table, shown in [
        (province, "/confirmations", f"{waiting.id},菏泽市"),
        (bureau, "/review", "60000.00,待审核"),
        (province, "/review-summaries", "60000.00"),
        (province, "/spot-checks", "抽查"),
        (province, f"/spot-checks/{check}", f"{confirmed.id},测试服务"),
        (user, "/entitlement", f"{confirmed.order_id},委托分析"),
    ]:
        text = client.client.get(f"{table}?export=csv", buffered=True).get_data(as_text=True)
        assert shown in text, table
        assert client.client.get(f"{table}?export=xlsx", buffered=True).status_code == 200


def test_these_pages_read_in_english_too(app: Flask) -> None:
    claim = sent_up()
    province = in_english(browser(app, make_province()))
    summary = province.get(f"/review-summaries/{claim.summary_id}")
    assert "summary of reviewed voucher claims" in summary.text
    assert "Total (1)" in summary.text
    assert f"Claim {claim.id} is confirmed." in province.send(confirmation(claim), {"decision": "confirm"}).text


def test_lists_and_sheets_ask_as_much_for_many_as_for_one(app: Flask) -> None:
    user, provider = make_enterprise(), make_provider()

    def more() -> Claim:
        return bring(make_claim(user, provider, base_fen=10_000), ClaimState.CITY_APPROVED)

    send_up(single := summarise(more()))
    bureau, province = browser(app, make_bureau(HEZE)), browser(app, make_province())
    claims = [more() for _ in range(MANY)]
    pages = [(bureau, NEW), (province, "/confirmations"), (province, "/review-summaries"), (bureau, path(single))]
    one = [queries_of(client, address) for client, address in pages[1:]]
    choosing = queries_of(bureau, NEW)
    for claim in claims[:4]:
        send_up(summarise(claim))
    assert queries_of(bureau, NEW) == choosing <= 20
    many = summarise(*claims[4:])
    assert [queries_of(client, address) for client, address in pages[1:3]] == one[:2]
    assert queries_of(bureau, path(many)) == one[2] <= 20
    assert max(one) <= 20
