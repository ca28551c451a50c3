"""Naming who refuses service or publishes nothing, restricting it, and referring it to its department (V20, S29)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accounts.kinds import RestrictionKind
from core.clock import add_months
from core.errors import Reason, reason
from core.policy import PolicyPack
from core.texts import Text

NAMING = "V20"
REFERRAL = "S29"
TERM = "evaluation.hearing_working_days"


class NamingCause(StrEnum):
    """For what a provider is named."""

    REFUSAL = "refusal"
    NOT_PUBLISHING = "not_publishing"
    NOT_SHARING = "not_sharing"


class NamingDecision(StrEnum):
    """What may become of a naming after the hearing."""

    NAME = "name"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class EvaluationPolicy:
    """The figures of evaluation in force on a day; terms are working days."""

    registration_review_working_days: int
    publishing_working_days: int
    small_sample: int
    comment_working_days: int
    hearing_working_days: int
    restriction_months_max: int
    restrictions: Mapping[RestrictionKind, Text]

    def last_restricted_day(self, today: date) -> date:
        """The last day that a restriction decided today may reach."""
        return add_months(today, self.restriction_months_max)


def evaluation_policy(pack: PolicyPack, day: date) -> EvaluationPolicy:
    """The policy of a day, or of the nearest one that the pack covers."""
    edition = pack.nearest(day, term=TERM)
    return EvaluationPolicy(
        registration_review_working_days=edition["evaluation.registration_review_working_days"],
        publishing_working_days=edition["evaluation.publishing_working_days"],
        small_sample=edition["evaluation.small_sample"],
        comment_working_days=edition["evaluation.comment_working_days"],
        hearing_working_days=edition["evaluation.hearing_working_days"],
        restriction_months_max=edition["evaluation.restriction_months_max"],
        restrictions={
            RestrictionKind(row["code"]): Text(row["zh"], row["en"]) for row in edition["evaluation.restrictions"]
        },
    )


def decision_faults(
    *,
    decision: NamingDecision,
    restrictions: Collection[RestrictionKind],
    until: date | None,
    today: date,
    policy: EvaluationPolicy,
) -> list[Reason]:
    """Why a naming cannot be decided like this; every fault is named.

    Restrictions are of kinds the policy knows and have a last day, today at the earliest, at most as far as it allows.
    """
    if decision is NamingDecision.DISMISS:
        misplaced = bool(restrictions) or until is not None
        return [reason("restriction_misplaced", article=NAMING, field="restrictions")] if misplaced else []
    found = [
        reason("restriction_unknown", article=NAMING, field="restrictions", kind=kind)
        for kind in restrictions
        if kind not in policy.restrictions
    ]
    if not restrictions:
        return [reason("restriction_needed", article=NAMING, field="restrictions")]
    if until is None:
        return [*found, reason("restriction_without_end", article=NAMING, field="until")]
    last = policy.last_restricted_day(today)
    if not today <= until <= last:
        found.append(reason("restriction_out_of_range", article=NAMING, field="until", first=today, last=last))
    return found
