"""The bureau's desk: the queue, the papers beside the order, what changed, and the decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.permissions import Role
from accounts.queries import organisation
from core import clock
from core.db import session, transaction
from tests.factories.accounts import make_bureau, make_enterprise, make_holding, make_provider, make_user, user_of
from tests.factories.vouchers import add, bring, invoice_of, make_claim, review, submit
from tests.support.finance import browser, in_english, queries_of, sent_twice
from tests.support.queries import MANY
from vouchers.models import Claim, ClaimReview
from vouchers.rules.claims import MaterialKind, ReviewDecision
from vouchers.states import ClaimState

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HEZE = "371700"
TICKED = {"findings.rd_base": "true", "findings.main_business": "true"}
AGREED = {"decision": "approve", "opinion": "材料齐全", **TICKED}


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


def submitted(*, base_fen: int = 10_000_000) -> Claim:
    return bring(make_claim(base_fen=base_fen), ClaimState.SUBMITTED)


def path(claim: Claim) -> str:
    return f"/claims/{claim.id}/city-review"


def fresh(claim: Claim) -> Claim:
    return session().scalars(select(Claim).where(Claim.id == claim.id)).one()


def test_the_queue_has_the_oldest_first_with_its_age_in_working_days(app: Flask) -> None:
    first = submitted()
    with clock.at(NOW + timedelta(days=3)):
        second = submitted()
    bring(make_claim(), ClaimState.CITY_APPROVED)
    with clock.at(NOW + timedelta(days=7)):
        bureau = browser(app, make_bureau(HEZE))
        page = bureau.get("/review")
        turned = bureau.get("/review?sort=age_days")
    ours = [path(first), path(second)]
    assert [link for link in page.reader.links if link.endswith("/city-review")] == ours
    assert [link for link in turned.reader.links if link.endswith("/city-review")] == ours[::-1]
    assert 'data-label="已等待（工作日）">5<' in page.html
    assert 'data-label="已等待（工作日）">2<' in page.html


def test_v6_a_bureau_has_its_own_city_only(app: Flask) -> None:
    claim = submitted()
    jinan = browser(app, make_bureau("370100"))
    assert path(claim) not in jinan.get("/review").html
    assert "没有待审核的申请" in jinan.get("/review").text
    assert jinan.get(path(claim)).status == 404


def test_every_paper_stands_beside_the_facts_with_size_and_checksum(app: Flask) -> None:
    claim = submitted()
    page = browser(app, make_bureau(HEZE)).get(path(claim))
    assert len([link for link in page.reader.links if "/materials/" in link]) == 4
    for material in fresh(claim).live_materials:
        assert material.file.sha256[:12] in page.text
        assert f"{material.file.size_bytes} 字节" in page.text
    assert page.html.count('data-tone="good">相符') == 6
    assert "不符</span>" not in page.html


def test_the_rate_and_the_sums_stand_beside_with_the_way_to_their_reasons(app: Flask) -> None:
    claim = submitted()
    page = browser(app, make_bureau(HEZE)).get(path(claim))
    assert f"/claims/{claim.id}/explanation" in page.reader.links
    assert "金额是怎样得出的" in page.text
    assert "补助比例" in page.text
    assert "60%" in page.text
    assert 'id="claim-sums"' in page.html


def test_an_invoice_that_differs_from_the_order_is_marked_field_by_field(app: Flask) -> None:
    claim = make_claim()
    for kind in (MaterialKind.SERVICE_CONTRACT, MaterialKind.RESULT_PROOF, MaterialKind.INNOVATION_RELEVANCE_PROOF):
        add(claim, kind)
    add(claim, MaterialKind.INVOICE, invoice=invoice_of(claim, amount_fen=9_000_000))
    submit(claim)
    page = browser(app, make_bureau(HEZE)).get(path(claim))
    assert page.html.count("不符</span>") == 1
    assert "¥90,000.00" in page.text
    assert "¥54,000.00" in page.text


def test_flags_are_shown_in_words(app: Flask) -> None:
    """V8(4): a lesser one-way holding is a flag for a recorded finding."""
    user, provider = make_enterprise(), make_provider()
    make_holding(user, provider, "3")
    claim = bring(make_claim(user, provider), ClaimState.SUBMITTED)
    assert "与供给方存在单向持股" in browser(app, make_bureau(HEZE)).get(path(claim)).text


def test_every_fault_of_a_review_stands_beside_its_field_and_what_was_typed_stays(app: Flask) -> None:
    claim = submitted()
    bureau = browser(app, make_bureau(HEZE))
    page = bureau.send(
        path(claim), {"decision": "approve", "amount_fen": "60000.01", "defects": "缺页", "opinion": "好"}
    )
    assert page.status == 422
    assert 'id="f-amount_fen-fault"' in page.html
    assert 'id="f-defects-fault"' in page.html
    assert page.form().values["amount_fen"] == ["60000.01"]
    assert page.form().values["defects"] == ["缺页"]
    assert page.form().values["decision"] == ["approve"]
    blank = bureau.send(path(claim), {"amount_fen": "viel"})
    assert blank.status == 422
    for field in ("decision", "opinion", "amount_fen"):
        assert f'id="f-{field}-fault"' in blank.html
    assert fresh(claim).state is ClaimState.SUBMITTED


@pytest.mark.parametrize(("typed", "fen"), [("", 6_000_000), ("50000", 5_000_000)])
def test_an_approval_is_of_all_or_a_part(app: Flask, typed: str, fen: int) -> None:
    claim = submitted()
    page = browser(app, make_bureau(HEZE)).send(path(claim), {**AGREED, "amount_fen": typed})
    assert f"申请 {claim.id} 已审核通过" in page.text
    assert (fresh(claim).state, fresh(claim).approved_fen) == (ClaimState.CITY_APPROVED, fen)


def test_v17_return_a_return_names_every_defect_one_to_a_line(app: Flask) -> None:
    claim = submitted()
    bureau = browser(app, make_bureau(HEZE))
    refused = bureau.send(path(claim), {"decision": "return", "opinion": "请补正"})
    assert refused.status == 422
    assert 'id="f-defects-fault"' in refused.html
    answer = {"decision": "return", "opinion": "请补正", "defects": "合同缺页\n发票不清晰"}
    assert "已退回补正" in bureau.send(path(claim), answer).text
    told = browser(app, organisation(claim.claimant_id)).get(f"/claims/{claim.id}")
    for defect in ("合同缺页", "发票不清晰", "请补正"):
        assert defect in told.text


def test_what_was_mended_is_shown_against_the_submission_before(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.RETURNED)
    later = NOW + timedelta(days=1)
    with clock.at(later):
        add(claim, MaterialKind.INVOICE, invoice=invoice_of(claim, amount_fen=9_500_000))
        submit(claim)
        page = browser(app, make_bureau(HEZE)).get(path(claim))
    assert "第 2 次提交（2026-03-03 10:00）" in page.text
    assert "合同缺页" in page.text
    removed, added = (page.html.count(f"<{mark}>") for mark in ("del", "ins"))
    assert removed == added
    assert removed >= 3  # number, sum with tax, claimed sum
    for shown in ("¥100,000.00", "¥95,000.00", "¥57,000.00"):
        assert shown in page.text
    with clock.at(later):
        assert "补正后重交" in browser(app, make_bureau(HEZE)).get("/review").text


def test_a_first_submission_has_nothing_to_compare(app: Flask) -> None:
    claim = submitted()
    assert "与上次提交的差异" not in browser(app, make_bureau(HEZE)).get(path(claim)).text


def test_a_rejection_is_final(app: Flask) -> None:
    claim = submitted()
    bureau = browser(app, make_bureau(HEZE))
    assert 'data-confirm="' in bureau.get(path(claim)).html
    assert "不予通过" in bureau.send(path(claim), {"decision": "reject", "opinion": "不符合条件"}).text
    late = bureau.send(path(claim), AGREED)
    assert late.status == 409
    assert late.form().values["opinion"] == ["材料齐全"]


def test_invariant_10_whoever_handed_it_in_is_told_to_leave_it_to_somebody_else(app: Flask) -> None:
    claim = submitted()
    bureau = make_bureau(HEZE)
    with transaction() as current:
        current.execute(update(Claim).where(Claim.id == claim.id).values(submitted_by=user_of(bureau).id))
    page = browser(app, bureau).send(path(claim), {**AGREED, "opinion": "我同意"})
    assert page.status == 403
    assert "请由其他人员办理" in page.text
    assert page.form().values["opinion"] == ["我同意"]
    colleague = browser(app, make_user(Role.CITY_BUREAU, bureau))
    assert "已审核通过" in colleague.send(path(claim), AGREED).text


def test_a_review_sent_twice_is_one(app: Flask) -> None:
    claim = submitted()
    first, second = sent_twice(browser(app, make_bureau(HEZE)), path(claim), AGREED)
    assert (first.status, second.status) == (303, 303)
    assert len(session().scalars(select(ClaimReview).where(ClaimReview.claim_id == claim.id)).all()) == 1


def test_earlier_reviews_stand_beside_the_form(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.SENT_BACK)
    page = browser(app, make_bureau(HEZE)).get(path(claim))
    assert "省科技厅：退回" in page.text
    assert "设区市：通过" in page.text
    assert path(claim) in browser(app, make_bureau(HEZE)).get("/review").reader.links


def test_a_review_reads_in_english_too(app: Flask) -> None:
    claim = submitted()
    client = in_english(browser(app, make_bureau(HEZE)))
    page = client.get(path(claim))
    for shown in ("The invoice beside the order", "agrees", "Review the claim"):
        assert shown in page.text
    assert f"Claim {claim.id} is approved" in client.send(path(claim), AGREED).text


def test_the_queue_asks_as_much_for_many_claims_as_for_one(app: Flask) -> None:
    user, provider = make_enterprise(), make_provider()
    bring(make_claim(user, provider, base_fen=10_000), ClaimState.SUBMITTED)
    bureau = browser(app, make_bureau(HEZE))
    one = queries_of(bureau, "/review")
    for _ in range(MANY):
        bring(make_claim(user, provider, base_fen=10_000), ClaimState.SUBMITTED)
    assert queries_of(bureau, "/review") == one <= 20


def test_a_claim_returned_many_times_asks_no_more(app: Flask) -> None:
    claim = submitted()
    bureau = browser(app, make_bureau(HEZE))
    once = queries_of(bureau, path(claim))
    for _ in range(3):
        review(claim, ReviewDecision.RETURN)
        add(claim, MaterialKind.SERVICE_CONTRACT)
        submit(claim)
    assert queries_of(bureau, path(claim)) == once <= 20
