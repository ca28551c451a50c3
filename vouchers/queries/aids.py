"""What programmes of cities pay beside a claim's subsidy, each with its name and document (V6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.texts import Text
from vouchers.models import Claim, ClaimAid


@dataclass(frozen=True)
class NamedAid:
    """One programme's part of a claim with what the frozen decision says of the programme."""

    aid: ClaimAid
    name: Text
    reference: str
    rate: Decimal


def aids_of(claim: Claim) -> list[NamedAid]:
    """Each programme's part of a claim, in the order in which they were granted."""
    frozen = {each["programme"]: each for each in claim.decision.aids}
    return [
        NamedAid(
            aid=aid,
            name=Text(frozen[aid.programme]["zh"], frozen[aid.programme]["en"]),
            reference=frozen[aid.programme]["reference"],
            rate=Decimal(frozen[aid.programme]["rate"]),
        )
        for aid in claim.aids
    ]
