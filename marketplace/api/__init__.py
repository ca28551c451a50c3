"""The HTTP routes of the deal."""

from core.http import Blueprint
from marketplace.api.annual_reports import annual_reports
from marketplace.api.disclosures import applications, consultations
from marketplace.api.evaluations import evaluations, measures
from marketplace.api.grades import awards, grades, rectifications
from marketplace.api.named import named
from marketplace.api.namings import complaints, namings, referrals, restrictions
from marketplace.api.negotiations import negotiations
from marketplace.api.orders import orders
from marketplace.api.quotes import quotes
from marketplace.api.reports import audit_entries, audit_heads, policies
from marketplace.api.residents import residents
from marketplace.api.series import booking_series
from marketplace.api.snapshots import comments, lines, snapshots
from marketplace.api.unmet_needs import unmet_needs
from marketplace.api.usage import order_uses

BLUEPRINTS: list[Blueprint] = [
    quotes,
    orders,
    order_uses,
    booking_series,
    policies,
    audit_entries,
    audit_heads,
    residents,
    annual_reports,
    measures,
    evaluations,
    snapshots,
    lines,
    comments,
    grades,
    awards,
    rectifications,
    complaints,
    namings,
    restrictions,
    named,
    referrals,
    applications,
    consultations,
    unmet_needs,
    negotiations,
]
