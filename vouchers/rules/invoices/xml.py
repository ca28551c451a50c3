"""Reading the XML of invoices: of 数电发票 (`EInvoice`), and the older one that OFD invoices carry (`eInvoice`)."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from core.errors import Reason, reason
from vouchers.rules.claims import TYPES_OF_FORM, InvoiceType
from vouchers.rules.invoices.facts import InvoiceLine, ReadInvoice
from vouchers.rules.invoices.fields import ARTICLE, MAX_LINES, Fields, local_name, rate_of
from vouchers.rules.invoices.numbers import NumberForm, canonical_number, form_of, number_faults

NEW = "EInvoice"
OLD = "eInvoice"

_SPECIAL, _ORDINARY = "01", "02"
_ORIGINAL = re.compile(
    r"(?:被红冲蓝字|原|对应正数)(?:数电)?(?:电子)?(?:发票|票)(?:号码|号)\s*[:：]?\s*([0-9]{20}|[0-9]{8})"
)
_ORIGINAL_OLD = re.compile(r"对应正数发票代码\s*[:：]?\s*([0-9]{10,12})\s*[,，]?\s*号码\s*[:：]?\s*([0-9]{8})")
_CONFIRMATION = re.compile(r"红字(?:增值税)?(?:专用)?发票信息(?:确认单|表)编号\s*[:：]?\s*([0-9A-Za-z]{10,40})")


def read_document(root: Element) -> tuple[ReadInvoice | None, list[Reason]]:
    """What a document says and every fault in it; nothing where it is no invoice."""
    match local_name(root):
        case "EInvoice":
            return _read_new(root)
        case "eInvoice":
            return _read_old(root)
        case _:
            return None, [reason("not_an_invoice", article=ARTICLE, field="file")]


def _read_new(root: Element) -> tuple[ReadInvoice, list[Reason]]:
    """数电发票: the number has twenty digits; whether special or ordinary is a label."""
    faults: list[Reason] = []
    said = Fields(root, faults)
    number = said.text("InvoiceNumber", "EIid", field="invoice_number", required=True)
    canonical = None if number is None else canonical_number(number)
    if number is not None and (canonical is None or form_of(canonical) is not NumberForm.FULLY_DIGITAL):
        said.fault("invoice_field_malformed", "invoice_number", said=number[:40])
    identity = said.text("EIid", field="invoice_number")
    if number is not None and identity not in (None, number):
        said.fault("invoice_contradicts_itself", "invoice_number")
    total_fen = said.fen(
        "TotalTax-includedAmount", "TotalTaxIncludedAmount", field="amount_incl_tax_fen", required=True
    )
    remark = said.text("Remark", "Remarks", field="remark")
    lines = _lines(
        said.all("IssuItemInformation"),
        faults,
        names=("ItemName", "SpecMod", "MeaUnits", "Quantity", "UnPrice", "Amount", "TaxRate", "ComTaxAm"),
    )
    return (
        ReadInvoice(
            number=canonical,
            type=_label(said),
            is_credit=_is_credit(said, total_fen),
            original_number=_original(said, remark),
            red_confirmation=_confirmation(said, remark),
            issued_on=said.day("IssueTime", "RequestTime", field="issued_on", required=True),
            seller_name=said.text("SellerName", field="seller_name", required=True),
            seller_uscc=_upper(said.text("SellerIdNum", field="seller_uscc", required=True)),
            buyer_name=said.text("BuyerName", field="buyer_name", required=True),
            buyer_uscc=_upper(said.text("BuyerIdNum", field="buyer_uscc")),
            amount_fen=said.fen("TotalAmWithoutTax", field="amount_fen", required=True),
            tax_fen=said.fen("TotalTaxAm", field="tax_fen", required=True),
            amount_incl_tax_fen=total_fen,
            remark=remark,
            lines=lines,
        ),
        faults,
    )


def _read_old(root: Element) -> tuple[ReadInvoice, list[Reason]]:
    """The form of 2019: a code and a number of eight digits."""
    faults: list[Reason] = []
    said = Fields(root, faults)
    code = said.text("InvoiceCode", field="invoice_code", required=True)
    number = said.text("InvoiceNo", field="invoice_number", required=True)
    canonical = None if number is None else canonical_number(number, code=code)
    if code is not None and number is not None:
        faults += number_faults(number, field="invoice_number", code=code)
    total_fen = said.fen("TaxInclusiveTotalAmount", field="amount_incl_tax_fen", required=True)
    remark = said.text("Note", field="remark")
    lines = _lines(
        said.all("GoodsInfo"),
        faults,
        names=(
            "Item",
            "Specification",
            "MeasurementDimension",
            "Quantity",
            "Price",
            "Amount",
            "TaxScheme",
            "TaxAmount",
        ),
    )
    return (
        ReadInvoice(
            number=canonical,
            type=type_of_number(canonical),
            is_credit=total_fen is not None and total_fen < 0,
            original_number=_original(said, remark),
            red_confirmation=_confirmation(said, remark),
            issued_on=said.day("IssueDate", field="issued_on", required=True),
            seller_name=said.text("SellerName", field="seller_name", required=True),
            seller_uscc=_upper(said.text("SellerTaxID", field="seller_uscc", required=True)),
            buyer_name=said.text("BuyerName", field="buyer_name", required=True),
            buyer_uscc=_upper(said.text("BuyerTaxID", field="buyer_uscc")),
            amount_fen=said.fen("TaxExclusiveTotalAmount", field="amount_fen", required=True),
            tax_fen=said.fen("TaxTotalAmount", field="tax_fen", required=True),
            amount_incl_tax_fen=total_fen,
            remark=remark,
            lines=lines,
        ),
        faults,
    )


def type_of_number(canonical: str | None) -> InvoiceType | None:
    """The type that the number of an invoice leaves no doubt about; codes of paper do not say it."""
    form = None if canonical is None else form_of(canonical)
    types = () if form is None else TYPES_OF_FORM[form]
    return types[0] if len(types) == 1 else None


def _label(said: Fields) -> InvoiceType | None:
    for element in said.all("GeneralOrSpecialVAT"):
        label = Fields(element, said.faults)
        code = label.text("LabelCode", field="invoice_type")
        name = label.text("LabelName", field="invoice_type") or ""
        if code == _SPECIAL or "专用" in name:
            return InvoiceType.E_VAT_SPECIAL
        if code == _ORDINARY or "普通" in name:
            return InvoiceType.E_VAT_ORDINARY
    return None


def _is_credit(said: Fields, total_fen: int | None) -> bool:
    labels = "".join("".join(each.itertext()) for each in said.all("InherentLabel"))
    return (total_fen is not None and total_fen < 0) or "红字" in labels


def _original(said: Fields, remark: str | None) -> str | None:
    stated = said.text("OriginalInvoiceNumber", "OriginalInvoiceNo", "OriginalEIid", field="original_number")
    if stated is not None:
        said.faults += number_faults(stated, field="original_number")
        return canonical_number(stated)
    older = _ORIGINAL_OLD.search(remark or "")
    if older is not None:
        return canonical_number(older[2], code=older[1])
    found = _ORIGINAL.search(remark or "")
    return None if found is None else canonical_number(found[1])


def _confirmation(said: Fields, remark: str | None) -> str | None:
    stated = said.text("RedConfirmationNumber", "RedInvoiceConfirmationNo", field="red_confirmation")
    found = _CONFIRMATION.search(remark or "")
    return stated if stated is not None or found is None else found[1]


def _lines(elements: list[Element], faults: list[Reason], *, names: tuple[str, ...]) -> tuple[InvoiceLine, ...]:
    if len(elements) > MAX_LINES:
        faults.append(reason("invoice_field_long", article=ARTICLE, field="lines", limit=MAX_LINES))
        return ()
    name, specification, unit, quantity, price, amount, rate, tax = names
    lines = []
    for position, element in enumerate(elements, 1):
        said = Fields(element, faults, prefix=f"lines.{position}.")
        what = said.text(name, field="name", required=True)
        amount_fen = said.fen(amount, field="amount_fen", required=True)
        # Exempt lines write stars where others have their tax.
        written = said.text(tax, field="tax_fen")
        tax_fen = 0 if written is None or not written.strip("*") else said.fen(tax, field="tax_fen")
        if what is None or amount_fen is None or tax_fen is None:
            continue
        lines.append(
            InvoiceLine(
                name=what,
                specification=said.text(specification, field="specification"),
                unit=said.text(unit, field="unit"),
                quantity=said.text(quantity, field="quantity"),
                unit_price=said.text(price, field="unit_price"),
                amount_fen=amount_fen,
                tax_rate=rate_of(said.text(rate, field="tax_rate")),
                tax_fen=tax_fen,
            )
        )
    return tuple(lines)


def _upper(said: str | None) -> str | None:
    return None if said is None else said.upper()
