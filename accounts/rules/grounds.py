"""What decisions about members rest on: registrations, figures, changes, suspensions, restrictions (V8 to V15, V20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from accounts.kinds import (
    ChangeDecision,
    DocumentKind,
    InstitutionKind,
    RenewalDecision,
    RestrictionKind,
    ReviewDecision,
    StandardDefect,
    Subject,
)
from core.grounds import Ground, ground

VETTING = "V15"
"""Article of the review of registrations and of what a member changes of it."""
SIZE = "V8(1)"
STANDING = "V8(2)"
TEAM = "V9"
PROVIDERS = "V10"
PLACE = "V12"
GROUP = "V12 cap"
RESTRICTION = "V20"


def registration_grounds(
    decision: ReviewDecision,
    *,
    round_no: int,
    submitted_on: datetime | None,
    decided_on: datetime,
    opinion: str,
    stated: Mapping[str, Any],
    documents: Sequence[str],
    owed: Sequence[str],
    defects: Sequence[str],
    findings: Sequence[Mapping[str, str | None]],
) -> list[Ground]:
    """Why a registration was approved or returned: what was stated in the round, its documents, and every defect.

    ``stated`` is the round as it was kept, ``documents`` the kinds it had to bring, ``owed`` those it lacked;
    ``findings`` are defects by field or document as the audit trail keeps them.
    """
    if decision is ReviewDecision.APPROVE:
        first = ground(
            "registration_approved",
            article=VETTING,
            round=round_no,
            submitted_on=submitted_on,
            decided_on=decided_on,
            opinion=opinion,
        )
    else:
        first = ground(
            "registration_returned",
            article=VETTING,
            round=round_no,
            submitted_on=submitted_on,
            decided_on=decided_on,
            opinion=opinion,
        )
    if decision is ReviewDecision.APPROVE:
        papers = ground(
            "registration_documents",
            article=VETTING,
            documents=[DocumentKind(each) for each in documents],
            owed=[DocumentKind(each) for each in owed],
        )
        return [first, *_stated(stated), papers]
    return [
        first,
        *_stated(stated),
        *(ground("registration_defect", article=VETTING, defect=each) for each in defects),
        *(
            ground(
                "registration_finding",
                article=VETTING,
                about=Subject(each["about"] or Subject.GENERAL),
                standard=None if each["standard"] is None else StandardDefect(each["standard"]),
                note=each["note"],
            )
            for each in findings
        ),
    ]


def _stated(stated: Mapping[str, Any]) -> list[Ground]:
    """What V8, V9 and V10 ask of the kind of member, as the round stated it."""
    found = []
    figures = stated.get(Subject.FIGURES.value) or {}
    if figures.get("staff") is not None:
        found.append(
            ground(
                "stated_figures",
                article=SIZE,
                year=figures["figures_year"],
                staff=figures["staff"],
                revenue_fen=figures["revenue_fen"],
            )
        )
        found.append(ground("stated_finances", article=STANDING, orderly_finances=figures["orderly_finances"]))
    if stated.get("rd_need"):
        found.append(ground("stated_need", article=TEAM, rd_need=stated["rd_need"]))
    if stated.get("institution_kind"):
        found.append(
            ground(
                "stated_institution",
                article=PROVIDERS,
                institution_kind=InstitutionKind(stated["institution_kind"]),
                has_sharing_rules=bool(stated.get("has_sharing_rules")),
            )
        )
    return found


def renewal_grounds(
    decision: RenewalDecision,
    *,
    year: int,
    staff: int | None,
    revenue_fen: int | None,
    orderly_finances: bool | None,
    handed_in_on: datetime | None,
    due_on: date,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why renewed figures were confirmed or returned."""
    if decision is RenewalDecision.CONFIRM:
        first = ground("renewal_confirmed", article=SIZE, year=year, decided_on=decided_on, opinion=opinion)
    else:
        first = ground("renewal_returned", article=SIZE, year=year, decided_on=decided_on, opinion=opinion)
    found = [first, ground("renewal_handed_in", article=SIZE, handed_in_on=handed_in_on, due_on=due_on)]
    if staff is not None:
        found.append(ground("stated_figures", article=SIZE, year=year, staff=staff, revenue_fen=revenue_fen))
        found.append(ground("stated_finances", article=STANDING, orderly_finances=orderly_finances))
    return found


def change_grounds(
    decision: ChangeDecision,
    *,
    effective_on: date,
    wanted: Mapping[str, str | None],
    why: str,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """Why a change was approved or refused; ``wanted`` are the new facts, None where one stays.

    The county moves the rate (V12) and the controller the group (V12 cap); the rest is what was vetted (V15).
    """
    if decision is ChangeDecision.APPROVE:
        first = ground(
            "change_approved",
            article=VETTING,
            effective_on=effective_on,
            why=why,
            decided_on=decided_on,
            opinion=opinion,
        )
    else:
        first = ground(
            "change_refused",
            article=VETTING,
            effective_on=effective_on,
            why=why,
            decided_on=decided_on,
            opinion=opinion,
        )
    found = [first]
    if wanted.get("county") is not None:
        found.append(ground("change_of_county", article=PLACE, county=wanted["county"]))
    if wanted.get("controller") is not None:
        found.append(ground("change_of_controller", article=GROUP, controller=wanted["controller"]))
    if wanted.get("name") is not None:
        found.append(ground("change_of_name", article=VETTING, name=wanted["name"]))
    if wanted.get("legal_representative") is not None:
        representative = wanted["legal_representative"]
        found.append(ground("change_of_legal_representative", article=VETTING, legal_representative=representative))
    if wanted.get("phone") is not None:
        found.append(ground("change_of_phone", article=VETTING, phone=wanted["phone"]))
    if wanted.get("address") is not None:
        found.append(ground("change_of_address", article=VETTING, address=wanted["address"]))
    return found


def withdrawal_grounds(
    decision: ChangeDecision, *, effective_on: date, why: str, decided_on: datetime, opinion: str
) -> list[Ground]:
    """Why an approved change was taken back before its day, or kept."""
    if decision is ChangeDecision.APPROVE:
        first = ground("change_taken_back", article=VETTING, effective_on=effective_on, decided_on=decided_on)
    else:
        first = ground("change_kept", article=VETTING, effective_on=effective_on, decided_on=decided_on)
    return [first, ground("change_withdrawal", article=VETTING, why=why, opinion=opinion)]


def suspension_ground(*, article: str | None, since: date, until: date | None, why: str) -> Ground:
    """Why a member is suspended; on the article that was named, else on that of its vetting."""
    return ground("membership_suspended", article=article or VETTING, since=since, until=until, why=why)


def resumption_ground(*, on: datetime, why: str) -> Ground:
    """Why a suspension ended; nobody says so where its last day had come."""
    return ground("membership_resumed", article=VETTING, on=on, why=why)


def restriction_grounds(
    *, kind: RestrictionKind, since: date, until: date, lifted_on: datetime | None, lifted_why: str | None
) -> list[Ground]:
    """What a provider was restricted in, and why that ended early."""
    found = [ground("restriction_imposed", article=RESTRICTION, kind=kind, since=since, until=until)]
    if lifted_on is not None:
        found.append(ground("restriction_lifted", article=RESTRICTION, lifted_on=lifted_on, lifted_why=lifted_why))
    return found
