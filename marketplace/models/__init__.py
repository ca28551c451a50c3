"""Quotes and orders, the yearly reports of cities, applications for disclosure, and the evaluation."""

from marketplace.models.annual_reports import AnnualReport, AnnualReportEdition
from marketplace.models.disclosures import DisclosureApplication, DisclosureConsultation
from marketplace.models.evaluations import (
    EvaluationComment,
    EvaluationLine,
    EvaluationPublication,
    EvaluationReply,
    EvaluationSnapshot,
)
from marketplace.models.grades import EvaluationAward, EvaluationGrade, EvaluationRectification
from marketplace.models.namings import Complaint, Naming, Referral
from marketplace.models.negotiations import Negotiation, NegotiationOffer
from marketplace.models.orders import Delivery, Order
from marketplace.models.quotes import Quote
from marketplace.models.series import BookingSeries, SeriesSlot
from marketplace.models.unmet_needs import NeedProposal, UnmetNeed

__all__ = [
    "AnnualReport",
    "AnnualReportEdition",
    "BookingSeries",
    "Complaint",
    "Delivery",
    "DisclosureApplication",
    "DisclosureConsultation",
    "EvaluationAward",
    "EvaluationComment",
    "EvaluationGrade",
    "EvaluationLine",
    "EvaluationPublication",
    "EvaluationRectification",
    "EvaluationReply",
    "EvaluationSnapshot",
    "Naming",
    "NeedProposal",
    "Negotiation",
    "NegotiationOffer",
    "Order",
    "Quote",
    "Referral",
    "SeriesSlot",
    "UnmetNeed",
]
