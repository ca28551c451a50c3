"""What an officer reads beside a form about a claim: its papers, who has it in hand, what was prepared about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from accounts.models import Organisation
from accounts.queries import organisations
from core import clock
from core.errors import Reason
from core.pages.language import t, yuan
from core.permissions import Actor
from core.workdays import load_calendar
from vouchers.models import Claim
from vouchers.pages.claim_parts import flag_words, replaced_materials, sums_bar
from vouchers.pages.comparing import differences, invoice_rows
from vouchers.pages.explaining import percent
from vouchers.pages.flag_words import flag_views
from vouchers.permissions import may_hold_cases, may_prepare_cases, may_read_credits
from vouchers.queries.cases import Held, held_cases, review_policy, said_about
from vouchers.queries.conflicts import conflicts
from vouchers.queries.credits import waiting_about
from vouchers.queries.invoices import judged_lines, unsettled
from vouchers.queries.review_queue import WAITING, first_days
from vouchers.steps.base import worth_fen


@dataclass(frozen=True, slots=True)
class Desk:
    """Who has a claim in hand, till when it should be decided, and what its reader may do about that."""

    holder: str | None
    held_until: date | None
    due_on: date | None
    conflicts: Sequence[Reason]
    actions: list[dict[str, Any]]


def beside(claim: Claim, *, actor: Actor) -> dict[str, Any]:
    """Everything the template ``vouchers/review.html`` shows beside its form."""
    today = clock.today(clock.now())
    # read once and held here, so that whatever below asks for a party by its number finds it in the session
    parties = organisations({claim.beneficiary_id, claim.provider_id, claim.claimant_id, claim.payee_id})
    return {
        "claim": claim,
        "rate": percent(claim.decision.rate),
        "bar": sums_bar(claim),
        "names": {number: each.name for number, each in parties.items()},
        "replaced": replaced_materials(claim),
        "compared": invoice_rows(claim, today=today),
        "lines": judged_lines(claim.invoice),
        "waiting_credits": waiting_about(claim) if may_read_credits(actor) else [],
        "worth": yuan(worth_fen(claim)) if unsettled([claim.id]) else None,
        "rounds": differences(claim),
        "flags": flag_words(claim),
        "suspicions": flag_views(claim, actor=actor),
        "desk": _desk(claim, parties, actor=actor, today=today),
        "said": said_about(claim.id),
    }


def _desk(claim: Claim, parties: dict[int, Organisation], *, actor: Actor, today: date) -> Desk:
    held = held_cases([claim.id], on=today).get(claim.id)
    user_id = actor.user_id
    found = {} if user_id is None else conflicts(user_id, [claim], on=today, parties_read=parties)
    grounds = found.get(claim.id, [])
    return Desk(
        holder=None if held is None else held.shown_to(actor),
        held_until=None if held is None else held.case.last_day,
        due_on=_due_on(claim, today=today),
        conflicts=grounds,
        actions=list(_actions(claim, held, actor=actor, is_tied=bool(grounds))),
    )


def _due_on(claim: Claim, *, today: date) -> date | None:
    """The last day of the city's term, while it runs."""
    if claim.state not in WAITING:
        return None
    days = review_policy(today).city_review_working_days
    return load_calendar().add_working_days(first_days([claim])[claim.id], days)


def _actions(claim: Claim, held: Held | None, *, actor: Actor, is_tied: bool) -> Iterator[dict[str, Any]]:
    mine = held is not None and held.case.holder_id == actor.user_id
    if mine:
        yield _button("case_release", "case_pages.release", claim)
    elif may_hold_cases(actor) and not is_tied:
        yield _button("case_taking" if held is None else "case_takeover", "case_pages.take", claim)
    if may_prepare_cases(actor):
        yield _button("opinion", "case_pages.opinion", claim)


def _button(form: str, endpoint: str, claim: Claim) -> dict[str, Any]:
    return {"label": t(f"page.{form}.title"), "href": url_for(endpoint, claim_id=claim.id)}
