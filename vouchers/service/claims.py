"""What the claimant does: materials, submission, withdrawal; and what time does to a claim (V16, V17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from accounts import queries as accounts
from core import clock, policy
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.files import read_upload, store_upload
from core.money import yuan_text
from core.permissions import SYSTEM, Actor
from core.states import apply, state_refusal
from settlement.queries import order_money
from settlement.steps import move_hold
from vouchers.models import Claim, Material
from vouchers.queries.certified import find_offered, lapsed_materials
from vouchers.queries.claims import find_claim
from vouchers.queries.completeness import invoice_parties, is_enterprises, policy_of
from vouchers.rules.claims import (
    CORRECTION,
    COST_INCURRED,
    FILES,
    INVOICE,
    VALIDITY,
    InvoiceFacts,
    MaterialKind,
    correction_over,
    invoice_faults,
    lapsed_documents,
    material_kind_of,
    missing_declarations,
    missing_materials,
    validity_over,
)
from vouchers.rules.eligibility import standing_faults
from vouchers.rules.facts import Enterprise
from vouchers.rules.frozen import thaw
from vouchers.rules.invoices.numbers import number_faults
from vouchers.rules.policy import VoucherPolicy, judging
from vouchers.states import CLAIM, OPEN_FOR_MATERIALS, ClaimAction, ClaimState
from vouchers.steps.base import settle_sum
from vouchers.steps.credits import credit_stands_against
from vouchers.steps.endings import give_up_claim, reject_unmended
from vouchers.steps.flags import flag_submission
from vouchers.steps.guards import MaterialsClosed, require_action, require_claimant
from vouchers.steps.invoices import take_typed
from vouchers.steps.materials import put_material, take_certified
from vouchers.steps.reasoning import note_year


class MaterialRefused(Refused):
    """The material contradicts itself or the order; every fault is named."""

    code = "material_refused"


class SubmissionRefused(Refused):
    """The claim cannot be submitted like this; every fault is named."""

    code = "submission_refused"


@dataclass(frozen=True)
class Upload:
    """A file as it came in."""

    stream: BinaryIO
    filename: str


def add_material(
    *,
    claim_id: int,
    kind: str,
    upload: Upload,
    invoice: InvoiceFacts | None,
    completed_on: date | None,
    actor: Actor,
    now: datetime,
) -> Material:
    """Add a file to a draft or returned claim; it takes the place of an earlier one of its kind (``other`` adds up).

    ``invoice`` says what an invoice says, ``completed_on`` the date on a result proof. Raises
    MaterialsClosed, :class:`MaterialRefused`, what vouchers.steps.invoices.take_typed and the file store refuse.
    """
    with transaction() as current:
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        _require_open(claim)
        refuse_all(_material_faults(claim, kind, invoice, completed_on), error=MaterialRefused)
        read = read_upload(upload.stream, filename=upload.filename)
        if invoice is None:
            stored = store_upload(read, owner_id=claim.claimant_id, now=now)
            material = put_material(claim, kind=kind, file=stored, completed_on=completed_on, actor=actor, now=now)
        else:
            material = take_typed(claim, read, invoice, actor=actor, now=now)
        current.refresh(material)
        return material


def use_document(*, claim_id: int, document_id: int, actor: Actor, now: datetime) -> Material:
    """Use a certified document instead of a new upload; it proves what its kind says, else it is an `other` paper.

    The claim keeps the file as it is today, whatever becomes of the document later. Raises :class:`MaterialsClosed`,
    :class:`MaterialRefused` where the document does not stand today, and OrganisationDocumentMissing.
    """
    with transaction() as current:
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        _require_open(claim)
        document = find_offered(claim, document_id, actor=actor)
        if not document.stands_on(clock.today(now)):
            raise MaterialRefused(reasons=[reason("document_not_certified", article=FILES, field="document_id")])
        kind = material_kind_of(document.kind.value, policy=policy_of(claim))
        material = put_material(claim, kind=kind, file=document.file, document=document, actor=actor, now=now)
        current.refresh(material)
        return material


def submit(
    *, claim_id: int, declarations: Mapping[str, bool], answers: Sequence[str] = (), actor: Actor, now: datetime
) -> Claim:
    """Hand a claim in, for the first time or after its return.

    Everything that is missing or wrong is named at once: materials (V16 files), invoice (V13), declarations (V8(3)),
    deadlines (V17), standing (V8(2), judged again today), an unpaid fee (V12 base). The first submission settles the
    year of the cap; the hold moves there, and the claim is the lesser of hold and the rate's share of contract, actual
    fee and invoice. What it needs and lacks is taken from the claimant's certified documents, where there are any.
    ``answers`` say what was mended of each defect of the return, in their order.
    """
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        require_action(claim, ClaimAction.SUBMIT)
        judged_by = judging(policy.current(), claim.decision.judged_on).policy
        today = clock.today(now)
        take_certified(claim, today=today, judged_by=judged_by, actor=actor, now=now)
        refuse_all(
            [
                *_deadline_faults(claim, today=today),
                *_material_state(claim, today=today, judged_by=judged_by),
                *missing_declarations(declarations, is_enterprise=is_enterprises(claim), policy=judged_by),
                *standing_now(claim, today=today),
                *_payment_faults(claim),
                *_answer_faults(claim, answers),
            ],
            error=SubmissionRefused,
        )
        if claim.first_submitted_at is None:
            _settle_year(claim, year=today.year, judged_by=judged_by, actor=actor, now=now)
        settle_sum(claim, actor=actor, now=now)
        claim.declarations = dict(declarations)
        claim.submitted_by, claim.submitted_at, claim.correct_by = actor.user_id, now, None
        claim.first_submitted_at = claim.first_submitted_at or now
        apply(
            claim,
            ClaimAction.SUBMIT,
            transitions=CLAIM,
            actor=actor,
            now=now,
            data={
                "claimed_fen": claim.claimed_fen,
                "year": claim.year,
                "declarations": claim.declarations,
                **({"answers": list(answers)} if answers else {}),
            },
        )
        flag_submission(claim, actor=SYSTEM, now=now)
        return claim


def withdraw(*, claim_id: int, actor: Actor, now: datetime) -> Claim:
    """Withdraw a submitted claim: its hold is released; the user owes nothing."""
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        give_up_claim(claim, ClaimAction.WITHDRAW, actor=actor, now=now, note="withdrawn by the claimant")
        return claim


def expire(*, claim_id: int, now: datetime) -> None:
    """Let a draft expire whose last day is over (V17); what is no longer overdue is left alone."""
    with transaction():
        claim = find_claim(claim_id, actor=SYSTEM, lock=True)
        if claim.state is ClaimState.DRAFT and claim.last_day < clock.today(now):
            note = f"not submitted by {claim.last_day.isoformat()}"
            give_up_claim(claim, ClaimAction.EXPIRE, actor=SYSTEM, now=now, note=note)


def reject_overdue(*, claim_id: int, now: datetime) -> None:
    """Reject a returned claim that was not handed in again in time (V17 return)."""
    with transaction():
        claim = find_claim(claim_id, actor=SYSTEM, lock=True)
        last_day = claim.correct_by
        if claim.state is ClaimState.RETURNED and last_day is not None and last_day < clock.today(now):
            reject_unmended(claim, correct_by=last_day, actor=SYSTEM, now=now)


def standing_now(claim: Claim, *, today: date) -> list[Reason]:
    """V8(2) judged again: today's records, by the policy and the finances frozen with the order. Teams have none."""
    frozen = thaw(claim.decision.facts).beneficiary
    if not isinstance(frozen, Enterprise):
        return []
    judged_by = judging(policy.current(), claim.decision.judged_on).policy
    records = accounts.adverse_facts(claim.beneficiary_id)
    return standing_faults(records, orderly_finances=frozen.orderly_finances, on=today, policy=judged_by)


def _payment_faults(claim: Claim) -> list[Reason]:
    """What the user still owes the provider is no cost incurred."""
    due_fen = order_money(claim.order_id).due_fen
    return [reason("fee_unpaid", article=COST_INCURRED, due=yuan_text(due_fen))] if due_fen > 0 else []


def _answer_faults(claim: Claim, answers: Sequence[str]) -> list[Reason]:
    """There is nothing to answer beyond the defects of the return (V17 return)."""
    if len(answers) <= len(claim.open_defects):
        return []
    return [reason("answers_without_defects", article=CORRECTION, field="answers", count=len(claim.open_defects))]


def _deadline_faults(claim: Claim, *, today: date) -> list[Reason]:
    if claim.state is ClaimState.DRAFT and today > claim.last_day:
        return [validity_over(claim.last_day)]
    if claim.correct_by is not None and today > claim.correct_by:
        return [correction_over(claim.correct_by)]
    return []


def _material_state(claim: Claim, *, today: date, judged_by: VoucherPolicy) -> list[Reason]:
    lapsed = {material.kind for material in lapsed_materials(claim, on=today)}
    present = {material.kind for material in claim.live_materials}
    faults = missing_materials(present, kind=claim.service_kind, policy=judged_by)
    faults += lapsed_documents(lapsed, kind=claim.service_kind, policy=judged_by)
    faults += credit_stands_against(claim, granted_fen=None)
    if claim.invoice is not None:
        faults += invoice_faults(claim.invoice.facts, parties=invoice_parties(claim), today=today, policy=judged_by)
    return faults


def _require_open(claim: Claim) -> None:
    if claim.state not in OPEN_FOR_MATERIALS:
        raise state_refusal(claim.state, "add_material", transitions=CLAIM, error=MaterialsClosed)


def _material_faults(claim: Claim, kind: str, invoice: InvoiceFacts | None, completed_on: date | None) -> list[Reason]:
    faults = []
    if kind not in policy_of(claim).material_kinds:
        faults.append(reason("material_kind_unknown", article=FILES, field="kind", kind=kind))
    if (kind == MaterialKind.INVOICE) != (invoice is not None):
        code = "invoice_facts_missing" if invoice is None else "invoice_facts_misplaced"
        faults.append(reason(code, article=INVOICE, field="kind"))
    if invoice is not None:
        faults += number_faults(invoice.number, field="invoice_number")
    if completed_on is not None and kind != MaterialKind.RESULT_PROOF:
        faults.append(reason("completion_misplaced", article=VALIDITY, field="completed_on"))
    elif completed_on is not None and completed_on != claim.completed_on:
        said = {"completed_on": claim.completed_on, "proof": completed_on}
        faults.append(reason("completion_differs", article=VALIDITY, field="completed_on", **said))
    return faults


def _settle_year(claim: Claim, *, year: int, judged_by: VoucherPolicy, actor: Actor, now: datetime) -> None:
    """The cap is that of the year of the first valid submission: the hold moves there (V12 cap)."""
    if claim.year == year:
        return
    room = move_hold(order_id=claim.order_id, to_year=year, cap_fen=judged_by.annual_cap_fen, actor=actor, now=now)
    note_year(claim, year=year, cap_fen=judged_by.annual_cap_fen, moved_fen=room, now=now)
    claim.year = year
    claim.claimed_fen = min(claim.claimed_fen, room)
