"""What is read of invoices: all of it, every fault by name, and nothing that is not there."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.files import OFD, PDF, XML
from core.uploads.archives import ArchiveRefused
from core.uploads.xml import XmlRefused
from tests.support import hostile
from tests.support.invoices import (
    MEAL,
    OLD_CODE,
    OLD_NUMBER,
    SERVICE,
    Line,
    Paper,
    ofd_of,
    pdf_of,
    xml_of,
)
from vouchers.rules.claims import TYPES_OF_FORM, InvoiceFacts, InvoiceType, Parties, form_faults
from vouchers.rules.flags.invoices import invoice_flags
from vouchers.rules.invoices.comparing import (
    Compared,
    Concern,
    OrderFacts,
    Typed,
    compare,
    completed,
    contradictions,
    refusals,
    with_credits,
)
from vouchers.rules.invoices.credits import (
    CreditEffect,
    CreditFacts,
    counted_fen,
    credit_effect,
    credit_facts,
    credit_faults,
)
from vouchers.rules.invoices.facts import ReadInvoice, invoice_from
from vouchers.rules.invoices.items import ItemPolicy, default_marks, eligible_fen
from vouchers.rules.invoices.numbers import canonical_number, form_of, number_faults
from vouchers.rules.invoices.reading import InvoiceFormat, Reading, read_invoice
from vouchers.states import ClaimState

PAPER = Paper(lines=(Line(), Line(MEAL, 10_000, 600)))
ITEMS = ItemPolicy(frozenset({"研发和技术服务"}), frozenset({"餐饮服务"}))


def read(content: bytes, media_type: str = XML) -> ReadInvoice:
    reading = read_invoice(content, media_type)
    assert reading.faults == ()
    assert reading.invoice is not None
    return reading.invoice


def faults(reading: Reading) -> set[tuple[str, str | None]]:
    return {(each.code, each.field) for each in reading.faults}


def test_an_electronic_invoice_is_read_whole() -> None:
    found = read(xml_of(PAPER))
    assert (found.number, found.type, found.is_credit) == (PAPER.number, InvoiceType.E_VAT_SPECIAL, False)
    assert (found.seller_uscc, found.seller_name) == (PAPER.seller_uscc, PAPER.seller_name)
    assert (found.buyer_uscc, found.buyer_name, found.issued_on) == (PAPER.buyer_uscc, "某公司", date(2026, 3, 2))
    assert (found.amount_fen, found.tax_fen, found.amount_incl_tax_fen) == (9_443_962, 566_638, 10_010_600)
    first = found.lines[0]
    assert (first.name, first.category, first.specification, first.unit) == (SERVICE, "研发和技术服务", "HR-MS", "次")
    assert (first.quantity, first.tax_rate, first.amount_incl_tax_fen) == ("1", "0.06", 10_000_000)
    assert invoice_from(found.as_json()) == found
    assert read(xml_of(Paper(label="02"))).type is InvoiceType.E_VAT_ORDINARY


def test_every_fault_is_named_at_once() -> None:
    reading = read_invoice(
        xml_of(PAPER, SellerName="", TotalTaxAm="many", IssueTime="2026-02-30", InvoiceNumber="1", EIid="2"), XML
    )
    assert faults(reading) == {
        ("invoice_field_missing", "seller_name"),
        ("invoice_field_malformed", "tax_fen"),
        ("invoice_field_malformed", "issued_on"),
        ("invoice_field_malformed", "invoice_number"),
        ("invoice_contradicts_itself", "invoice_number"),
    }
    assert all(each.text.zh and each.text.en for each in reading.faults)
    assert faults(read_invoice(b"<?xml version='1.0'?><Order/>", XML)) == {("not_an_invoice", "file")}
    line = Line(name="", amount_fen=1, tax_fen=0)
    assert faults(read_invoice(xml_of(Paper(lines=(line,))), XML)) == {("invoice_field_missing", "lines.1.name")}


@pytest.mark.parametrize("amount", ["1e9", "NaN", "1.005", "1000000000000000", "١٠٠", "--1", "0x10"])
def test_sums_that_are_none_are_refused(amount: str) -> None:
    reading = read_invoice(xml_of(PAPER, **{"TotalTax-includedAmount": amount}), XML)
    assert faults(reading) == {("invoice_field_malformed", "amount_incl_tax_fen")}


def test_two_values_for_one_field_are_a_fault() -> None:
    """Whoever reads the other element must not read another invoice."""
    twice = xml_of(PAPER).replace(b"</EInvoice>", b"<InvoiceNumber>26370000000000000009</InvoiceNumber></EInvoice>")
    assert faults(read_invoice(twice, XML)) == {("invoice_contradicts_itself", "invoice_number")}


@pytest.mark.parametrize("content", [hostile.ENTITY_BOMB, hostile.OUTSIDE, hostile.PARAMETER])
def test_hostile_xml_is_not_read(content: bytes) -> None:
    with pytest.raises(XmlRefused):
        read_invoice(content, XML)


@pytest.mark.parametrize(
    ("remark", "original"),
    [
        (
            "被红冲蓝字数电发票号码：26370000000000000001 红字发票信息确认单编号：3700002603000000001",
            "26370000000000000001",
        ),
        (f"对应正数发票代码:{OLD_CODE}号码:{OLD_NUMBER}", OLD_CODE + OLD_NUMBER),
        ("无", None),
    ],
)
def test_a_credit_invoice_names_the_one_it_takes_back(remark: str, original: str | None) -> None:
    found = read(xml_of(PAPER.red("26370000000000000002", remark=remark)))
    assert (found.is_credit, found.original_number) == (True, original)
    assert (found.red_confirmation is not None) == ("确认单" in remark)


def test_an_ofd_is_read_from_its_attachment_and_its_directory() -> None:
    attached = read(ofd_of(PAPER), OFD)
    assert (attached.number, attached.type, len(attached.lines)) == (
        OLD_CODE + OLD_NUMBER,
        InvoiceType.E_VAT_ORDINARY,
        2,
    )
    stated = read(ofd_of(PAPER, attached=False), OFD)
    assert (stated.number, stated.issued_on, stated.lines) == (attached.number, attached.issued_on, ())
    assert (stated.amount_incl_tax_fen, stated.seller_uscc) == (10_010_600, PAPER.seller_uscc)
    neither = read_invoice(ofd_of(PAPER, attached=False, stated=False), OFD)
    assert (neither.format, neither.invoice, neither.faults) == (InvoiceFormat.OFD, None, ())


def test_an_ofd_that_says_two_things_is_refused() -> None:
    reading = read_invoice(ofd_of(PAPER, 价税合计="1.00", 销售方纳税人识别号="X"), OFD)
    assert faults(reading) == {
        ("invoice_contradicts_itself", "amount_incl_tax_fen"),
        ("invoice_contradicts_itself", "seller_uscc"),
    }
    with pytest.raises(ArchiveRefused):
        read_invoice(hostile.HOSTILE["ratio bomb"][1], OFD)


@pytest.mark.parametrize("packed", [True, False])
def test_a_pdf_is_read_where_its_xml_lies_open(*, packed: bool) -> None:
    assert read(pdf_of(xml_of(PAPER), packed=packed), PDF).number == PAPER.number
    assert read_invoice(pdf_of(b"x" * 100, packed=packed), PDF).invoice is None
    assert read_invoice(pdf_of(b" " * (8 << 20)), PDF).invoice is None


@pytest.mark.parametrize(
    ("number", "code", "normal"),
    [
        (" 2637 0000-0000 0000 0001 ", None, "26370000000000000001"),
        ("２６３７０００００００００００００００７", None, "26370000000000000007"),
        ("00012345", "037001900111", "03700190011100012345"),
        ("037001900111-00012345", None, "03700190011100012345"),
        ("3700190011 00012345", None, "370019001100012345"),
        ("003700190011 00012345", None, "370019001100012345"),
        ("00012345", "003700190011", "370019001100012345"),
        ("No.26370000000000000001", None, "26370000000000000001"),
        ("№26370000000000000001", None, "26370000000000000001"),
        ("26370000000000000001号", None, "26370000000000000001"),
        ("#26370000000000000001", None, "26370000000000000001"),
        ("发票号码：26370000000000000001", None, "26370000000000000001"),
        ("2637\u200b0000000000000001\u202e", None, "26370000000000000001"),
    ],
)
def test_numbers_have_one_form(number: str, code: str | None, normal: str) -> None:
    assert canonical_number(number, code=code) == normal
    assert number_faults(number, field="invoice_number", code=code) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("26370000000000000001'", None),
        ("026370000000000000001", None),
        ("26370000000000000001.0", None),
        ("2637，0000000000000001", None),
        ("O26370000000000000001", None),
        ("O6370000000000000001", None),
        ("٢٦٣٧٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠١", None),
        ("7", None),
        ("abc", None),
        ("", None),
        ("00012345", "03700190011"),
        ("0012345", "037001900111"),
        ("0" * 20, None),
        ("0" * 18, None),
        ("00000000", "037001900111"),
        ("2637" + "0" * 16, None),
        ("20370000000000000001", None),
        ("00012345", "000001900111"),
        ("0000012345", "3700190011"),
        ("3700190011 0000012345", None),
        ("37001900111 00012345", None),
        ("037001900111 012345", None),
    ],
)
def test_what_is_no_number_is_refused_with_what_one_is(said: str, code: str | None) -> None:
    assert canonical_number(said, code=code) is None
    [fault] = number_faults(said, field="invoice_number", code=code)
    assert (fault.code, fault.article) == ("invoice_number_malformed", "V13")
    assert "20" in fault.text.en


@pytest.mark.parametrize(
    ("number", "types"),
    [
        ("26370000000000000001", {InvoiceType.E_VAT_SPECIAL, InvoiceType.E_VAT_ORDINARY}),
        ("370019001100012345", {InvoiceType.VAT_SPECIAL, InvoiceType.VAT_ORDINARY}),
        ("03700190010400012345", {InvoiceType.VAT_SPECIAL, InvoiceType.VAT_ORDINARY}),
        ("03700190011100012345", {InvoiceType.E_VAT_ORDINARY}),
        ("03700190011300012345", {InvoiceType.E_VAT_SPECIAL}),
    ],
)
def test_v13_the_form_of_a_number_is_tied_to_its_type(number: str, types: set[InvoiceType]) -> None:
    assert canonical_number(number) == number
    form = form_of(number)
    assert form is not None
    assert set(TYPES_OF_FORM[form]) == types
    right = InvoiceFacts(number, InvoiceType.VAT_SPECIAL, "S", "B", 1, date(2026, 3, 2))
    for kind in InvoiceType:
        faults = form_faults(replace(right, type=kind))
        expected = [] if kind in {*types, InvoiceType.RECEIPT} else [(f"invoice_number_{form}", "V13")]
        assert [(each.code, each.article) for each in faults] == expected


@pytest.mark.parametrize("code", ["3700190011", "1100190011", "037001900111", "050001900104", "021021900119"])
@pytest.mark.parametrize("short", ["00012345", "01234567", "12345678", "10000000"])
def test_16_zeros_before_code_or_number_never_make_another_invoice(code: str, short: str) -> None:
    """Whatever is taken of them is the same one."""
    assert canonical_number(code + short) == canonical_number(f"{code} {short}") == code + short
    for before, between in itertools.product(range(4), repeat=2):
        written = ("0" * before + code, "0" * between + short)
        assert {canonical_number("".join(written)), canonical_number(" ".join(written))} <= {code + short, None}
    for written in ((code.lstrip("0"), short), (code, short.lstrip("0")), (code.lstrip("0"), short.lstrip("0"))):
        assert canonical_number(" ".join(written)) in {code + short, None}
        assert canonical_number(written[1], code=written[0]) in {code + short, None}


def test_a_number_of_eight_digits_needs_its_code() -> None:
    assert [each.code for each in number_faults("0001 2345", field="number")] == ["invoice_code_missing"]


# -- comparing -------------------------------------------------------------------------------------

ORDER = OrderFacts(
    parties=Parties(PAPER.seller_uscc, frozenset({PAPER.buyer_uscc})),
    seller_name=PAPER.seller_name,
    buyer_names=frozenset({PAPER.buyer_name}),
    fee_fen=10_000_000,
    since=date(2026, 3, 1),
    today=date(2026, 3, 5),
)


def compared(invoice: ReadInvoice) -> dict[str, Compared]:
    return {each.field: each for each in compare(invoice, ORDER, faults={}, items=ITEMS)}


def test_a_right_invoice_agrees_with_its_order() -> None:
    rows = compared(read(xml_of(Paper())))
    assert all(row.agrees for row in rows.values())
    assert {"seller_name", "buyer_name", "seller_uscc", "buyer_uscc", "amount_fen", "tax_fen", "lines"} <= set(rows)


def test_differences_are_refusals_or_flags() -> None:
    paper = Paper(buyer_name="别的公司", issued_on=date(2026, 2, 28), lines=(Line(MEAL, 100, 6),))
    rows = compared(read(xml_of(paper, TotalTaxAm="0.07")))
    marks = {name: (row.concern, row.fault.code) for name, row in rows.items() if row.fault is not None}
    assert marks == {
        "buyer_name": (Concern.FLAG, "invoice_name_differs"),
        "tax_fen": (Concern.REFUSAL, "invoice_sums_differ"),
        "amount_incl_tax_fen": (Concern.FLAG, "invoice_below_fee"),
        "issued_on": (Concern.FLAG, "invoice_before_order"),
        "lines": (Concern.FLAG, "invoice_lines_differ"),
    }
    found = invoice_flags(list(rows.values()), number=paper.number)
    assert {(each.kind.value, each.evidence["field"]) for each in found} == {
        ("invoice_differs", name) for name in ("buyer_name", "amount_incl_tax_fen", "issued_on", "lines")
    }
    (late,) = [each for each in found if each.evidence["field"] == "issued_on"]
    assert (late.evidence["expected"], late.evidence["stated"]) == ("2026-03-01", "2026-02-28")
    assert len({each.about for each in found}) == 4
    meals = compared(read(xml_of(Paper(lines=(Line(MEAL),)))))["lines"].fault
    assert meals is not None
    assert meals.code == "invoice_lines_unlike_service"
    red = list(compared(read(xml_of(Paper().red("26370000000000000002")))).values())
    assert "invoice_is_credit" in [each.code for each in refusals(red)]


def test_what_is_typed_otherwise_than_read_is_named() -> None:
    found = read(xml_of(Paper()))
    right = InvoiceFacts(
        "2637-0000-0000-0000-0001",
        InvoiceType.E_VAT_SPECIAL,
        PAPER.seller_uscc,
        PAPER.buyer_uscc,
        10_000_000,
        date(2026, 3, 2),
    )
    assert contradictions(right, found) == []
    wrong = InvoiceFacts("X", InvoiceType.RECEIPT, "X", None, 1, date(2026, 3, 3))
    told = {each.field: each.text for each in contradictions(wrong, found)}
    assert len(told) == 6
    assert told["amount_incl_tax_fen"] == (
        "填写的是“0.01 元”，文件中是“100,000.00 元”。",
        "'CNY 0.01' was typed, the file says 'CNY 100,000.00'.",
    )
    assert told["invoice_type"].zh.startswith("填写的是“收据”")
    facts, problems = completed(Typed(number="X", amount_incl_tax_fen=10_000_000), found)
    assert [(each.code, each.field) for each in problems] == [("invoice_typed_otherwise", "invoice_number")]
    assert facts.amount_incl_tax_fen == 10_000_000
    _, missing = completed(Typed(), ReadInvoice(number="1"))
    _, short = completed(Typed(number="12345678"), ReadInvoice())
    assert "invoice_code_missing" in {each.code for each in short}
    assert {each.field for each in missing} == {"invoice_type", "seller_uscc", "amount_incl_tax_fen", "issued_on"}


def test_v12_base_only_eligible_lines_count() -> None:
    """Lines of categories that are never a service's cost are left out by the rule; the sum is with tax."""
    lines = read(xml_of(PAPER)).lines
    marks = default_marks(lines, policy=ITEMS)
    assert [(mark.line_no, mark.eligible, mark.reason) for mark in marks] == [(2, False, "餐饮服务")]
    assert marks[0].says == ("税收分类“餐饮服务”不计入服务费用", "the tax category 餐饮服务 is no cost of a service")
    assert eligible_fen(lines, {2}) == 10_000_000
    assert eligible_fen(lines, set()) is None
    assert eligible_fen((), {2}) is None
    assert counted_fen(amount_fen=10_010_600, credited_fen=0, eligible_fen=10_000_000) == 10_000_000
    assert counted_fen(amount_fen=10_010_600, credited_fen=4_010_600, eligible_fen=10_000_000) == 6_000_000
    assert counted_fen(amount_fen=100, credited_fen=101, eligible_fen=None) == 0


# -- credit invoices -------------------------------------------------------------------------------

EFFECTS = [
    (ClaimState.DRAFT, CreditEffect.DROPPED, CreditEffect.LOWERED),
    (ClaimState.RETURNED, CreditEffect.DROPPED, CreditEffect.LOWERED),
    (ClaimState.SUBMITTED, CreditEffect.HELD_BACK, CreditEffect.LOWERED),
    (ClaimState.SENT_BACK, CreditEffect.HELD_BACK, CreditEffect.LOWERED),
    (ClaimState.CITY_APPROVED, CreditEffect.HELD_BACK, CreditEffect.HELD_BACK),
    (ClaimState.SUMMARISED, CreditEffect.HELD_BACK, CreditEffect.HELD_BACK),
    (ClaimState.CONFIRMED, CreditEffect.PAYMENT_STOPPED, CreditEffect.PAYMENT_STOPPED),
]


@pytest.mark.parametrize(("state", "in_full", "in_part"), EFFECTS)
def test_a_credit_takes_effect_by_the_state_of_the_claim(
    state: ClaimState, in_full: CreditEffect, in_part: CreditEffect
) -> None:
    assert credit_effect(state, counts_fen=0, granted_fen=60, worth_fen=0, paid=False) is in_full
    assert credit_effect(state, counts_fen=50, granted_fen=60, worth_fen=30, paid=False) is in_part
    if state is ClaimState.CONFIRMED:
        paid = credit_effect(state, counts_fen=50, granted_fen=60, worth_fen=30, paid=True)
        assert paid is CreditEffect.CLAWBACK_DUE
        still = credit_effect(state, counts_fen=100, granted_fen=60, worth_fen=60, paid=True)
        assert still is CreditEffect.LOWERED


def test_a_credit_stands_against_what_it_no_longer_supports() -> None:
    def codes(credited_fen: int, counts_fen: int, granted_fen: int | None) -> list[str]:
        found = credit_faults(
            counts_fen=counts_fen, credited_fen=credited_fen, granted_fen=granted_fen, worth_fen=counts_fen
        )
        return [each.code for each in found]

    assert codes(0, 0, 60) == []
    assert codes(100, 0, None) == ["invoice_credited"]
    assert codes(50, 50, 60) == ["granted_over_credited"]
    assert codes(50, 50, 50) == []


def test_a_credited_invoice_agrees_no_more() -> None:
    """A part taken back stands against the sum; all of it, or all that counts, against the number too."""
    rows = list(compared(read(xml_of(Paper()))).values())
    part = {row.field: row for row in with_credits(rows, credited_fen=100, counted_fen=1)}
    assert [row.field for row in part.values() if not row.agrees] == ["amount_incl_tax_fen"]
    assert part["amount_incl_tax_fen"].concern is Concern.FLAG
    gone = [row for row in with_credits(rows, credited_fen=100, counted_fen=0) if not row.agrees]
    assert [(row.field, row.concern) for row in gone] == [
        ("invoice_number", Concern.REFUSAL),
        ("amount_incl_tax_fen", Concern.REFUSAL),
    ]
    assert with_credits(rows, credited_fen=0, counted_fen=0) == rows


def test_facts_of_a_credit_come_from_its_file_or_are_typed() -> None:
    today = date(2026, 3, 5)
    found = read(xml_of(Paper().red("26370000000000000002")))
    facts, problems = credit_facts(CreditFacts(), found, today=today)
    assert problems == []
    assert facts == CreditFacts(
        number="26370000000000000002",
        original_number="26370000000000000001",
        amount_incl_tax_fen=10_000_000,
        issued_on=date(2026, 3, 2),
    )
    _, problems = credit_facts(CreditFacts(amount_incl_tax_fen=1), found, today=today)
    assert [(each.code, each.field) for each in problems] == [("invoice_typed_otherwise", "amount_incl_tax_fen")]
    _, problems = credit_facts(CreditFacts(number="1", original_number="1", amount_incl_tax_fen=0), None, today=today)
    assert {each.code for each in problems} == {
        "invoice_field_missing",
        "invoice_number_malformed",
        "credit_of_itself",
        "invoice_without_sum",
    }
    decorated = CreditFacts(
        number="No.26370000000000000002",
        original_number="№ 2637-0000000000000001号",
        amount_incl_tax_fen=1,
        issued_on=today,
    )
    facts, problems = credit_facts(decorated, None, today=today)
    assert (facts.original_number, problems) == ("26370000000000000001", [])
    _, problems = credit_facts(
        CreditFacts(original_number="26370000000000000003"), read(xml_of(Paper())), today=date(2026, 3, 1)
    )
    assert {each.code for each in problems} == {"no_credit_invoice", "invoice_in_future"}


# -- files of outsiders ----------------------------------------------------------------------------

FOLDER = Path(os.environ.get("REAL_DATA", "")) / "invoices"


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
def test_invoices_as_outsiders_write_them() -> None:
    """One 数电 XML, two OFD invoices with their older XML, and an OFD that is none."""
    kinds = {".xml": XML, ".ofd": OFD}
    found = {path.name: read_invoice(path.read_bytes(), kinds[path.suffix]) for path in sorted(FOLDER.iterdir())}
    assert all(reading.faults == () for reading in found.values())
    read_ones = {name: reading.invoice for name, reading in found.items() if reading.invoice is not None}
    assert len(read_ones) == len(found) - 1
    assert "not_an_invoice_official_doc.ofd" not in read_ones
    for invoice in read_ones.values():
        assert invoice.number is not None
        assert len(invoice.number) == 20
        assert invoice.amount_incl_tax_fen == sum(line.amount_incl_tax_fen for line in invoice.lines)
        assert all(line.category for line in invoice.lines)
    assert sorted(len(invoice.lines) for invoice in read_ones.values()) == [2, 3, 100]
