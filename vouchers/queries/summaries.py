"""Reads of summaries: the city that made them and the province."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import joinedload, selectinload

from accounts.permissions import Role
from core.db import session
from core.errors import NotFound
from core.files import StoredFile
from core.permissions import Actor
from vouchers.models import Claim, ReviewSummary, SummaryClaim
from vouchers.queries.claims import visible_claims
from vouchers.states import ClaimState, SummaryState


class SummaryMissing(NotFound):
    """There is no such summary for this actor."""

    code = "summary_missing"


class DocumentMissing(NotFound):
    """No PDF was made of this summary."""

    code = "summary_document_missing"


class StampMissing(NotFound):
    """The stamped copy of this summary has not been handed in yet."""

    code = "stamp_missing"


def visible_summaries(actor: Actor, *, state: SummaryState | None = None) -> Select[tuple[ReviewSummary]]:
    """The summaries an actor may see, perhaps of one state only."""
    found = select(ReviewSummary).where(_visible(actor))
    return found if state is None else found.where(ReviewSummary.state == state)


def find_summary(summary_id: int, *, actor: Actor, lock: bool = False) -> ReviewSummary:
    """A summary the actor may see; a foreign one is missing (V6)."""
    found = visible_summaries(actor).where(ReviewSummary.id == summary_id)
    if lock:
        found = found.with_for_update(of=ReviewSummary).execution_options(populate_existing=True)
    summary = session().scalar(found)
    if summary is None:
        raise SummaryMissing
    return summary


def find_stamped_copy(summary_id: int, *, actor: Actor) -> StoredFile:
    """The stamped copy of a summary the actor may see; raises :class:`SummaryMissing` and :class:`StampMissing`."""
    stored = find_summary(summary_id, actor=actor).stamp_file
    if stored is None:
        raise StampMissing
    return stored


def find_document(summary_id: int, *, actor: Actor) -> StoredFile:
    """The PDF of a summary the actor may see; raises :class:`SummaryMissing` and :class:`DocumentMissing`."""
    stored = find_summary(summary_id, actor=actor).document_file
    if stored is None:
        raise DocumentMissing
    return stored


def summary_of_document(sha256: str) -> ReviewSummary | None:
    """The summary whose PDF has this checksum."""
    found = select(ReviewSummary).join(StoredFile, StoredFile.id == ReviewSummary.document_file_id)
    return session().scalars(found.where(StoredFile.sha256 == sha256).limit(1)).first()


def locked_claims(claim_ids: Collection[int], *, actor: Actor) -> Sequence[Claim]:
    """Those of the claims that the actor may see, locked in the order of their ids."""
    found = visible_claims(actor).where(Claim.id.in_(claim_ids)).order_by(Claim.id)
    found = found.options(
        joinedload(Claim.decision),
        selectinload(Claim.invoices),
        selectinload(Claim.materials),
        selectinload(Claim.aids),
    )
    return session().scalars(found.with_for_update(of=Claim).execution_options(populate_existing=True)).all()


def waiting_in(summary_id: int) -> Sequence[int]:
    """The claims of a summary that the province has not decided yet."""
    found = select(Claim.id).where(Claim.summary_id == summary_id, Claim.state == ClaimState.SUMMARISED)
    return session().scalars(found.order_by(Claim.id)).all()


def summary_lines(summary_id: int) -> Sequence[SummaryClaim]:
    """The lines of a summary with their claims and decisions, in one query."""
    found = select(SummaryClaim).where(SummaryClaim.summary_id == summary_id).order_by(SummaryClaim.claim_id)
    return session().scalars(found.options(joinedload(SummaryClaim.claim).joinedload(Claim.decision))).all()


def line_counts(summary_ids: Iterable[int]) -> dict[int, int]:
    """How many claims each summary holds."""
    found = (
        select(SummaryClaim.summary_id, func.count())
        .where(SummaryClaim.summary_id.in_(set(summary_ids)))
        .group_by(SummaryClaim.summary_id)
    )
    return dict(session().execute(found).tuples().all())


def claims_to_summarise(actor: Actor, *, limit: int) -> Sequence[Claim]:
    """Approved claims in sight that are in no summary yet, the oldest first."""
    found = visible_claims(actor, state=ClaimState.CITY_APPROVED).order_by(Claim.id)
    return session().scalars(found.limit(limit)).all()


def confirmation_queue(actor: Actor) -> Select[tuple[Claim, datetime | None]]:
    """Claims whose stamped summary has been sent up, with the instant it was: what the province has to confirm."""
    return (
        visible_claims(actor, state=ClaimState.SUMMARISED)
        .join(ReviewSummary, ReviewSummary.id == Claim.summary_id)
        .where(ReviewSummary.state == SummaryState.DISPATCHED)
        .add_columns(ReviewSummary.dispatched_at)
    )


def _visible(actor: Actor) -> ColumnElement[bool]:
    everywhere = actor.role in (Role.PROVINCE, Role.AUDITOR)
    if everywhere or (actor.role == Role.DELEGATED_AGENCY and actor.city is None):
        return true()
    return ReviewSummary.city == actor.city
