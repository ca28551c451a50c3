"""Columns and constraints of the package's tables."""

from vouchers.models.aids import ClaimAid
from vouchers.models.cases import CaseOpinion, ReviewBatch, ReviewCase
from vouchers.models.claims import Claim, ClaimReview
from vouchers.models.decisions import EntitlementDecision
from vouchers.models.flags import ClaimFlag, RecordAmendment
from vouchers.models.inspections import Finding, Inspection, InspectionEvidence, Inspector
from vouchers.models.invoices import CreditInvoice, InvoiceLineMark, InvoiceReading
from vouchers.models.materials import Invoice, Material
from vouchers.models.misconduct import Appeal, AppealFile, MisconductDecision
from vouchers.models.spot_checks import SpotCheck
from vouchers.models.steps import EntitlementStep, PolicySnapshot
from vouchers.models.summaries import ReviewSummary, SummaryClaim

__all__ = [
    "Appeal",
    "AppealFile",
    "CaseOpinion",
    "Claim",
    "ClaimAid",
    "ClaimFlag",
    "ClaimReview",
    "CreditInvoice",
    "EntitlementDecision",
    "EntitlementStep",
    "Finding",
    "Inspection",
    "InspectionEvidence",
    "Inspector",
    "Invoice",
    "InvoiceLineMark",
    "InvoiceReading",
    "Material",
    "MisconductDecision",
    "PolicySnapshot",
    "RecordAmendment",
    "ReviewBatch",
    "ReviewCase",
    "ReviewSummary",
    "SpotCheck",
    "SummaryClaim",
]
