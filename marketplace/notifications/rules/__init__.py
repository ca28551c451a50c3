"""The table of notices: what each step of a record means to whom.

A step that stands here settles the tasks told before about the same record, then tells what is next. ``()`` only
settles.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from marketplace.notifications.rules.alarms import ALARM_REMINDER, SENSOR_ALARM
from marketplace.notifications.rules.cases import CLAIM_FLAG, REVIEW_CASE
from marketplace.notifications.rules.claims import CLAIM, SUMMARY
from marketplace.notifications.rules.credits import CREDIT
from marketplace.notifications.rules.deal import LISTING, ORDER
from marketplace.notifications.rules.evaluation import EVALUATION, EVALUATION_COMMENT
from marketplace.notifications.rules.grades import AWARD, GRADE, RECTIFICATION
from marketplace.notifications.rules.members import (
    BANK_ACCOUNT,
    CHANGE,
    DOCUMENT,
    FIGURES,
    GROUP_CHANGE,
    MEMBERSHIP,
    RENEWAL,
    RESIDENCE,
    SUCCESSION,
)
from marketplace.notifications.rules.money import (
    APPROPRIATION_CORRECTION,
    BATCH,
    CLAWBACK,
    CLAWBACK_PROPOSAL,
    DISPUTE,
    FUND_CLOSING,
    PAYABLE,
    PAYING_ACCOUNT,
    PAYMENT,
    REFUND,
    SHORTFALL,
    SHORTFALL_PROPOSAL,
    STATEMENT_GAP,
    SUSPENSE,
)
from marketplace.notifications.rules.naming import COMPLAINT, NAMING, REFERRAL
from marketplace.notifications.rules.needs import UNMET_NEED
from marketplace.notifications.rules.negotiations import NEGOTIATION
from marketplace.notifications.rules.purchases import PURCHASE_REVIEW
from marketplace.notifications.rules.qualifications import QUALIFICATION
from marketplace.notifications.rules.reports import ANNUAL_REPORT, CONSULTATION, DISCLOSURE
from marketplace.notifications.rules.searches import SAVED_SEARCH
from marketplace.notifications.rules.secrecy import EXEMPTION
from marketplace.notifications.rules.supervision import APPEAL, FINDING, INSPECTION, MISCONDUCT, STOP
from marketplace.notifications.rules.terms import REPORTED_CHANGE, TERM_REMINDER
from marketplace.notifications.rules.told import Subject, Told
from marketplace.notifications.rules.waits import SLOT_WAIT

ALL = (
    MEMBERSHIP,
    BANK_ACCOUNT,
    DOCUMENT,
    RENEWAL,
    FIGURES,
    CHANGE,
    RESIDENCE,
    GROUP_CHANGE,
    SUCCESSION,
    ORDER,
    LISTING,
    TERM_REMINDER,
    REPORTED_CHANGE,
    EXEMPTION,
    ALARM_REMINDER,
    SENSOR_ALARM,
    PURCHASE_REVIEW,
    SAVED_SEARCH,
    SLOT_WAIT,
    QUALIFICATION,
    UNMET_NEED,
    NEGOTIATION,
    CLAIM,
    SUMMARY,
    CREDIT,
    CLAIM_FLAG,
    REVIEW_CASE,
    PAYABLE,
    BATCH,
    SHORTFALL,
    CLAWBACK,
    PAYMENT,
    REFUND,
    SUSPENSE,
    STATEMENT_GAP,
    FUND_CLOSING,
    PAYING_ACCOUNT,
    CLAWBACK_PROPOSAL,
    SHORTFALL_PROPOSAL,
    APPROPRIATION_CORRECTION,
    DISPUTE,
    INSPECTION,
    FINDING,
    STOP,
    MISCONDUCT,
    APPEAL,
    ANNUAL_REPORT,
    COMPLAINT,
    NAMING,
    REFERRAL,
    DISCLOSURE,
    CONSULTATION,
    EVALUATION,
    EVALUATION_COMMENT,
    GRADE,
    AWARD,
    RECTIFICATION,
)
SUBJECTS: Mapping[str, Subject] = MappingProxyType({each.model.__tablename__: each for each in ALL})
"""Every kind of record somebody is told of, by its table."""

__all__ = ["SUBJECTS", "Subject", "Told"]
