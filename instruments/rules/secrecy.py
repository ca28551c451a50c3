"""What may be asked about an exemption for secrecy, and what decisions about one rest on (S23). Pure."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from core.clock import add_months
from core.errors import Reason, reason
from core.grounds import Ground, ground

ARTICLE = "S23"


class ExemptionReview(StrEnum):
    """What the city's bureau says to a request."""

    ENDORSE = "endorse"
    REFUSE = "refuse"


class ExemptionDecision(StrEnum):
    """What the province says to an endorsed request."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


def until_faults(until: date, *, today: date, most_months: int) -> list[Reason]:
    """What is wrong with the last day asked for: it lies ahead, and no further than an exemption may last."""
    if until <= today:
        return [reason("exemption_over", article=ARTICLE, field="until")]
    if until > add_months(today, most_months):
        return [reason("exemption_too_long", article=ARTICLE, field="until", months=most_months)]
    return []


def exemption_grounds(
    *,
    stated: str,
    asked_on: datetime,
    until: date,
    reviewed_on: datetime | None,
    review_opinion: str,
    decided_on: datetime | None,
    opinion: str,
    reference: str,
    is_refused: bool,
    ended_on: datetime | None,
    note: str,
) -> list[Ground]:
    """Why a request was endorsed, confirmed or refused, and why the exemption ended; nothing before."""
    found = []
    if reviewed_on is not None and is_refused and decided_on is None:
        found.append(ground("exemption_not_endorsed", article=ARTICLE, reviewed_on=reviewed_on, opinion=review_opinion))
    elif reviewed_on is not None:
        found.append(ground("exemption_endorsed", article=ARTICLE, reviewed_on=reviewed_on, opinion=review_opinion))
    if decided_on is not None and is_refused:
        found.append(ground("exemption_refused", article=ARTICLE, decided_on=decided_on, opinion=opinion))
    elif decided_on is not None:
        found.append(
            ground(
                "exemption_filed",
                article=ARTICLE,
                decided_on=decided_on,
                reference=reference,
                until=until,
                opinion=opinion,
            )
        )
    if ended_on is not None:
        found.append(ground("exemption_ended", article=ARTICLE, ended_on=ended_on, note=note))
    if found:
        found.append(ground("exemption_stated", article=ARTICLE, asked_on=asked_on, stated=stated, until=until))
    return found
