"""The auditor's pages: the trail, one record's history, and the verification."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import text as sql

from core import clock
from core.audit_chain import seal_audit_trail
from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.pages.trail_facts import details
from tests.support.deal import order, service_id, walk
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import counted_queries

SAMPLE = "demo-ms-sample"


@pytest.fixture
def auditor(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client()).sign_in("auditor")


def test_the_trail_is_searched_by_record_action_day_and_words(province: DemoClient, auditor: PageClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    walk(province, placed, user="sme-heze", until="contract:provider")
    path = f"/trail/order/{placed['id']}"

    def found(query: str) -> bool:
        return path in auditor.get(f"/trail?{query}").reader.links

    assert found("")
    assert found(f"subject_kind=order&subject_id={placed['id']}")
    assert found("action=accept")
    assert found("from=2026-03-02&to=2026-03-02")
    assert found("q=provider-jinan")
    assert not found("subject_kind=claim")
    assert not found("action=decline")
    assert not found("to=2026-03-01")
    assert not found("q=nobody-of-this-name")
    for unreadable in ("subject_id=twelve", "from=0001-01-01", "to=9999-12-31", "subject_id=99999999999999999999"):
        assert auditor.get(f"/trail?{unreadable}").status == 200


def test_the_history_of_a_record_tells_who_did_what(province: DemoClient, auditor: PageClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    walk(province, placed, user="sme-heze", until="acceptance")
    page = auditor.get(f"/trail/order/{placed['id']}")
    assert page.status == 200
    for shown in ("下单", "接单", "待接单 → 已接单", "provider-jinan", "供给方"):
        assert shown in page.text
    assert f"/orders/{placed['id']}" in page.reader.links
    assert auditor.get("/trail/order/999999").status == 404
    assert auditor.get("/trail/nothing/1").status == 404


def test_what_went_with_an_entry_reads_as_words(province: DemoClient, auditor: PageClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    walk(province, placed, user="sme-heze", until="contract:user")
    page = auditor.get(f"/trail/order/{placed['id']}")
    for shown in ("价格：¥800.00", "付款方式：直接抵扣", "合同条款：（"):
        assert shown in page.text
    every = auditor.get("/trail?per_page=50").text
    for raw in ("price_fen", "payment_mode", "direct_deduction", "True", "proven", "{'", "['"):
        assert raw not in page.text + every, raw


def test_facts_of_an_entry_in_words(app: Flask) -> None:
    """Sums, yes and no, lists, what is within; a fact that has no word yet stands for itself."""
    with app.test_request_context():
        shown = details(
            {
                "proven": True,
                "amount_fen": -120,
                "claim_ids": [1, 2],
                "terms": {"damages": "甲方 / 乙方"},
                "changed": ["price_fen", "new_one"],
                "new_one": {"inner": [{"deep": False}], "none": None},
                "reason": "",
            }
        )
    assert shown == (
        "已通过双因素验证：是；金额：−¥1.20；兑付申请编号：1、2；合同条款：（损害赔偿：甲方 / 乙方）；"
        "变更内容：价格、new_one；new_one：（inner：（deep：否）；none：—）"
    )


def test_the_trail_asks_as_much_for_fifty_entries_as_for_one(province: DemoClient, auditor: PageClient) -> None:
    def queries(path: str) -> int:
        with counted_queries() as made:
            assert auditor.get(path).status == 200
        return len(made)

    first = order(province, "sme-heze", service_id(SAMPLE))
    one = queries(f"/trail?subject_kind=order&subject_id={first['id']}")
    assert queries("/trail") == one <= 20


def test_the_verification_runs_when_asked_and_finds_all_well(province: DemoClient, auditor: PageClient) -> None:
    order(province, "sme-heze", service_id(SAMPLE))
    before = auditor.get("/verification")
    assert before.status == 200
    assert "核验结果" not in before.text
    done = auditor.send("/verification")
    assert done.status == 200
    assert "全部通过" in done.text


def test_the_verification_names_what_is_broken(province: DemoClient, auditor: PageClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    session().execute(sql("UPDATE \"order\" SET state = 'accepted' WHERE id = :id"), {"id": placed["id"]})
    done = auditor.send("/verification")
    assert f"order: {placed['id']}" in done.text


def test_the_head_is_downloaded_and_compared_later(province: DemoClient, auditor: PageClient) -> None:
    """The file is what the API answers; an end that is gone is named, and an altered file refused."""
    assert "尚未封存" in auditor.get("/verification").text
    assert auditor.get("/verification/head").status == 404
    seal_audit_trail(now=clock.now())
    assert "校验值" in auditor.get("/verification").text
    kept = auditor.get("/verification/head").response
    assert kept.headers["Content-Disposition"].startswith("attachment")
    told, answered = json.loads(kept.data), province.get("auditor", "/audit-head")
    sealed = ("number", "digest", "key_mark", "entries", "first", "last")
    assert [told[name] for name in sealed] == [answered[name] for name in sealed]
    assert "全部通过" in compared(auditor, kept.data).text
    altered = json.dumps({**told, "entries": told["entries"] + 1}).encode()
    assert "链头文件已被改动" in compared(auditor, altered).text
    session().execute(sql("SET LOCAL ROLE none"))
    session().execute(sql("SET LOCAL session_replication_role = replica"))
    session().execute(sql("DELETE FROM audit_seal WHERE number = :number"), {"number": told["number"]})
    assert f"audit_seal: {told['number']}" in compared(auditor, kept.data).text


def compared(auditor: PageClient, head: bytes) -> PageAnswer:
    """The verification with a head that was kept."""
    return auditor.send("/verification", files={"head": (head, "head.json")})
