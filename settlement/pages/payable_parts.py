"""Parts of the page of a payable: what may be done, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Response, url_for

from accounts.queries import verified_account
from accounts.queries.names import organisation_names
from core.audit import AuditEntry, history
from core.pages import Done, Event, Form, form_page, term
from core.pages.language import say, t
from core.permissions import Actor
from settlement import permissions
from settlement.models import BatchPayout, Payable, SettlementBatch
from settlement.queries.payables import PayableDetail, Payout
from settlement.queries.stops import stops_of
from settlement.schemas.payables import CorrectionSchema
from settlement.states import BatchState, PayableAction, PayableState


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
    between = [
        each
        for each in history(Payable.__tablename__, payable.id)
        if each.action in (PayableAction.CORRECT.value, PayableAction.REFUSE.value)
    ]
    events = [Event(t("event.payable.confirm"), at=payable.confirmed_at)]
    for payout in detail.payouts:
        batch = batches[payout.batch_id]
        events.extend(_between(between, until=batch.prepared_at))
        events.extend(_attempt(payout, batch))
    events.extend(_between(between))
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


def _between(entries: list[AuditEntry], *, until: datetime | None = None) -> Iterator[Event]:
    """What was corrected and refused before a batch was prepared; each is told once."""
    while entries and (until is None or entries[0].at < until):
        entry = entries.pop(0)
        why = "；".join(say(each) for each in entry.data.get("reasons", ()))
        yield Event(t(f"event.payable.{entry.action}"), at=entry.at, note=entry.data.get("note") or why)


def correction_page(
    target: Payable | BatchPayout,
    *,
    effect: Callable[[dict[str, Any]], Done],
    back: str,
    amount_fen: int,
    bank_reason: str | None,
) -> Response:
    """The form by which a payable, or all of a payout, goes back into the queue: the account then and now."""
    account = verified_account(target.payee_id)
    return form_page(
        Form(CorrectionSchema, name="payable_correction"),
        effect=effect,
        back=back,
        template="settlement/payable_correction.html",
        payee=organisation_names([target.payee_id])[target.payee_id],
        amount_fen=amount_fen,
        bank_reason=bank_reason,
        accounts=[
            (f"fact.{name}", getattr(target, name), getattr(account, name, None))
            for name in ("holder_name", "bank_name", "cnaps_code", "account_number")
        ],
        has_account=account is not None,
    )


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
