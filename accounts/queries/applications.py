"""What a member has stated, read back as an application, and what its reviewer sees."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from accounts import policy
from accounts.kinds import DocumentKind, ReviewDecision, StandardDefect, Subject
from accounts.models import (
    BankAccount,
    BeneficiaryFigures,
    Membership,
    MembershipSubmission,
    Organisation,
    Suspension,
)
from accounts.queries.bank import pending_account, verified_account
from accounts.queries.documents import documents_at_hand
from accounts.queries.memberships import defects_named, find_membership, submissions, suspensions_of
from accounts.queries.organisations import latest_figures
from accounts.queries.standing import adverse_records
from accounts.rules import registration
from accounts.rules.grounds import registration_grounds, resumption_ground
from accounts.rules.members import missing_documents, state_on
from accounts.rules.registration import Application, BankDetails
from accounts.rules.rounds import Difference, differences
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipAction, MembershipState
from core import audit
from core.audit import AuditEntry
from core.errors import Reason, reason
from core.grounds import Ground
from core.permissions import Actor

_REVIEWS = frozenset(ReviewDecision)
_DECIDED = frozenset({MembershipState.APPROVED, MembershipState.SUSPENDED})


@dataclass(frozen=True, slots=True)
class NamedDefect:
    """A defect of the last return, and whether what it is about was changed since."""

    round: int
    about: Subject
    standard: StandardDefect | None
    note: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """A membership with everything its reviewer needs."""

    membership: Membership
    state: MembershipState
    organisation: Organisation
    figures: BeneficiaryFigures | None
    bank_account: BankAccount | None
    notes: Sequence[Reason]
    history: Sequence[AuditEntry]
    required_documents: Sequence[DocumentKind]
    documents_at_hand: AbstractSet[DocumentKind]
    round: int
    findings: Sequence[NamedDefect]
    differences: Sequence[Difference]
    suspensions: Sequence[Suspension]
    reasons: Sequence[Ground]

    @property
    def missing_documents(self) -> list[DocumentKind]:
        """What nobody handed in yet; of a member, what it still owes."""
        is_decided = self.membership.state in _DECIDED
        expected = self.membership.owed_documents if is_decided else self.required_documents
        return missing_documents(expected, self.documents_at_hand)

    @property
    def actions(self) -> list[str]:
        """What the state allows, whoever may do it."""
        return MEMBERSHIP_TRANSITIONS.actions(self.membership.state)


def _state(membership: Membership, suspensions: Sequence[Suspension], on: date) -> MembershipState:
    """Where it stands on the day, as quotes judge it: suspensions hold by their days."""
    running = next((each for each in suspensions if each.ended_at is None), None)
    if running is None:
        return membership.state
    return state_on(membership.state, since=running.since, until=running.until, on=on)


def dossier(membership_id: int, *, actor: Actor, on: date) -> Dossier:
    """The dossier of a membership the actor may see; a foreign one is missing."""
    return dossier_of(find_membership(membership_id, actor=actor), on=on)


def dossier_of(membership: Membership, *, on: date) -> Dossier:
    """The dossier of a membership already found to be the actor's."""
    notes = registration.notes(application_of(membership), limits=policy.limits(on))
    records = [each for each in adverse_records(membership.organisation_id) if each.annulled_at is None]
    rounds = submissions(membership.id)
    history = audit.history("membership", membership.id)
    suspensions = suspensions_of(membership.id)
    changed = _differences(rounds)
    if records:
        notes.append(reason("adverse_records_on_file", article="V8(2)", count=len(records)))
    return Dossier(
        membership=membership,
        state=_state(membership, suspensions, on),
        organisation=membership.organisation,
        figures=latest_figures(membership.organisation_id),
        bank_account=_account(membership.organisation_id),
        notes=notes,
        history=history,
        required_documents=_required(membership, on),
        documents_at_hand=documents_at_hand(membership, on=on),
        round=rounds[-1].round if rounds else 0,
        findings=_named(membership, rounds, changed),
        differences=changed,
        suspensions=suspensions,
        reasons=[
            *_grounds_of_review(membership, history, rounds),
            *_grounds_of_standing(history, suspensions),
        ],
    )


def _grounds_of_review(
    membership: Membership, history: Sequence[AuditEntry], rounds: Sequence[MembershipSubmission]
) -> list[Ground]:
    """What the last review rests on, with the round it was about."""
    taken = [each for each in history if each.action in _REVIEWS]
    if not taken:
        return []
    last = taken[-1]
    seen = [each for each in rounds if each.submitted_at <= last.at]
    return registration_grounds(
        ReviewDecision(last.action),
        round_no=seen[-1].round if seen else 0,
        submitted_on=seen[-1].submitted_at if seen else None,
        decided_on=last.at,
        opinion=last.data.get("note", ""),
        stated=seen[-1].stated if seen else {},
        documents=membership.required_documents,
        owed=last.data.get("owed", []),
        defects=last.data.get("defects", []),
        findings=last.data.get("findings", []),
    )


def _grounds_of_standing(history: Sequence[AuditEntry], suspensions: Sequence[Suspension]) -> list[Ground]:
    """What the suspension rests on that holds or is announced, or else why the last one ended."""
    if suspensions and suspensions[0].ended_at is None:
        return suspensions[0].reasons
    ended = [each for each in history if each.action == MembershipAction.RESUME]
    return [] if not ended else [resumption_ground(on=ended[-1].at, why=ended[-1].data.get("note", ""))]


def _required(membership: Membership, on: date) -> tuple[DocumentKind, ...]:
    """What its kind brings; of a member, what it had to bring when it was approved."""
    if membership.state in _DECIDED:
        return tuple(map(DocumentKind, membership.required_documents))
    return policy.member_rules(on).required_documents(membership.kind, in_province=membership.organisation.in_province)


def _differences(rounds: Sequence[MembershipSubmission]) -> list[Difference]:
    return differences(rounds[-2].stated, rounds[-1].stated) if len(rounds) > 1 else []


def _named(
    membership: Membership, rounds: Sequence[MembershipSubmission], changed: Sequence[Difference]
) -> list[NamedDefect]:
    """The defects of the last return: those of this round while it is returned, else those of the one before."""
    present = rounds[-1].round if rounds else 0
    number = present if membership.state is MembershipState.RETURNED else present - 1
    touched = {each.about for each in changed} if number < present else set()
    return [
        NamedDefect(each.round, each.about, each.standard, each.note, each.about in touched)
        for each in defects_named(membership.id, in_round=number)
    ]


def application_of(membership: Membership) -> Application:
    """What a member states at present, as the rules of registration read it."""
    stated = membership.organisation
    figures = latest_figures(stated.id)
    account = _account(stated.id)
    return Application(
        kind=membership.kind,
        name=stated.name,
        uscc=stated.uscc,
        county=stated.county,
        legal_representative=stated.legal_representative,
        phone=stated.phone,
        address=stated.address,
        institution_kind=stated.institution_kind,
        has_sharing_rules=stated.has_sharing_rules,
        fiscal=stated.fiscal,
        has_rd_base=stated.has_rd_base,
        rd_need=stated.rd_need,
        controller=membership.declared_controller,
        figures_year=None if figures is None else figures.year,
        staff=None if figures is None else figures.staff,
        revenue_fen=None if figures is None else figures.revenue_fen,
        orderly_finances=None if figures is None else figures.orderly_finances,
        bank_account=None if account is None else _details(account),
    )


def _account(organisation_id: int) -> BankAccount | None:
    """The account a reviewer should look at: the one waiting, else the one in use."""
    return pending_account(organisation_id) or verified_account(organisation_id)


def _details(account: BankAccount) -> BankDetails:
    return BankDetails(
        holder_name=account.holder_name,
        bank_name=account.bank_name,
        cnaps_code=account.cnaps_code,
        account_number=account.account_number,
    )
