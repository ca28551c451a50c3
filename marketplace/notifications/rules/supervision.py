"""Inspections, what they find, stopped payments, misconduct and appeals. A visit is not announced (V19)."""

from __future__ import annotations

from collections.abc import Iterable

from core.audit import AuditEntry
from core.db import session
from marketplace.notifications.recipients import of, province, through
from marketplace.notifications.rules.told import Subject, news, task
from settlement.models import PaymentStop
from vouchers.models import Appeal, Finding, Inspection, MisconductDecision
from vouchers.steps.credits import OCCASION

PARTY = of("organisation_id")
PAYEE = through("payable", of("payee_id"))
APPELLANT = through("decision", PARTY)

INSPECTION = Subject(
    Inspection,
    "inspection",
    {
        "plan": (task("inspection.assign", province),),
        "assign": (task("inspection.visit", province, due=lambda inspection: inspection.visit_on),),
        "visit": (task("inspection.conclude", province),),
        "find_clean": (task("inspection.close", province),),
        "find_faulty": (),
        "meet_refusal": (),
        "close": (),
    },
)
FINDING = Subject(
    Finding,
    "finding",
    {
        "notify": (task("finding.answer", PARTY, due=lambda finding: finding.answer_by),),
        "answer": (task("finding.decide", province),),
        "uphold": (news("finding.upheld", PARTY),),
        "dismiss": (news("finding.dismissed", PARTY),),
    },
)


def _by_credit(entry: AuditEntry) -> Iterable[PaymentStop]:
    """The stop, where a credit invoice brought it about: the province decides what becomes of it."""
    stop = session().get_one(PaymentStop, entry.subject_id)
    return [stop] if (stop.occasion or "").startswith(OCCASION) else []


STOP = Subject(
    PaymentStop,
    "payable",
    {
        "order": (
            news("stop.ordered", PAYEE, link_id=lambda stop: stop.payable_id),
            task("stop.decide", province, records=_by_credit, link="payable", link_id=lambda stop: stop.payable_id),
        ),
        "lift": (news("stop.lifted", PAYEE, link_id=lambda stop: stop.payable_id),),
        "make_final": (news("stop.final", PAYEE, link_id=lambda stop: stop.payable_id),),
    },
)
MISCONDUCT = Subject(
    MisconductDecision,
    "misconduct",
    {
        "decide": (news("misconduct.decided", PARTY, due=lambda decision: decision.appeal_by),),
        "suspend": (news("misconduct.suspended", PARTY),),
        "resume": (news("misconduct.resumed", PARTY),),
        "reduce": (news("misconduct.reduced", PARTY),),
        "annul": (news("misconduct.annulled", PARTY),),
    },
)
APPEAL = Subject(
    Appeal,
    "misconduct_appeal",
    {
        "file": (task("appeal.decide", province),),
        "dismiss": (news("appeal.dismissed", APPELLANT),),
        "reduce": (),
        "annul": (),
    },
)
