"""The two work lists of claims: what a city has to review, and what the province has to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import func

from core import clock
from core.pages import Column, Table
from core.pages.language import t
from core.pages.tables import choice
from vouchers.models import Claim, ReviewSummary
from vouchers.pages.claim_table import Row, city_filter, number_column, rows_of
from vouchers.queries.review_queue import queue_rows
from vouchers.rules.facts import PaymentMode


@dataclass(frozen=True, slots=True)
class Queued:
    """A claim that waits for its review, and for how many working days."""

    row: Row
    age_days: int
    is_resubmission: bool

    @property
    def claim(self) -> Claim:
        """The claim itself."""
        return self.row.claim


@dataclass(frozen=True, slots=True)
class SentUp:
    """A claim that waits for the province, and since when."""

    row: Row
    dispatched_at: datetime | None

    @property
    def claim(self) -> Claim:
        """The claim itself."""
        return self.row.claim


def _review_of(claim: Claim) -> str:
    return url_for("claim_review_pages.review", claim_id=claim.id)


def _confirmation_of(claim: Claim) -> str:
    return url_for("confirmation_pages.confirm", claim_id=claim.id)


def _sent_up(found: Sequence[Any]) -> list[SentUp]:
    rows = rows_of([claim for claim, _ in found])
    return [SentUp(row, dispatched_at) for row, (_, dispatched_at) in zip(rows, found, strict=True)]


def _queued(found: Sequence[Claim]) -> list[Queued]:
    today = clock.today(clock.now())
    pairs = zip(rows_of(found), queue_rows(found, today=today), strict=True)
    return [Queued(row, queued.age_days, queued.is_resubmission) for row, queued in pairs]


REVIEWS = Table(
    name="reviews",
    key=Claim.id,
    default_sort="-age_days",
    empty="page.review.empty",
    prepare=_queued,
    filters=[choice("payment_mode", Claim.payment_mode, PaymentMode)],
    columns=[
        number_column(),
        Column("service", lambda each: each.claim.record["title"]),
        Column("beneficiary", lambda each: each.row.beneficiary),
        Column("provider", lambda each: each.row.provider),
        Column("payment_mode", lambda each: each.claim.payment_mode, kind="term", sort=Claim.payment_mode),
        Column("claimed", lambda each: each.claim.claimed_fen, kind="money", sort=Claim.claimed_fen),
        Column("state", lambda each: each.claim.state, kind="state", sort=Claim.state),
        Column("submitted_at", lambda each: each.claim.submitted_at, kind="moment", sort=Claim.submitted_at),
        Column("age_days", lambda each: each.age_days, kind="number", sort=-func.extract("epoch", Claim.submitted_at)),
        Column("resubmitted", lambda each: each.is_resubmission, kind="flag"),
        Column("action", lambda _each: t("page.city_review.title"), link=lambda each: _review_of(each.claim)),
    ],
)

CONFIRMATIONS = Table(
    name="confirmations",
    key=Claim.id,
    default_sort="dispatched_at",
    empty="page.confirmations.empty",
    prepare=_sent_up,
    scalars=False,
    filters=[city_filter()],
    columns=[
        number_column(),
        Column("city", lambda each: each.row.city, sort=Claim.city),
        Column("service", lambda each: each.claim.record["title"]),
        Column("beneficiary", lambda each: each.row.beneficiary),
        Column("provider", lambda each: each.row.provider),
        Column("claimed", lambda each: each.claim.claimed_fen, kind="money", sort=Claim.claimed_fen),
        Column("approved", lambda each: each.claim.approved_fen, kind="money", sort=Claim.approved_fen),
        Column("dispatched_at", lambda each: each.dispatched_at, kind="moment", sort=ReviewSummary.dispatched_at),
        Column("action", lambda _each: t("page.confirmation.title"), link=lambda each: _confirmation_of(each.claim)),
    ],
)
