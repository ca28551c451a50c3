"""Statements and the trial balance: what they add up to, whom they concern, and their files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import organisation
from core import clock
from core.db import session
from core.permissions import SYSTEM
from settlement.models import LedgerAccount, LedgerPosting
from settlement.queries import statement_files as files
from settlement.queries import statements
from settlement.queries.ledger import described
from settlement.queries.statements import StatementCityUnknown, StatementMissing
from settlement.rules.statements import Period, party_of
from tests.factories.accounts import actor_of, make_controller, make_enterprise, token_for, user_of, user_with_role
from tests.factories.settlement import (
    AFTER,
    JANUARY,
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
from tests.support.pages import PageClient

LONG = Period(date(2025, 1, 1), date(2027, 12, 31))
PROVINCE = party_of("province")


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def paid() -> int:
    """A batch of one payable that the bank paid; returns the payee's number."""
    make_fund(10_000)
    payable = make_payable(4_000)
    answer(send(prepare()))
    return payable.payee_id


def workbook(page: PageClient, path: str) -> CalamineWorkbook:
    """A workbook as it is fetched."""
    answer = page.get(path).response
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    answer.close()
    return book


def test_opening_and_lines_are_the_closing_on_any_day(app: Flask) -> None:
    paid()
    charge(new_order_id(), self_pay_fen=100, subsidy_fen=50)
    day = clock.today(JANUARY)
    while day <= clock.today(AFTER):
        parts = statements.sections(PROVINCE, Period(day, LONG.until), actor=SYSTEM)
        for part in parts:
            stands = select(func.sum(LedgerAccount.posted_fen if part.layer == "posted" else LedgerAccount.pending_fen))
            assert part.closing_fen == session().scalar(stands.where(LedgerAccount.kind == part.kind))
            lines = statements.lines(PROVINCE, Period(day, LONG.until), actor=SYSTEM, kind=part.kind)
            found = [each.amount_fen for each in session().scalars(lines) if each.layer == part.layer]
            assert (sum(found), len(found)) == (part.debit_fen - part.credit_fen, part.count)
        before = statements.sections(PROVINCE, Period(LONG.since, day - timedelta(days=1)), actor=SYSTEM)
        closed = {(each.kind, each.layer): each.closing_fen for each in before}
        assert all(closed.get((each.kind, each.layer), 0) == each.opening_fen for each in parts)
        day += timedelta(days=5)


def test_every_book_and_layer_is_zero_on_any_day(app: Flask) -> None:
    paid()
    for day in (clock.today(JANUARY), clock.today(AFTER)):
        for _, debit, credit in files.totals(statements.trial_balance(day)):
            assert debit == credit > 0
    page = browser(app, Role.AUDITOR)
    shown = page.get("/ledger/trial-balance")
    assert "财政资金账·已过账合计（应为零） ¥180.00 ¥180.00 ¥0.00" in shown.text
    book = workbook(page, "/ledger/trial-balance?export=xlsx")
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["账簿", "余额类别", "科目"]
    assert {row[5] for row in rows if row[2] == "合计"} == {0.0}
    assert "Trial balance" in in_english(page).get("/ledger/trial-balance?on=bad").text


def test_a_statement_is_read_by_whom_it_concerns(app: Flask) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=100, subsidy_fen=50)
    foreign = new_order_id()
    charge(foreign, self_pay_fen=7_700, subsidy_fen=50)
    page = browser(app, user)
    shown = page.get("/ledger/statement")
    assert f"订单 {order_id}" in shown.text
    assert f"订单 {foreign}" not in shown.text
    assert "V16" in shown.text
    assert page.get(f"/ledger/statements/organisation:{provider.id}").status == 404
    assert page.get("/ledger/statements/province").status == 404
    for party in (f"organisation:{provider.id}", f"city:{user.city}", "province", "nobody"):
        with pytest.raises(StatementMissing):
            statements.find_party(party, actor=actor_of(user), on=clock.today(AFTER))
    assert queries_of(page, "/ledger/statement") <= 20


def test_a_city_that_there_is_not_is_told_with_those_there_are(app: Flask) -> None:
    """Not an empty statement: page, file, API and command name the cities, for who may read any of them."""
    reader = user_with_role(Role.AUDITOR)
    page = browser(app, reader)
    for path in ("/ledger/statements/city:379900", "/ledger/statements/city:379900/xlsx"):
        shown = page.get(path)
        assert (shown.status, "379900" in shown.text, "371700 菏泽市" in shown.text) == (404, True, True)
    assert "There is no city with the code 379900" in in_english(page).get("/ledger/statements/city:379900").text
    headers = token_for(reader)
    for path in ("/api/v1/ledger/statements/city:379900", "/api/v1/ledger/statements/city:379900/file?format=xlsx"):
        answer = app.test_client().get(path, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "statement_city_unknown")
    run = app.test_cli_runner().invoke
    refused = run(args=["settlement", "statement", "--party", "city:379900"])
    assert (refused.exit_code, "371700 菏泽市" in refused.output) == (1, True)
    assert run(args=["settlement", "statement", "--party", "city:371700"]).exit_code == 0
    unreadable = run(args=["settlement", "statement", "--party", "菏泽市"])
    assert (unreadable.exit_code, "city:370100" in unreadable.output) == (1, True)
    foreign = browser(app, make_enterprise()).get("/ledger/statements/city:379900")
    assert (foreign.status, "菏泽市" in foreign.text) == (404, False)


def test_a_city_the_province_no_longer_has_keeps_its_statement(app: Flask) -> None:
    """By its code, as long as something stands in its books, for who reads all."""
    payee_id = paid()
    reader = user_with_role(Role.AUDITOR)
    session().execute(update(Organisation).where(Organisation.id == payee_id).values(city="379900"))
    session().commit()

    shown = browser(app, reader).get("/ledger/statements/city:379900")
    answer = app.test_client().get("/api/v1/ledger/statements/city:379900", headers=token_for(reader))

    assert (shown.status, "379900" in shown.text) == (200, True)
    assert (answer.status_code, len(answer.get_json()["items"]) > 0) == (200, True)
    with pytest.raises(StatementCityUnknown):
        statements.find_party("city:379901", actor=reader.as_actor(), on=clock.today(AFTER))


def test_a_shared_cap_stands_in_no_firms_statement(app: Flask) -> None:
    """V12: the cap is theirs together, yet no sibling's order is told."""
    controller = make_controller()
    firm = make_enterprise(controller=controller)
    hold(new_order_id(), 123_400, cap_owner=f"controller:{controller.id}")
    party = party_of(f"organisation:{firm.id}")
    assert statements.sections(party, LONG, actor=actor_of(firm)) == []
    assert session().scalars(statements.lines(party, LONG, actor=actor_of(firm))).all() == []
    assert {each.kind for each in statements.sections(party, LONG, actor=SYSTEM)} == {"cap", "cap_contra"}


def test_the_files_hold_every_line(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    payee = paid()
    page = browser(app, Role.FINANCE_MAKER)
    whose = party_of(f"organisation:{payee}")
    here = f"/ledger/statements/{whose.code}"
    book = workbook(page, f"{here}/xlsx?since=2026-01-01&until=2026-12-31")
    sums, lines = (book.get_sheet_by_index(number).to_python() for number in range(2))
    assert lines[0][-5:] == ["条款", "借方", "贷方", "余额", "网页"]
    assert len(lines) - 1 == len(
        session().scalars(statements.lines(party_of(f"organisation:{payee}"), LONG, actor=SYSTEM)).all()
    )
    assert {row[3] for row in lines[1:]} == {organisation(payee).name}
    of_all = workbook(page, "/ledger/statements/province/xlsx?since=2026-01-01&until=2026-12-31")
    owners = {str(row[3]) for row in of_all.get_sheet_by_index(1).to_python()}
    assert "山东省创新券 2026" in owners
    assert not any("shandong" in each for each in owners)
    for row in sums[4:]:
        opening, debit, credit, closing = (float(str(cell)) for cell in row[3:7])
        assert opening + debit - credit == pytest.approx(closing)
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(page.get(f"{here}/pdf").response.data)).pages)
    assert "对账单" in text
    assert "V17 order" in text
    assert page.get(f"{here}/docx").status == 404
    monkeypatch.setattr(files, "PDF_LINES", 1)
    assert page.get(f"{here}/pdf").status == 400


def test_lines_name_their_article(app: Flask) -> None:
    paid()
    charge(new_order_id(), self_pay_fen=100, subsidy_fen=50)
    assert all(line.article for line in described(session().scalars(select(LedgerPosting)).all()))


def test_the_command_writes_what_page_and_file_say(app: Flask, tmp_path: Path) -> None:
    """Opening and lines are the closing in JSON too; workbook and document are the same files."""
    paid()
    run = app.test_cli_runner().invoke
    asked = ["settlement", "statement", "--party", "province", "--from", "2026-01-01", "--to", "2026-12-31"]
    told = json.loads(run(args=asked).output)
    expected = statements.sections(PROVINCE, Period(date(2026, 1, 1), date(2026, 12, 31)), actor=SYSTEM)
    assert [each["closing_fen"] for each in told["sections"]] == [each.closing_fen for each in expected]
    assert len(told["items"]) == sum(each.count for each in expected) > 0
    heads = {"json": b"{", "xlsx": b"PK", "pdf": b"%PDF"}
    for ending, head in heads.items():
        target = tmp_path / f"statement.{ending}"
        done = run(args=[*asked, "--format", ending, "--output", str(target)])
        assert (done.exit_code, target.read_bytes()[: len(head)]) == (0, head), done.output
    refused = run(args=[*asked, "--user", user_of(make_enterprise()).username])
    assert (refused.exit_code, "Error" in refused.output) == (1, True)
    assert run(args=[*asked, "--to", "2025-01-01"]).exit_code == 2
