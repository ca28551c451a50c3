"""The city collects its reviewed claims in a summary, stamps it and sends it up (V18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core import audit
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.files import JPEG, PDF, PNG, StoredFile, store_file
from core.money import yuan_text
from core.permissions import Actor, authorise
from core.states import apply
from core.texts import text
from vouchers.models import Claim, ReviewSummary, SummaryClaim
from vouchers.permissions import may_prepare_summaries, may_stamp
from vouchers.queries.summaries import find_summary, locked_claims, summary_of_document
from vouchers.service.claims import Upload
from vouchers.states import CLAIM, SUMMARY, ClaimAction, ClaimState, SummaryAction
from vouchers.steps.printing import print_summary

ARTICLE = "V18"


STAMPED_TYPES = frozenset({PDF, PNG, JPEG})
"""What a stamped copy may be: a scan or a photograph."""
BRACKETS = str.maketrans("[]()（）【】", "〔〕〔〕〔〕〔〕")


class SummaryRefused(Refused):
    """These claims make no summary; every fault is named."""

    code = "summary_refused"


class StampRefused(Refused):
    """The stamped copy is that of another summary, or bears no stamp; every ground is named."""

    code = "stamp_refused"


def make_summary(*, claim_ids: Sequence[int], actor: Actor, now: datetime) -> ReviewSummary:
    """Collect approved claims of one city; each becomes summarised. A foreign claim is refused like a missing one."""
    with transaction() as current:
        authorise(actor, may_prepare_summaries)
        wanted = sorted(set(claim_ids))
        claims = locked_claims(wanted, actor=actor)
        refuse_all(_faults(claims, wanted), error=SummaryRefused)
        summary = ReviewSummary(
            city=claims[0].city,
            state=SUMMARY.initial,
            total_fen=sum(claim.approved_fen or 0 for claim in claims),
            created_by=actor.user_id,
            created_at=now,
            lines=[
                SummaryClaim(claim=claim, approved_fen=claim.approved_fen, aid_fen=claim.approved_aid_fen)
                for claim in claims
            ],
        )
        print_summary(summary, claims, owner_id=actor.organisation_id, now=now)
        current.add(summary)
        audit.record(
            actor=actor,
            now=now,
            action="open",
            subject=summary,
            to_state=summary.state,
            data={
                "claim_ids": wanted,
                "total_fen": summary.total_fen,
                "aid_fen": summary.aid_fen,
                "number": summary.number,
            },
        )
        for claim in claims:
            claim.summary_id = summary.id
            apply(
                claim,
                ClaimAction.SUMMARISE,
                transitions=CLAIM,
                actor=actor,
                now=now,
                data={"summary_id": summary.id},
            )
        return summary


def stamp(
    *, summary_id: int, upload: Upload, number: str | None, total_fen: int | None, actor: Actor, now: datetime
) -> ReviewSummary:
    """Keep the stamped copy of a summary: a PDF or a picture.

    ``number`` and ``total_fen`` are what its reader found on the copy, so that no other sheet is taken for it. Raises
    :class:`StampRefused` where they differ, and for a file that the platform made itself, as it bears no stamp.
    """
    with transaction():
        summary = find_summary(summary_id, actor=actor, lock=True)
        authorise(actor, may_stamp, summary)
        stored = store_file(
            upload.stream, filename=upload.filename, owner_id=actor.organisation_id, now=now, known=STAMPED_TYPES
        )
        refuse_all(_stamp_faults(summary, stored, number=number, total_fen=total_fen), error=StampRefused)
        summary.stamp_file, summary.stamped_by, summary.stamped_at = stored, actor.user_id, now
        apply(
            summary,
            SummaryAction.STAMP,
            transitions=SUMMARY,
            actor=actor,
            now=now,
            data={"sha256": stored.sha256},
        )
        return summary


def dispatch(*, summary_id: int, actor: Actor, now: datetime) -> ReviewSummary:
    """Send a stamped summary up to the province; an unstamped one cannot be sent (V18)."""
    with transaction():
        summary = find_summary(summary_id, actor=actor, lock=True)
        authorise(actor, may_stamp, summary)
        summary.dispatched_by, summary.dispatched_at = actor.user_id, now
        apply(summary, SummaryAction.DISPATCH, transitions=SUMMARY, actor=actor, now=now)
        return summary


def _stamp_faults(
    summary: ReviewSummary, copy: StoredFile, *, number: str | None, total_fen: int | None
) -> list[Reason]:
    faults = []
    if number is not None and _plain(number) != _plain(summary.known_as):
        faults.append(reason("stamp_number_differs", article=ARTICLE, field="number", number=summary.known_as))
    if total_fen is not None and total_fen != summary.total_fen:
        total = yuan_text(summary.total_fen)
        faults.append(reason("stamp_total_differs", article=ARTICLE, field="total_fen", total=total))
    made = summary_of_document(copy.sha256)
    if made is not None:
        faults.append(reason("stamp_is_unstamped", article=ARTICLE, field="file", number=made.number))
    return faults


def _plain(number: str) -> str:
    """A number without its blanks and whichever brackets were typed."""
    return "".join(number.split()).translate(BRACKETS)


def _faults(claims: Sequence[Claim], wanted: Sequence[int]) -> list[Reason]:
    if not wanted:
        return [reason("summary_empty", article=ARTICLE, field="claim_ids")]
    seen = {claim.id for claim in claims}
    faults = [
        reason("summary_claim_missing", article=ARTICLE, field="claim_ids", claim=claim_id)
        for claim_id in wanted
        if claim_id not in seen
    ]
    faults += [
        reason(
            "summary_claim_not_approved",
            article=ARTICLE,
            field="claim_ids",
            claim=claim.id,
            state=text(f"term.ClaimState.{claim.state.value}"),
        )
        for claim in claims
        if claim.state is not ClaimState.CITY_APPROVED
    ]
    if len({claim.city for claim in claims}) > 1:
        faults.append(reason("summary_of_several_cities", article=ARTICLE, field="claim_ids"))
    return faults
