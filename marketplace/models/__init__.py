"""Quotes and orders, the yearly reports of cities, and applications for disclosure."""

from marketplace.models.annual_reports import AnnualReport, AnnualReportEdition
from marketplace.models.disclosures import DisclosureApplication, DisclosureConsultation
from marketplace.models.orders import Delivery, Order
from marketplace.models.quotes import Quote

__all__ = [
    "AnnualReport",
    "AnnualReportEdition",
    "Delivery",
    "DisclosureApplication",
    "DisclosureConsultation",
    "Order",
    "Quote",
]
