"""Complaints about refusals, and providers that are heard and named (V20, S29)."""

from __future__ import annotations

from marketplace.models import Complaint, Naming, Referral
from marketplace.notifications.recipients import both, bureau_of, of, province
from marketplace.notifications.rules.told import Subject, news, task

COMPLAINANT = of("complainant_id")
PROVIDER = of("organisation_id")

COMPLAINT = Subject(
    Complaint,
    "complaint",
    {
        "file": (task("complaint.decide", province),),
        "take_up": (news("complaint.taken_up", COMPLAINANT),),
        "dismiss": (news("complaint.dismissed", COMPLAINANT),),
    },
)
NAMING = Subject(
    Naming,
    "naming",
    {
        "notify": (task("naming.answer", PROVIDER, due=lambda naming: naming.answer_by),),
        "answer": (task("naming.decide", province),),
        "name_provider": (news("naming.named", both(PROVIDER, bureau_of("organisation_id"))),),
        "dismiss": (news("naming.dismissed", PROVIDER),),
    },
)
REFERRAL = Subject(
    Referral,
    "referral",
    {"prepare": (task("referral.send", province),), "send": (), "answer": ()},
)
