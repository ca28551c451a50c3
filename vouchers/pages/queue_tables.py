"""The two work lists of claims: what a city has to review, and what the province has to confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, func

from core import clock
from core.http import current_actor
from core.kinds import ServiceKind
from core.money import AmountMalformed, yuan_to_fen
from core.pages import Column, Filter, Table, say, term
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import Actor
from core.texts import Text
from vouchers.models import Claim, ReviewSummary
from vouchers.pages.claim_table import Row, city_filter, number_column, rows_of
from vouchers.permissions import may_review
from vouchers.queries.cases import held_cases
from vouchers.queries.conflicts import conflicts
from vouchers.queries.review_queue import (
    Holding,
    QueueRow,
    has_undecided_flags,
    held_as,
    is_overdue,
    queue_rows,
    waiting_since,
)
from vouchers.rules.facts import PaymentMode


@dataclass(frozen=True, slots=True)
class Queued:
    """A claim that waits for its review, with what its reader must know."""

    row: Row
    queued: QueueRow

    @property
    def claim(self) -> Claim:
        """The claim itself."""
        return self.row.claim

    @property
    def holder(self) -> str | None:
        """Who has it in hand."""
        held = self.queued.held
        return None if held is None else held.shown_to(current_actor())

    @property
    def marks(self) -> str:
        """What stands out: an end of term, flags without a finding, a conflict of interest, a second hand-in."""
        queued = self.queued
        found = [
            t("page.review.overdue") if queued.overdue else "",
            t("page.review.flags", count=queued.undecided_flags) if queued.undecided_flags else "",
            t("page.review.conflict") if queued.conflicts else "",
            t("column.resubmitted") if queued.is_resubmission else "",
        ]
        return say(Text("、", ", ")).join(filter(None, found))


@dataclass(frozen=True, slots=True)
class SentUp:
    """A claim that waits for the province, since when, who has it in hand, and whether its reader must leave it."""

    row: Row
    dispatched_at: datetime | None
    holder: str | None
    is_tied: bool

    @property
    def claim(self) -> Claim:
        """The claim itself."""
        return self.row.claim


def _confirmation_of(claim: Claim) -> str:
    return url_for("confirmation_pages.confirm", claim_id=claim.id)


def _sent_up(found: Sequence[Any]) -> list[SentUp]:
    actor, today = current_actor(), _today()
    claims = [claim for claim, _ in found]
    held = held_cases([claim.id for claim in claims], on=today)
    tied = {} if actor.user_id is None else conflicts(actor.user_id, claims, on=today)
    return [
        SentUp(
            row=row,
            dispatched_at=dispatched_at,
            holder=held[row.claim.id].shown_to(actor) if row.claim.id in held else None,
            is_tied=row.claim.id in tied,
        )
        for row, (_, dispatched_at) in zip(rows_of(claims), found, strict=True)
    ]


def _queued(found: Sequence[Claim]) -> list[Queued]:
    queued = queue_rows(found, actor=current_actor(), today=_today())
    return [Queued(row, each) for row, each in zip(rows_of(found), queued, strict=True)]


def _today() -> date:
    return clock.today(clock.now())


def _action(actor: Actor) -> tuple[str, str]:
    """What a reader of the queue does with a claim: decide it, or prepare it."""
    return ("city_review", "claim_review_pages.review") if may_review(actor) else ("opinion", "case_pages.opinion")


def _action_word(_row: Queued) -> str:
    return t(f"page.{_action(current_actor())[0]}.title")


def _action_of(row: Queued) -> str:
    return url_for(_action(current_actor())[1], claim_id=row.claim.id)


def _bound(name: str, *, least: bool) -> Filter:
    """By a sum typed in yuan."""

    def narrow(query: Select[Any], value: str) -> Select[Any]:
        try:
            fen = yuan_to_fen(value)
        except AmountMalformed as malformed:
            raise ValueError(value) from malformed
        return query.where(Claim.claimed_fen >= fen if least else Claim.claimed_fen <= fen)

    return Filter(name, narrow)


def _yes_no(name: str, condition: Callable[[], ColumnElement[bool]]) -> Filter:
    def narrow(query: Select[Any], value: str) -> Select[Any]:
        if value not in YES_NO:
            raise ValueError(value)
        return query.where(condition() if value == YES else ~condition())

    return Filter(name, narrow, options=lambda: [(value, t(value)) for value in YES_NO])


def _held(query: Select[Any], value: str) -> Select[Any]:
    return query.where(held_as(Holding(value), user_id=current_actor().user_id, on=_today()))


YES = "yes"
YES_NO = (YES, "no")

REVIEWS = Table(
    name="reviews",
    key=Claim.id,
    default_sort="-age_days",
    empty="page.review.empty",
    prepare=_queued,
    filters=[
        choice("service_kind", Claim.service_kind, ServiceKind),
        choice("payment_mode", Claim.payment_mode, PaymentMode),
        _bound("least", least=True),
        _bound("most", least=False),
        _yes_no("flagged", has_undecided_flags),
        Filter("held", _held, options=lambda: [(each.value, term(each)) for each in Holding]),
        _yes_no("overdue", lambda: is_overdue(_today())),
    ],
    columns=[
        number_column(),
        Column("service", lambda each: each.claim.record["title"]),
        Column("beneficiary", lambda each: each.row.beneficiary),
        Column("provider", lambda each: each.row.provider),
        Column("claimed", lambda each: each.claim.claimed_fen, kind="money", sort=Claim.claimed_fen),
        Column("state", lambda each: each.claim.state, kind="state", sort=Claim.state),
        Column(
            "age_days", lambda each: each.queued.age_days, kind="number", sort=-func.extract("epoch", waiting_since())
        ),
        Column("review_due_on", lambda each: each.queued.due_on, kind="day", sort=waiting_since()),
        Column("held_by", lambda each: each.holder),
        Column("marks", lambda each: each.marks),
        Column("action", _action_word, link=_action_of),
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
        Column("held_by", lambda each: each.holder),
        Column("marks", lambda each: t("page.review.conflict") if each.is_tied else ""),
        Column("action", lambda _each: t("page.confirmation.title"), link=lambda each: _confirmation_of(each.claim)),
    ],
)
