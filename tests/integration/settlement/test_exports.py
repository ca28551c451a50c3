"""Files of a batch: identical bytes whenever made, text that stays text, totals in figures and 大写 (V17 pay)."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from accounts.models import BankAccount, Organisation
from accounts.queries import verified_account
from core import clock
from core.db import session
from core.files import open_file
from core.states import StateForbids
from settlement.queries.batches import BatchNotExported, content_of, exported, files_of
from settlement.rules.exports import FILE_KINDS, ExportFormat
from settlement.service import batches
from settlement.service.batches import ExportDiffers
from settlement.states import BatchState
from tests.databases import Database
from tests.factories.accounts import make_enterprise
from tests.factories.settlement import AFTER, make_fund, make_payable, maker, prepare, send

FORMULA = '=HYPERLINK("http://example.invalid","x")'
LONG_NUMBER = "6222021602003456789"


def odd_payee() -> Organisation:
    payee = make_enterprise()
    account = verified_account(payee.id)
    assert isinstance(account, BankAccount)
    account.holder_name, account.account_number = FORMULA, LONG_NUMBER
    session().commit()
    return payee


def test_exporting_twice_gives_identical_bytes(app: Flask) -> None:
    make_fund(10_000)
    make_payable(100)
    make_payable(234)
    batch = send(prepare())
    first = {kind: open_file(exported(batch.id, kind)) for kind in ExportFormat}

    again = batches.export(batch_id=batch.id, actor=maker(), now=AFTER + timedelta(days=40))

    assert again.state is BatchState.EXPORTED
    for kind, content in first.items():
        with clock.at(AFTER + timedelta(days=400)):
            assert FILE_KINDS[kind].render(content_of(batch)) == content
        assert open_file(exported(batch.id, kind)) == content
    assert {file.sha256 for file in files_of(batch)} == {hashlib.sha256(c).hexdigest() for c in first.values()}


def test_xlsx_keeps_text_as_text_and_names_the_total_in_capitals(app: Flask) -> None:
    make_fund(20_000_000)
    make_payable(12_345_678, payee=odd_payee())
    make_payable(100)
    batch = send(prepare())

    rows = CalamineWorkbook.from_filelike(
        io.BytesIO(open_file(exported(batch.id, ExportFormat.XLSX)))
    ).get_sheet_by_index(0)
    heading, first, _, total = rows.to_python()

    assert heading[1] == "收款人"
    assert (first[1], first[4], first[5]) == (FORMULA, LONG_NUMBER, 123456.78)
    assert (total[0], total[5]) == ("合计", 123457.78)
    assert total[6] == "壹拾贰万叁仟肆佰伍拾柒元柒角捌分"


def test_csv_is_utf_8_with_a_mark_and_formulas_are_inert(app: Flask) -> None:
    make_fund(20_000_000)
    make_payable(12_345_678, payee=odd_payee())
    batch = send(prepare())

    content = open_file(exported(batch.id, ExportFormat.CSV))
    heading, line = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    assert content.startswith(b"\xef\xbb\xbf")
    assert heading[0] == "序号"
    assert (line[1], line[4], line[5]) == (f"'{FORMULA}", LONG_NUMBER, "123456.78")


def test_a_batch_is_exported_only_after_approval(app: Flask) -> None:
    make_fund(100)
    make_payable(100)
    batch = prepare()

    with pytest.raises(StateForbids):
        batches.export(batch_id=batch.id, actor=maker(), now=AFTER)
    with pytest.raises(BatchNotExported):
        exported(batch.id, ExportFormat.CSV)


def test_control_sums_are_those_of_the_batch(app: Flask) -> None:
    make_fund(1_000)
    make_payable(100)
    make_payable(150)
    batch = send(prepare())

    assert {(file.line_count, file.control_sum_fen) for file in files_of(batch)} == {(2, 250)}


def test_a_batch_tampered_with_is_noticed_when_it_is_exported_again(committed_app: Flask, database: Database) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = send(prepare())
    with database.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE batch_payout SET account_number = '1'")

    with pytest.raises(ExportDiffers):
        batches.export(batch_id=batch.id, actor=maker(), now=AFTER)
