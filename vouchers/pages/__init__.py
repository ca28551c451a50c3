"""Pages of vouchers, with their menu entries."""

from core.pages import Pages
from vouchers.pages.batches import batch_pages
from vouchers.pages.cases import case_pages
from vouchers.pages.claim_forms import claim_forms
from vouchers.pages.claims import claims
from vouchers.pages.confirmations import confirmation_pages
from vouchers.pages.credits import credit_pages
from vouchers.pages.entitlement import entitlement
from vouchers.pages.findings import findings
from vouchers.pages.flags import claim_flags
from vouchers.pages.groups import controllers, group_changes
from vouchers.pages.inspections import inspections
from vouchers.pages.invoices import invoice_pages
from vouchers.pages.misconduct import misconduct
from vouchers.pages.review import review_pages
from vouchers.pages.spot_checks import spot_checks
from vouchers.pages.successions import successions
from vouchers.pages.summaries import summaries

PAGES: list[Pages] = [
    entitlement,
    review_pages,
    case_pages,
    batch_pages,
    confirmation_pages,
    claims,
    claim_forms,
    claim_flags,
    invoice_pages,
    credit_pages,
    summaries,
    spot_checks,
    inspections,
    findings,
    misconduct,
    group_changes,
    controllers,
    successions,
]
