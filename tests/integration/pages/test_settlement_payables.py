"""Payables and funds through pages: money to come, the queue, corrections, appropriations (V3, V17 pay)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.models import BankAccount
from accounts.permissions import Role
from accounts.states import BankAccountState
from core import clock
from core.db import session, transaction
from settlement.models import Appropriation, Fund, Payable
from settlement.service import batches
from settlement.states import PayableState
from tests.factories.accounts import make_bureau, make_city_finance, make_enterprise
from tests.factories.settlement import (
    AFTER,
    answer,
    charge,
    checker,
    make_fund,
    make_payable,
    new_order_id,
    paid_payable,
    prepare,
    send,
)
from tests.support.finance import browser, in_english, queries_of, sent_twice


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def failed_payable(fen: int = 100) -> Payable:
    make_fund(10_000)
    payable = make_payable(fen)
    answer(send(prepare()), "failed")
    session().refresh(payable)
    return payable


# -- payables ----------------------------------------------------------------------------------------------------------


def test_money_to_come_with_its_sum_and_the_day_it_is_expected(app: Flask) -> None:
    make_fund(11_000)
    payee = make_enterprise()
    make_payable(4_000, payee=payee)
    answer(send(prepare()))
    make_payable(5_000, payee=payee)
    make_payable(6_000, payee=payee)
    stranger = make_payable(700)
    page = browser(app, payee)

    shown = page.get("/payables")
    assert "尚待到账 ¥110.00" in shown.text
    assert "已到账 ¥40.00" in shown.text
    assert "2026-01-13" in shown.text  # paid on
    assert "2026-01-26" in shown.text  # the next cut-off
    assert "资金不足，等待" in shown.text  # the fund does not reach the second (V3)
    assert f"兑付申请 {stranger.order_id}" not in shown.text
    assert "¥7.00" not in shown.text
    assert "Still to come: ¥110.00" in in_english(page).get("/payables").text


def test_a_user_sees_what_its_order_brings_the_provider_but_not_as_its_own(app: Flask) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=100, subsidy_fen=5_000)
    make_payable(5_000, payee=provider, order_id=order_id)
    page = browser(app, user).get("/payables")

    assert provider.name in page.text
    assert "尚待到账" not in page.text
    assert "尚待到账 ¥50.00" in browser(app, provider).get("/payables").text


def test_v6_a_city_follows_its_providers_money_to_the_claims_of_its_own_users_only(app: Flask) -> None:
    make_fund(10_000)
    own, foreign = new_order_id(), new_order_id()
    user, provider = charge(own, self_pay_fen=100, subsidy_fen=500, user=make_enterprise("370102"))
    stranger, _ = charge(foreign, self_pay_fen=100, subsidy_fen=500, provider=provider)
    make_payable(500, payee=provider, order_id=own)
    payable = make_payable(500, payee=provider, order_id=foreign)
    books = f"/ledger/accounts/granted/organisation:{provider.id}"
    for bureau in (make_bureau("370100"), make_city_finance("370100")):
        city = browser(app, bureau)
        shown = city.get("/payables")
        assert f"兑付申请 {foreign}" in shown.text
        assert f"/claims/{own}" in shown.reader.links
        assert f"/claims/{foreign}" not in shown.reader.links
        one = city.get(f"/payables/{payable.id}")
        assert f"兑付申请 {foreign}" in one.text
        assert f"/claims/{foreign}" not in one.reader.links
        postings = city.get(books)
        assert f"/claims/{own}" in postings.reader.links
        assert f"/claims/{foreign}" not in postings.reader.links
    for reader, theirs in ((user, {own}), (stranger, {foreign}), (provider, {own, foreign})):
        links = browser(app, reader).get("/payables").reader.links
        assert {order for order in (own, foreign) if f"/claims/{order}" in links} == theirs
    assert f"/claims/{foreign}" in browser(app, Role.FINANCE_MAKER).get(f"/payables/{payable.id}").reader.links


def test_nothing_to_come_says_how_it_would(app: Flask) -> None:
    assert "提交兑付申请" in browser(app, make_enterprise()).get("/payables").text


def test_one_payable_tells_its_place_and_its_story(app: Flask) -> None:
    make_fund(100)
    make_payable(9_000)
    payee = make_enterprise()
    payable = make_payable(2_000, payee=payee)
    page = browser(app, payee).get(f"/payables/{payable.id}")

    assert "1 笔，共 ¥90.00" in page.text
    assert "V3" in page.text
    assert "2026 年度资金尚余 1.00 元" in page.text
    assert payable.account_number in page.text
    assert "correction" not in page.html
    stranger = browser(app, make_enterprise()).get(f"/payables/{payable.id}")
    assert stranger.status == 404


def test_a_failed_payable_is_corrected_and_paid_by_the_next_batch(app: Flask) -> None:
    payable = failed_payable()
    here = f"/payables/{payable.id}"
    maker = browser(app, Role.FINANCE_MAKER)
    assert f"{here}/correction" in maker.get(here).html
    with transaction():
        session().execute(
            update(BankAccount)
            .where(BankAccount.organisation_id == payable.payee_id)
            .values(account_number="6217000000000042")
        )

    form = maker.get(f"{here}/correction")
    assert "账号与户名不符" in form.text  # what the bank said
    assert f"原为： {payable.account_number}" in form.text
    assert "现为： 6217000000000042" in form.text
    refused = maker.send(f"{here}/correction", {"note": " "})
    assert (refused.status, "必填" in refused.text) == (422, True)
    done = maker.send(f"{here}/correction", {"note": "户名已更正"})
    assert "已更正，回到队列原位" in done.text
    assert "户名已更正" in done.text
    assert "6217000000000042" in done.text
    again = maker.send(f"{here}/correction", {"note": "再来"})
    assert (again.status, "不允许" in again.text) == (409, True)

    batches.discard(batch_id=prepare(cutoff=AFTER.date()).id, actor=checker(), now=AFTER)
    discarded = maker.get(here).text
    assert "批次撤销，回到队列原位" in discarded
    assert ("已撤销" in discarded, "尚无结果" in discarded) == (True, False)
    answer(send(prepare(cutoff=AFTER.date())), "failed")
    maker.send(f"{here}/correction", {"note": "账号已更正"})
    answer(send(prepare(cutoff=date(2026, 1, 14))))
    told = maker.get(here).text
    assert "失败" in told
    assert "账号已更正" in told
    assert "银行报告已到账" in told


def test_without_a_verified_account_nothing_is_corrected(app: Flask) -> None:
    payable = failed_payable()
    with transaction():
        session().execute(
            update(BankAccount)
            .where(BankAccount.organisation_id == payable.payee_id)
            .values(state=BankAccountState.SUPERSEDED)
        )
    page = browser(app, Role.FINANCE_MAKER)
    here = f"/payables/{payable.id}/correction"

    assert "收款方没有经核验的账户" in page.get(here).text
    refused = page.send(here, {"note": "更正"})
    assert (refused.status, "收款方没有经核验的银行账户" in refused.text) == (422, True)
    assert "更正" in refused.html  # what was typed is kept
    session().refresh(payable)
    assert payable.state is PayableState.FAILED


def test_finance_filters_the_queue_by_state_and_holder(app: Flask) -> None:
    payable = failed_payable()
    make_payable(77_700)
    page = browser(app, Role.FINANCE_MAKER)

    assert "¥777.00" not in page.get("/payables?state=failed").text.partition("事由")[2]
    assert payable.holder_name in page.get(f"/payables?holder={payable.holder_name}").html
    assert "没有符合条件" in page.get("/payables?holder=没有这家").text


@pytest.mark.parametrize("role", [Role.FINANCE_MAKER, None], ids=["finance", "payee"])
def test_payables_ask_the_same_of_the_database_at_one_row_and_at_fifty(app: Flask, role: Role | None) -> None:
    make_fund(1_000_000)
    payee = make_enterprise()
    make_payable(100, payee=payee)
    page = browser(app, role or payee)
    once = queries_of(page, "/payables")
    for _ in range(49):
        make_payable(100, payee=payee)

    assert queries_of(page, "/payables") == once <= 20


# -- funds -------------------------------------------------------------------------------------------------------------


def test_a_fund_is_opened_with_its_first_appropriation(app: Flask) -> None:
    page = browser(app, Role.FINANCE_MAKER)
    values = {"year": "2026", "appropriation_fen": "1,000,000.00", "reference": "鲁财教〔2026〕1号"}
    done = page.send("/funds/new", values)

    assert "2026 年度资金已设立" in done.text
    assert "剩余 ¥1,000,000.00" in done.text
    assert "鲁财教〔2026〕1号" in done.text
    assert session().scalars(select(Appropriation.amount_fen)).one() == 100_000_000
    again = page.send("/funds/new", values)
    assert (again.status, "2026 年度资金已设立；追加资金" in again.text) == (409, True)


def test_every_fault_of_a_fund_stands_beside_its_field(app: Flask) -> None:
    values = {"year": "1999", "appropriation_fen": "12.345", "reference": ""}
    page = browser(app, Role.PROVINCE).send("/funds/new", values)

    assert page.status == 422
    assert page.html.count('class="field-fault"') == 3
    assert 'value="12.345"' in page.html
    assert 'value="1999"' in page.html
    assert "应为以元为单位的金额" in page.text
    assert session().scalar(select(func.count()).select_from(Fund)) == 0


def test_a_fund_is_increased_once(app: Flask) -> None:
    fund = make_fund(1_000)
    page = browser(app, Role.FINANCE_MAKER)
    first, second = sent_twice(
        page, f"/funds/{fund.id}/appropriations", {"amount_fen": "5.00", "reference": "追加 1 号"}
    )
    faulty = page.send(f"/funds/{fund.id}/appropriations", {"amount_fen": "0", "reference": ""})

    assert first.status == second.status == 303
    assert "¥15.00" in page.get(f"/funds/{fund.id}").text
    assert (faulty.status, faulty.html.count('class="field-fault"')) == (422, 2)


def test_a_fund_shows_what_is_paid_committed_waiting_and_left(app: Flask) -> None:
    fund = make_fund(10_000)
    make_payable(1_000)
    answer(send(prepare()))
    make_payable(2_000, now=AFTER)
    prepare(cutoff=AFTER.date())
    make_payable(3_000)
    page = browser(app, Role.AUDITOR)

    shown = page.get(f"/funds/{fund.id}").text
    for part in ("已兑付 ¥10.00", "批次在途 ¥20.00", "已确认待兑付 ¥30.00", "剩余 ¥40.00"):
        assert part in shown
    assert "追加拨款" not in shown
    english = in_english(page).get(f"/funds/{fund.id}").text
    assert "Fund of 2026" in english
    assert "Appropriated: ¥100.00" in english


def test_a_fund_that_does_not_reach_all_says_how_much_waits(app: Flask) -> None:
    fund = make_fund(1_000)
    make_payable(3_000)

    assert "超出可用余额 ¥20.00" in browser(app, Role.PROVINCE).get(f"/funds/{fund.id}").text


def test_the_list_of_funds_asks_the_same_of_the_database_at_one_row_and_at_fifty(app: Flask) -> None:
    make_fund(1_000)
    page = browser(app, Role.FINANCE_MAKER)
    once = queries_of(page, "/funds")
    for year in range(2027, 2076):
        make_fund(1_000, year=year)

    assert queries_of(page, "/funds") == once <= 20


def test_a_paid_payable_offers_the_province_to_claw_it_back(app: Flask) -> None:
    payable = paid_payable(500)

    assert f"/payables/{payable.id}/clawback" in browser(app, Role.PROVINCE).get(f"/payables/{payable.id}").html
    assert "clawback" not in browser(app, Role.AUDITOR).get(f"/payables/{payable.id}").html.partition("<main")[2]
