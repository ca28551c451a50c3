"""pain.001.001.09 and the XML for the treasury: valid, complete, and nothing that was typed is markup."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from core.config import PROJECT
from settlement.rules.exports import FILE_KINDS, BatchContent, ExportFormat
from settlement.rules.exports.characters import carried
from settlement.rules.exports.content import ControlSumDiffers, ExportFaulty, PayoutView
from settlement.rules.exports.pain001 import MAX_ACCOUNT, MAX_NAME, write_pain001
from settlement.rules.exports.treasury import write_treasury
from tests.unit.settlement.exports.batch import LONG_NUMBER, NUMBER, PAYER, batch, payout

XSD = Path(os.environ.get("REAL_DATA", "")) / "reference" / "iso20022" / "xsd" / "pain.001.001.09.xsd"
needs_xsd = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
PAIN = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
TREASURY = {"t": "urn:innovation-voucher:treasury-payment:1"}

texts = st.text(min_size=1, max_size=60) | st.text(alphabet="&<>\"' =_x]\t\r\n\x00\x1f\ufffe公𠮷", min_size=1)
payouts = st.lists(
    st.builds(
        PayoutView,
        st.integers(1, 10**7),
        st.text("0123456789-", min_size=1, max_size=35),
        texts | st.text("公", min_size=141, max_size=150),
        texts | st.just(""),
        st.text("0123456789", min_size=1, max_size=35),
        st.text("0123456789", min_size=1, max_size=34),
        st.integers(1, 10**12),
        texts | st.just(""),
        st.integers(1, 500),
    ),
    max_size=4,
    unique_by=lambda each: each.payout_no,
)


def written(write: Callable[[BatchContent, BinaryIO], None], content: BatchContent) -> etree._Element:
    target = io.BytesIO()
    write(content, target)
    return etree.fromstring(target.getvalue(), etree.XMLParser(resolve_entities=False))


def texts_of(root: etree._Element, path: str, names: dict[str, str]) -> list[str]:
    return [each.text or "" for each in root.iterfind(path, names)]


@needs_xsd
@given(payouts)
@example([payout(name="=1+1 & <b>]]>"), payout(2, name="公" * 200)])
def test_pain_001_is_valid_whatever_people_are_called(given: list[PayoutView]) -> None:
    if not given:
        given = [payout()]
    etree.XMLSchema(etree.parse(XSD)).assertValid(written(write_pain001, batch(given)))


@given(payouts)
def test_pain_001_says_of_every_payout_what_is_to_be_paid(given: list[PayoutView]) -> None:
    root = written(write_pain001, batch(given))

    of = {
        field: texts_of(root, f".//p:CdtTrfTxInf/{path}", PAIN)
        for field, path in (
            ("end_to_end_id", "p:PmtId/p:EndToEndId"),
            ("holder_name", "p:Cdtr/p:Nm"),
            ("cnaps_code", "p:CdtrAgt/p:FinInstnId/p:ClrSysMmbId/p:MmbId"),
            ("account_number", "p:CdtrAcct/p:Id/p:Othr/p:Id"),
        )
    }
    for field, found in of.items():
        assert found == [carried(getattr(each, field))[:MAX_NAME] for each in given]
    amounts = texts_of(root, ".//p:InstdAmt", PAIN)
    assert [Decimal(amount) * 100 for amount in amounts] == [each.amount_fen for each in given]
    assert set(texts_of(root, ".//p:NbOfTxs", PAIN)) == {str(len(given))}
    assert {Decimal(total) * 100 for total in texts_of(root, ".//p:CtrlSum", PAIN)} == {
        sum(each.amount_fen for each in given)
    }


def test_pain_001_names_the_payer_and_the_clearing_system() -> None:
    root = written(write_pain001, batch([payout()]))

    assert texts_of(root, ".//p:DbtrAcct/p:Id/p:Othr/p:Id", PAIN) == [PAYER.account_number]
    assert texts_of(root, ".//p:DbtrAgt//p:MmbId", PAIN) == [PAYER.cnaps_code]
    assert set(texts_of(root, ".//p:ClrSysId/p:Cd", PAIN)) == {"CNAPS"}
    assert texts_of(root, ".//p:MsgId", PAIN) == [NUMBER]
    assert texts_of(root, ".//p:ReqdExctnDt/p:Dt", PAIN) == ["2026-01-13"]
    assert texts_of(root, ".//p:CreDtTm", PAIN) == ["2026-01-12T00:00:00+08:00"]


def test_pain_001_refuses_what_would_name_another_account_when_cut_and_says_so_of_every_payout() -> None:
    faulty = [payout(account="1" * (MAX_ACCOUNT + 1)), payout(2), payout(3, account="", name="")]

    with pytest.raises(ExportFaulty) as refused:
        write_pain001(batch(faulty), io.BytesIO())

    found = [(reason.code, reason.field, reason.text.en) for reason in refused.value.reasons]
    assert [(code, field) for code, field, _ in found] == [
        ("export_too_long", "account_number"),
        ("export_empty", "holder_name"),
        ("export_empty", "account_number"),
    ]
    assert "1" * (MAX_ACCOUNT + 1) in found[0][2]
    assert "34" in found[0][2]


@given(payouts)
@example([payout(name="=1+1 & <b>]]>")])
def test_the_treasury_s_xml_follows_its_schema_and_keeps_every_text(given: list[PayoutView]) -> None:
    root = written(write_treasury, batch(given))

    etree.XMLSchema(etree.parse(PROJECT / "docs" / "schemas" / "treasury-payment-1.xsd")).assertValid(root)
    found = [
        (each.get("no"), each.get("id"), *(text or "" for text in (name.text, account.text, amount.text)))
        for each in root.iterfind(".//t:Payment", TREASURY)
        for name in each.iterfind("t:Payee/t:Name", TREASURY)
        for account in each.iterfind("t:Payee/t:Account", TREASURY)
        for amount in each.iterfind("t:AmountFen", TREASURY)
    ]
    assert found == [
        (str(each.payout_no), each.end_to_end_id, carried(each.holder_name), each.account_number, str(each.amount_fen))
        for each in given
    ]
    assert texts_of(root, ".//t:TotalFen", TREASURY) == [str(sum(each.amount_fen for each in given))]


@pytest.mark.parametrize("kind", [ExportFormat.XLSX, ExportFormat.PAIN_001, ExportFormat.TREASURY])
def test_equal_content_gives_equal_bytes_and_other_sums_than_the_batch_s_give_none(kind: ExportFormat) -> None:
    first, again = io.BytesIO(), io.BytesIO()
    for target in (first, again):
        FILE_KINDS[kind].write(batch([payout(), payout(2, fen=250)]), target)
    assert first.getvalue() == again.getvalue()
    assert LONG_NUMBER.encode() in first.getvalue() or kind is ExportFormat.XLSX

    with pytest.raises(ControlSumDiffers):
        FILE_KINDS[kind].write(batch([payout()], total_fen=99), io.BytesIO())
