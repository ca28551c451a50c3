"""What decisions about listings rest on: their review and exemptions for secrecy (S11, S23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from core.grounds import Ground, ground
from instruments.rules.terms import Funding

REVIEW = "S11"
SECRECY = "S23"


def listing_grounds(
    *,
    returned: bool,
    name: str,
    funding: Funding,
    value_fen: int | None,
    submitted_on: datetime | None,
    decided_on: datetime | None,
    opinion: str,
    defects: Sequence[str],
    exempted_on: date | None,
    reference: str,
) -> list[Ground]:
    """Why a listing was published or returned, with every defect, and why it is exempt; nothing before either."""
    found = []
    if decided_on is not None and returned:
        found.append(ground("listing_returned", article=REVIEW, decided_on=decided_on, opinion=opinion))
        found += [ground("listing_defect", article=REVIEW, defect=each) for each in defects]
    elif decided_on is not None:
        found.append(ground("listing_published", article=REVIEW, decided_on=decided_on, opinion=opinion))
    if decided_on is not None:
        found.append(
            ground(
                "listing_stated",
                article=REVIEW,
                name=name,
                funding=funding,
                value_fen=value_fen,
                submitted_on=submitted_on,
            )
        )
    if exempted_on is not None:
        found.append(ground("listing_exempt", article=SECRECY, exempted_on=exempted_on, reference=reference))
    return found
