"""What changed from one submission of a claim to the next, and what had been asked for (V17 return).

A submission is not stored by itself: it is what the audit trail had seen by then. Materials are kept when newer ones
take their place, invoices with them; declarations and the sum stand in the entry of each submission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from core import audit
from core.audit import AuditEntry
from vouchers.models import Claim, ClaimReview, Material
from vouchers.rules.claims import MaterialKind, ReviewDecision
from vouchers.states import ClaimAction

ADD_MATERIAL = "add_material"
INVOICE_FIELDS = {
    "invoice_number": "number",
    "invoice_type": "type",
    "seller_uscc": "seller_uscc",
    "buyer_uscc": "buyer_uscc",
    "amount_incl_tax_fen": "amount_incl_tax_fen",
    "issued_on": "issued_on",
}
"""The fields of an invoice as the form names them, and as its row does."""


class MaterialChange(StrEnum):
    """What became of a material since the submission before."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``field`` is a kind of material, a field of the invoice's form, ``declaration.<name>`` or
    ``claimed_fen``; the values are materials, enum members, sums in fen, dates, texts or booleans, None for nothing."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RoundMaterial:
    """A material of a submission and what it took the place of. The same content again is no change."""

    material: Material
    change: MaterialChange
    before: Material | None


@dataclass(frozen=True, slots=True)
class Round:
    """One submission. ``defects`` and ``opinion`` are of the return that it answers; the first answers none.

    ``declarations`` is None for a submission of the time before they were kept.
    """

    number: int
    submitted_at: datetime
    submitted_by: int | None
    claimed_fen: int
    declarations: Mapping[str, bool] | None
    materials: Sequence[RoundMaterial]
    changes: Sequence[Change]
    returned_at: datetime | None
    defects: Sequence[str]
    answers: Sequence[str]
    opinion: str

    @property
    def mended(self) -> list[tuple[str, str | None]]:
        """Each defect with what its claimant said was mended, where he said anything."""
        return list(zip_longest(self.defects, self.answers[: len(self.defects)]))


@dataclass(frozen=True, slots=True)
class _Submission:
    """What the trail had seen when a claim was handed in."""

    entry: AuditEntry
    materials: tuple[Material, ...]
    answers: ClaimReview | None

    def of_kind(self, kind: str) -> Material | None:
        return next((each for each in self.materials if each.kind == kind), None)


def rounds(claim: Claim, *, history: Sequence[AuditEntry] | None = None) -> list[Round]:
    """Every submission of a claim found to be the actor's, the earliest first; its history where it is read already."""
    known = audit.history(Claim.__tablename__, claim.id) if history is None else history
    submissions = list(_submissions(claim, known))
    befores: list[_Submission | None] = [None, *submissions]
    return [
        _round(number, before, each) for number, (before, each) in enumerate(zip(befores, submissions, strict=False), 1)
    ]


def _submissions(claim: Claim, history: Sequence[AuditEntry]) -> Iterator[_Submission]:
    known = {material.id: material for material in claim.materials}
    returns = iter([review for review in claim.reviews if review.decision == ReviewDecision.RETURN])
    standing: list[Material] = []
    answered: ClaimReview | None = None
    for entry in history:
        if entry.action == ADD_MATERIAL and entry.data["material_id"] in known:
            added = known[entry.data["material_id"]]
            # Only `other` adds up; whatever else comes takes the place of its kind.
            stays = [each for each in standing if each.kind != added.kind or added.kind == MaterialKind.OTHER]
            standing = [*stays, added]
        elif entry.action == ClaimAction.RETURN:
            answered = next(returns, None)
        elif entry.action == ClaimAction.SUBMIT:
            yield _Submission(entry, tuple(standing), answered)
            answered = None


def _round(number: int, before: _Submission | None, now: _Submission) -> Round:
    data, review = now.entry.data, now.answers
    return Round(
        number=number,
        submitted_at=now.entry.at,
        submitted_by=now.entry.actor_user_id,
        claimed_fen=data["claimed_fen"],
        declarations=data.get("declarations"),
        materials=[_compared(before, each) for each in now.materials],
        changes=[] if before is None else list(_changes(before, now)),
        returned_at=None if review is None else review.at,
        defects=[] if review is None else review.defects,
        answers=data.get("answers", []),
        opinion="" if review is None else review.opinion,
    )


def _compared(before: _Submission | None, material: Material) -> RoundMaterial:
    earlier = () if before is None else before.materials
    same = next((e for e in earlier if e.kind == material.kind and e.file.sha256 == material.file.sha256), None)
    if same is not None:
        return RoundMaterial(material, MaterialChange.UNCHANGED, same)
    replaced = None if material.kind == MaterialKind.OTHER or before is None else before.of_kind(material.kind)
    change = MaterialChange.ADDED if replaced is None else MaterialChange.REPLACED
    return RoundMaterial(material, change, replaced)


def _changes(before: _Submission, now: _Submission) -> Iterator[Change]:
    for material in now.materials:
        compared = _compared(before, material)
        if compared.change is not MaterialChange.UNCHANGED:
            yield Change(material.kind, compared.before, material)
    was, is_now = _invoice(before), _invoice(now)
    for field in INVOICE_FIELDS:
        if was.get(field) != is_now.get(field):
            yield Change(field, was.get(field), is_now.get(field))
    declared, declares = before.entry.data.get("declarations"), now.entry.data.get("declarations")
    if declared is not None and declares is not None:
        for name in sorted({*declared, *declares}):
            if declared.get(name) != declares.get(name):
                yield Change(f"declaration.{name}", declared.get(name), declares.get(name))
    if before.entry.data["claimed_fen"] != now.entry.data["claimed_fen"]:
        yield Change("claimed_fen", before.entry.data["claimed_fen"], now.entry.data["claimed_fen"])


def _invoice(submission: _Submission) -> dict[str, Any]:
    material = submission.of_kind(MaterialKind.INVOICE)
    if material is None or material.invoice is None:
        return {}
    return {field: getattr(material.invoice, column) for field, column in INVOICE_FIELDS.items()}
