"""The yearly reports of cities (V18 report)."""

from __future__ import annotations

from marketplace.models import AnnualReport
from marketplace.notifications.recipients import bureau, province
from marketplace.notifications.rules.told import Subject, news, task

_DUE = {"due": lambda report: report.due_on}

ANNUAL_REPORT = Subject(
    AnnualReport,
    "annual_report",
    {
        "call": (task("annual_report.submit", bureau, **_DUE),),
        "remind": (task("annual_report.submit", bureau, **_DUE),),
        "fall_due": (task("annual_report.overdue", bureau, **_DUE), news("annual_report.missing", province)),
        "submit": (task("annual_report.receive", province),),
        "return": (task("annual_report.mend", bureau),),
        "receive": (news("annual_report.accepted", bureau),),
    },
)
