"""Credit invoices that wait for an office, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from core.audit import AuditEntry
from core.db import session
from marketplace.notifications.recipients import To, bureau, of, province
from marketplace.notifications.rules.told import Subject, news, task
from vouchers.models import Claim, CreditInvoice, Invoice

ENTERED = of("registered_by_organisation")


def _waiting(entry: AuditEntry) -> Iterable[CreditInvoice]:
    """The credit invoice, where it had to wait."""
    return [session().get_one(CreditInvoice, entry.subject_id)] if entry.data.get("waits") else []


def _deciding(credit: CreditInvoice) -> Iterable[To]:
    """The bureau of the claim that rests on its invoice; the province where none does."""
    resting = select(Claim).join(Invoice, Invoice.claim_id == Claim.id)
    claim = session().scalar(resting.where(Invoice.number == credit.original_number, Invoice.live))
    return province(credit) if claim is None else bureau(claim)


CREDIT = Subject(
    CreditInvoice,
    "credit_invoice",
    {
        "register_credit": (task("credit.decide", _deciding, records=_waiting),),
        "take": (news("credit.taken", ENTERED),),
        "reject": (news("credit.rejected", ENTERED),),
        "annul": (news("credit.annulled", ENTERED),),
    },
)
