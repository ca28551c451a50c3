"""Files of a batch: identical bytes whenever made, text that stays text, totals in figures and 大写 (V17 pay)."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from flask import Flask
from lxml import etree
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from accounts.models import BankAccount, Organisation
from accounts.queries import verified_account
from core import clock
from core.db import session
from core.file_store import path_of
from core.files import FileAltered, open_file
from core.money import in_capitals
from core.states import StateForbids
from settlement.models import SettlementBatch
from settlement.payers import payer_of
from settlement.queries.batches import BatchNotExported, exported, files_of, find_batch
from settlement.queries.exports import content_of
from settlement.rules.exports import FILE_KINDS, ExportFormat, pain001
from settlement.rules.exports.content import ExportFaulty
from settlement.rules.exports.layout import PURPOSE
from settlement.rules.payout_ids import end_to_end_id
from settlement.service import batches
from settlement.service.batches import ExportDiffers
from settlement.states import BatchState
from tests.databases import Database
from tests.factories.accounts import make_enterprise
from tests.factories.settlement import AFTER, checker, make_fund, make_payable, maker, prepare, send

FORMULA = '=HYPERLINK("http://example.invalid","x")'
LONG_NUMBER = "6222021602003456789"


def odd_payee() -> Organisation:
    payee = make_enterprise()
    account = verified_account(payee.id)
    assert isinstance(account, BankAccount)
    account.holder_name, account.account_number = FORMULA, LONG_NUMBER
    session().commit()
    return payee


def rendered(kind: ExportFormat, batch: SettlementBatch) -> bytes:
    target = io.BytesIO()
    FILE_KINDS[kind].write(content_of(batch), target)
    return target.getvalue()


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
            assert rendered(kind, batch) == content
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


def test_every_file_names_each_payout_with_its_end_to_end_id_and_the_account_that_pays(app: Flask) -> None:
    make_fund(1_000)
    make_payable(100)
    make_payable(150)
    batch = send(prepare())
    expected = [end_to_end_id(batch.number, payout_no) for payout_no in (1, 2)]
    table, message, order, printed = (
        open_file(exported(batch.id, kind))
        for kind in (ExportFormat.CSV, ExportFormat.PAIN_001, ExportFormat.TREASURY, ExportFormat.PDF)
    )

    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    pain = etree.fromstring(message)
    assert [row["支付编号"] for row in rows] == expected
    assert [row["用途"] for row in rows] == [PURPOSE.format(batch=batch.number, claims=1)] * 2
    assert [each.text for each in pain.iterfind(".//{*}EndToEndId")] == expected
    assert [each.get("id") for each in etree.fromstring(order).iterfind(".//{*}Payment")] == expected
    payer, _ = payer_of(batch.programme)
    assert pain.findtext(".//{*}DbtrAcct/{*}Id/{*}Othr/{*}Id") == payer.account_number
    assert pain.findtext(".//{*}ReqdExctnDt/{*}Dt") == clock.today(AFTER).isoformat()
    text = PdfReader(io.BytesIO(printed)).pages[0].extract_text()
    assert all(said in text for said in (in_capitals(250), batch.content_sha256 or "?", "1.50", "山东省创新券"))
    assert batch.programme not in text


def test_an_export_that_fails_records_nothing_and_is_made_again_whole(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = batches.approve(batch_id=prepare().id, actor=checker(), now=AFTER)
    monkeypatch.setattr(pain001, "MAX_ACCOUNT", 3)

    with pytest.raises(ExportFaulty) as refused:
        batches.export(batch_id=batch.id, actor=maker(), now=AFTER)

    assert {(reason.code, reason.field) for reason in refused.value.reasons} == {("export_too_long", "account_number")}
    assert (find_batch(batch.id).state, list(files_of(batch))) == (BatchState.APPROVED, [])
    monkeypatch.undo()
    batches.export(batch_id=batch.id, actor=maker(), now=AFTER)
    assert {file.format for file in files_of(batch)} == set(ExportFormat)


def test_a_file_that_was_altered_stops_the_next_export(app: Flask) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = send(prepare())
    path_of(exported(batch.id, ExportFormat.PAIN_001).sha256).write_bytes(b"<Document/>")

    with pytest.raises(FileAltered):
        batches.export(batch_id=batch.id, actor=maker(), now=AFTER)


def test_a_batch_tampered_with_is_noticed_when_it_is_exported_again(committed_app: Flask, database: Database) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = send(prepare())
    with database.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE batch_payout SET account_number = '1'")

    with pytest.raises(ExportDiffers):
        batches.export(batch_id=batch.id, actor=maker(), now=AFTER)
