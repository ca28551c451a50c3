"""Payables: money to come for payees, and the whole queue for those who pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, render_template
from sqlalchemy import Select

from accounts.queries import acts_for
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    Filter,
    MoneyBar,
    MoneyPart,
    NavEntry,
    Pages,
    Table,
    link_to,
    table_page,
)
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.workdays import YearStatus
from settlement import permissions
from settlement.models import Payable, SettlementBatch
from settlement.pages.payable_parts import correction_page, payable_actions, payable_events
from settlement.pages.schedule import next_free
from settlement.pages.words import all_programmes, day_words, links_of_sources, programme_words, source_words
from settlement.queries.batches import batches_by_id
from settlement.queries.payables import (
    PayableView,
    detail_of,
    sums_by_state,
    value_dates,
    views_of,
    visible_payables,
)
from settlement.queries.stops import stops_of
from settlement.service import payables as service
from settlement.states import PayableState

payables = Pages(
    "payable_pages",
    __name__,
    url_prefix="/payables",
    navigation=(NavEntry("payables", "payable_pages.index", "money", permissions.may_read_payables, order=30),),
    links={"payable": ("payable_pages.one", "payable_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A payable as the tables show it."""

    payable: Payable
    payee: str
    expected: str | None
    paid_on: date | None
    batch: SettlementBatch | None
    source_href: str | None


def _rows(found: Sequence[Payable]) -> list[Row]:
    actor, today = current_actor(), clock.today(clock.now())
    names = organisation_names(each.payee_id for each in found)
    hrefs = links_of_sources([(each.source, each.order_id) for each in found], actor=actor)
    batches = batches_by_id({each.batch_id for each in found if each.batch_id is not None})
    arrived = value_dates(found)
    following = next_free(today)
    coming = day_words(following.day, provisional=following.status is YearStatus.PROVISIONAL)
    return [
        Row(
            view.payable,
            names[view.payable.payee_id],
            _expected(view, coming, batches),
            arrived.get(view.payable.id),
            batches.get(view.payable.batch_id or 0),
            hrefs[view.payable.source],
        )
        for view in views_of(found, actor=actor, today=today)
    ]


def _expected(view: PayableView, coming: str, batches: dict[int, SettlementBatch]) -> str | None:
    """The cut-off it is paid by, or that it waits for money."""
    if view.payable.stopped:
        return t("page.payables.stopped")
    if view.place is not None:
        return t("page.payables.waits") if view.place.waiting else coming
    if view.payable.state is PayableState.IN_BATCH and view.payable.batch_id in batches:
        return batches[view.payable.batch_id].cutoff.isoformat()
    return None


NUMBER = Column(
    "payable",
    lambda row: row.payable.queue_no,
    sort=Payable.queue_no,
    link=lambda row: link_to("payable", row.payable.id),
)
SOURCE = Column("what_for", lambda row: source_words(row.payable.source), link=lambda row: row.source_href)
PAYEE = Column("payee", lambda row: row.payee)
AMOUNT = Column("amount", lambda row: row.payable.amount_fen, kind="money", sort=Payable.amount_fen)
STATE = Column("state", lambda row: row.payable.state, kind="state", sort=Payable.state)
CONFIRMED = Column("confirmed_at", lambda row: row.payable.confirmed_at, kind="moment", sort=Payable.confirmed_at)
EXPECTED = Column("expected_batch", lambda row: row.expected)
PAID_ON = Column("arrived_on", lambda row: row.paid_on, kind="day")

INCOME = Table(
    name="income",
    key=Payable.queue_no,
    default_sort="-payable",
    empty="page.income.empty",
    prepare=_rows,
    filters=[choice("state", Payable.state, PayableState)],
    columns=[NUMBER, SOURCE, PAYEE, AMOUNT, STATE, CONFIRMED, EXPECTED, PAID_ON],
)
"""Money to come, as payees and users see it."""

QUEUE = Table(
    name="payables",
    key=Payable.queue_no,
    default_sort="payable",
    empty="page.payables.empty",
    prepare=_rows,
    filters=[
        choice("state", Payable.state, PayableState),
        Filter("programme", lambda query, value: query.where(Payable.programme == value), options=all_programmes),
        Filter("holder", lambda query, value: query.where(Payable.holder_name.icontains(value, autoescape=True))),
    ],
    columns=[
        NUMBER,
        SOURCE,
        Column("programme", lambda row: programme_words(row.payable.programme)),
        PAYEE,
        Column("bank_name", lambda row: row.payable.bank_name),
        AMOUNT,
        STATE,
        CONFIRMED,
        EXPECTED,
        Column("batch", lambda row: row.batch and row.batch.number, link=lambda row: _batch_link(row.batch)),
        PAID_ON,
    ],
)
"""The queue in the order of confirmation, as those see it who pay or watch over it."""


def _batch_link(batch: SettlementBatch | None) -> str | None:
    may_open = batch is not None and permissions.may_read_batches(current_actor())
    return link_to("batch", batch.id) if batch is not None and may_open else None


@payables.get("")
@allow(permissions.may_read_payables)
def index() -> Any:
    """Payables in sight, with their sums on top."""
    actor = current_actor()
    found = visible_payables(actor)
    if permissions.watches_payables(actor):
        return table_page(
            QUEUE, found, title="page.payables.title", template="settlement/payables.html", bar=money_bar(found)
        )
    own = found.where(Payable.payee_id.in_(acts_for(actor)))
    return table_page(INCOME, found, title="page.income.title", template="settlement/payables.html", bar=money_bar(own))


@payables.get("/<int:payable_id>")
@allow(permissions.may_read_payables)
def one(payable_id: int) -> str:
    """One payable: its place in the queue, its account, every attempt to pay it."""
    actor = current_actor()
    detail = detail_of(payable_id, actor=actor, today=clock.today(clock.now()))
    payable = detail.payable
    batches = batches_by_id({each.batch_id for each in detail.payouts})
    row = _rows([payable])[0]
    return render_template(
        "settlement/payable.html",
        payable=payable,
        detail=detail,
        row=row,
        source=source_words(payable.source),
        batches=batches,
        reads_batches=permissions.may_read_batches(actor),
        actions=list(payable_actions(payable, actor=actor)),
        events=payable_events(detail, batches),
        reasons=[ground for stop in stops_of([payable.id]) for ground in stop.reasons],
    )


@payables.route("/<int:payable_id>/correction", methods=["GET", "POST"])
@allow(permissions.may_correct_payable)
def correct(payable_id: int) -> Response:
    """Put a failed or returned payable back into the queue, with the payee's verified account of today."""
    detail = detail_of(payable_id, actor=current_actor(), today=clock.today(clock.now()))
    payable = detail.payable
    here = link_to("payable", payable_id)

    def effect(given: dict[str, Any]) -> Done:
        service.correct(payable_id=payable_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.payable_correction.done")

    said = [each for each in detail.payouts if each.reason]
    return correction_page(
        payable,
        effect=effect,
        back=here,
        amount_fen=payable.amount_fen,
        bank_reason=said[-1].reason if said else None,
    )


def money_bar(found: Select[tuple[Payable]]) -> MoneyBar:
    """What was paid, stands in a batch, waits, and must be corrected first."""
    sums = sums_by_state(found)
    stuck = sums.get(PayableState.FAILED, 0) + sums.get(PayableState.RETURNED, 0)
    coming = sums.get(PayableState.DUE, 0) + sums.get(PayableState.IN_BATCH, 0) + stuck
    parts = [
        MoneyPart("used", t("money.arrived"), sums.get(PayableState.PAID, 0)),
        MoneyPart("held", t("money.in_batch"), sums.get(PayableState.IN_BATCH, 0)),
        MoneyPart("voucher", t("money.due_next"), sums.get(PayableState.DUE, 0)),
    ]
    if stuck:
        parts.append(MoneyPart("other", t("money.to_correct"), stuck))
    return MoneyBar(t("money.to_come", sum=yuan(coming)), parts)
