"""The HTTP routes of the deal."""

from core.http import Blueprint
from marketplace.api.annual_reports import annual_reports
from marketplace.api.orders import orders
from marketplace.api.quotes import quotes
from marketplace.api.reports import audit_entries, policies
from marketplace.api.residents import residents

BLUEPRINTS: list[Blueprint] = [quotes, orders, policies, audit_entries, residents, annual_reports]
