"""The rounds of a registration: submitted, returned with its defects, mended (V15)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.kinds import StandardDefect, Subject
from accounts.models import MembershipDefect, MembershipSubmission
from accounts.queries.memberships import all_defects, find_membership, submissions
from accounts.rules.rounds import differences
from core.permissions import Actor


@dataclass(frozen=True, slots=True)
class MendedDefect:
    """A defect of a round; ``mended`` is whether the next round changed what it is about, None until there is one."""

    about: Subject
    standard: StandardDefect | None
    note: str
    mended: bool | None


@dataclass(frozen=True, slots=True)
class MembershipRound:
    """One submission and the return that ended it; what was approved has none."""

    number: int
    submitted_at: datetime
    submitted_by: int
    changed: Sequence[Subject]
    returned_at: datetime | None
    returned_by: int | None
    defects: Sequence[MendedDefect]


def membership_rounds(membership_id: int, *, actor: Actor) -> list[MembershipRound]:
    """Every round of a registration the actor may see, the first first; raises MembershipMissing."""
    membership = find_membership(membership_id, actor=actor)
    known, named = submissions(membership.id), all_defects(membership.id)
    changed = [set[Subject](), *(_changed(*pair) for pair in itertools.pairwise(known))]
    return [
        _round(each, changed[place], changed[place + 1] if place + 1 < len(known) else None, named)
        for place, each in enumerate(known)
    ]


def _changed(before: MembershipSubmission, after: MembershipSubmission) -> set[Subject]:
    return {each.about for each in differences(before.stated, after.stated)}


def _round(
    each: MembershipSubmission,
    changed: set[Subject],
    changed_next: set[Subject] | None,
    named: Sequence[MembershipDefect],
) -> MembershipRound:
    own = [defect for defect in named if defect.round == each.round]
    return MembershipRound(
        number=each.round,
        submitted_at=each.submitted_at,
        submitted_by=each.submitted_by,
        changed=sorted(changed),
        returned_at=own[0].raised_at if own else None,
        returned_by=own[0].raised_by if own else None,
        defects=[
            MendedDefect(
                defect.about,
                defect.standard,
                defect.note,
                None if changed_next is None else defect.about in changed_next,
            )
            for defect in own
        ],
    )
