"""What pages of clawbacks and of shortfalls share: the plan, and what is proposed about a debt."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from flask import Response, url_for

from accounts.states import ProposalState
from core import clock
from core.http import current_actor
from core.pages import Column, Done, Form, Table, form_page, link_to, term
from core.pages.language import yuan
from core.pages.tables import choice
from settlement import permissions
from settlement.models import Clawback, ClawbackProposal, Payment, Recovery, Shortfall, ShortfallProposal
from settlement.queries.proposals import plan_of
from settlement.rules.instalments import Standing, standings
from settlement.rules.remedies import Remedy
from settlement.schemas.remedies import RemedyReviewSchema

Proposal = ClawbackProposal | ShortfallProposal
Facts = list[tuple[str, Any]]


def planned(debt: Clawback | Shortfall) -> list[tuple[Standing, bool]]:
    """The parts of its plan, each with whether it is overdue; empty where it is due in one sum."""
    plan = plan_of(debt)
    if plan is None:
        return []
    today = clock.today(clock.now())
    return [(each, each.is_overdue(today)) for each in standings(plan.parts, plan.amount_fen - debt.open_fen)]


def proposals_table(name: str, model: type[ClawbackProposal | ShortfallProposal], *, debt: str, decide: str) -> Table:
    """Proposals about one kind of debt: ``debt`` is what links call it, ``decide`` the endpoint where it is decided."""
    debt_id = attrgetter(f"{debt}_id")

    def about(proposal: Proposal) -> str:
        return link_to(debt, debt_id(proposal))

    def decision(proposal: Proposal) -> str:
        """To the decision for who may take it, else to the debt."""
        return url_for(decide, proposal_id=proposal.id) if may_decide(proposal) else about(proposal)

    return Table(
        name=name,
        key=model.id,
        default_sort="-number",
        empty=f"page.{name.replace('-', '_')}.empty",
        filters=[choice("state", model.state, ProposalState), choice("remedy", model.remedy, Remedy)],
        columns=[
            Column("number", lambda row: row.id, sort=model.id, link=decision),
            Column(debt, debt_id, kind="number", link=about),
            Column("remedy", lambda row: row.remedy, kind="term", sort=model.remedy),
            Column("amount", lambda row: row.amount_fen, kind="money", sort=model.amount_fen),
            Column("state", lambda row: row.state, kind="state", sort=model.state),
            Column("remedy_cause", lambda row: row.cause),
            Column("proposed_at", lambda row: row.proposed_at, kind="moment", sort=model.proposed_at),
        ],
    )


def proposal_form(
    form: Form,
    call: Callable[..., object],
    *,
    about: str,
    facts: Facts,
    done: str = "page.clawback_proposals.proposed",
) -> Response:
    """The page of a form that proposes something, or decides it; it leads back to ``about``, what it is about."""

    def effect(given: dict[str, Any]) -> Done:
        call(**given, actor=current_actor(), now=clock.now())
        return Done(about, done)

    return form_page(form, effect=effect, back=about, confirms=True, facts=facts)


def decision_form(name: str, call: Callable[..., object], *, about: str, facts: Facts) -> Response:
    """The page where another person decides what was proposed."""
    form = Form(RemedyReviewSchema, name=name)
    return proposal_form(form, call, about=about, facts=facts, done="page.clawback_decision.done")


def may_decide(proposal: Proposal) -> bool:
    """Whether the reader may decide it now: it waits, and another person proposed it."""
    actor = current_actor()
    waits = proposal.state is ProposalState.PROPOSED and proposal.proposed_by != actor.user_id
    return waits and permissions.may_decide_remedy(actor)


def entry_facts(wrong: Recovery | Payment) -> Facts:
    """What an entry says that is to be corrected."""
    return [("column.entered_sum", yuan(wrong.amount_fen)), ("column.bank_reference", wrong.reference)]


def proposal_facts(proposal: Proposal) -> Facts:
    """What is proposed, with its plan."""
    facts = [
        ("column.remedy", term(proposal.remedy)),
        ("column.proposed_sum", yuan(proposal.amount_fen)),
        ("column.remedy_cause", proposal.cause),
    ]
    if proposal.parts:
        parts = "; ".join(f"{part.due_on} {yuan(part.amount_fen)}" for part in proposal.parts)
        facts.append(("column.instalments", parts))
    return facts
