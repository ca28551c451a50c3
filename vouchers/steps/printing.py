"""The summary as it is printed, stamped and sent up (V18): its number, its period, its PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from accounts.policy import city_names
from accounts.queries.names import organisation_names
from core import clock
from core.db import require_transaction
from core.files import PDF, StoredFile, store_content
from core.money import in_capitals
from core.pdf import render_pdf
from core.texts import catalogue, text
from core.turns import next_serial
from vouchers.models import Claim, ClaimReview, ReviewSummary
from vouchers.queries.aids import aids_of
from vouchers.queries.cases import review_policy
from vouchers.queries.material_kinds import material_text
from vouchers.rules.claims import ReviewDecision

TEMPLATE = "vouchers/review_summary"
CITY = "市"
"""What the short name of a city goes without."""

HEADS = ("serial", "claim", "user", "provider", "kind", "contract", "invoice", "rate", "approved")
AID_HEAD = "aid"
"""One column more where programmes of cities add to a claim (V6)."""


def number_summary(summary: ReviewSummary, *, now: datetime) -> None:
    """Give a new summary the next number of its city in this year; two made at once wait for each other."""
    year = clock.today(now).year
    serial = next_serial(
        ReviewSummary.serial,
        ReviewSummary.city == summary.city,
        ReviewSummary.serial_year == year,
        queue=f"number of a review summary of {summary.city} in {year}",
    )
    summary.serial_year, summary.serial = year, serial
    pattern = review_policy(clock.today(now)).summary_number
    summary.number = pattern.format(year=year, city=_city(summary.city, now).removesuffix(CITY), serial=serial)


def print_summary(summary: ReviewSummary, claims: Sequence[Claim], *, owner_id: int | None, now: datetime) -> None:
    """Number a new summary, write its PDF and keep it; the same summary is the same bytes."""
    with require_transaction().no_autoflush:
        number_summary(summary, now=now)
        summary.period_from, summary.period_to = _period(claims, now=now)
        summary.document_file = write_document(summary, claims, owner_id=owner_id, now=now)


def write_document(
    summary: ReviewSummary, claims: Sequence[Claim], *, owner_id: int | None, now: datetime
) -> StoredFile:
    """The PDF of a summary, stored."""
    content = render_pdf(TEMPLATE, document_data(summary, claims, now=now))
    name = f"review-summary-{summary.city}-{summary.serial_year}-{summary.serial}.pdf"
    return store_content(content, filename=name, media_type=PDF, owner_id=owner_id, now=now)


def document_data(summary: ReviewSummary, claims: Sequence[Claim], *, now: datetime) -> dict[str, Any]:
    """What the template shows, all of it in Chinese as the official manner wants it."""
    names = organisation_names({each for claim in claims for each in (claim.beneficiary_id, claim.provider_id)})
    city = _city(summary.city, now)
    aids = _aid_totals(claims)
    heads = (*HEADS, AID_HEAD) if aids else HEADS
    return {
        "title": text("page.summary.official", city=city).zh,
        "number": summary.number,
        "facts": [
            [_word("city"), city],
            [_word("period"), _days(summary.period_from, summary.period_to)],
            [_word("claims"), str(len(claims))],
            [_word("made_on"), clock.today(now).isoformat()],
        ],
        "lines": [_line(serial, claim, names) for serial, claim in enumerate(claims, start=1)],
        "totals": _totals(summary, len(claims), aids),
        "has_aid": bool(aids),
        "attachments": [{"claim": claim.id, "files": _files(claim)} for claim in claims],
        "words": {
            "heads": [_word(f"head.{each}") for each in heads],
            "page_total": _word("page_total"),
            "unit": _word("unit"),
            "capitals": _word("capitals"),
            "statement": catalogue()["page.summary.statement"].zh,
            "places": [_word(f"place.{each}") for each in ("clerk", "reviewer", "head")],
            "seal": _word("seal"),
            "day": _word("day"),
            "attachments": _word("attachments"),
            "attachment_heads": [_word(f"head.{each}") for each in ("serial", "claim", "files")],
            "comma": "、",
        },
    }


def _aid_totals(claims: Sequence[Claim]) -> dict[str, int]:
    """What each programme of a city adds to the claims, by its name (V6)."""
    totals: dict[str, int] = {}
    for claim in claims:
        for each in aids_of(claim):
            totals[each.name.zh] = totals.get(each.name.zh, 0) + (each.aid.approved_fen or 0)
    return totals


def _totals(summary: ReviewSummary, count: int, aids: dict[str, int]) -> list[dict[str, Any]]:
    """The province's total, that of each programme of a city, and of all together where there is any, each in words."""
    total = text("page.summary.total", count=count).zh
    sums = [(total, summary.total_fen)]
    if aids:
        together = summary.total_fen + sum(aids.values())
        sums = [(text("pdf.summary.of_province", total=total).zh, summary.total_fen), *aids.items()]
        sums.append((_word("together"), together))
    return [
        {"name": name, "fen": fen, "capitals": text("pdf.summary.rmb", sum=in_capitals(fen)).zh} for name, fen in sums
    ]


def _line(serial: int, claim: Claim, names: dict[int, str]) -> dict[str, Any]:
    invoice, rate = claim.invoice, claim.decision.rate
    return {
        "serial": serial,
        "claim": claim.id,
        "user": names[claim.beneficiary_id],
        "provider": names[claim.provider_id],
        "kind": catalogue()[f"term.ServiceKind.{claim.service_kind.value}"].zh,
        "contract_fen": claim.agreed_fen,
        "invoice_fen": None if invoice is None else invoice.amount_incl_tax_fen,
        "rate": "—" if rate is None else f"{rate:.0%}",
        "approved_fen": claim.approved_fen,
        "aid_fen": claim.approved_aid_fen,
    }


def _files(claim: Claim) -> list[str]:
    """What is attached to a claim: each material by its kind and the start of its checksum."""
    return [
        text(
            "pdf.summary.file",
            kind=material_text(each.kind),
            name=each.file.filename,
            digest=each.file.sha256[:12],
        ).zh
        for each in claim.live_materials
    ]


def _period(claims: Sequence[Claim], *, now: datetime) -> tuple[date, date]:
    """The first and the last day on which one of the claims was approved."""
    found = select(func.min(ClaimReview.at), func.max(ClaimReview.at)).where(
        ClaimReview.claim_id.in_([claim.id for claim in claims]), ClaimReview.decision == ReviewDecision.APPROVE
    )
    first, last = require_transaction().execute(found).one()
    return clock.today(first or now), clock.today(last or now)


def _days(first: date | None, last: date | None) -> str:
    return "" if first is None or last is None else text("pdf.summary.from_to", first=first, last=last).zh


def _city(code: str, now: datetime) -> str:
    return city_names(clock.today(now)).get(code, code)


def _word(key: str) -> str:
    return catalogue()[f"pdf.summary.{key}"].zh
