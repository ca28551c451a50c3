"""Opening and deciding memberships within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from accounts import policy
from accounts.kinds import DocumentKind, OrganisationKind
from accounts.models import Membership, MembershipDocument, Organisation
from accounts.permissions import Role
from accounts.queries.bank import pending_account
from accounts.queries.documents import documents_at_hand
from accounts.queries.organisations import Seat
from accounts.rules.members import document_faults, missing_documents
from accounts.rules.registration import Application, figures_year
from accounts.rules.rounds import Finding
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipAction
from accounts.steps.bank import name_account, verify_account
from accounts.steps.documents import certify_registration
from accounts.steps.interests import require_uninvolved
from accounts.steps.organisations import register_organisation, state_figures
from accounts.steps.rounds import name_defects, record_round
from accounts.steps.users import register_user
from core import audit, clock
from core.db import require_transaction
from core.errors import Forbidden, Refused, refuse_all
from core.files import store_file
from core.permissions import Actor
from core.states import apply
from core.workdays import load_calendar

ROLE_OF_KIND = {
    OrganisationKind.ENTERPRISE: Role.ENTERPRISE,
    OrganisationKind.TEAM: Role.TEAM,
    OrganisationKind.PROVIDER: Role.PROVIDER,
}
_FIGURES = frozenset({"figures_year", "staff", "revenue_fen", "orderly_finances"})
_EVERYTHING = {"staff": None, "bank_account": None}


@dataclass(frozen=True, slots=True)
class Upload:
    """A document as it is handed in with a registration."""

    kind: DocumentKind
    stream: BinaryIO
    filename: str


class SubmitterReviews(Forbidden):
    """Whoever submitted a registration does not review it."""

    code = "submitter_reviews"
    article = "V15"


class DocumentsMissing(Refused):
    """Documents that this kind of member brings are missing; all of them are named."""

    code = "documents_missing"


class NobodyActs(Forbidden):
    """This must be done by a person, not by the service itself."""

    code = "nobody_acts"


def open_membership(
    *,
    application: Application,
    seat: Seat,
    host: Organisation | None,
    username: str,
    password_hash: str,
    actor: Actor,
    now: datetime,
    submit: bool = True,
    documents: Sequence[Upload] = (),
) -> Membership:
    """Create organisation, first user, figures, bank account and membership, and submit it unless it stays a draft.

    The application must be free of faults. ``host`` is a team's incubator, whose user ``actor`` then submits; without
    one the new user does.
    """
    member = register_organisation(
        application=application,
        seat=seat,
        incubator_id=None if host is None else host.id,
        actor=actor,
        now=now,
    )
    user = register_user(
        organisation=member,
        role=ROLE_OF_KIND[application.kind],
        username=username,
        password_hash=password_hash,
        actor=None if host is None else actor,
        now=now,
    )
    submitter = user.as_actor() if host is None else actor
    membership = Membership(
        organisation_id=member.id,
        kind=application.kind,
        state=MEMBERSHIP_TRANSITIONS.initial,
        declared_controller=application.controller,
        submitted_by=user_id_of(submitter),
        submitted_at=now,
        opinion="",
        defects=[],
    )
    membership.organisation = member
    require_transaction().add(membership)
    for each in documents:
        add_document(
            membership=membership,
            kind=each.kind,
            stream=each.stream,
            filename=each.filename,
            actor=submitter,
            now=now,
        )
    if submit:
        apply(membership, MembershipAction.SUBMIT, transitions=MEMBERSHIP_TRANSITIONS, actor=submitter, now=now)
    write_stated(member=member, application=application, changes=_EVERYTHING, actor=submitter, now=now)
    if submit:
        record_round(membership=membership, application=application, user_id=user_id_of(submitter), now=now)
    return membership


def write_stated(
    *, member: Organisation, application: Application, changes: Mapping[str, object], actor: Actor, now: datetime
) -> None:
    """Write figures and bank account of an application where they are among the ``changes``."""
    year = figures_year(application, on=clock.today(now))
    if changes.keys() & _FIGURES and year is not None:
        state_figures(
            organisation=member,
            year=year,
            staff=application.staff or 0,
            revenue_fen=application.revenue_fen or 0,
            orderly_finances=bool(application.orderly_finances),
            actor=actor,
            user_id=user_id_of(actor),
            now=now,
        )
    if "bank_account" in changes and application.bank_account is not None:
        name_account(
            organisation=member,
            details=application.bank_account,
            actor=actor,
            user_id=user_id_of(actor),
            now=now,
        )


def decide_membership(
    *,
    membership: Membership,
    action: MembershipAction,
    opinion: str,
    defects: Sequence[str],
    actor: Actor,
    now: datetime,
    findings: Sequence[Finding] = (),
) -> None:
    """Approve, which also verifies the account waiting and certifies the documents, or return with every defect, in
    sentences or as findings.

    Raises :class:`SubmitterReviews`, :class:`DocumentsMissing` where the pack has nothing owed, and
    :class:`~accounts.steps.rounds.NamedLate`.
    """
    require_transaction()
    reviewer = user_id_of(actor)
    if membership.submitted_by == reviewer:
        raise SubmitterReviews
    require_uninvolved(actor, _parties(membership.organisation), now=now)
    if action is MembershipAction.APPROVE:
        _take_documents(membership, now=now)
    else:
        name_defects(
            membership=membership, findings=findings, defects=defects, opinion=opinion, user_id=reviewer, now=now
        )
    membership.reviewed_by = reviewer
    membership.reviewed_at = now
    membership.opinion = opinion
    membership.defects = list(defects)
    apply(
        membership,
        action,
        transitions=MEMBERSHIP_TRANSITIONS,
        actor=actor,
        now=now,
        note=opinion,
        data={
            "defects": list(defects),
            "findings": [_as_json(each) for each in findings],
            **({"owed": membership.owed_documents} if membership.owed_documents else {}),
        },
    )
    account = pending_account(membership.organisation_id)
    if action is MembershipAction.APPROVE and account is not None:
        verify_account(account=account, actor=actor, user_id=reviewer, now=now)
    if action is MembershipAction.APPROVE:
        certify_registration(membership=membership, user_id=reviewer, actor=actor, now=now)


def add_document(
    *, membership: Membership, kind: DocumentKind, stream: BinaryIO, filename: str, actor: Actor, now: datetime
) -> MembershipDocument:
    """Store a document of a registration."""
    current = require_transaction()
    current.flush()
    stored = store_file(stream, filename=filename, owner_id=membership.organisation_id, now=now)
    document = MembershipDocument(
        membership_id=membership.id, kind=kind, file_id=stored.id, added_by=user_id_of(actor), added_at=now
    )
    current.add(document)
    audit.record(
        actor=actor,
        now=now,
        action="add",
        subject=document,
        data={"membership_id": membership.id, "kind": kind.value},
    )
    return document


def required_documents(membership: Membership, *, now: datetime) -> tuple[DocumentKind, ...]:
    """The documents its kind of member brings at present (V15, design decision)."""
    return policy.member_rules(clock.today(now)).required_documents(
        membership.kind, in_province=membership.organisation.in_province
    )


def _take_documents(membership: Membership, *, now: datetime) -> None:
    """Freeze what was required; what is missing is owed by a day where the pack lets it be (容缺受理)."""
    rules = policy.member_rules(clock.today(now))
    required = required_documents(membership, now=now)
    require_transaction().refresh(membership, ["documents"])
    missing = missing_documents(required, documents_at_hand(membership, on=clock.today(now)))
    if not rules.may_owe:
        refuse_all(document_faults(missing), error=DocumentsMissing)
    owed_until = load_calendar().add_working_days(clock.today(now), rules.owed_working_days) if missing else None
    membership.required_documents = [kind.value for kind in required]
    membership.owed_documents = [kind.value for kind in missing]
    membership.owed_until = owed_until


def _as_json(finding: Finding) -> dict[str, str | None]:
    return {
        "about": finding.about.value,
        "standard": None if finding.standard is None else finding.standard.value,
        "note": finding.note,
    }


def _parties(member: Organisation) -> list[Organisation]:
    """The member and, of a team, its incubator."""
    return [member, *([] if member.incubator is None else [member.incubator])]


def user_id_of(actor: Actor) -> int:
    """The user behind an actor; raises :class:`NobodyActs` for the service itself and for visitors."""
    if actor.user_id is None:
        raise NobodyActs
    return actor.user_id
