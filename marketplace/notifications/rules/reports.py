"""The yearly reports of cities (V18 report), and applications for disclosure (V18)."""

from __future__ import annotations

from marketplace.models import AnnualReport, DisclosureApplication, DisclosureConsultation
from marketplace.notifications.recipients import bureau, of, office, province, through
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
_TERM = {"due": lambda application: application.due_on}
APPLICANT = of("organisation_id")

DISCLOSURE = Subject(
    DisclosureApplication,
    "disclosure",
    {
        "file": (task("disclosure.answer", office, **_TERM),),
        "remind": (task("disclosure.answer", office, **_TERM),),
        "fall_due": (task("disclosure.overdue", office, **_TERM),),
        "extend": (news("disclosure.extended", APPLICANT), task("disclosure.answer", office, **_TERM)),
        "grant": (news("disclosure.granted", APPLICANT),),
        "grant_partly": (news("disclosure.granted", APPLICANT),),
        "refuse": (news("disclosure.refused", APPLICANT),),
        "withdraw": (news("disclosure.withdrawn", office),),
    },
)
CONSULTATION = Subject(
    DisclosureConsultation,
    "disclosure_consultation",
    {
        "ask": (task("disclosure.consulted", of("organisation_id"), due=lambda asked: asked.answer_by),),
        "answer": (news("disclosure.consultation_answered", through("application", office)),),
        "lapse": (news("disclosure.consultation_lapsed", through("application", office)),),
    },
)
