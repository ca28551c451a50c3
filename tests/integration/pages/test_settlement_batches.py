"""Settlement batches through pages: prepared, approved by another, exported, answered, closed, printed (V17 pay)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.permissions import Role
from core import clock
from core.db import session, transaction
from settlement.models import BankReturn, SettlementBatch
from settlement.service import batches
from tests.factories.accounts import user_with_role
from tests.factories.settlement import (
    AFTER,
    JANUARY,
    answer,
    bank_csv,
    checker,
    make_fund,
    make_payable,
    maker,
    prepare,
    send,
)
from tests.support.finance import browser, in_english, queries_of, sent_twice
from tests.support.pages import PageAnswer
from tests.support.queries import MANY

NEW = "/settlement-batches/new"


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def path(batch: SettlementBatch, step: str = "") -> str:
    return f"/settlement-batches/{batch.id}{step}"


def count(model: type[object]) -> int:
    return session().scalar(select(func.count()).select_from(model)) or 0


def prepared(*sums: int) -> SettlementBatch:
    make_fund(100_000_000)
    for fen in sums or (6_000_000, 3_000_050):
        make_payable(fen)
    return prepare()


def sent(*sums: int) -> SettlementBatch:
    return send(prepared(*sums))


def test_a_pay_run_through_pages(app: Flask) -> None:
    make_fund(10_000_000)
    for fen in (6_000_000, 6_000_000, 3_000_000):
        make_payable(fen)
    maker, checker = browser(app, Role.FINANCE_MAKER), browser(app, Role.FINANCE_CHECKER)

    page = maker.send(NEW, {"cutoff": "2026-01-12"})
    assert page.status == 200
    assert "请另一人复核" in page.text
    assert "2 笔，共 ¥90,000.00" in page.text  # what the fund does not reach (V3)
    batch = session().scalars(select(SettlementBatch)).one()
    here = path(batch)
    assert (batch.content_sha256 or "-") in page.text
    assert f"{here}/approval" not in page.html

    assert f"{here}/approval" in checker.get(here).html
    assert "已复核" in checker.send(f"{here}/approval", {}).text
    assert "送交国库和银行付款" in maker.get(f"{here}/exportation").html
    page = maker.send(f"{here}/exportation", {})
    assert "文件已生成" in page.text
    files = {ending: maker.get(f"{here}/files/{ending}") for ending in ("csv", "xlsx")}
    assert all(file.response.headers["Content-Disposition"].startswith("attachment;") for file in files.values())
    assert "¥60,000.00" not in files["csv"].html
    assert files["csv"].response.data == maker.get(f"{here}/files/csv").response.data

    form = maker.get(f"{here}/bank-returns")
    assert "paid（到账）、failed（付款失败）或 returned（退汇）" in form.text
    looked = maker.send(f"{here}/bank-returns", files={"file": (bank_csv(batch), "return.csv")}, follow=False)
    preview = looked.response.headers["Location"]
    page = maker.get(preview)
    assert 'data-confirm="登记后' in page.html
    assert "将登记的结果（1 笔）" in page.text
    assert "1 笔 ¥60,000.00" in page.text
    page = maker.send(preview, {})
    assert "银行回单已登记" in page.text
    assert "到账金额 失败 失败金额 退汇 退汇金额" in page.text
    assert "1 ¥60,000.00 0 ¥0.00 0 ¥0.00" in page.text
    assert "到账 ¥60,000.00" in page.text  # the timeline
    page = checker.send(f"{here}/closing", {})
    assert "批次已结清" in page.text
    assert f"{here}/bank-returns" in maker.get(here).html  # late returns


def test_preparing_twice_makes_one_batch(app: Flask) -> None:
    make_fund(1_000)
    make_payable(100)
    first, second = sent_twice(browser(app, Role.FINANCE_MAKER), NEW, {"cutoff": "2026-01-12"})

    assert first.status == second.status == 303
    assert first.response.headers["Location"] == second.response.headers["Location"]
    assert count(SettlementBatch) == 1


def test_the_choices_are_the_next_cutoff_and_the_last_ones(app: Flask) -> None:
    batch = prepared()
    page = browser(app, Role.FINANCE_MAKER).get(NEW)

    assert page.html.index('value="2026-01-26"') < page.html.index('value="2026-01-12"')
    assert f"2026-01-12（已有批次 {batch.number}）" in page.text
    assert "暂定" not in page.text
    assert "待兑付笔数" in page.text
    assert "确定编制吗" in page.html  # asked once


@pytest.mark.parametrize(
    ("cutoff", "status", "said"),
    [
        ("", 422, "必填"),
        ("tomorrow", 422, "应为日期"),
        ("2026-02-10", 422, "截止日 2026-02-10 晚于下一个截止日 2026-01-26"),
        ("2026-01-12", 422, "2026 年度资金尚未设立"),
        ("2001-01-10", 409, "2001 年官方放假安排尚未公布"),
    ],
)
def test_a_refused_cutoff_is_shown_with_its_reason(app: Flask, cutoff: str, status: int, said: str) -> None:
    make_payable(100)
    page = browser(app, Role.FINANCE_MAKER).send(NEW, {"cutoff": cutoff})

    assert page.status == status, page.text
    assert said in page.text
    assert count(SettlementBatch) == 0


def test_who_prepared_a_batch_is_told_that_another_approves(app: Flask) -> None:
    """Invariant 10, also for a maker who became a checker."""
    batch, checker = prepared(), user_with_role(Role.FINANCE_CHECKER)
    with transaction():
        batch.prepared_by = checker.id
    page = browser(app, checker)

    shown = page.get(path(batch))
    assert "须由另一人复核" in shown.text
    assert path(batch, "/approval") not in shown.html
    refused = page.send(path(batch, "/approval"), {})
    assert (refused.status, "编制人不得审批自己编制的批次" in refused.text) == (409, True)
    assert "其中 1 个由您编制" in page.get("/finance").text


def test_who_confirmed_a_claim_does_not_approve_its_payment(app: Flask) -> None:
    checker = user_with_role(Role.FINANCE_CHECKER)
    make_fund(1_000)
    make_payable(100, involved_user_ids=[checker.id])
    refused = browser(app, checker).send(path(prepare(), "/approval"), {})

    assert (refused.status, "您参与过本批次中某笔申请" in refused.text) == (409, True)


def test_a_discarded_batch_gives_its_payables_back(app: Flask) -> None:
    batch = prepared()
    page = browser(app, Role.FINANCE_MAKER).send(path(batch, "/discard"), {})

    assert "款项已回到队列" in page.text
    assert "可重新编制" in page.text
    assert browser(app, Role.FINANCE_CHECKER).send(path(batch, "/approval"), {}).status == 409


def test_of_an_approved_batch_a_checker_sees_how_to_discard_it(app: Flask) -> None:
    batch = prepared()
    batches.approve(batch_id=batch.id, actor=checker(), now=AFTER)

    assert path(batch, "/discard") not in browser(app, Role.FINANCE_MAKER).get(path(batch)).html
    page = browser(app, Role.FINANCE_CHECKER)
    assert path(batch, "/discard") in page.get(path(batch)).html
    assert "款项已回到队列" in page.send(path(batch, "/discard"), {}).text


def test_every_faulty_line_of_a_bank_return_is_named(app: Flask) -> None:
    """Refused in whole: nothing is recorded."""
    batch = sent()
    rows = "line_no,account_number,amount,status,reason,value_date\n9,1,1.00,paid,,2026-01-13\n1,1,x,好,,\n"
    maker = browser(app, Role.FINANCE_MAKER)
    page = maker.send(path(batch, "/bank-returns"), files=csv_file(rows.encode()))

    assert page.status == 200
    assert "文件有 4 处错误，整份未予接收" in page.text
    assert 'data-confirm="登记后' not in page.html
    assert "状态“好”无法识别，应为 paid（到账）、failed（付款失败）或 returned（退汇）" in page.text
    for said in ("第 2 行：本批次没有序号 9", "第 3 行金额“x”有误", "第 3 行日期“”有误"):
        assert said in page.text
    assert count(BankReturn) == 0


def csv_file(content: bytes) -> dict[str, tuple[bytes, str]]:
    return {"file": (content, "return.csv")}


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ({}, 422, "必填"),
        ({"file": (b"", "empty.csv")}, 422, "为空"),
        ({"file": (b"%PDF-1.7\n", "return.csv")}, 415, "不在允许之列"),
    ],
)
def test_what_is_no_bank_return_is_refused(
    app: Flask, files: dict[str, tuple[bytes, str]], status: int, said: str
) -> None:
    page = browser(app, Role.FINANCE_MAKER).send(path(sent(), "/bank-returns"), files=files)

    assert (page.status, said in page.text) == (status, True), page.text


def test_the_same_return_twice_is_taken_once(app: Flask) -> None:
    batch = sent()
    maker, content = browser(app, Role.FINANCE_MAKER), csv_file(bank_csv(batch))
    first = maker.send(path(batch, "/bank-returns"), files=content, follow=False).response.headers["Location"]
    assert "银行回单已登记" in maker.send(first, {}).text
    again = maker.send(path(batch, "/bank-returns"), files=content)

    assert "文件中的结果均已登记" in again.text
    assert count(BankReturn) == 1


def test_a_batch_with_silent_lines_cannot_be_closed(app: Flask) -> None:
    batch = sent()
    answer(batch, {1: "paid"})
    maker = browser(app, Role.FINANCE_MAKER)

    assert "尚有 1 笔没有银行结果" in maker.get(path(batch)).text
    refused = maker.send(path(batch, "/closing"), {})
    assert (refused.status, "尚有 1 笔没有银行结果" in refused.text) == (409, True)


def test_payouts_are_filtered_by_what_the_bank_says(app: Flask) -> None:
    batch = sent(100, 200, 300)
    answer(batch, {1: "paid", 2: "failed"})
    maker = browser(app, Role.AUDITOR)

    def amounts(outcome: str) -> list[str]:
        page = maker.get(f"{path(batch)}?outcome={outcome}", HX_Target="table-batch-payouts")
        return [fen for fen in ("¥1.00", "¥2.00", "¥3.00") if fen in page.text]

    assert (amounts("paid"), amounts("failed"), amounts("silent")) == (["¥1.00"], ["¥2.00"], ["¥3.00"])
    answer(batch, {1: "returned"})
    assert (amounts("paid"), amounts("returned")) == ([], ["¥1.00"])
    assert "无法识别" in maker.get(f"{path(batch)}?outcome=weird").text


def test_payouts_are_exported_as_they_are_shown(app: Flask) -> None:
    batch = sent(100, 200)
    page = browser(app, Role.FINANCE_MAKER).get(f"{path(batch)}?export=csv&sort=-amount")

    lines = page.html.splitlines()
    assert [line.split(",")[6] for line in lines] == ["金额", "2.00", "1.00"]


def test_a_payout_shows_its_claims_and_what_was_said_of_it(app: Flask) -> None:
    batch = sent(100)
    answer(batch, "failed")
    maker = browser(app, Role.AUDITOR)
    page = maker.get(path(batch, "/payouts/1"))

    assert f"付款 {batch.number}-000001" in page.text
    assert all(word in page.text for word in ("账号与户名不符", "联行号", "¥1.00", "失败"))
    assert maker.get(path(batch, "/payouts/2")).status == 404
    assert "Claims beneath it" in in_english(maker).get(path(batch, "/payouts/1")).text


def test_files_that_are_not_there_are_missing(app: Flask) -> None:
    batch = prepared()
    maker = browser(app, Role.FINANCE_MAKER)

    assert maker.get(path(batch, "/files/csv")).status == 409
    assert maker.get(path(batch, "/files/exe")).status == 404
    assert maker.get("/settlement-batches/999999").status == 404


def test_the_list_that_is_stamped(app: Flask) -> None:
    batch = prepared(6_000_000, 3_000_050)
    reader = browser(app, Role.PROVINCE)
    page = reader.get(path(batch, "/sheet"))

    assert "玖万元伍角" in page.text
    assert "¥90,000.50" in page.text
    assert "财政资金管理部门（盖章）" in page.text
    assert "data-print" in page.html
    assert 'class="official"' in page.html
    english = in_english(reader).get(path(batch, "/sheet"))
    assert "Payout list of batch" in english.text
    assert "Total in words" not in english.text


def test_a_long_batch_is_stamped_by_its_sum(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("settlement.pages.batches"), "SHEET_PAYOUTS", 1)
    page = browser(app, Role.PROVINCE).get(path(prepared(100, 200), "/sheet"))

    assert "共 2 笔，明细见导出文件" in page.text
    assert "¥1.00" not in page.text
    assert "¥3.00" in page.text


def test_the_list_of_batches_filters_by_state(app: Flask) -> None:
    batch = prepared()
    page = browser(app, Role.FINANCE_CHECKER)

    assert batch.number in page.get("/settlement-batches?state=prepared").text
    assert batch.number not in page.get("/settlement-batches?state=closed").text
    assert NEW not in page.get("/settlement-batches").html  # makers prepare
    assert "Settlement batches" in in_english(page).get("/settlement-batches").text


def test_a_batch_of_a_cutoff_whose_day_was_not_over_says_what_becomes_of_the_rest(app: Flask) -> None:
    """Of a scheduled one only, and not once it is discarded."""
    make_fund(1_000)
    for _ in range(3):
        make_payable(100)
    page = browser(app, Role.FINANCE_CHECKER)
    early = prepare(now=JANUARY)
    assert "次日尚无批次且资金足够，由次日凌晨自动补编的批次支付，否则留待" in page.get(path(early)).text
    batches.discard(batch_id=early.id, actor=maker(), now=JANUARY)
    assert "补编" not in page.get(path(early)).text
    assert "补编" not in page.get(path(prepare())).text
    make_payable(100)
    assert "补编" not in page.get(path(prepare(cutoff=AFTER.date()))).text


def test_a_batch_asks_the_same_of_the_database_at_one_line_and_at_many(app: Flask) -> None:
    batch = sent(100)
    answer(batch)
    page = browser(app, Role.FINANCE_MAKER)
    once = queries_of(page, path(batch))
    for fen in range(1, MANY):
        make_payable(fen)
    many = send(prepare(cutoff=AFTER.date() - timedelta(days=2)))
    answer(many)

    assert queries_of(page, path(many)) <= once <= 20


def test_the_list_of_batches_asks_the_same_of_the_database_at_one_row_and_at_many(app: Flask) -> None:
    prepared(100)
    page = browser(app, Role.FINANCE_MAKER)
    once = queries_of(page, "/settlement-batches")
    for _ in range(MANY):
        batches.discard(batch_id=prepare().id, actor=maker(), now=AFTER)
        prepare()

    assert count(SettlementBatch) == MANY + 1
    assert queries_of(page, "/settlement-batches") == once <= 20


def test_what_is_done_today(app: Flask) -> None:
    """The cards, with their sums, their oldest dates and where they lead."""
    make_fund(10_000)
    make_payable(4_000)
    failed = send(prepare())
    answer(failed, "failed")
    for fen in (5_000, 6_000, 1_000):
        make_payable(fen)
    page = browser(app, Role.FINANCE_MAKER).get("/finance")

    assert "下一个截止日：2026-01-26" in page.text
    assert NEW in page.reader.links
    cards = card_words(page)
    assert cards["/payables?state=due"] == "待兑付款项 3 ¥120.00 最早：2026-01-08 10:00 到截止日自动编制"
    assert cards["/finance/queue"] == "资金不足而停止的队列 2 ¥70.00 最早：2026-01-08 10:00"
    assert cards["/payables?state=failed"] == "兑付失败待更正 1 ¥40.00 最早：2026-01-08 10:00"
    assert cards["/settlement-batches?state=prepared"] == "待他人复核的批次 0"
    assert "银行结果已齐待结清的批次 1 ¥40.00" in page.text


def test_a_cutoff_of_a_year_without_calendar_is_provisional(app: Flask) -> None:
    with clock.at(AFTER.replace(year=2028)):
        page = browser(app, Role.FINANCE_MAKER)
        assert "（暂定，待官方放假安排公布）" in page.get("/finance").text
        assert "(provisional until" in in_english(page).get("/finance").text


def card_words(page: PageAnswer) -> dict[str, str]:
    """The words of each card by its address."""
    found: dict[str, str] = {}
    for part in page.html.split('<a class="card" href="')[1:]:
        href, _, rest = part.partition('">')
        words = rest.partition("</a>")[0]
        found[href] = " ".join("".join(f" {piece.partition('>')[2]}" for piece in words.split("<")).split())
    return found
