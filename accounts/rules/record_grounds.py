"""What decisions on a member's records rest on: accounts, documents, groups, successions, what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from accounts.kinds import AdverseKind, ChangeDecision, DocumentKind, VerificationDecision
from accounts.rules.grounds import GROUP, STANDING, TEAM, VETTING
from accounts.rules.standing import RELATED
from accounts.states import ChangeKind
from core.grounds import Ground, ground
from core.texts import Text

PAYEE = "V16 team"
"""Article of the account that an incubator names for its team."""


def account_grounds(
    decision: VerificationDecision,
    *,
    of_team: bool,
    holder_name: str,
    bank_name: str,
    cnaps_code: str,
    account_number: str,
    named_on: datetime,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why an account may be paid to or not."""
    article = PAYEE if of_team else VETTING
    if decision is VerificationDecision.VERIFY:
        first = ground("account_verified", article=article, decided_on=decided_on, opinion=opinion)
    else:
        first = ground("account_refused", article=article, decided_on=decided_on, opinion=opinion)
    stated = ground(
        "account_stated",
        article=article,
        holder_name=holder_name,
        bank_name=bank_name,
        cnaps_code=cnaps_code,
        account_number=account_number,
        named_on=named_on,
    )
    return [first, stated]


def document_grounds(
    *,
    certified: bool,
    kind: DocumentKind,
    title: str,
    filename: str,
    valid_until: date | None,
    handed_in_on: datetime,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why a document may stand for new uploads, or may not, or no longer."""
    if certified:
        first = ground("document_certified", article=VETTING, decided_on=decided_on, opinion=opinion)
    else:
        first = ground("document_refused", article=VETTING, decided_on=decided_on, opinion=opinion)
    stated = ground(
        "document_stated",
        article=VETTING,
        kind=kind,
        title=title,
        filename=filename,
        valid_until=valid_until,
        handed_in_on=handed_in_on,
    )
    return [first, stated]


def group_change_grounds(
    decision: ChangeDecision,
    *,
    kind: ChangeKind,
    controller: int | None,
    into: int | None,
    new_name: str,
    firms: Sequence[int],
    effective_on: date,
    evidence: str,
    proposed_on: datetime,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why groups merged or split or a controller was named, and what that means for the caps (V12 cap)."""
    if decision is ChangeDecision.APPROVE:
        first = ground("group_change_approved", article=GROUP, decided_on=decided_on, opinion=opinion)
    else:
        first = ground("group_change_refused", article=GROUP, decided_on=decided_on, opinion=opinion)
    match kind:
        case ChangeKind.MERGE:
            wanted = ground("groups_merge", article=GROUP, controller=controller, into=into, effective_on=effective_on)
        case ChangeKind.SPLIT:
            wanted = ground(
                "group_splits",
                article=GROUP,
                controller=controller,
                firms=list(firms),
                new_name=new_name,
                effective_on=effective_on,
            )
        case ChangeKind.NAMING:
            wanted = ground(
                "controller_named",
                article=GROUP,
                firms=list(firms),
                into=into,
                new_name=new_name,
                effective_on=effective_on,
            )
    return [first, wanted, ground("change_evidence", article=GROUP, evidence=evidence, proposed_on=proposed_on)]


def succession_grounds(
    decision: ChangeDecision,
    *,
    team: int,
    enterprise: int,
    effective_on: date,
    evidence: str,
    proposed_on: datetime,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why a team counts as having become an enterprise or not; evidence and opinion are grounds of their own."""
    if decision is ChangeDecision.APPROVE:
        first = ground(
            "succession_approved",
            article=GROUP,
            team=team,
            enterprise=enterprise,
            effective_on=effective_on,
            decided_on=decided_on,
        )
    else:
        first = ground(
            "succession_refused",
            article=GROUP,
            team=team,
            enterprise=enterprise,
            effective_on=effective_on,
            decided_on=decided_on,
        )
    return [
        first,
        ground("change_evidence", article=TEAM, evidence=evidence, proposed_on=proposed_on),
        ground("succession_opinion", article=TEAM, opinion=opinion),
    ]


def adverse_grounds(
    *,
    kind: AdverseKind,
    since: date,
    until: date | None,
    source: Text,
    entered_on: datetime,
    ended_on: datetime | None,
    ended_source: str | None,
    annulled_on: datetime | None,
    why: str | None,
) -> list[Ground]:
    """Why something stands against a member, and why it counts for nothing any more (V8(2))."""
    entered = ground(
        "adverse_entered",
        article=STANDING,
        kind=kind,
        since=since,
        until=until,
        source=source,
        entered_on=entered_on,
    )
    return [entered, *_ending(STANDING, until, ended_on, ended_source), *_annulment(STANDING, annulled_on, why)]


def holding_grounds(
    *,
    holder: int,
    held: int,
    percent: Decimal,
    since: date,
    until: date | None,
    source: str,
    entered_on: datetime,
    ended_on: datetime | None,
    ended_source: str | None,
    annulled_on: datetime | None,
    why: str | None,
) -> list[Ground]:
    """Why a share is on record, and why it counts for nothing any more (V8(4))."""
    entered = ground(
        "holding_entered",
        article=RELATED,
        holder=holder,
        held=held,
        percent=f"{percent.normalize():f}",
        since=since,
        until=until,
        source=source,
        entered_on=entered_on,
    )
    return [entered, *_ending(RELATED, until, ended_on, ended_source), *_annulment(RELATED, annulled_on, why)]


def joint_grounds(
    *,
    sides: Sequence[int],
    since: date | None,
    until: date | None,
    source: str,
    entered_on: datetime,
    ended_on: datetime | None,
    ended_source: str | None,
    annulled_on: datetime | None,
    why: str | None,
) -> list[Ground]:
    """Why two count as built jointly, and why they do no longer (V8(4))."""
    entered = ground(
        "joint_entered",
        article=RELATED,
        sides=list(sides),
        since=since,
        until=until,
        source=source,
        entered_on=entered_on,
    )
    return [entered, *_ending(RELATED, until, ended_on, ended_source), *_annulment(RELATED, annulled_on, why)]


def _ending(article: str, until: date | None, ended_on: datetime | None, source: str | None) -> list[Ground]:
    if ended_on is None:
        return []
    return [ground("entry_ended", article=article, until=until, ended_on=ended_on, source=source)]


def _annulment(article: str, annulled_on: datetime | None, why: str | None) -> list[Ground]:
    if annulled_on is None:
        return []
    return [ground("entry_annulled", article=article, annulled_on=annulled_on, why=why)]
