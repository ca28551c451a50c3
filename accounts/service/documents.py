"""Documents that are handed in once and used again: by their organisation, certified by the authority that knows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from accounts.kinds import CertificationDecision, DocumentKind
from accounts.models import OrganisationDocument
from accounts.permissions import may_add_document, may_certify_document
from accounts.queries.documents import find_organisation_document
from accounts.queries.organisations import find_organisation, lock_organisation
from accounts.rules.grounds import VETTING
from accounts.service.bank import OpinionMissing
from accounts.states import DOCUMENT_TRANSITIONS, DocumentAction
from accounts.steps.documents import add_document, certify_document, refuse_document
from accounts.steps.memberships import user_id_of
from core import clock
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.files import store_file
from core.permissions import Actor, authorise
from core.states import allowed_target


class DocumentRefused(Refused):
    """The document has faults; all of them are named."""

    code = "document_refused"


def hand_in(
    *,
    organisation_id: int,
    kind: DocumentKind,
    title: str,
    valid_until: date | None,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> OrganisationDocument:
    """Hand a document in. Once certified it takes the place of the earlier one of its kind and title."""
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_add_document, owner)
        lock_organisation(owner.id)
        refuse_all(_day_faults(valid_until, today=clock.today(now)), error=DocumentRefused)
        stored = store_file(stream, filename=filename, owner_id=owner.id, now=now)
        return add_document(
            organisation_id=owner.id,
            kind=kind,
            title=title,
            file=stored,
            valid_until=valid_until,
            user_id=user_id_of(actor),
            actor=actor,
            now=now,
        )


def decide(
    *,
    document_id: int,
    decision: CertificationDecision,
    valid_until: date | None,
    opinion: str,
    actor: Actor,
    now: datetime,
) -> OrganisationDocument:
    """Certify a pending document, to the day it says itself unless another is given; or refuse it, saying why.

    A certification may be taken back in the same way. Raises :class:`DocumentRefused` for a day that is over.
    """
    with transaction():
        document = find_organisation_document(document_id, actor=actor)
        authorise(actor, may_certify_document, document.organisation)
        lock_organisation(document.organisation_id)
        document = find_organisation_document(document_id, actor=actor, lock=True)
        action = _ACTIONS[decision]
        allowed_target(document.state, action, transitions=DOCUMENT_TRANSITIONS)
        user_id = user_id_of(actor)
        if decision is CertificationDecision.CERTIFY:
            until = document.valid_until if valid_until is None else valid_until
            refuse_all(_day_faults(until, today=clock.today(now)), error=DocumentRefused)
            certify_document(
                document=document, valid_until=until, opinion=opinion, user_id=user_id, actor=actor, now=now
            )
        elif opinion:
            refuse_document(document=document, opinion=opinion, user_id=user_id, actor=actor, now=now)
        else:
            raise OpinionMissing(reasons=[reason("field_required", article=VETTING, field="opinion")])
        return document


_ACTIONS = {
    CertificationDecision.CERTIFY: DocumentAction.CERTIFY,
    CertificationDecision.REFUSE: DocumentAction.REFUSE,
}


def _day_faults(valid_until: date | None, *, today: date) -> list[Reason]:
    if valid_until is None or today <= valid_until:
        return []
    return [reason("document_over", article=VETTING, field="valid_until", day=valid_until)]
