"""Finance today: what must be done, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import render_template, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import NavEntry, Pages
from core.pages.language import moment, t
from core.permissions import Actor
from settlement import permissions
from settlement.pages.schedule import next_scheduled
from settlement.pages.words import cutoff_words
from settlement.queries import desk
from settlement.queries.desk import NOTHING, Pile
from settlement.states import BatchState, ClawbackState, PayableState

finance = Pages(
    "finance_pages",
    __name__,
    navigation=(NavEntry("finance", "finance_pages.today", "money", permissions.may_read_batches, order=10),),
    links={"finance": ("finance_pages.today", "")},
)


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that waits, in the language of the request; ``tone`` is warn or bad where it should not."""

    label: str
    count: int
    href: str
    fen: int
    since: str | None
    tone: str | None
    note: str | None = None


@finance.get("/finance")
@allow(permissions.may_read_batches)
def today() -> str:
    """The next cut-off, and cards of what waits."""
    actor, day = current_actor(), clock.today(clock.now())
    following = next_scheduled(day)
    return render_template(
        "settlement/finance.html",
        cutoff=cutoff_words(following),
        days=(following.day - day).days,
        may_prepare=permissions.may_prepare_batch(actor),
        cards=list(_cards(actor, day)),
    )


def _cards(actor: Actor, day: date) -> Iterator[Card]:
    payables = desk.payables_waiting()
    yield _card("due", payables.get(PayableState.DUE, NOTHING), _payables(PayableState.DUE))
    yield _card("stopped", desk.stopped_queue(day.year), url_for("fund_pages.index"), tone="bad")
    prepared = desk.batches_to_approve()
    mine = prepared.count - desk.batches_to_approve(besides=actor.user_id).count if prepared.count else 0
    note = t("page.finance.mine", count=mine) if mine else None
    yield _card("prepared", prepared, _batches(BatchState.PREPARED), tone="warn", note=note)
    yield _card("approved", desk.batches_to_export(), _batches(BatchState.APPROVED), tone="warn")
    yield _card("unanswered", desk.exported_batches(answered=False), _batches(BatchState.EXPORTED))
    yield _card("answered", desk.exported_batches(answered=True), _batches(BatchState.EXPORTED), tone="warn")
    for state in (PayableState.FAILED, PayableState.RETURNED):
        yield _card(state.value, payables.get(state, NOTHING), _payables(state), tone="bad")
    clawbacks = url_for("clawback_pages.index", state=ClawbackState.OPEN.value)
    yield _card("clawbacks", desk.open_clawbacks(), clawbacks, tone="warn")


def _card(key: str, pile: Pile, href: str, *, tone: str | None = None, note: str | None = None) -> Card:
    return Card(
        label=t(f"page.finance.{key}"),
        count=pile.count,
        href=href,
        fen=pile.fen,
        since=moment(pile.since) if pile.since else None,
        tone=tone if pile.count else None,
        note=note,
    )


def _payables(state: PayableState) -> str:
    return url_for("payable_pages.index", state=state.value)


def _batches(state: BatchState) -> str:
    return url_for("batch_pages.index", state=state.value)
