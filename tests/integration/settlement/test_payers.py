"""Paying accounts: proposed by one person, decided by another, kept by every batch that pays from them (V17 pay)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from accounts.kinds import ChangeDecision
from accounts.permissions import Role
from accounts.states import ProposalState
from core import clock
from core.db import session, transaction
from core.files import open_file
from core.invariants import verify
from core.permissions import Actor
from settlement.models import PayingAccount
from settlement.queries.batches import exported
from settlement.queries.invariants import INVARIANTS
from settlement.queries.payers import in_force, paying_accounts, sample_payouts
from settlement.rules.exports import ExportFormat
from settlement.rules.exports.layout import AmountUnit, BankEncoding, Lacking
from settlement.rules.exports.preview import preview
from settlement.rules.payers import EVERY_OTHER, Separator
from settlement.service import payers
from settlement.service.payers import PayingAccountFaulty, PayingAccountOpen, PayingAccountOwn
from tests.factories.settlement import AFTER, CUTOFF, JANUARY, checker, make_fund, make_payable, maker, prepare, send
from tests.support.finance import browser, in_english

GIVEN: dict[str, Any] = {
    "programme": EVERY_OTHER,
    "holder_name": "创新券兑付专户",
    "bank_name": "某银行",
    "cnaps_code": "102475000001",
    "account_number": "3700000000000000002",
    "bic": "ICBKCNBJSDG",
    "columns": ["end_to_end_id=支付编号", "holder_name=户名", "account_number=账号", "amount=金额", "purpose=附言"],
    "separator": Separator.BAR,
    "amount": AmountUnit.FEN,
    "encoding": BankEncoding.GB18030,
    "lacking": Lacking.REFUSE,
    "purpose": "创新券 {batch}",
    "cause": "开户行调整",
}


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def propose(*, actor: Actor | None = None, valid_from: date | None = None, **other: Any) -> PayingAccount:
    return payers.propose(
        **{**GIVEN, **other}, valid_from=valid_from or clock.today(AFTER), actor=actor or maker(), now=AFTER
    )


def decide(account: PayingAccount, decision: str = "approve", *, actor: Actor | None = None) -> PayingAccount:
    return payers.decide(
        account_id=account.id,
        decision=ChangeDecision(decision),
        opinion="已核对",
        actor=actor or checker(),
        now=AFTER,
    )


def test_a_fund_pays_from_what_two_persons_decided_and_batches_keep_theirs(app: Flask) -> None:
    make_fund(10_000)
    make_payable(100)
    first = send(prepare())
    bytes_of = {kind: open_file(exported(first.id, kind)) for kind in (ExportFormat.CSV, ExportFormat.PAIN_001)}

    alone = maker()
    account = propose(actor=alone)
    with pytest.raises(PayingAccountOpen):
        propose()
    with pytest.raises(PayingAccountOwn):
        decide(account, actor=Actor(alone.user_id, alone.organisation_id, Role.FINANCE_CHECKER.value))
    decide(account)

    make_payable(200, now=JANUARY)
    second = send(prepare(now=AFTER + timedelta(hours=1), cutoff=CUTOFF + timedelta(days=1)))
    table = open_file(exported(second.id, ExportFormat.CSV)).decode("gb18030")
    assert second.paying_account_id == account.id
    assert table == preview(account.payer, account.layout, sample_payouts(account, on=CUTOFF))
    assert table.splitlines()[1].endswith(f"|200|创新券 {second.number}")
    assert b"<BICFI>ICBKCNBJSDG</BICFI>" in open_file(exported(second.id, ExportFormat.PAIN_001))
    assert bytes_of == {kind: open_file(exported(first.id, kind)) for kind in bytes_of}
    assert [each for each in verify(INVARIANTS) if each.number in (8, 9, 10)] == []


def test_a_version_holds_from_its_day_on(app: Flask) -> None:
    payers.import_accounts(now=JANUARY)
    tomorrow = AFTER + timedelta(days=1)
    account = decide(propose(valid_from=clock.today(tomorrow)))
    before, then = in_force("x", now=AFTER), in_force("x", now=tomorrow)
    assert before is not None
    assert before.id != account.id
    assert then is not None
    assert then.id == account.id
    assert decide(propose(), "refuse").state is ProposalState.REFUSED
    assert payers.import_accounts(now=AFTER) == []


def test_every_fault_of_a_version_is_named_at_once(app: Flask) -> None:
    with pytest.raises(PayingAccountFaulty) as refused:
        propose(
            programme="unknown",
            columns=["payee=收款人", "amount=金额"],
            purpose="{month}",
            valid_from=clock.today(AFTER) - timedelta(days=1),
        )
    assert {each.code for each in refused.value.reasons} == {
        "layout_field_unknown",
        "layout_field_missing",
        "layout_place_unknown",
        "valid_from_past",
        "payer_programme_unknown",
    }


def test_what_was_decided_is_never_changed(app: Flask) -> None:
    account = decide(propose())
    with pytest.raises(DBAPIError, match="never changed"), transaction():
        session().execute(text("UPDATE paying_account SET account_number = '1' WHERE id = :id"), {"id": account.id})


def test_finance_proposes_looks_and_decides_on_pages(app: Flask) -> None:
    payers.import_accounts(now=JANUARY)
    page = browser(app, Role.FINANCE_MAKER)
    form = page.get("/paying-accounts/new").form("/paying-accounts/new")
    assert form.values["columns"][0].splitlines()[0] == "payout_no=序号"
    filled = {"columns": "\n".join(GIVEN["columns"]), "encoding": "GB18030", "cause": "开户行调整"}
    sent = page.send("/paying-accounts/new", filled)
    shown = sent.text
    assert "支付编号,户名,账号,金额,附言" in shown
    assert "等待另一人决定" in shown
    other = in_english(browser(app, Role.FINANCE_CHECKER))
    account = session().scalars(paying_accounts(state=ProposalState.PROPOSED)).one()
    decision = f"/paying-accounts/{account.id}/decision"
    done = other.send(decision, {"decision": "approve", "opinion": "checked"})
    assert "Payments leave this account now" in done.text


def test_an_offices_file_is_taken_over_once(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(
        """
        accounts:
          "*": {holder_name: 专户, bank_name: 某行, cnaps_code: "102475000001", account_number: "1", bank: own}
        banks:
          own:
            delimiter: ","
            amount: yuan
            encoding: GBK
            lacking: refuse
            purpose: "创新券 {batch}"
            columns: [{field: payout_no, heading: 序}, {field: holder_name, heading: 名, longest: 60},
                      {field: account_number, heading: 号}, {field: amount, heading: 元}]
        """,
        encoding="utf-8",
    )
    runner = app.test_cli_runner()
    first = runner.invoke(args=["settlement", "payers", "import", str(file)])
    again = runner.invoke(args=["settlement", "payers", "import", str(file)])
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "taken over: 1" in first.output
    assert "taken over: 0" in again.output
    file.write_text(file.read_text(encoding="utf-8").replace("holder_name, heading", "amount, heading"), "utf-8")
    assert "holder_name" in runner.invoke(args=["settlement", "payers", "import", str(file)]).output
