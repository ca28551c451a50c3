"""What pages of clawbacks and of shortfalls share: the plan, and what is proposed about a debt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.states import ProposalState
from core import clock
from core.http import current_actor
from core.pages import Column, Filter, Table, term
from core.pages.language import yuan
from core.pages.tables import choice
from settlement import permissions
from settlement.models import Clawback, ClawbackProposal, Shortfall, ShortfallProposal
from settlement.queries.proposals import plan_of
from settlement.rules.instalments import Standing, standings
from settlement.rules.remedies import Remedy

Proposal = ClawbackProposal | ShortfallProposal


def planned(debt: Clawback | Shortfall) -> list[tuple[Standing, bool]]:
    """The parts of its plan, each with whether it is overdue; empty where it is due in one sum."""
    plan = plan_of(debt)
    if plan is None:
        return []
    today = clock.today(clock.now())
    return [(each, each.is_overdue(today)) for each in standings(plan.parts, plan.amount_fen - debt.open_fen)]


def proposals_table(
    name: str,
    model: type[ClawbackProposal | ShortfallProposal],
    *,
    debt: Column,
    decision: Callable[[Any], str],
) -> Table:
    """Proposals about one kind of debt; ``debt`` is the column that leads to it, ``decision`` where each is decided."""
    return Table(
        name=name,
        key=model.id,
        default_sort="-number",
        empty=f"page.{name.replace('-', '_')}.empty",
        filters=_filters(model),
        columns=[
            Column("number", lambda row: row.id, sort=model.id, link=decision),
            debt,
            Column("remedy", lambda row: row.remedy, kind="term", sort=model.remedy),
            Column("amount", lambda row: row.amount_fen, kind="money", sort=model.amount_fen),
            Column("state", lambda row: row.state, kind="state", sort=model.state),
            Column("remedy_cause", lambda row: row.cause),
            Column("proposed_at", lambda row: row.proposed_at, kind="moment", sort=model.proposed_at),
        ],
    )


def may_decide(proposal: Proposal) -> bool:
    """Whether the reader may decide it now: it waits, and another person proposed it."""
    actor = current_actor()
    waits = proposal.state is ProposalState.PROPOSED and proposal.proposed_by != actor.user_id
    return waits and permissions.may_decide_remedy(actor)


def proposal_facts(proposal: Proposal) -> list[tuple[str, Any]]:
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


def _filters(model: type[ClawbackProposal | ShortfallProposal]) -> list[Filter]:
    return [choice("state", model.state, ProposalState), choice("remedy", model.remedy, Remedy)]
