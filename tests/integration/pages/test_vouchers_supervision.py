"""Supervision through pages: sent, visited, found, answered, decided, clawed back, sanctioned, appealed (V19, V21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import User
from accounts.queries import organisation
from core import clock
from core.db import session
from tests.factories.accounts import make_province
from tests.factories.settlement import answer as bank_answer
from tests.factories.settlement import make_fund, prepare, send
from tests.factories.supervision import inspection_of, officer
from tests.factories.vouchers import FULL, PDF, bring, make_claim
from tests.support.finance import browser, in_english
from tests.support.pages import PageClient
from vouchers.models import Finding, MisconductDecision
from vouchers.states import ClaimState

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


def signed_in(app: Flask, user_id: int | None) -> PageClient:
    return browser(app, session().scalars(select(User).where(User.id == user_id)).one())


def test_v19_v21_from_the_visit_to_the_appeal(app: Flask) -> None:
    make_fund(10_000_000)
    claim = bring(make_claim(mode=FULL), ClaimState.CONFIRMED)
    inspection, one, other = inspection_of(claim), officer(), officer()
    province, inspector = browser(app, make_province()), signed_in(app, one.user_id)
    here = f"/inspections/{inspection.id}"

    sent = {"inspector_ids": [str(one.user_id), str(other.user_id)], "visit_on": "2026-03-02"}
    refused = province.send(f"{here}/assignment", {**sent, "inspector_ids": [str(one.user_id)]})
    assert (refused.status, "至少须指派 2 名" in refused.text) == (422, True)
    assert one.username in province.send(f"{here}/assignment", sent).text
    met = ["contract_performed", "instruments_used", "result_genuine", "funding_single"]
    seen = inspector.send(f"{here}/visit", {"visited_on": "2026-03-02", "met": met, "account": "发票存疑"})
    assert "发票存疑" in seen.text
    assert "照片" in inspector.send(f"{here}/evidence", {"title": "照片"}, files={"file": (PDF, "p.pdf")}).text
    found = {"organisation_id": str(claim.beneficiary_id), "severity": "fraud", "article": "V11", "statement": "虚开"}
    inspector.send(f"{here}/findings", found)
    assert "发现问题" in inspector.send(f"{here}/conclusion").text

    finding = session().scalars(select(Finding)).one()
    party, there = browser(app, organisation(claim.beneficiary_id)), f"/findings/{finding.id}"
    assert "照片" not in party.get(here).text
    answered = party.send(f"{there}/answer", {"text": "发票属实"}, files={"file": (PDF, "a.pdf")})
    assert "发票属实" in answered.text
    assert party.get(f"{there}/answer-file").status == 200
    decided = province.send(f"{there}/decision", {"decision": "uphold", "opinion": "证据确凿"})
    assert "证据确凿" in decided.text
    bank_answer(send(prepare(cutoff=clock.today(NOW), now=NOW)))
    claimed = province.send(f"{there}/clawback", {"amount_fen": "60000", "cause": "虚开发票"})
    assert "60,000.00" in claimed.text
    (clawback,) = {link for link in claimed.reader.links if link.startswith("/clawbacks/")}
    assert "决定追回已拨付的 60,000.00 元。原因：虚开发票" in province.get(clawback).text

    sanction = {"kind": "fraud", "seriousness": "serious", "sanction_until": "2027-05-31", "notice": "公示"}
    page = province.send(f"/misconduct-decisions/new?finding={finding.id}", {**sanction, "grounds": "见核查"})
    assert "2027-05-31" in page.text
    assert "V8(2)" in page.text
    assert "行为发生于" in page.text
    assert f"核查发现 {finding.id}" in province.get(f"/organisations/{claim.beneficiary_id}").text
    decision = session().scalars(select(MisconductDecision)).one()
    about = f"/misconduct-decisions/{decision.id}"
    assert "认定有误" in party.send(f"{about}/appeal", {"grounds": "认定有误"}, files={"file": (PDF, "s.pdf")}).text
    assert decision.appeal is not None
    appeal = f"/appeals/{decision.appeal.id}"
    refused = province.send(f"{appeal}/decision", {"decision": "annul", "opinion": "自行撤销"})
    assert (refused.status, "作出原决定" in refused.text) == (403, True)
    assert "已暂停执行" in signed_in(app, officer().user_id).send(f"{appeal}/suspension", {"note": "待查"}).text
    annulled = signed_in(app, officer().user_id).send(
        f"{appeal}/decision", {"decision": "annul", "opinion": "证据不足"}
    )
    assert "已撤销" in annulled.text
    assert "The decision was annulled on" in in_english(party).get(about).text
    assert "已办结" in province.send(f"{here}/closing").text


def test_v19_a_payment_is_stopped_and_resumed_on_its_page(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    inspection, province = inspection_of(claim), browser(app, make_province())
    province.send(f"/inspections/{inspection.id}/payment-stop", {"cause": "存疑"})
    page = province.get("/payment-stops")
    (lifting,) = [link for link in page.reader.links if link.endswith("/lifting")]
    assert "停付中" in page.text
    payable = province.send(lifting, {"note": "疑点排除"})
    assert "解除停付" in payable.text
    assert "恢复原排队顺序。理由：疑点排除" in payable.text
    (address,) = {link for link in payable.reader.links if link.endswith("/stop")}
    assert "已停止支付" in province.send(address, {"cause": "再次存疑"}).text
    payee = browser(app, organisation(claim.payee_id))
    assert "停付中" in payee.get("/payment-stops").text
