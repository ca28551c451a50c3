"""Writing down each step of a sum with what it was made of, in the transaction that changes the sum."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import select

from core.db import append, require_transaction
from core.policy import article_name
from core.texts import text
from settlement.queries import cap_room, hold_of
from vouchers.models import Claim, CreditInvoice, EntitlementDecision, EntitlementStep, Invoice
from vouchers.rules.invoices.items import standing
from vouchers.rules.steps import ARTICLES, StepKind, aid_steps, entitlement_steps, rate_text, settling_kind
from vouchers.states import CreditState


def note_step(
    kind: StepKind,
    *,
    order_id: int,
    claim_id: int | None,
    before_fen: int,
    after_fen: int,
    inputs: dict[str, Any],
    now: datetime,
    article: str | None = None,
    programme: str | None = None,
) -> None:
    """Record one step; ``article`` where it rests on another one than its kind usually does, ``programme`` where it is
    one of a city's programme.

    ``inputs`` hold all that vouchers.rules.steps.result needs; a step that does not follow from them is an offence
    that ``flask verify`` names.
    """
    append(
        EntitlementStep,
        order_id=order_id,
        claim_id=claim_id,
        programme=programme,
        kind=kind,
        article=article_name(article or ARTICLES[kind]),
        before_fen=before_fen,
        after_fen=after_fen,
        inputs=inputs,
        at=now,
    )


def note_decision(decision: EntitlementDecision, *, cap_fen: int, now: datetime) -> None:
    """From the fee to what is held and to what each programme adds, when an order is placed."""
    held = entitlement_steps(
        base_fen=decision.base_fen,
        rate=decision.rate,
        eligible=decision.eligible,
        cap_room_fen=decision.cap_room_fen,
        cap_fen=cap_fen,
        year=decision.year,
    )
    granted = (aid_steps(aid, base_fen=decision.base_fen, year=decision.year) for aid in decision.aids)
    for step in chain(held, *granted):
        note_step(
            step.kind,
            order_id=decision.order_id,
            claim_id=None,
            before_fen=step.before_fen,
            after_fen=step.after_fen,
            inputs=dict(step.inputs),
            now=now,
            article=step.article,
            programme=step.programme,
        )


def note_claim_step(
    kind: StepKind, claim: Claim, *, after_fen: int, now: datetime, article: str | None = None, **inputs: Any
) -> None:
    """A step of a locked claim from what it stood at before; call it before the claim's own sums change."""
    note_step(
        kind,
        order_id=claim.order_id,
        claim_id=claim.id,
        before_fen=claim.standing_fen,
        after_fen=after_fen,
        inputs=inputs,
        now=now,
        article=article,
    )


def note_year(claim: Claim, *, year: int, cap_fen: int, moved_fen: int, now: datetime) -> None:
    """The hold moved to the year of the first submission; call it before the claim's year changes.

    The room is what it found there: what it took, and what is left while the cap's account is locked.
    """
    left_fen = cap_room(cap_owner=_cap_owner(claim), year=year, cap_fen=cap_fen)
    note_claim_step(
        StepKind.YEAR,
        claim,
        after_fen=min(claim.claimed_fen, moved_fen),
        from_year=claim.year,
        year=year,
        cap_fen=cap_fen,
        cap_room_fen=moved_fen + left_fen,
        now=now,
    )


def note_invoice(claim: Claim, *, claimed_fen: int, held_fen: int, credit: str | None, now: datetime) -> None:
    """The least of contract, actual fee and what the invoice supports settles the claim, up to what is held; lines
    that do not count and credit invoices are named, ``credit`` being one that is not on record yet."""
    invoice = claim.invoice
    less: dict[str, Any] = {}
    if invoice is not None and invoice.counted_fen < invoice.amount_incl_tax_fen:
        less["invoice_total_fen"] = invoice.amount_incl_tax_fen
        less["excluded_lines"] = _excluded(invoice)
        less["credited_fen"] = invoice.credited_fen or None
        less["credits"] = [*_credits(invoice.number), *([] if credit is None else [credit])]
    note_claim_step(
        settling_kind(before_fen=claim.standing_fen, after_fen=claimed_fen),
        claim,
        after_fen=claimed_fen,
        held_fen=held_fen,
        contract_fen=claim.contract_fen,
        actual_fen=claim.actual_fen,
        invoice_fen=None if claim.invoice is None else claim.invoice.counted_fen,
        rate=rate_text(claim.decision.rate),
        now=now,
        **less,
    )


def _credits(number: str) -> list[str]:
    """Numbers of the credit invoices in force for an invoice."""
    found = select(CreditInvoice.number).where(
        CreditInvoice.original_number == number, CreditInvoice.state == CreditState.IN_FORCE
    )
    return list(require_transaction().scalars(found.order_by(CreditInvoice.id)))


def _excluded(invoice: Invoice) -> list[dict[str, str]]:
    """Each line that does not count, in both languages: its place, what was sold with its category, and why not."""
    lines = () if invoice.reading is None or invoice.reading.invoice is None else invoice.reading.invoice.lines
    marks = standing([each.mark for each in invoice.marks])
    return [
        text("invoice.line_left_out", line=number, name=line.name, why=marks[number].says)._asdict()
        for number, line in enumerate(lines, 1)
        if number in marks and not marks[number].eligible
    ]


def note_approval(claim: Claim, *, approved_fen: int, opinion: str, now: datetime) -> None:
    """The city approved all or a part."""
    note_claim_step(
        StepKind.APPROVAL, claim, after_fen=approved_fen, approved_fen=approved_fen, opinion=opinion, now=now
    )


def note_back(kind: StepKind, claim: Claim, *, opinion: str, defects: Sequence[str], now: datetime) -> None:
    """Returned or sent back: what was claimed stands again, whatever had been approved of it."""
    note_claim_step(
        kind,
        claim,
        after_fen=claim.claimed_fen,
        claimed_fen=claim.claimed_fen,
        opinion=opinion,
        defects=list(defects),
        now=now,
    )


def _cap_owner(claim: Claim) -> str:
    """Whose cap the claim's hold is on now; a merge of groups may have moved it."""
    held = hold_of(claim.order_id)
    return claim.decision.cap_owner if held is None else held.cap_owner
