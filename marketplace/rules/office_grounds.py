"""What offices' decisions on complaints, yearly reports and applications for disclosure rest on (V18, V20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from core.grounds import Ground, ground
from core.texts import Text
from marketplace.rules.annual_reports import ARTICLE as REPORT
from marketplace.rules.disclosure import ARTICLE as DISCLOSURE
from marketplace.rules.naming import NAMING
from marketplace.states import ComplaintState, DisclosureState


def complaint_grounds(
    state: ComplaintState,
    *,
    order: int,
    account: str,
    filed_on: datetime,
    decided_on: datetime,
    opinion: str | None,
) -> list[Ground]:
    """Why a complaint was dismissed, or taken up as the hearing of a provider, which says the rest."""
    if state is ComplaintState.TAKEN_UP:
        first = ground("complaint_taken_up", article=NAMING, decided_on=decided_on)
    else:
        first = ground("complaint_dismissed", article=NAMING, decided_on=decided_on, opinion=opinion)
    return [first, ground("complaint_filed", article=NAMING, order=order, filed_on=filed_on, account=account)]


def report_grounds(
    *,
    due_on: date,
    first_submitted_on: datetime | None,
    returned_on: datetime | None,
    why: str,
    accepted_on: datetime | None,
    number: str | None,
    digest: str | None,
) -> list[Ground]:
    """Why a city's report was returned, and what was accepted of it; nothing before either."""
    found = []
    if returned_on is not None:
        found.append(ground("report_returned", article=REPORT, returned_on=returned_on, why=why))
    if accepted_on is not None:
        found.append(ground("report_accepted", article=REPORT, accepted_on=accepted_on, number=number, digest=digest))
    if found:
        found.append(ground("report_in_time", article=REPORT, due_on=due_on, first_submitted_on=first_submitted_on))
    return found


def disclosure_grounds(
    state: DisclosureState,
    *,
    wanted: str,
    received_on: datetime,
    due_on: date,
    extended_on: datetime | None,
    why: str,
    decided_on: datetime | None,
    refused_for: Sequence[Text],
    opinion: str,
) -> list[Ground]:
    """Why an answer was put off, and why it was granted, granted in part or refused; nothing before either."""
    found = []
    if extended_on is not None:
        found.append(ground("disclosure_extended", article=DISCLOSURE, extended_on=extended_on, due_on=due_on, why=why))
    if decided_on is not None:
        found.append(
            ground(
                "disclosure_answered",
                article=DISCLOSURE,
                state=state,
                decided_on=decided_on,
                refused_for=list(refused_for),
                opinion=opinion,
            )
        )
    if found:
        found.append(ground("disclosure_asked", article=DISCLOSURE, received_on=received_on, wanted=wanted))
    return found
