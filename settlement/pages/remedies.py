"""Write-offs, instalments and corrections of clawbacks: proposed by one person, decided by another."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response

from accounts.queries.names import organisation_names
from core.http import allow, current_actor
from core.pages import Form, NavEntry, Pages, link_to, table_page
from core.pages.language import yuan
from settlement import permissions
from settlement.models import Clawback, ClawbackProposal
from settlement.pages.remedy_parts import (
    Facts,
    decision_form,
    entry_facts,
    proposal_facts,
    proposal_form,
    proposals_table,
)
from settlement.queries.clawbacks import find_clawback
from settlement.queries.proposals import find_proposal, find_recovery, visible_proposals
from settlement.schemas.remedies import CauseSchema, NewCorrectionSchema, NewInstalmentsSchema
from settlement.service import remedies as service

remedies = Pages(
    "remedy_pages",
    __name__,
    navigation=(
        NavEntry("clawback_proposals", "remedy_pages.index", "money", permissions.may_read_clawbacks, order=62),
    ),
)

PROPOSALS = proposals_table("clawback-proposals", ClawbackProposal, debt="clawback", decide="remedy_pages.decide")


@remedies.get("/clawback-proposals")
@allow(permissions.may_read_clawbacks)
def index() -> Any:
    """Proposals in sight, the latest first."""
    return table_page(PROPOSALS, visible_proposals(current_actor()), title="page.clawback_proposals.title")


@remedies.route("/clawbacks/<int:clawback_id>/write-off", methods=["GET", "POST"])
@allow(permissions.may_propose_remedy)
def write_off(clawback_id: int) -> Response:
    """Propose that what is open is written off."""
    clawback = find_clawback(clawback_id, actor=current_actor())
    form = Form(CauseSchema, name="clawback_write_off")
    call = partial(service.propose_write_off, clawback_id=clawback_id)
    return proposal_form(form, call, about=link_to("clawback", clawback_id), facts=_facts(clawback))


@remedies.route("/clawbacks/<int:clawback_id>/instalments", methods=["GET", "POST"])
@allow(permissions.may_propose_remedy)
def instalments(clawback_id: int) -> Response:
    """Propose that what is open is paid back in monthly parts."""
    clawback = find_clawback(clawback_id, actor=current_actor())
    form = Form(NewInstalmentsSchema, name="clawback_instalments")
    call = partial(service.propose_instalments, clawback_id=clawback_id)
    return proposal_form(form, call, about=link_to("clawback", clawback_id), facts=_facts(clawback))


@remedies.route("/clawbacks/<int:clawback_id>/recoveries/<int:recovery_id>/correction", methods=["GET", "POST"])
@allow(permissions.may_propose_remedy)
def correct(clawback_id: int, recovery_id: int) -> Response:
    """Propose that a wrong entry is reversed and the right one made."""
    clawback = find_clawback(clawback_id, actor=current_actor())
    wrong = find_recovery(recovery_id, clawback_id=clawback_id)
    form = Form(NewCorrectionSchema, name="clawback_correction", fixed={"recovery_id": recovery_id})
    facts = [*_facts(clawback), *entry_facts(wrong)]
    call = partial(service.propose_correction, clawback_id=clawback_id)
    return proposal_form(form, call, about=link_to("clawback", clawback_id), facts=facts)


@remedies.route("/clawback-proposals/<int:proposal_id>/decision", methods=["GET", "POST"])
@allow(permissions.may_decide_remedy)
def decide(proposal_id: int) -> Response:
    """Another person decides."""
    proposal = find_proposal(proposal_id, actor=current_actor())
    call = partial(service.decide, proposal_id=proposal_id)
    facts = [*_facts(proposal.clawback), *proposal_facts(proposal)]
    return decision_form("clawback_decision", call, about=link_to("clawback", proposal.clawback_id), facts=facts)


def _facts(clawback: Clawback) -> Facts:
    return [
        ("column.clawback", str(clawback.id)),
        ("column.payee", organisation_names([clawback.payee_id])[clawback.payee_id]),
        ("column.amount", yuan(clawback.amount_fen)),
        ("column.recovered", yuan(clawback.recovered_fen)),
        ("column.open_sum", yuan(clawback.open_fen)),
    ]
