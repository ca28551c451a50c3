"""The same file in another claim: a result or an invoice that is handed in twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vouchers.rules.claims import MaterialKind
from vouchers.rules.flags.kinds import FlagKind, Found

COMPARED = (MaterialKind.RESULT_PROOF, MaterialKind.INVOICE)
"""What a claim proves with papers of its own; a contract or a licence may well be the same in several claims."""


@dataclass(frozen=True, kw_only=True, order=True)
class Elsewhere:
    """A claim that was handed in with the same file, as what, and whose claim it is."""

    claim_id: int
    kind: str
    city: str
    beneficiary_id: int
    provider_id: int

    def as_json(self) -> dict[str, Any]:
        """The claim as evidence; a reader of another city is told only that there is one."""
        return {
            "claim_id": self.claim_id,
            "kind": self.kind,
            "city": self.city,
            "beneficiary_id": self.beneficiary_id,
            "provider_id": self.provider_id,
        }


@dataclass(frozen=True, kw_only=True)
class DocumentSeen:
    """A result proof or invoice of the claim, and the other claims that hold the same file."""

    kind: str
    material_id: int
    sha256: str
    elsewhere: Sequence[Elsewhere]


def document_flags(seen: Sequence[DocumentSeen]) -> list[Found]:
    """One flag for each file of the claim that others hold too; another claim with it is other evidence."""
    return [
        Found(
            FlagKind.SAME_DOCUMENT,
            f"{each.kind}:{each.sha256}:{_claims_digest(each.elsewhere)}",
            {
                "kind": each.kind,
                "material_id": each.material_id,
                "sha256": each.sha256,
                "elsewhere": [other.as_json() for other in sorted(each.elsewhere)],
            },
        )
        for each in seen
        if each.elsewhere
    ]


def within_city(evidence: Mapping[str, Any], city: str | None) -> dict[str, Any]:
    """Evidence as a reader of one city may know it: of claims of other cities only that there are some."""
    if "elsewhere" not in evidence:
        return dict(evidence)
    hidden = {"claim_id": None, "city": None, "beneficiary_id": None, "provider_id": None}
    cut = [each if each["city"] == city else {**each, **hidden} for each in evidence["elsewhere"]]
    return {**evidence, "elsewhere": cut}


def _claims_digest(elsewhere: Sequence[Elsewhere]) -> str:
    ids = ",".join(map(str, sorted({each.claim_id for each in elsewhere})))
    return hashlib.sha256(ids.encode()).hexdigest()
