"""Finance today: what must be done, and what waits for whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.queries.names import organisation_names
from accounts.states import ProposalState
from core import clock
from core.http import allow, current_actor
from core.invariants import Offence
from core.money import AmountMalformed, yuan_to_fen
from core.pages import Column, NavEntry, Pages, Table, export_links, link_to, list_file, table_page, term
from core.pages.language import moment, t
from core.pages.links import PAGE_OF, links
from core.permissions import Actor, Permission
from settlement import permissions
from settlement.models import AppropriationCorrection, ClawbackProposal, Payable, ShortfallProposal
from settlement.pages.schedule import next_scheduled
from settlement.pages.words import all_programmes, cutoff_words, source_words
from settlement.queries import desk
from settlement.queries.desk import NOTHING, Pile
from settlement.queries.differences import Comparison, differences, statements_of
from settlement.queries.programmes import chosen_programme
from settlement.queries.suspense import bank_waiting
from settlement.queries.waiting import reach, waiting_queue
from settlement.states import BatchState, ClawbackState, GapState, PayableState, PaymentState, SuspenseState

finance = Pages(
    "finance_pages",
    __name__,
    navigation=(NavEntry("finance", "finance_pages.today", "money", permissions.may_read_batches, order=10),),
    links={"finance": ("finance_pages.today", "")},
)


class Who(StrEnum):
    """For whom a thing waits."""

    MAKER = "maker"
    CHECKER = "checker"
    ANOTHER_CHECKER = "another_checker"
    FINANCE = "finance"
    PROVINCE = "province"
    BANK = "bank"
    PAYEE = "payee"
    PROVIDER = "provider"
    DECIDER = "decider"
    PROVINCE_DECIDES = "province_decides"
    CUTOFF = "cutoff"

    def acts(self, actor: Actor) -> bool:
        """Whether it waits for this reader."""
        permission = _ACTS.get(self)
        return permission is not None and permission(actor)


_ACTS: dict[Who, Permission] = {
    Who.MAKER: permissions.may_correct_payable,
    Who.CHECKER: permissions.may_approve_batch,
    Who.FINANCE: permissions.may_close_batch,
    Who.PROVINCE: permissions.may_open_fund,
    Who.DECIDER: permissions.may_decide_remedy,
    Who.PROVINCE_DECIDES: permissions.may_decide_closing,
}
"""Whoever else it waits for does nothing on this page."""


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that waits, in the language of the request; ``tone`` is warn or bad where it should not."""

    label: str
    count: int
    href: str
    fen: int
    since: str | None
    tone: str | None
    who: Who
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A payable in the queue: its place, the sum up to it, and whether the money reaches it."""

    payable: Payable
    place: int
    running_fen: int
    payee: str
    is_reached: bool


SHOWN_DIFFERENCES = 100
"""More than anybody reads on a page; ``flask verify`` prints all."""


def _told(offence: Offence) -> str:
    return json.dumps(offence.row, ensure_ascii=False, default=str)


CARDS = [
    Column("what_waits", lambda card: card.label),
    Column("count", lambda card: card.count, kind="number"),
    Column("amount", lambda card: card.fen, kind="money"),
    Column("waits_since", lambda card: card.since),
    Column("waits_for", lambda card: t(f"page.finance.who.{card.who.value}")),
    Column("note", lambda card: card.note),
]
DIFFERENCES = [
    Column("statement_number", lambda offence: offence.number, kind="number"),
    Column("statement_name", lambda offence: offence.name),
    Column("offending_row", _told),
]


@finance.get("/finance")
@allow(permissions.may_read_batches)
def today() -> Response | str:
    """The next cut-off, and cards of what waits."""
    actor, day = current_actor(), clock.today(clock.now())
    following = next_scheduled(day)
    cards = list(_cards(actor, day))
    return list_file(f"finance-{day}", CARDS, cards) or render_template(
        "settlement/finance.html",
        cutoff=cutoff_words(following),
        days=(following.day - day).days,
        may_prepare=permissions.may_prepare_batch(actor),
        parts=[
            ("today", [card for card in cards if _is_todays(card, actor)]),
            ("waiting", [card for card in cards if not _is_todays(card, actor)]),
        ],
        files=export_links(),
    )


QUEUE = Table(
    name="queue",
    key=Payable.id,
    default_sort="queue_place",
    empty="page.queue.empty",
    scalars=False,
    columns=[
        Column("queue_place", lambda row: row.place, kind="number", sort=Payable.queue_no),
        Column("payable", lambda row: row.payable.queue_no, link=lambda row: link_to("payable", row.payable.id)),
        Column("what_for", lambda row: source_words(row.payable.source)),
        Column("payee", lambda row: row.payee),
        Column("confirmed_at", lambda row: row.payable.confirmed_at, kind="moment"),
        Column("amount", lambda row: row.payable.amount_fen, kind="money"),
        Column("sum_so_far", lambda row: row.running_fen, kind="money"),
        Column("reached", lambda row: row.is_reached, kind="flag"),
    ],
)


@finance.get("/finance/queue")
@allow(permissions.may_read_funds)
def queue() -> Any:
    """What waits for money, in its order, and what a further appropriation would pay."""
    on = clock.today(clock.now())
    programme = request.args.get("programme", "")
    known = all_programmes()
    if programme not in dict(known):
        programme = chosen_programme(None, on=on)
    typed = request.args.get("appropriation", "").strip()
    try:
        extra_fen = max(0, yuan_to_fen(typed)) if typed else 0
        unreadable = False
    except AmountMalformed:
        extra_fen, unreadable = 0, True
    money = reach(programme, year=on.year, extra_fen=extra_fen)
    return table_page(
        replace(QUEUE, prepare=partial(_queued, money_fen=money.available_fen + extra_fen)),
        waiting_queue(programme),
        title="page.queue.title",
        template="settlement/queue.html",
        reach=money,
        programme=programme,
        programmes=known if len(known) > 1 else [],
        typed=typed,
        unreadable=unreadable,
        year=on.year,
    )


def _queued(found: Sequence[Any], *, money_fen: int) -> list[Queued]:
    names = organisation_names(payable.payee_id for payable, _, _ in found)
    return [
        Queued(payable, place, int(running), names[payable.payee_id], running <= money_fen)
        for payable, place, running in found
    ]


@finance.get("/finance/differences")
@allow(permissions.may_read_batches)
def compare() -> Response | str:
    """Where ledger, batches, bank answers and the gateway differ: one comparison at a time."""
    wanted = request.args.get("of", "")
    chosen = Comparison(wanted) if wanted in set(Comparison) else None
    found = [] if chosen is None else differences(chosen)
    return list_file("differences", DIFFERENCES, found) or render_template(
        "settlement/differences.html",
        comparisons=[(each, term(each)) for each in Comparison],
        chosen=chosen,
        count=0 if chosen is None else len(statements_of(chosen)),
        rows=[(each.number, each.name, _told(each), _traces(each)) for each in found[:SHOWN_DIFFERENCES]],
        more=max(0, len(found) - SHOWN_DIFFERENCES),
        files=export_links(),
    )


def _traces(offence: Offence) -> list[tuple[str, str]]:
    """The pages of the records a row names, by how people call them."""
    return [
        (f"{kind} {number}", link_to(PAGE_OF.get(kind, kind), number))
        for kind, number in offence.subjects
        if PAGE_OF.get(kind, kind) in links()
    ]


def _cards(actor: Actor, day: date) -> Iterator[Card]:
    payables = desk.payables_waiting()
    yield _card("due", payables.get(PayableState.DUE, NOTHING), _payables(PayableState.DUE), who=Who.CUTOFF)
    queue = url_for("finance_pages.queue")
    yield _card("stopped", desk.stopped_queue(day.year), queue, tone="bad", who=Who.PROVINCE)
    prepared = desk.batches_to_approve()
    mine = prepared.count - desk.batches_to_approve(besides=actor.user_id).count if prepared.count else 0
    note = t("page.finance.mine", count=mine) if mine else None
    to_approve = Who.CHECKER if mine < prepared.count else Who.ANOTHER_CHECKER
    yield _card("prepared", prepared, _batches(BatchState.PREPARED), tone="warn", who=to_approve, note=note)
    yield _card("approved", desk.batches_to_export(), _batches(BatchState.APPROVED), tone="warn", who=Who.FINANCE)
    sent = desk.exported_batches()
    yield _card("unanswered", sent.awaited, _batches(BatchState.EXPORTED), who=Who.BANK)
    yield _card("answered", sent.answered, _batches(BatchState.EXPORTED), tone="warn", who=Who.FINANCE)
    for state in (PayableState.FAILED, PayableState.RETURNED):
        yield _card(state.value, payables.get(state, NOTHING), _payables(state), tone="bad", who=Who.MAKER)
    bank = bank_waiting()
    for waiting, who in ((SuspenseState.OPEN, Who.MAKER), (SuspenseState.PROPOSED, Who.CHECKER)):
        href = url_for("suspense_pages.index", state=waiting.value)
        yield _card(f"suspense_{waiting.value}", bank.suspense.get(waiting, NOTHING), href, tone="warn", who=who)
    gaps = url_for("statement_gap_pages.index", state=GapState.OPEN.value)
    yield _card("statement_gaps", bank.gaps, gaps, tone="bad", who=Who.MAKER)
    clawbacks = url_for("clawback_pages.index", state=ClawbackState.OPEN.value)
    yield _card("clawbacks", desk.open_clawbacks(), clawbacks, tone="warn", who=Who.PAYEE)
    yield _card("overdue", desk.overdue_clawbacks(day), f"{clawbacks}&overdue=yes", tone="bad", who=Who.PAYEE)
    for name, proposals, endpoint, who in _DECIDED:
        href = url_for(endpoint, state=ProposalState.PROPOSED.value)
        yield _card(name, desk.proposals_waiting(proposals), href, tone="warn", who=who)
    payments = desk.troubled_payments()
    held = url_for("payment_pages.index", state=PaymentState.HELD.value)
    yield _card("held", payments.held, held, tone="bad", who=Who.MAKER)
    looked_after = url_for("payment_pages.index", looked_after="flagged")
    yield _card("flagged", payments.flagged, looked_after, tone="bad", who=Who.MAKER)
    refunds = url_for("payment_pages.index", looked_after="refund_failed")
    yield _card("refunds", desk.failed_refunds(), refunds, tone="bad", who=Who.MAKER)
    yield _card("disputes", desk.open_disputes(), url_for("dispute_pages.contested"), tone="bad", who=Who.PROVIDER)


_DECIDED: tuple[tuple[str, desk.Decided, str, Who], ...] = (
    ("clawback_proposals", ClawbackProposal, "remedy_pages.index", Who.DECIDER),
    ("shortfall_proposals", ShortfallProposal, "shortfall_remedy_pages.index", Who.DECIDER),
    ("corrections", AppropriationCorrection, "appropriation_correction_pages.index", Who.PROVINCE_DECIDES),
)


def _is_todays(card: Card, actor: Actor) -> bool:
    """Whether the reader is who it waits for."""
    return bool(card.count) and card.who.acts(actor)


def _card(key: str, pile: Pile, href: str, *, who: Who, tone: str | None = None, note: str | None = None) -> Card:
    return Card(
        label=t(f"page.finance.{key}"),
        count=pile.count,
        href=href,
        fen=pile.fen,
        since=moment(pile.since) if pile.since else None,
        tone=tone if pile.count else None,
        who=who,
        note=note,
    )


def _payables(state: PayableState) -> str:
    return url_for("payable_pages.index", state=state.value)


def _batches(state: BatchState) -> str:
    return url_for("batch_pages.index", state=state.value)
