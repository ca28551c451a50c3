"""Columns and constraints of the package's tables."""

from vouchers.models.claims import Claim, ClaimReview
from vouchers.models.decisions import EntitlementDecision
from vouchers.models.flags import ClaimFlag
from vouchers.models.materials import Invoice, Material
from vouchers.models.spot_checks import SpotCheck
from vouchers.models.steps import EntitlementStep, PolicySnapshot
from vouchers.models.summaries import ReviewSummary, SummaryClaim

__all__ = [
    "Claim",
    "ClaimFlag",
    "ClaimReview",
    "EntitlementDecision",
    "EntitlementStep",
    "Invoice",
    "Material",
    "PolicySnapshot",
    "ReviewSummary",
    "SpotCheck",
    "SummaryClaim",
]
