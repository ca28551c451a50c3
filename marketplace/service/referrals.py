"""A fiscal institution that refuses to share is reported to the department it belongs to, in a document (S29)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.models import Organisation
from accounts.queries import find_organisation
from core import audit, clock
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.files import PDF, store_content
from core.pdf import render_pdf
from core.permissions import Actor, authorise
from core.states import apply
from core.texts import text
from marketplace.models import Naming, Referral
from marketplace.permissions import may_refer
from marketplace.queries.namings import find_naming, find_referral
from marketplace.rules.naming import REFERRAL as ARTICLE
from marketplace.states import REFERRAL, ReferralAction

TEMPLATE = "marketplace/referral"


class ReferralRefused(Refused):
    """The referral has faults; all of them are named."""

    code = "referral_refused"


def prepare_referral(
    *,
    organisation_id: int,
    naming_id: int | None,
    department: str,
    facts: str,
    actor: Actor,
    now: datetime,
) -> Referral:
    """Write the document to the department of a fiscal institution. Raises :class:`ReferralRefused`."""
    with transaction() as current:
        authorise(actor, may_refer)
        provider = find_organisation(organisation_id, actor=actor)
        naming = None if naming_id is None else find_naming(naming_id, actor=actor)
        refuse_all(_faults(provider, naming), error=ReferralRefused)
        content = render_pdf(TEMPLATE, _document(provider, department, facts, now=now))
        name = f"referral-{provider.id}-{clock.today(now)}.pdf"
        stored = store_content(content, filename=name, media_type=PDF, owner_id=actor.organisation_id, now=now)
        referral = Referral(
            organisation=provider,
            naming_id=naming_id,
            department=department,
            facts=facts,
            state=REFERRAL.initial,
            document_file=stored,
            prepared_by=actor.user_id,
            prepared_at=now,
        )
        current.add(referral)
        current.flush()
        data = {"organisation_id": provider.id, "department": department, "sha256": stored.sha256}
        audit.record(actor=actor, now=now, action="prepare", subject=referral, to_state=referral.state, data=data)
        return referral


def send_referral(*, referral_id: int, sent_on: date, actor: Actor, now: datetime) -> Referral:
    """Record that the document went out."""
    with transaction():
        referral = find_referral(referral_id, actor=actor, lock=True)
        authorise(actor, may_refer)
        if not clock.today(referral.prepared_at) <= sent_on <= clock.today(now):
            raise ReferralRefused(reasons=[reason("referral_day", article=ARTICLE, field="sent_on")])
        data = {"sent_on": sent_on.isoformat()}
        apply(referral, ReferralAction.SEND, transitions=REFERRAL, actor=actor, now=now, data=data)
        referral.sent_on, referral.sent_by, referral.sent_at = sent_on, actor.user_id, now
        return referral


def answer_referral(*, referral_id: int, reply: str, replied_on: date, actor: Actor, now: datetime) -> Referral:
    """Record what the department answered."""
    with transaction():
        referral = find_referral(referral_id, actor=actor, lock=True)
        authorise(actor, may_refer)
        if replied_on > clock.today(now) or (referral.sent_on is not None and replied_on < referral.sent_on):
            raise ReferralRefused(reasons=[reason("referral_day", article=ARTICLE, field="replied_on")])
        data = {"replied_on": replied_on.isoformat()}
        apply(referral, ReferralAction.ANSWER, transitions=REFERRAL, actor=actor, now=now, note=reply, data=data)
        referral.reply, referral.replied_on = reply, replied_on
        referral.answered_by, referral.answered_at = actor.user_id, now
        return referral


def _faults(provider: Organisation, naming: Naming | None) -> list[Reason]:
    found = []
    if not provider.fiscal:
        found.append(reason("referral_not_fiscal", article=ARTICLE, field="organisation_id"))
    if naming is not None and naming.organisation_id != provider.id:
        found.append(reason("referral_of_another", article=ARTICLE, field="naming_id"))
    return found


def _document(provider: Organisation, department: str, facts: str, *, now: datetime) -> dict[str, Any]:
    """What the template shows, in Chinese as the official manner wants it."""
    return {
        "title": text("pdf.referral.title").zh,
        "facts": [
            [text("pdf.referral.to").zh, department],
            [text("pdf.referral.institution").zh, provider.name],
            [text("pdf.referral.uscc").zh, provider.uscc or "—"],
            [text("pdf.referral.day").zh, clock.today(now).isoformat()],
        ],
        "opening": text("pdf.referral.opening", institution=provider.name).zh,
        "account": facts,
        "closing": text("pdf.referral.closing").zh,
        "places": [text("pdf.referral.place").zh],
        "seal": text("pdf.referral.seal").zh,
        "day": text("pdf.referral.sealed_on").zh,
    }
