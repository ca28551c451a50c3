"""Parts of the page of a batch: what may be done next, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from operator import attrgetter
from typing import Any

from flask import url_for

from accounts.queries.names import usernames
from core.audit import AuditEntry, history
from core.pages import Column, Event, link_to
from core.pages.language import t, text_or, yuan
from core.permissions import Actor
from settlement import permissions
from settlement.models import SettlementBatch
from settlement.states import BatchState

BANK_RETURN = "record_bank_return"
"""The audit entry of a bank's answer."""

_COURSE = {
    BatchState.PREPARED: ("approve", "export", BANK_RETURN, "close"),
    BatchState.APPROVED: ("export", BANK_RETURN, "close"),
    BatchState.EXPORTED: (BANK_RETURN, "close"),
}
"""What is still to come; the first is what the batch waits for."""


def who(user_id: int | None, names: Mapping[int, str]) -> str:
    """A user's name; the worker has none."""
    return t("page.batch.worker") if user_id is None else names.get(user_id, str(user_id))


def next_actions(batch: SettlementBatch, *, silent: int, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do in this state."""
    state = batch.state
    if state is BatchState.PREPARED:
        if permissions.may_approve_batch(actor) and permissions.not_its_preparer(actor, batch):
            yield _button(batch, "approve", primary=True)
        if permissions.may_discard_batch(actor):
            yield _button(batch, "discard", danger=True)
    if state is BatchState.APPROVED:
        if permissions.may_export_batch(actor):
            yield _button(batch, "export", primary=True)
        if permissions.may_approve_batch(actor):
            yield _button(batch, "discard", danger=True)
    if state in (BatchState.EXPORTED, BatchState.CLOSED) and permissions.may_record_bank_return(actor):
        yield _button(batch, "bank_return", primary=silent > 0)
    if state is BatchState.EXPORTED:
        if permissions.may_close_batch(actor):
            yield _button(batch, "close", primary=silent == 0)
        if permissions.may_export_batch(actor):
            yield {**_button(batch, "export"), "label": t("page.batch.export_again")}
    yield {"label": t("page.sheet.open"), "href": url_for("batch_pages.sheet", batch_id=batch.id)}


def batch_events(batch: SettlementBatch) -> list[Event]:
    """What happened, as the audit trail has it, and what is still to come."""
    entries = history(SettlementBatch.__tablename__, batch.id)
    names = usernames(entry.actor_user_id for entry in entries if entry.actor_user_id is not None)
    done = [
        Event(_title(entry.action), at=entry.at, who=who(entry.actor_user_id, names), note=_note(entry))
        for entry in entries
    ]
    waiting = [step for step in _COURSE.get(batch.state, ()) if step != BANK_RETURN or not _is_answered(entries)]
    coming = [Event(_title(step), phase="next" if number else "now") for number, step in enumerate(waiting)]
    return done + coming


def return_columns(names: Mapping[int, str]) -> list[Column]:
    """The bank's answers to a batch, each with what it told."""
    told = [
        (
            Column(f"{name}_payouts", attrgetter(f"{name}_count"), kind="number"),
            Column(f"{name}_sum", attrgetter(f"{name}_fen"), kind="money"),
        )
        for name in ("paid", "failed", "returned")
    ]
    return [
        Column("part", lambda row: row.part, kind="number"),
        Column("recorded_at", lambda row: row.recorded_at, kind="moment"),
        Column("recorded_by", lambda row: names.get(row.recorded_by)),
        *chain.from_iterable(told),
    ]


NETTINGS = [
    Column(
        "clawback", lambda row: row.clawback_id, kind="number", link=lambda row: link_to("clawback", row.clawback_id)
    ),
    Column("amount", lambda row: row.amount_fen, kind="money"),
]
"""What a payout keeps back, by the clawbacks."""


def _is_answered(entries: list[AuditEntry]) -> bool:
    return any(entry.action == BANK_RETURN for entry in entries)


def _title(action: str) -> str:
    return text_or(f"event.batch.{action}", action)


def _note(entry: AuditEntry) -> str | None:
    if entry.action != BANK_RETURN:
        return None
    sums = {name: yuan(entry.data.get(f"{name}_fen", 0)) for name in ("paid", "failed", "returned")}
    return t("event.batch.bank_return_sums", **sums)


def _button(batch: SettlementBatch, action: str, *, primary: bool = False, danger: bool = False) -> dict[str, Any]:
    return {
        "label": t(f"page.batch_{action}.title"),
        "href": url_for(f"batch_action_pages.{action}", batch_id=batch.id),
        "primary": primary,
        "danger": danger,
    }
