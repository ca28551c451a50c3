"""Parts of the page of a payable: what may be done, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from core.audit import history
from core.pages import Event, term
from core.pages.language import t
from core.permissions import Actor
from settlement import permissions
from settlement.models import Payable, SettlementBatch
from settlement.queries.payables import PayableDetail, Payout
from settlement.queries.stops import stops_of
from settlement.states import BatchState, PayableAction, PayableState, PayoutOutcome


def payable_actions(payable: Payable, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do in this state."""
    stuck = payable.state in (PayableState.FAILED, PayableState.RETURNED)
    if stuck and permissions.may_correct_payable(actor):
        yield {
            "label": t("page.payable_correction.title"),
            "href": url_for("payable_pages.correct", payable_id=payable.id),
            "primary": True,
        }
    unpaid = payable.state is PayableState.DUE or stuck
    if unpaid and not payable.stopped and permissions.may_stop_payment(actor):
        yield {
            "label": t("page.payment_stop_new.title"),
            "href": url_for("stop_pages.order", payable_id=payable.id),
            "danger": True,
        }
    if payable.paid_fen > payable.clawed_back_fen and permissions.may_claw_back(actor):
        yield {
            "label": t("page.clawback_new.title"),
            "href": url_for("clawback_pages.new", payable_id=payable.id),
            "danger": True,
        }


def payable_events(detail: PayableDetail, batches: Mapping[int, SettlementBatch]) -> list[Event]:
    """Confirmed; in a batch and answered, as often as it was tried; corrected in between."""
    payable = detail.payable
    corrected = [
        each for each in history(Payable.__tablename__, payable.id) if each.action == PayableAction.CORRECT.value
    ]
    events = [Event(t("event.payable.confirm"), at=payable.confirmed_at)]
    for attempt, payout in enumerate(detail.payouts):
        events.extend(_attempt(payout, batches[payout.batch_id]))
        if payout.outcome in (PayoutOutcome.FAILED, PayoutOutcome.RETURNED) and attempt < len(corrected):
            entry = corrected[attempt]
            events.append(Event(t("event.payable.correct"), at=entry.at, note=entry.data.get("note")))
    for stop in stops_of([payable.id]):
        events.append(Event(t("event.payable.stop"), at=stop.ordered_at, note=stop.cause))
        if stop.ended_at is not None:
            events.append(Event(t(f"event.payable.stop.{stop.state.value}"), at=stop.ended_at, note=stop.ending))
    if payable.stopped:
        events.append(Event(t("event.payable.stopped"), phase="now"))
    elif payable.state is PayableState.DUE:
        events.append(Event(t("event.payable.prepare"), phase="now"))
    if payable.state is PayableState.CANCELLED:
        events.append(Event(t("event.payable.cancel")))
    return events


def _attempt(payout: Payout, batch: SettlementBatch) -> Iterator[Event]:
    place = t("event.payable.line", number=batch.number, line=payout.line_no)
    yield Event(t("event.payable.prepare"), at=batch.prepared_at, note=place)
    if payout.outcome is None:
        discarded = batch.state is BatchState.DISCARDED
        title, phase = ("event.payable.discard", "done") if discarded else ("event.payable.answer", "now")
        yield Event(t(title), phase=phase)
    else:
        day = payout.value_date.isoformat() if payout.value_date else "—"
        said = t("event.payable.value_date", day=day)
        yield Event(term(payout.outcome), note=f"{said} · {payout.reason}" if payout.reason else said)
