"""Membership: registration, review by the bureau of the city, resubmission, suspension (V2, V6, V9, V10, V15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from accounts import policy
from accounts.kinds import DocumentKind, OrganisationKind, ReviewDecision
from accounts.models import Membership, MembershipDocument, Organisation
from accounts.permissions import (
    incubator,
    may_register,
    may_review_membership,
    may_submit_membership,
)
from accounts.queries.applications import application_of
from accounts.queries.documents import documents_at_hand
from accounts.queries.memberships import defects_named, find_membership, present_round
from accounts.queries.organisations import Seat, organisation, uscc_registered
from accounts.queries.users import find_user
from accounts.rules import registration, uscc
from accounts.rules.grounds import VETTING
from accounts.rules.members import document_faults, missing_documents
from accounts.rules.registration import Application
from accounts.rules.rounds import Finding, document_subject, resubmission_faults
from accounts.rules.users import Credentials, credential_faults
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipAction, MembershipState
from accounts.steps.attempts import count_sign_up
from accounts.steps.memberships import (
    DocumentsMissing,
    Upload,
    decide_membership,
    open_membership,
    required_documents,
    user_id_of,
    write_stated,
)
from accounts.steps.memberships import add_document as store_document
from accounts.steps.organisations import RegistrationRefused, write_facts
from accounts.steps.rounds import record_round
from accounts.steps.users import hashed
from core import clock
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import StateForbids, apply, state_refusal

_OPEN_FOR_DOCUMENTS = frozenset({MembershipState.DRAFT, MembershipState.SUBMITTED, MembershipState.RETURNED})


ACTION_OF_DECISION = {
    ReviewDecision.APPROVE: MembershipAction.APPROVE,
    ReviewDecision.RETURN: MembershipAction.RETURN,
}


class ReviewRefused(Refused):
    """The review contradicts itself."""

    code = "membership_review_refused"


class DocumentsClosed(StateForbids):
    """Documents are added only before the registration is decided."""

    code = "documents_closed"


def register(
    *,
    application: Application,
    credentials: Credentials,
    address: str | None,
    actor: Actor,
    now: datetime,
    submit: bool = True,
    documents: Sequence[Upload] | None = None,
) -> Membership:
    """Register an enterprise or provider by itself, or a team by its incubator, and submit it for review.

    Creates the organisation, its first user, its figures and its bank account. With ``submit`` False it stays a draft
    that its reviewer does not see, until its documents are there. ``documents`` are those handed in with it, None where
    they follow; a list must be complete, else the rest is among the faults. Visitors are counted by ``address``, None
    where nobody came over the network. Raises :class:`RegistrationRefused` with every fault at once, and
    :class:`SignUpPaused`.
    """
    with transaction():
        authorise(actor, may_register)
        if address is not None and not actor.is_signed_in:
            count_sign_up(address=address, now=now)
        host = _host_of_team(application, actor)
        faults = _faults(application, host=host, known=None, now=now) + credential_faults(credentials)
        if find_user(credentials.username) is not None:
            faults.append(reason("username_taken", field="username"))
        seat = _seat(application, host, now)
        if documents is not None:
            required = policy.member_rules(clock.today(now)).required_documents(
                application.kind, in_province=seat.in_province
            )
            faults += document_faults(missing_documents(required, {each.kind for each in documents}))
        refuse_all(faults, error=RegistrationRefused)
        return open_membership(
            application=application,
            seat=seat,
            host=host,
            username=credentials.username,
            password_hash=hashed(credentials.password),
            actor=actor,
            now=now,
            submit=submit,
            documents=documents or (),
        )


def resubmit(*, membership_id: int, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Membership:
    """Hand in a draft, or a returned registration again; ``changes`` are the fields of the application that are new.

    Raises :class:`RegistrationRefused` with every fault, and :class:`DocumentsMissing` with every document that is
    missing: of a draft any that its kind brings, of a returned one those that were named as missing.
    """
    with transaction():
        membership = find_membership(membership_id, actor=actor, lock=True)
        authorise(actor, may_submit_membership, membership.organisation)
        member = membership.organisation
        application = replace(application_of(membership), truthful=True, **changes)
        host = member.incubator
        refuse_all(_faults(application, host=host, known=member, now=now), error=RegistrationRefused)
        refuse_all(_document_faults(membership, now), error=DocumentsMissing)
        apply(
            membership,
            MembershipAction.SUBMIT,
            transitions=MEMBERSHIP_TRANSITIONS,
            actor=actor,
            now=now,
            data={"changed": sorted(changes)},
        )
        membership.submitted_by = user_id_of(actor)
        membership.submitted_at = now
        membership.declared_controller = application.controller
        write_facts(
            organisation=member,
            application=application,
            seat=_seat(application, host, now),
            actor=actor,
            now=now,
        )
        write_stated(member=member, application=application, changes=changes, actor=actor, now=now)
        record_round(membership=membership, application=application, user_id=user_id_of(actor), now=now)
        return membership


def review(
    *,
    membership_id: int,
    decision: ReviewDecision,
    opinion: str,
    defects: Sequence[str],
    actor: Actor,
    now: datetime,
    findings: Sequence[Finding] = (),
) -> Membership:
    """Approve a registration, which makes a member (V15) and verifies its bank account, or return it once, with every
    defect: sentences, or findings about a field or document."""
    with transaction():
        membership = find_membership(membership_id, actor=actor, lock=True)
        authorise(actor, may_review_membership, membership.organisation)
        refuse_all(_review_faults(decision, opinion, [*defects, *findings]), error=ReviewRefused)
        decide_membership(
            membership=membership,
            action=ACTION_OF_DECISION[decision],
            opinion=opinion,
            defects=defects,
            findings=findings,
            actor=actor,
            now=now,
        )
        return membership


def add_document(
    *,
    membership_id: int,
    kind: DocumentKind,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> MembershipDocument:
    """Add a document to a registration that is not decided yet, or one that a member still owes."""
    with transaction():
        membership = find_membership(membership_id, actor=actor, lock=True)
        authorise(actor, may_submit_membership, membership.organisation)
        if membership.state not in _OPEN_FOR_DOCUMENTS and kind not in membership.owed_documents:
            raise state_refusal(
                membership.state, "add_document", transitions=MEMBERSHIP_TRANSITIONS, error=DocumentsClosed
            )
        return store_document(membership=membership, kind=kind, stream=stream, filename=filename, actor=actor, now=now)


def _host_of_team(application: Application, actor: Actor) -> Organisation | None:
    """The incubator that registers a team; only incubators do."""
    if application.kind is not OrganisationKind.TEAM:
        return None
    authorise(actor, incubator)
    return None if actor.organisation_id is None else organisation(actor.organisation_id)


def _faults(
    application: Application, *, host: Organisation | None, known: Organisation | None, now: datetime
) -> list[Reason]:
    today = clock.today(now)
    found = registration.faults(
        application,
        places=policy.places(today),
        incubator_level=None if host is None else host.incubator_level,
        today=today,
    )
    code = uscc.normalised(application.uscc or "")
    if code is not None and uscc_registered(code, besides=None if known is None else known.id):
        found.append(reason("uscc_taken", field="uscc"))
    return found


def _seat(application: Application, host: Organisation | None, now: datetime) -> Seat:
    """Where the member sits: a team with its incubator, the others in the county they state."""
    if host is not None:
        return Seat(county=host.county, city=host.city, in_province=host.in_province)
    county = application.county or ""
    known = policy.places(clock.today(now))
    return Seat(county=county, city=known.cities.get(county), in_province=known.in_province(county))


def _document_faults(membership: Membership, now: datetime) -> list[Reason]:
    """The documents for which it may not be submitted yet."""
    handed_in = {each.kind for each in membership.documents}
    if membership.state is MembershipState.DRAFT:
        at_hand = documents_at_hand(membership, on=clock.today(now))
        return document_faults(missing_documents(required_documents(membership, now=now), at_hand))
    named = defects_named(membership.id, in_round=present_round(membership.id))
    findings = [Finding(each.about, each.standard, each.note) for each in named]
    return resubmission_faults(findings, {document_subject(kind) for kind in handed_in})


def _review_faults(decision: ReviewDecision, opinion: str, defects: Sequence[object]) -> list[Reason]:
    if decision is ReviewDecision.APPROVE and defects:
        return [reason("defects_with_approval", article=VETTING, field="defects")]
    if decision is ReviewDecision.RETURN and not defects and not opinion:
        return [reason("defects_missing", article=VETTING, field="defects")]
    return []
