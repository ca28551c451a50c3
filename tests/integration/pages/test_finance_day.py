"""Finance's day: what waits for whom, how far the money reaches, and where books differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from accounts.permissions import Role
from core import clock
from core.db import session
from tests.factories.settlement import AFTER, make_fund, make_payable, paid_payable, prepare
from tests.support.finance import browser, in_english, queries_of


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def test_each_reads_first_what_waits_for_him(app: Flask) -> None:
    make_fund(10_000)
    make_payable(4_000)
    prepare()
    checker = browser(app, Role.FINANCE_CHECKER)
    todo, _, waits = checker.get("/finance").text.partition("等待办理")
    assert "待他人复核的批次 1" in todo
    assert "待兑付款项" in waits
    todo, _, waits = browser(app, Role.AUDITOR).get("/finance").text.partition("等待办理")
    assert "待他人复核的批次 1" in waits
    assert "待财务复核" in waits
    assert queries_of(checker, "/finance") <= 20


def test_the_queue_says_how_far_the_money_reaches(app: Flask) -> None:
    """V3: 100.00 for 60.00, 60.00 and 30.00: the second waits, and none overtakes it."""
    make_fund(10_000)
    for amount in (6_000, 6_000, 3_000):
        make_payable(amount)
    page = browser(app, Role.PROVINCE)
    shown = page.get("/finance/queue").text
    assert "可以付到 1 笔，¥60.00" in shown
    assert "仍须等待 2 笔，¥90.00" in shown
    assert "下一位还差 ¥20.00" in shown
    more = page.get("/finance/queue?appropriation=20.00").text
    assert "可以付到 2 笔，¥120.00" in more
    assert "下一位还差 ¥30.00" in more
    assert page.get("/finance/queue?appropriation=none&programme=none").status == 200
    assert page.get("/finance/queue?export=csv").html.splitlines()[2].startswith("2,")


def test_a_difference_names_the_rows_and_leads_to_them(app: Flask) -> None:
    payable = paid_payable(4_000)
    page = browser(app, Role.AUDITOR)
    for comparison in ("balances", "funds", "batches", "payables", "trade", "gateway"):
        assert "没有差异" in page.get(f"/finance/differences?of={comparison}").text, comparison
    session().execute(text("UPDATE payable SET attempts = attempts + 1"))
    session().commit()
    shown = page.get("/finance/differences?of=payables")
    assert f"/payables/{payable.id}" in shown.reader.links
    assert "no difference" not in in_english(page).get("/finance/differences?of=payables").text
    traced = app.test_cli_runner().invoke(args=["verify", "--trace"])
    assert (traced.exit_code, f"go on from payable {payable.id}" in traced.output) == (1, True)
