"""What a claim must bring and what a reviewer may say: every fault named at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.errors import Reason, reason
from core.kinds import ServiceKind
from core.money import yuan_text
from core.texts import text
from vouchers.rules.invoices.numbers import NumberForm, form_of
from vouchers.rules.policy import VoucherPolicy

FILES = "V16 files"
INVOICE = "V13"
BASE = "V12 base"
RD_BASE = "V8(3)"
VALIDITY = "V17"
COST_INCURRED = "V12 base"
CORRECTION = "V17 return"


class MaterialKind(StrEnum):
    """What a file proves, as far as this service knows by itself; the policy pack names all kinds (materials.kinds)."""

    SERVICE_CONTRACT = "service_contract"
    INVOICE = "invoice"
    RESULT_PROOF = "result_proof"
    INNOVATION_RELEVANCE_PROOF = "innovation_relevance_proof"
    OTHER = "other"


class InvoiceType(StrEnum):
    """What kind of paper an invoice is; only tax invoices count (V13)."""

    VAT_SPECIAL = "vat_special"
    VAT_ORDINARY = "vat_ordinary"
    E_VAT_SPECIAL = "e_vat_special"
    E_VAT_ORDINARY = "e_vat_ordinary"
    RECEIPT = "receipt"


TYPES_OF_FORM = {
    NumberForm.FULLY_DIGITAL: (InvoiceType.E_VAT_SPECIAL, InvoiceType.E_VAT_ORDINARY),
    NumberForm.ELECTRONIC_ORDINARY: (InvoiceType.E_VAT_ORDINARY,),
    NumberForm.ELECTRONIC_SPECIAL: (InvoiceType.E_VAT_SPECIAL,),
    NumberForm.PAPER: (InvoiceType.VAT_SPECIAL, InvoiceType.VAT_ORDINARY),
}
"""The types of tax invoices that have numbers of a form."""


class Declaration(StrEnum):
    """What an enterprise declares with its claim (V8(3))."""

    RD_BASE = "rd_base"
    MAIN_BUSINESS = "main_business"


class ReviewDecision(StrEnum):
    """What a city bureau decides about a claim."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


class ConfirmationDecision(StrEnum):
    """What the province decides about a claim."""

    CONFIRM = "confirm"
    SEND_BACK = "send_back"


@dataclass(frozen=True)
class InvoiceFacts:
    """What an invoice says. ``buyer_uscc`` is None on one made out to people, as a team has no code of its own."""

    number: str
    type: InvoiceType
    seller_uscc: str
    buyer_uscc: str | None
    amount_incl_tax_fen: int
    issued_on: date


@dataclass(frozen=True)
class Parties:
    """Whose codes an invoice must carry; the buyers' are those of the user, for a team also its incubator's or none."""

    seller_uscc: str | None
    buyer_usccs: frozenset[str | None]


def validity_over(last_day: date) -> Reason:
    """The six months passed without a submission (V17)."""
    return reason("validity_over", article=VALIDITY, last_day=last_day)


def correction_over(last_day: date) -> Reason:
    """The time to mend a returned claim passed (V17 return)."""
    return reason("correction_over", article=CORRECTION, last_day=last_day)


def missing_materials(present: Collection[str], *, kind: ServiceKind, policy: VoucherPolicy) -> list[Reason]:
    """Every item of V16 files that a claim still lacks."""
    return [
        reason("material_missing", article=FILES, field=f"materials.{needed}", kind=policy.material_kinds[needed])
        for needed in policy.required_materials(kind)
        if needed not in present
    ]


def material_kind_of(document_kind: str, *, policy: VoucherPolicy) -> str:
    """What a certified document proves in a claim: the kind of its own name where the policy knows one."""
    return document_kind if document_kind in policy.material_kinds else MaterialKind.OTHER.value


def lapsed_documents(lapsed: Collection[str], *, kind: ServiceKind, policy: VoucherPolicy) -> list[Reason]:
    """Every item of V16 files whose certified document no longer stands: it is over, refused or replaced."""
    return [
        reason("document_lapsed", article=FILES, field=f"materials.{needed}", kind=policy.material_kinds[needed])
        for needed in policy.required_materials(kind)
        if needed in lapsed
    ]


def form_faults(invoice: InvoiceFacts) -> list[Reason]:
    """A tax invoice whose number has the form of another type; a number in no form is told by number_faults."""
    form = form_of(invoice.number)
    if form is None or invoice.type is InvoiceType.RECEIPT or invoice.type in TYPES_OF_FORM[form]:
        return []
    said = {"said": invoice.number, "type": text(f"term.InvoiceType.{invoice.type}")}
    return [reason(f"invoice_number_{form}", article=INVOICE, field="invoice_number", **said)]


def invoice_faults(invoice: InvoiceFacts, *, parties: Parties, today: date, policy: VoucherPolicy) -> list[Reason]:
    """What is wrong with an invoice: kind and number (V13), seller and buyer (invariant 16), sum and date."""
    faults = []
    if invoice.type not in policy.tax_invoice_types:
        faults.append(reason("no_tax_invoice", article=INVOICE, field="invoice_type"))
    faults += form_faults(invoice)
    if parties.seller_uscc is not None and invoice.seller_uscc != parties.seller_uscc:
        faults.append(reason("invoice_seller_differs", article=BASE, field="seller_uscc"))
    if invoice.buyer_uscc not in parties.buyer_usccs:
        faults.append(reason("invoice_buyer_differs", article=BASE, field="buyer_uscc"))
    if invoice.amount_incl_tax_fen <= 0:
        faults.append(reason("invoice_without_sum", article=BASE, field="amount_incl_tax_fen"))
    if invoice.issued_on > today:
        faults.append(reason("invoice_in_future", article=BASE, field="issued_on"))
    return faults


def missing_declarations(declared: Mapping[str, bool], *, is_enterprise: bool, policy: VoucherPolicy) -> list[Reason]:
    """Every declaration of V8(3) that an enterprise's claim lacks; teams declare nothing."""
    if not is_enterprise:
        return []
    return [
        reason(
            "declaration_missing",
            article=RD_BASE,
            field=f"declarations.{needed}",
            declaration=text(f"declaration.{needed}"),
        )
        for needed in policy.required_declarations
        if not declared.get(needed, False)
    ]


def missing_ticks(ticked: Mapping[str, bool], *, is_enterprise: bool, policy: VoucherPolicy) -> list[Reason]:
    """Every declaration of V8(3) that the reviewer did not find to hold; a team's claim has none."""
    if not is_enterprise:
        return []
    return [
        reason(
            "finding_missing", article=RD_BASE, field=f"findings.{needed}", declaration=text(f"declaration.{needed}")
        )
        for needed in policy.required_declarations
        if not ticked.get(needed, False)
    ]


def review_faults(
    *,
    decision: ReviewDecision,
    amount_fen: int | None,
    opinion: str,
    defects: Sequence[str],
    claimed_fen: int,
) -> list[Reason]:
    """What is wrong with a city's review; V17 return asks for all defects at once."""
    faults = []
    if not opinion.strip():
        faults.append(reason("review_without_opinion", article="V17 order", field="opinion"))
    if decision is ReviewDecision.RETURN and not defects:
        faults.append(reason("return_without_defects", article=CORRECTION, field="defects"))
    if decision is not ReviewDecision.RETURN and defects:
        faults.append(reason("defects_without_return", article=CORRECTION, field="defects"))
    if decision is not ReviewDecision.APPROVE and amount_fen is not None:
        faults.append(reason("amount_without_approval", article="V17 order", field="amount_fen"))
    if decision is ReviewDecision.APPROVE and amount_fen is None and claimed_fen <= 0:
        faults.append(reason("approval_of_nothing", article=BASE, field="amount_fen"))
    if decision is ReviewDecision.APPROVE and amount_fen is not None and not 0 < amount_fen <= claimed_fen:
        faults.append(reason("amount_over_claim", article="V12 hold", field="amount_fen", max=yuan_text(claimed_fen)))
    return faults
