"""The books and the settlement calendar through pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from accounts.permissions import Role
from core import clock
from tests.factories.accounts import make_controller, make_enterprise
from tests.factories.settlement import (
    AFTER,
    answer,
    charge,
    hold,
    make_fund,
    make_payable,
    new_order_id,
    prepare,
    send,
)
from tests.support.finance import browser, in_english, queries_of


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


PROGRAMME = "shandong_innovation_voucher"


def test_one_finds_an_account_and_reads_every_posting(app: Flask) -> None:
    make_fund(10_000)
    make_payable(4_000)
    batch = send(prepare())
    answer(batch)
    page = browser(app, Role.AUDITOR)

    shown = page.get("/ledger?account_kind=fund")
    here = f"/ledger/accounts/fund/{PROGRAMME}/2026"
    assert here in shown.reader.links
    assert "¥60.00" in shown.text
    account = page.get(here)
    for said in ("拨款入账", "列入批次", "兑付到账", "−¥40.00", f"批次 {batch.number}", "V17 pay"):
        assert said in account.text, said
    assert "拨款入账" not in page.get(f"{here}?transaction_kind=payout_settled").text.partition("分录号")[2]
    assert page.get(f"/ledger/accounts/fund/{PROGRAMME}").status == 200
    assert page.get("/ledger/accounts/nothing/nobody").status == 404
    assert page.get(f"/ledger/accounts/fund/{PROGRAMME}/2031").status == 404
    lines = page.get(f"{here}?export=csv").html.splitlines()
    assert len(lines) == 5


def test_every_book_is_zero(app: Flask) -> None:
    make_fund(10_000)
    make_payable(4_000)
    charge(new_order_id(), self_pay_fen=100, subsidy_fen=50)
    page = browser(app, Role.PROVINCE)

    shown = page.get("/ledger").text
    assert "财政资金账合计（应为零） ¥0.00 ¥0.00" in shown
    assert "交易账合计（应为零） ¥0.00 ¥0.00" in shown
    assert "All of trade (must be zero) ¥0.00 ¥0.00" in in_english(page).get("/ledger").text
    assert "试算汇总" not in browser(app, make_enterprise()).get("/ledger").text


def test_a_member_sees_its_own_accounts_only(app: Flask) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=100, subsidy_fen=50)
    foreign = new_order_id()
    charge(foreign, self_pay_fen=7_700, subsidy_fen=50)

    for member in (user, provider):
        shown = browser(app, member).get("/ledger")
        assert f"订单 {order_id}" in shown.text
        assert f"订单 {foreign}" not in shown.text
    assert browser(app, user).get(f"/ledger/accounts/due_from_user/order:{foreign}").status == 404


def test_firms_of_one_controller_see_their_use_as_one_sum(app: Flask) -> None:
    """V12: the cap is theirs together, yet no sibling's order is told."""
    controller = make_controller()
    firm = make_enterprise(controller=controller)
    sibling_order = new_order_id()
    hold(sibling_order, 123_400, cap_owner=f"controller:{controller.id}")
    here = f"/ledger/accounts/cap/controller:{controller.id}/2026"

    mine = browser(app, firm).get(here)
    assert "¥1,234.00" in mine.text
    assert "只显示合计" in mine.text
    assert str(sibling_order) not in mine.text
    assert f"订单 {sibling_order}" in browser(app, Role.AUDITOR).get(here).text


def test_a_year_that_is_none_is_a_fault_of_the_filter(app: Flask) -> None:
    page = browser(app, Role.AUDITOR)

    assert "无法识别" in page.get("/ledger?account_year=heuer").text
    assert "无法识别" in page.get("/ledger?book=weird").text


def test_the_books_ask_the_same_of_the_database_at_one_row_and_at_fifty(app: Flask) -> None:
    make_fund(1_000_000)
    payee = make_enterprise()
    make_payable(100, payee=payee)
    page = browser(app, Role.AUDITOR)
    account = f"/ledger/accounts/granted/organisation:{payee.id}"
    once, on_account = queries_of(page, "/ledger"), queries_of(page, account)
    for _ in range(49):
        make_payable(100, payee=payee)
        hold(new_order_id(), 1, cap_owner=f"organisation:{new_order_id()}")

    assert queries_of(page, "/ledger") == once <= 20
    named = page.get(f"/ledger?owner={payee.name}").text
    assert f"单位 {payee.id}" in named
    assert "山东省创新券" not in named
    assert queries_of(page, account) == on_account <= 20


def test_the_settlement_calendar_marks_what_is_moved_next_and_provisional(app: Flask) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = prepare()
    page = browser(app, Role.FINANCE_MAKER)

    shown = page.get("/settlement-cutoffs")
    assert "2026-01-10 2026-01-12 （顺延） 已公布" in shown.text
    assert "2026-01-26 （顺延） 下一个截止日" in shown.text
    assert batch.number in shown.text
    assert "暂定 —" not in shown.text
    assert "下一个截止日" not in page.get("/settlement-cutoffs?year=2027").text
    later = page.get("/settlement-cutoffs?year=2031").text
    assert later.count("暂定") == 25  # every one of them, and what the page says of it
    assert "2026 年兑付日历" in page.get("/settlement-cutoffs?year=99999").text
    assert "Settlement calendar of 2026" in in_english(page).get("/settlement-cutoffs").text
    assert batch.number not in browser(app, make_enterprise()).get("/settlement-cutoffs").text
