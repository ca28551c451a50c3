"""The table of a bank: every fault of a layout at once, what it refuses of an account, its first lines (V17 pay)."""

from dataclasses import replace

import pytest

from settlement.rules.exports import pain001
from settlement.rules.exports.content import ExportFaulty
from settlement.rules.exports.layout import (
    AmountUnit,
    BankColumn,
    BankEncoding,
    BankField,
    BankLayout,
    Delimiter,
    Lacking,
)
from settlement.rules.exports.preview import preview, refusal
from settlement.rules.payers import hindrances, layout_faults, limits_of, read_columns, spelled_column
from tests.unit.settlement.exports.batch import LONG_NUMBER, PAYER, payout

COLUMNS = (
    BankColumn(BankField.END_TO_END_ID, "支付编号"),
    BankColumn(BankField.HOLDER_NAME, "户名", 6),
    BankColumn(BankField.ACCOUNT_NUMBER, "账号"),
    BankColumn(BankField.AMOUNT, "金额"),
    BankColumn(BankField.PURPOSE, "附言"),
)
LAYOUT = BankLayout(
    COLUMNS, Delimiter.BAR, AmountUnit.FEN, BankEncoding.GBK, Lacking.REFUSE, purpose="创新券 {batch}（{claims}）"
)


def codes(layout: BankLayout) -> list[str]:
    return sorted(fault.code for fault in layout_faults(layout))


def test_columns_are_read_as_they_are_written() -> None:
    lines = ["end_to_end_id=支付编号", "holder_name:6=户名", "account_number=账号", "amount=金额=元"]
    columns, faults = read_columns(lines)

    assert (faults, [spelled_column(column) for column in columns]) == ([], lines)


def test_every_malformed_column_is_named_with_its_line() -> None:
    columns, faults = read_columns(["户名", "payee=收款人", "amount:0=金额", "holder_name=", "amount=金额"])

    assert [column["field"] for column in columns] == ["amount"]
    assert [fault.code for fault in faults] == [
        "layout_column_malformed",
        "layout_field_unknown",
        "layout_column_malformed",
        "layout_column_malformed",
    ]
    assert all(fault.text.zh and fault.text.en and f"{line}" in fault.text.en for line, fault in enumerate(faults, 1))


def test_a_sound_layout_has_no_fault() -> None:
    assert codes(LAYOUT) == []


def test_all_faults_of_a_layout_are_named_at_once() -> None:
    twice = (BankColumn(BankField.HOLDER_NAME, "龘㐂"), BankColumn(BankField.HOLDER_NAME, "龘㐂"))
    assert codes(replace(LAYOUT, columns=twice, purpose="{month} 㐂")) == [
        "layout_field_missing",
        "layout_field_missing",
        "layout_field_missing",
        "layout_field_twice",
        "layout_heading_twice",
        "layout_place_unknown",
        "layout_unencodable",
        "layout_unencodable",
    ]


def test_what_the_bank_refuses_of_an_account_is_told() -> None:
    def codes_of(
        layout: BankLayout = LAYOUT, *, holder: str = "某公司", cnaps: str = "102", number: str = "6"
    ) -> list[str]:
        account = {
            BankField.HOLDER_NAME: holder,
            BankField.BANK_NAME: "㐂银行",
            BankField.CNAPS_CODE: cnaps,
            BankField.ACCOUNT_NUMBER: number,
        }
        return [found.code for found in hindrances(layout, account)]

    assert codes_of() == []
    assert codes_of(holder="菏泽市㐂新材料有限公司") == ["account_too_long", "account_unencodable"]
    assert codes_of(cnaps="", number="6" * 35) == ["account_empty", "account_too_long"]
    assert limits_of(LAYOUT) == {
        BankField.HOLDER_NAME: 6,
        BankField.CNAPS_CODE: pain001.MAX_ID,
        BankField.ACCOUNT_NUMBER: pain001.MAX_ACCOUNT,
    }
    assert codes_of(replace(LAYOUT, lacking=Lacking.QUESTION_MARK), holder="㐂公司") == []


def test_a_preview_is_what_the_writer_of_the_file_makes() -> None:
    paid = payout(name="某公司", fen=12_345)._replace(purpose=LAYOUT.purpose_of("20260112-1-01", 2))
    shown = preview(PAYER, LAYOUT, [paid])

    assert shown.splitlines() == [
        "支付编号|户名|账号|金额|附言",
        f"20260112-1-01-000001|某公司|{LONG_NUMBER}|12345|创新券 20260112-1-01（2）",
    ]
    refused = refusal(PAYER, LAYOUT, [payout(name="㐂公司")])
    assert isinstance(refused, ExportFaulty)
    assert [each.code for each in refused.reasons] == ["export_unencodable"]
    with pytest.raises(ExportFaulty):
        preview(PAYER, LAYOUT, [payout(name="㐂公司")])
