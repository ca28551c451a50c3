"""Shortfalls and clawbacks through pages (V16(1), V19, V21)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.permissions import Role
from accounts.queries import organisation
from accounts.queries.standing import adverse_records
from core import clock
from core.db import session
from settlement.models import Clawback, Payment, Recovery
from settlement.service import clawbacks
from tests.factories.accounts import make_enterprise, make_provider, user_with_role
from tests.factories.settlement import AFTER, charge, claw_back, make_shortfall, paid_payable
from tests.support.finance import browser, in_english, queries_of, sent_twice
from tests.support.queries import MANY


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def count(model: type[object]) -> int:
    return session().scalar(select(func.count()).select_from(model)) or 0


# -- shortfalls --------------------------------------------------------------------------------------------------------


def test_a_user_sees_what_it_owes_and_to_whom(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000_000, approved_fen=5_000_000)
    debtor, creditor = organisation(shortfall.debtor_id), organisation(shortfall.creditor_id)
    page = browser(app, debtor)

    assert "贵单位应补缴 ¥10,000.00" in page.get("/shortfalls").text
    assert creditor.name in page.get("/shortfalls").text
    shown = page.get(f"/shortfalls/{shortfall.id}")
    assert "请将未清金额汇给应收方" in shown.text
    assert "V16(1)" in shown.text
    assert "payment" not in shown.html.partition("<main")[2]
    assert "You owe ¥10,000.00" in in_english(page).get("/shortfalls").text


def test_a_provider_confirms_in_instalments(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=1_000)
    page = browser(app, organisation(shortfall.creditor_id))
    here = f"/shortfalls/{shortfall.id}"

    assert "应补缴给贵单位 ¥10.00" in page.get("/shortfalls").text
    part = page.send(f"{here}/payment", {"amount_fen": "4.00", "reference": "T1"})
    assert "已确认到账" in part.text
    assert "¥6.00" in part.text
    assert "T1" in part.text
    again = page.send(f"{here}/payment", {"amount_fen": "1.00", "reference": "T1"})
    assert (again.status, "已登记流水号为“T1”" in again.text) == (409, True)
    too_much = page.send(f"{here}/payment", {"amount_fen": "6.01", "reference": "T2"})
    assert (too_much.status, "付款 6.01 元超过应付 6.00 元" in too_much.text) == (422, True)
    assert 'value="6.01"' in too_much.html
    rest = page.send(f"{here}/payment", {"amount_fen": "", "reference": "T2"})
    assert "已全部补缴" in rest.text
    over = page.send(f"{here}/payment", {"amount_fen": "1.00", "reference": "T3"})
    assert over.status == 409


def test_every_fault_of_a_payment_stands_beside_its_field(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=1_000)
    page = browser(app, organisation(shortfall.creditor_id))
    faulty = page.send(f"/shortfalls/{shortfall.id}/payment", {"amount_fen": "viel", "reference": ""})

    assert (faulty.status, faulty.html.count('class="field-fault"')) == (422, 2)
    assert 'value="viel"' in faulty.html


def test_a_payment_sent_twice_counts_once(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=1_000)
    page = browser(app, organisation(shortfall.creditor_id))
    first, second = sent_twice(page, f"/shortfalls/{shortfall.id}/payment", {"amount_fen": "4.00", "reference": "T1"})

    assert first.status == second.status == 303
    assert count(Payment) == 1


def test_strangers_see_no_shortfall(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=1_000)
    page = browser(app, make_provider())

    assert page.get(f"/shortfalls/{shortfall.id}").status == 404
    assert page.get(f"/shortfalls/{shortfall.id}/payment").status == 404
    assert "没有应补缴的差额" in page.get("/shortfalls").text


def test_shortfalls_ask_the_same_of_the_database_at_one_row_and_at_many(app: Flask) -> None:
    make_shortfall(deducted_fen=1_000)
    page = browser(app, Role.AUDITOR)
    once = queries_of(page, "/shortfalls")
    for _ in range(MANY):
        make_shortfall(deducted_fen=1_000)

    assert queries_of(page, "/shortfalls") == once <= 20


# -- clawbacks ---------------------------------------------------------------------------------------------------------


def test_the_province_claws_back_and_finance_records_what_comes(app: Flask) -> None:
    payable = paid_payable(50_000)
    province, maker = browser(app, Role.PROVINCE), browser(app, Role.FINANCE_MAKER)
    values = {"amount_fen": "400.00", "cause": "材料不实", "misconduct": "true", "sanction_until": "2028-01-01"}
    done = province.send(f"/payables/{payable.id}/clawback", values)

    assert "追回已提出" in done.text
    assert "材料不实" in done.text
    clawback = session().scalars(select(Clawback)).one()
    here = f"/clawbacks/{clawback.id}"
    assert len(adverse_records(payable.payee_id)) == 1
    assert f"{here}/recovery" not in province.get(here).html
    part = maker.send(f"{here}/recovery", {"amount_fen": "150", "reference": "R1"})
    assert "已登记收回" in part.text
    assert "¥250.00" in part.text
    too_much = maker.send(f"{here}/recovery", {"amount_fen": "250.01", "reference": "R2"})
    assert (too_much.status, "收回 250.01 元超过未收回的 250.00 元" in too_much.text) == (422, True)
    rest = maker.send(f"{here}/recovery", {"amount_fen": "250", "reference": "R2"})
    assert "已全部收回" in rest.text
    assert "R1" in rest.text


def test_misconduct_may_be_put_against_a_party_of_the_order_only(app: Flask) -> None:
    payable = paid_payable(50_000)
    user, provider = charge(payable.order_id, self_pay_fen=0, subsidy_fen=0)
    page = browser(app, Role.PROVINCE)
    form = page.get(f"/payables/{payable.id}/clawback")

    assert all(name in form.text for name in (user.name, provider.name))
    values = {"amount_fen": "1", "cause": "不实", "misconduct": "true", "misconduct_by": str(make_enterprise().id)}
    refused = page.send(f"/payables/{payable.id}/clawback", values)
    assert (refused.status, "失信记录只能针对" in refused.text) == (422, True)


def test_every_fault_of_a_clawback_stands_beside_its_field(app: Flask) -> None:
    payable = paid_payable(500)
    page = browser(app, Role.PROVINCE)
    values = {"amount_fen": "0", "cause": "", "misconduct": "true", "sanction_until": "soon"}
    faulty = page.send(f"/payables/{payable.id}/clawback", values)
    too_much = page.send(f"/payables/{payable.id}/clawback", {"amount_fen": "5.01", "cause": "不实"})
    over = page.send(
        f"/payables/{payable.id}/clawback", {"amount_fen": "1", "cause": "不实", "sanction_until": "2027-01-01"}
    )

    assert (faulty.status, faulty.html.count('class="field-fault"')) == (422, 3)
    assert 'value="soon"' in faulty.html
    assert "checked" in faulty.html
    assert "追回 5.01 元超过可追回的 5.00 元" in too_much.text
    assert "只有失信才有处理期" in over.text
    assert count(Clawback) == 0


def test_a_clawback_and_a_recovery_sent_twice_count_once(app: Flask) -> None:
    payable = paid_payable(500)
    sent_twice(browser(app, Role.PROVINCE), f"/payables/{payable.id}/clawback", {"amount_fen": "2", "cause": "不实"})
    clawback = session().scalars(select(Clawback)).one()
    sent_twice(
        browser(app, Role.FINANCE_MAKER), f"/clawbacks/{clawback.id}/recovery", {"amount_fen": "1", "reference": "R"}
    )

    assert (count(Clawback), count(Recovery)) == (1, 1)


def test_a_payee_sees_its_clawback_and_nobody_elses(app: Flask) -> None:
    clawback = claw_back(paid_payable(500), 400)
    page = browser(app, organisation(clawback.payee_id))

    assert "¥4.00" in page.get("/clawbacks").text
    shown = page.get(f"/clawbacks/{clawback.id}")
    assert "收款方退回款项后" in shown.text
    assert "settlement-batches" not in shown.html
    assert "Clawback" in in_english(page).get(f"/clawbacks/{clawback.id}").text
    stranger = browser(app, make_enterprise())
    assert stranger.get(f"/clawbacks/{clawback.id}").status == 404
    assert "没有追回事项" in stranger.get("/clawbacks").text


def test_clawbacks_ask_the_same_of_the_database_at_one_row_and_at_many(app: Flask) -> None:
    clawback = claw_back(paid_payable(500), 1)
    page = browser(app, Role.AUDITOR)
    once = queries_of(page, "/clawbacks")
    for _ in range(MANY):
        clawbacks.claw_back(
            payable_id=clawback.payable_id,
            source=None,
            amount_fen=1,
            cause="材料不实",
            misconduct=False,
            misconduct_by=None,
            sanction_until=None,
            actor=user_with_role(Role.PROVINCE).as_actor(),
            now=AFTER,
        )

    assert queries_of(page, "/clawbacks") == once <= 20
    assert "clawbacks" in page.get("/finance").html
