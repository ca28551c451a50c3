"""Raising flags about a claim, and what a decision about it must wait for. No flag changes a sum or a state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from core import audit, clock
from core.db import require_transaction
from core.errors import Reason, reason
from core.permissions import Actor
from core.texts import text
from vouchers.models import Claim, ClaimFlag, RecordAmendment
from vouchers.queries.flag_facts import abuse_policy, facts_found, flags_found
from vouchers.queries.flags import flags_of
from vouchers.states import FLAG, ClaimState, FlagState

ABUSE = "V19"
"""Article of flags: what supervision rests on."""

EXAMINED = (ClaimState.SUBMITTED, ClaimState.SENT_BACK, ClaimState.CITY_APPROVED, ClaimState.SUMMARISED)
"""States in which somebody still decides about a claim, so that something that appears later is raised too."""


def raise_flags(claim: Claim, *, actor: Actor, now: datetime) -> Sequence[ClaimFlag]:
    """Raise what is suspect about a locked claim and was not raised before; returns what is new.

    What is the same as before keeps its finding; other evidence is another flag. Facts that suspect nobody are noted
    with the claim beside the kinds of its flags.
    """
    current = require_transaction()
    today = clock.today(now)
    found, needed = flags_found(claim, today=today), abuse_policy(today).finding_needed
    known = {(flag.kind, flag.about) for flag in flags_of(claim.id)}
    raised = [
        ClaimFlag(
            claim_id=claim.id,
            kind=each.kind,
            about=each.about,
            evidence=dict(each.evidence),
            finding_needed=each.kind in needed,
            raised_at=now,
            state=FLAG.initial,
            finding="",
        )
        for each in found
        if (each.kind, each.about) not in known
    ]
    for flag in raised:
        current.add(flag)
        data = {"claim_id": claim.id, "kind": flag.kind.value, "evidence": flag.evidence}
        audit.record(actor=actor, now=now, action="raise", subject=flag, to_state=flag.state, data=data)
    claim.flags = sorted({*claim.flags, *facts_found(claim, today=today), *(flag.kind.value for flag in raised)})
    return raised


def undecided_flags(claim: Claim) -> list[Reason]:
    """Each flag that still needs a finding before the claim is approved or confirmed."""
    return [
        reason(
            "flag_undecided",
            article=ABUSE,
            field=f"flags.{flag.id}",
            number=flag.id,
            flag=text(f"flag.{flag.kind}"),
        )
        for flag in flags_of(claim.id)
        if flag.state is FlagState.RAISED and flag.finding_needed
    ]


def upheld_without_consequence(claim: Claim, *, approved_fen: int, despite_flags: str) -> list[Reason]:
    """An upheld flag has a consequence: a lesser sum, or the reason why the whole is approved all the same."""
    if approved_fen < claim.claimed_fen or despite_flags.strip():
        return []
    upheld = [flag for flag in flags_of(claim.id) if flag.state is FlagState.UPHELD]
    return [reason("flag_upheld_without_consequence", article=ABUSE, field="despite_flags")] if upheld else []


def amend_record(*, order_id: int, logged_hours: Decimal, source: str, actor: Actor, now: datetime) -> None:
    """Add the hours an instrument logged to the frozen record of an order, where it has a claim.

    Readings come late; what they say differently is a flag of a claim that somebody still decides about.
    """
    current = require_transaction()
    claim = current.scalar(
        select(Claim).where(Claim.order_id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if claim is None:
        return
    amendment = RecordAmendment(claim_id=claim.id, logged_hours=logged_hours, source=source, at=now)
    current.add(amendment)
    data = {"claim_id": claim.id, "logged_hours": str(logged_hours), "source": source}
    audit.record(actor=actor, now=now, action="amend", subject=amendment, data=data)
    if claim.state in EXAMINED:
        raise_flags(claim, actor=actor, now=now)
