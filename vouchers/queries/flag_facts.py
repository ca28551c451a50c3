"""What the flags of a claim rest on: its frozen record and decision, what is on record today, and other claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from accounts import queries as accounts
from accounts.queries.relations import shared_details
from accounts.rules.relation import relations
from core import clock, policy
from core.db import session
from core.files import StoredFile
from vouchers.models import Claim, Material, RecordAmendment
from vouchers.queries.completeness import policy_of
from vouchers.queries.entitlement import CONTROLLER_CHANGED, changed_flags
from vouchers.queries.invoices import compared_invoice
from vouchers.rules.flags import Found
from vouchers.rules.flags.bursts import HandedIn, burst_flags
from vouchers.rules.flags.completion import completion_flags
from vouchers.rules.flags.documents import COMPARED, DocumentSeen, Elsewhere, document_flags
from vouchers.rules.flags.hours import hours_flags
from vouchers.rules.flags.invoices import invoice_flags
from vouchers.rules.flags.policy import AbusePolicy, read
from vouchers.rules.flags.prices import price_flags
from vouchers.rules.flags.relations import RelationsSeen, relation_flags
from vouchers.rules.flags.splitting import PairOrder, split_flags
from vouchers.rules.frozen import thaw
from vouchers.rules.policy import TERM
from vouchers.rules.record import completion_in, hours_in, prices_in, related_orders_in
from vouchers.rules.related import relation_flags as flags_at_order
from vouchers.states import DEAD


def abuse_policy(day: date) -> AbusePolicy:
    """The figures of the flags on a day, outside the measure's term those of the nearest day."""
    return read(policy.current().nearest(day, term=TERM))


def flags_found(claim: Claim, *, today: date) -> list[Found]:
    """Every suspicion about a claim that was handed in, with its evidence."""
    figures = abuse_policy(today)
    return [
        *relation_flags(_relations(claim, today=today)),
        *split_flags(
            _pair_order(claim), _pair_orders(claim), annual_cap_fen=policy_of(claim).annual_cap_fen, policy=figures
        ),
        *price_flags(prices_in(claim.record), policy=figures),
        *hours_flags(hours_in(claim.record, logged=_logged_hours(claim)), policy=figures),
        *completion_flags(completion_in(claim.record), policy=figures),
        *document_flags(_documents(claim)),
        *_bursts(claim, figures),
        *_invoice_differences(claim, today=today),
    ]


def same_files(claim: Claim) -> dict[str, list[int]]:
    """By checksum of each compared file of a claim, the other claims that were handed in with it."""
    return {each.sha256: sorted({other.claim_id for other in each.elsewhere}) for each in _documents(claim)}


def facts_found(claim: Claim, *, today: date) -> set[str]:
    """What a reader of the claim must know beside its decision's flags and what suspects nobody."""
    user_id = claim.beneficiary_id
    is_changed = accounts.cap_owner(user_id, today) != claim.decision.cap_owner
    left_use_behind = is_changed and not accounts.regrouped(user_id, today)
    return {CONTROLLER_CHANGED} if left_use_behind else changed_flags(user_id, today)


def _relations(claim: Claim, *, today: date) -> RelationsSeen:
    """The frozen relations that the measure flags, and every relation of today."""
    judged_by, case = policy_of(claim), thaw(claim.decision.facts)
    record = accounts.relation(claim.beneficiary_id, claim.provider_id, today)
    now = relations(record, subsidiary_above_percent=judged_by.subsidiary_above_percent)
    return RelationsSeen(
        at_order=flags_at_order(case.beneficiary, case.provider, policy=judged_by),
        today={*(relation.value for relation in now), *record.observations},
        details=record.as_json(),
        shared=shared_details(claim.beneficiary_id, claim.provider_id, today),
    )


def _pair_order(claim: Claim) -> PairOrder:
    record, placed_on = claim.record, claim.record.get("placed_on")
    return PairOrder(
        order_id=claim.order_id,
        placed_on=claim.decision.judged_on if placed_on is None else date.fromisoformat(placed_on),
        title=record["title"],
        kind=claim.service_kind,
        price_unit=record["price_unit"],
        unit_price_fen=record["unit_price_fen"],
        contract_fen=claim.agreed_fen,
        entitlement_fen=claim.decision.entitlement_fen,
        year=claim.year,
    )


def _pair_orders(claim: Claim) -> Sequence[PairOrder]:
    """The pair's other orders: those of the frozen record, and those that became claims, which know better."""
    claims = session().scalars(
        select(Claim).where(
            Claim.beneficiary_id == claim.beneficiary_id,
            Claim.provider_id == claim.provider_id,
            Claim.service_kind == claim.service_kind,
            Claim.id != claim.id,
            Claim.state.not_in(DEAD),
        )
    )
    known = {order.order_id: order for order in related_orders_in(claim.record)}
    known |= {order.order_id: order for order in map(_pair_order, claims)}
    return [known[order_id] for order_id in sorted(known)]


def _logged_hours(claim: Claim) -> Decimal | None:
    latest = session().scalar(
        select(RecordAmendment).where(RecordAmendment.claim_id == claim.id).order_by(RecordAmendment.id.desc()).limit(1)
    )
    return None if latest is None else latest.logged_hours


def _documents(claim: Claim) -> list[DocumentSeen]:
    """The claim's result proofs and invoice, each with the other claims that were handed in with the same file."""
    compared = [material for material in claim.live_materials if material.kind in COMPARED]
    same = _same_files(claim, {material.file.sha256 for material in compared})
    return [
        DocumentSeen(
            kind=material.kind,
            material_id=material.id,
            sha256=material.file.sha256,
            elsewhere=same[material.file.sha256],
        )
        for material in compared
    ]


def _same_files(claim: Claim, checksums: set[str]) -> defaultdict[str, list[Elsewhere]]:
    """By checksum, where else a file counts: in claims that were handed in, whatever became of them."""
    found: defaultdict[str, list[Elsewhere]] = defaultdict(list)
    if not checksums:
        return found
    rows = session().execute(
        select(StoredFile.sha256, Material.kind, Claim)
        .join(Material, Material.file_id == StoredFile.id)
        .join(Claim, Claim.id == Material.claim_id)
        .where(
            StoredFile.sha256.in_(checksums),
            Material.live,
            Claim.id != claim.id,
            Claim.first_submitted_at.is_not(None),
        )
    )
    for sha256, kind, other in rows:
        found[sha256].append(
            Elsewhere(
                claim_id=other.id,
                kind=kind,
                city=other.city,
                beneficiary_id=other.beneficiary_id,
                provider_id=other.provider_id,
            )
        )
    return found


def _bursts(claim: Claim, figures: AbusePolicy) -> list[Found]:
    """Flags of the claimant's other claims around the day this one was first handed in."""
    own = _handed_in(claim)
    if own is None:
        return []
    since = clock.start_of_day(own.on - timedelta(days=figures.burst_days + figures.burst_usual_days))
    until = clock.end_of_day(own.on + timedelta(days=figures.burst_days))
    others = session().scalars(
        select(Claim).where(
            Claim.claimant_id == claim.claimant_id,
            Claim.id != claim.id,
            Claim.first_submitted_at >= since,
            Claim.first_submitted_at < until,
        )
    )
    return burst_flags(own, [each for each in map(_handed_in, others) if each is not None], policy=figures)


def _invoice_differences(claim: Claim, *, today: date) -> list[Found]:
    """Flags of what the claim's invoice says otherwise than its order."""
    if claim.invoice is None:
        return []
    return invoice_flags(compared_invoice(claim, today=today), number=claim.invoice.number)


def _handed_in(claim: Claim) -> HandedIn | None:
    if claim.first_submitted_at is None:
        return None
    return HandedIn(claim.id, clock.today(claim.first_submitted_at), claim.last_day)
