"""Writing the rounds of a registration: what was submitted, and what was named as wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.kinds import Subject
from accounts.models import Membership, MembershipDefect, MembershipSubmission
from accounts.queries.memberships import defects_named, present_round, submissions
from accounts.rules.registration import Application
from accounts.rules.rounds import Finding, differences, return_faults, snapshot
from core import clock
from core.db import require_transaction
from core.errors import Refused, refuse_all


class NamedLate(Refused):
    """A later return names only what was changed since, or what is still not mended; all of the rest is listed."""

    code = "defects_named_late"


def record_round(*, membership: Membership, application: Application, user_id: int, now: datetime) -> None:
    """Keep what is submitted, so that its reviewer sees what changed and a later return can be held to it."""
    current = require_transaction()
    current.flush()
    current.refresh(membership, ["documents"])
    documents = [(each.kind, each.file.sha256, each.file.filename) for each in membership.documents]
    current.add(
        MembershipSubmission(
            membership_id=membership.id,
            round=present_round(membership.id) + 1,
            stated=snapshot(application, documents, on=clock.today(now)),
            submitted_by=user_id,
            submitted_at=now,
        )
    )
    current.flush()


def changed_since_return(membership_id: int) -> set[Subject]:
    """What is different in the present round from the one before; nothing where there was none."""
    rounds = submissions(membership_id)
    if len(rounds) < 2:
        return set()
    return {each.about for each in differences(rounds[-2].stated, rounds[-1].stated)}


def name_defects(
    *,
    membership: Membership,
    findings: Sequence[Finding],
    defects: Sequence[str],
    opinion: str,
    user_id: int,
    now: datetime,
) -> None:
    """Write every defect of a return; sentences are about the registration as a whole. Raises :class:`NamedLate`."""
    number = present_round(membership.id)
    named = [*findings, *(Finding(Subject.GENERAL, note=each) for each in defects)]
    if not named:
        named = [Finding(Subject.GENERAL, note=opinion)]
    before = [each.about for each in defects_named(membership.id, in_round=number - 1)] if number > 1 else None
    refuse_all(
        return_faults(named, named_before=before or None, changed=changed_since_return(membership.id)),
        error=NamedLate,
    )
    require_transaction().add_all(
        MembershipDefect(
            membership_id=membership.id,
            round=number,
            about=each.about,
            standard=each.standard,
            note=each.note,
            raised_by=user_id,
            raised_at=now,
        )
        for each in named
    )
