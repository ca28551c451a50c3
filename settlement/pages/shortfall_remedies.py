"""Write-offs, instalments and corrections of shortfalls: proposed by the provider, decided by an office."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response

from accounts.queries.names import organisation_names
from core.http import allow, current_actor
from core.pages import Form, NavEntry, Pages, link_to, table_page
from core.pages.language import yuan
from settlement import permissions
from settlement.models import Shortfall, ShortfallProposal
from settlement.pages.remedy_parts import (
    Facts,
    decision_form,
    entry_facts,
    proposal_facts,
    proposal_form,
    proposals_table,
)
from settlement.queries.proposals import find_shortfall_payment, find_shortfall_proposal, visible_shortfall_proposals
from settlement.queries.trade import find_shortfall
from settlement.schemas.remedies import (
    CauseSchema,
    NewInstalmentsSchema,
    NewPaymentCorrectionSchema,
)
from settlement.service import shortfall_remedies as service

shortfall_remedies = Pages(
    "shortfall_remedy_pages",
    __name__,
    navigation=(
        NavEntry(
            "shortfall_proposals", "shortfall_remedy_pages.index", "money", permissions.may_read_shortfalls, order=52
        ),
    ),
)

PROPOSALS = proposals_table(
    "shortfall-proposals", ShortfallProposal, debt="shortfall", decide="shortfall_remedy_pages.decide"
)


@shortfall_remedies.get("/shortfall-proposals")
@allow(permissions.may_read_shortfalls)
def index() -> Any:
    """Proposals in sight, the latest first."""
    return table_page(PROPOSALS, visible_shortfall_proposals(current_actor()), title="page.shortfall_proposals.title")


@shortfall_remedies.route("/shortfalls/<int:shortfall_id>/write-off", methods=["GET", "POST"])
@allow(permissions.may_propose_shortfall_remedy)
def write_off(shortfall_id: int) -> Response:
    """Propose that what is open is written off."""
    shortfall = find_shortfall(shortfall_id, actor=current_actor())
    form = Form(CauseSchema, name="shortfall_write_off")
    call = partial(service.propose_write_off, shortfall_id=shortfall_id)
    return proposal_form(form, call, about=link_to("shortfall", shortfall_id), facts=_facts(shortfall))


@shortfall_remedies.route("/shortfalls/<int:shortfall_id>/instalments", methods=["GET", "POST"])
@allow(permissions.may_propose_shortfall_remedy)
def instalments(shortfall_id: int) -> Response:
    """Propose that what is open is paid in monthly parts."""
    shortfall = find_shortfall(shortfall_id, actor=current_actor())
    form = Form(NewInstalmentsSchema, name="shortfall_instalments")
    call = partial(service.propose_instalments, shortfall_id=shortfall_id)
    return proposal_form(form, call, about=link_to("shortfall", shortfall_id), facts=_facts(shortfall))


@shortfall_remedies.route(
    "/shortfalls/<int:shortfall_id>/payments/<int:payment_id>/correction", methods=["GET", "POST"]
)
@allow(permissions.may_propose_shortfall_remedy)
def correct(shortfall_id: int, payment_id: int) -> Response:
    """Propose that a transfer confirmed wrongly is reversed and the right one entered."""
    shortfall = find_shortfall(shortfall_id, actor=current_actor())
    wrong = find_shortfall_payment(payment_id, shortfall_id=shortfall.id)
    form = Form(NewPaymentCorrectionSchema, name="shortfall_correction", fixed={"payment_id": payment_id})
    facts = [*_facts(shortfall), *entry_facts(wrong)]
    call = partial(service.propose_correction, shortfall_id=shortfall_id)
    return proposal_form(form, call, about=link_to("shortfall", shortfall_id), facts=facts)


@shortfall_remedies.route("/shortfall-proposals/<int:proposal_id>/decision", methods=["GET", "POST"])
@allow(permissions.may_decide_remedy)
def decide(proposal_id: int) -> Response:
    """An office decides."""
    proposal = find_shortfall_proposal(proposal_id, actor=current_actor())
    call = partial(service.decide, proposal_id=proposal_id)
    facts = [*_facts(proposal.shortfall), *proposal_facts(proposal)]
    return decision_form("shortfall_decision", call, about=link_to("shortfall", proposal.shortfall_id), facts=facts)


def _facts(shortfall: Shortfall) -> Facts:
    names = organisation_names([shortfall.debtor_id, shortfall.creditor_id])
    return [
        ("column.shortfall", str(shortfall.id)),
        ("column.debtor", names[shortfall.debtor_id]),
        ("column.creditor", names[shortfall.creditor_id]),
        ("column.amount", yuan(shortfall.amount_fen)),
        ("column.paid_of_it", yuan(shortfall.paid_fen)),
        ("column.open_sum", yuan(shortfall.open_fen)),
    ]
