"""Raising flags about a claim, and what a decision about it must wait for. No flag changes a sum or a state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from core import audit, clock
from core.db import require_transaction
from core.errors import Reason, reason
from core.permissions import Actor
from core.texts import text
from vouchers.models import Claim, ClaimFlag, RecordAmendment
from vouchers.queries.flag_facts import abuse_policy, facts_found, flags_found, same_files
from vouchers.queries.flags import flags_of
from vouchers.states import FLAG, ClaimState, FlagState
from vouchers.steps.invoices import lock_invoice

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


def flag_submission(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Raise what is suspect about a claim that is being handed in, and at once about those that hold the same file."""
    current = require_transaction()
    current.flush()
    # Two claims handed in with one file wait for each other here, so that the second sees the first.
    for checksum in sorted(same_files(claim)):
        lock_invoice(checksum)
    raise_flags(claim, actor=actor, now=now)
    numbers = {number for found in same_files(claim).values() for number in found}
    others = select(Claim).where(Claim.id.in_(numbers), Claim.state.in_(EXAMINED)).order_by(Claim.id)
    for other in current.scalars(others.with_for_update().execution_options(populate_existing=True)):
        raise_flags(other, actor=actor, now=now)


def undecided_flags(claim: Claim, *, today: date) -> list[Reason]:
    """Each open flag that needs a finding before the claim is approved or confirmed, by the day it was raised or by
    ``today``."""
    needed = abuse_policy(today).finding_needed
    return [
        reason(
            "flag_undecided",
            article=ABUSE,
            field=f"flags.{flag.id}",
            number=flag.id,
            flag=text(f"flag.{flag.kind}"),
        )
        for flag in flags_of(claim.id)
        if flag.state is FlagState.RAISED and (flag.finding_needed or flag.kind in needed)
    ]


def upheld_without_consequence(claim: Claim, *, approved_fen: int, despite_flags: str) -> list[Reason]:
    """An upheld flag has a consequence: a lesser sum, or the reason why the whole is approved all the same."""
    if approved_fen < claim.claimed_fen or despite_flags.strip():
        return []
    upheld = [flag for flag in flags_of(claim.id) if flag.state is FlagState.UPHELD]
    return [reason("flag_upheld_without_consequence", article=ABUSE, field="despite_flags")] if upheld else []


def amend_record(*, order_id: int, logged_hours: Decimal, source: str, actor: Actor, now: datetime) -> None:
    """Add the hours an instrument logged to the frozen record of an order, where it has a claim.

    Readings come late; what they say differently is a flag of a claim that somebody still decides about. What was said
    last is not said again.
    """
    current = require_transaction()
    claim = current.scalar(
        select(Claim).where(Claim.order_id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if claim is None:
        return
    of_claim = select(RecordAmendment).where(RecordAmendment.claim_id == claim.id)
    latest = current.scalar(of_claim.order_by(RecordAmendment.id.desc()).limit(1))
    if latest is not None and (latest.logged_hours, latest.source) == (logged_hours, source):
        return
    amendment = RecordAmendment(claim_id=claim.id, logged_hours=logged_hours, source=source, at=now)
    current.add(amendment)
    data = {"claim_id": claim.id, "logged_hours": str(logged_hours), "source": source}
    audit.record(actor=actor, now=now, action="amend", subject=amendment, data=data)
    if claim.state in EXAMINED:
        raise_flags(claim, actor=actor, now=now)
