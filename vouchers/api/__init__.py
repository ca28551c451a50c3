"""The vouchers part of the HTTP API."""

from vouchers.api.batches import batches
from vouchers.api.cases import cases
from vouchers.api.claims import claims
from vouchers.api.entitlement import entitlement
from vouchers.api.findings import findings
from vouchers.api.flags import flags
from vouchers.api.groups import controller_changes, organisation_controllers, team_successions
from vouchers.api.inspections import inspections
from vouchers.api.invoices import credit_invoices
from vouchers.api.misconduct import appeals, misconduct_decisions, record_annulments
from vouchers.api.spot_checks import spot_checks
from vouchers.api.summaries import summaries

BLUEPRINTS = [
    claims,
    cases,
    batches,
    credit_invoices,
    entitlement,
    flags,
    summaries,
    spot_checks,
    inspections,
    findings,
    misconduct_decisions,
    appeals,
    record_annulments,
    organisation_controllers,
    controller_changes,
    team_successions,
]

__all__ = ["BLUEPRINTS"]
