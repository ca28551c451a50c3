"""Corrections of appropriations: proposed by one person, decided by another of the province (V3)."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, url_for

from accounts.states import ProposalState
from core.http import allow, current_actor
from core.pages import Column, Form, Pages, Table, link_to, table_page, term
from core.pages.language import yuan
from core.pages.tables import choice
from settlement import permissions
from settlement.models import Appropriation, AppropriationCorrection
from settlement.pages.remedy_parts import Facts, decision_form, proposal_form
from settlement.queries.funds import corrections, find_appropriation, find_correction, find_fund, fund_status
from settlement.schemas.remedies import NewAppropriationCorrectionSchema
from settlement.service import appropriation_corrections as service

appropriation_corrections = Pages("appropriation_correction_pages", __name__, url_prefix="/funds")

CORRECTIONS = Table(
    name="appropriation-corrections",
    key=AppropriationCorrection.id,
    default_sort="-number",
    empty="page.appropriation_corrections.empty",
    filters=[choice("state", AppropriationCorrection.state, ProposalState)],
    columns=[
        Column(
            "number",
            lambda row: row.id,
            sort=AppropriationCorrection.id,
            link=lambda row: link_to("fund", row.fund_id),
        ),
        Column("corrects", lambda row: row.appropriation_id, kind="number"),
        Column("reference_document", lambda row: row.appropriation.reference),
        Column("entered_sum", lambda row: row.appropriation.amount_fen, kind="money"),
        Column("right_sum", lambda row: row.amount_fen, kind="money", sort=AppropriationCorrection.amount_fen),
        Column("remedy_cause", lambda row: row.cause),
        Column("state", lambda row: row.state, kind="state", sort=AppropriationCorrection.state),
        Column("proposed_at", lambda row: row.proposed_at, kind="moment", sort=AppropriationCorrection.proposed_at),
    ],
)


@appropriation_corrections.get("/corrections")
@allow(permissions.may_read_funds)
def index() -> Any:
    """What was proposed and decided about wrong entries, the latest first."""
    return table_page(CORRECTIONS, corrections(), title="page.appropriation_corrections.title")


@appropriation_corrections.route("/<int:fund_id>/entries/<int:appropriation_id>/correction", methods=["GET", "POST"])
@allow(permissions.may_open_fund)
def propose(fund_id: int, appropriation_id: int) -> Response:
    """Propose what an entry should have said."""
    wrong = find_appropriation(appropriation_id, fund_id=find_fund(fund_id).id)
    form = Form(NewAppropriationCorrectionSchema, name="appropriation_correction", fixed={"appropriation_id": wrong.id})
    call = partial(service.propose_correction, fund_id=fund_id)
    return proposal_form(form, call, about=link_to("fund", fund_id), facts=_facts(wrong))


@appropriation_corrections.route("/corrections/<int:correction_id>/decision", methods=["GET", "POST"])
@allow(permissions.may_decide_closing)
def decide(correction_id: int) -> Response:
    """Another person of the province decides."""
    correction = find_correction(correction_id)
    call = partial(service.decide_correction, correction_id=correction_id)
    facts = [
        *_facts(correction.appropriation),
        ("column.right_sum", yuan(correction.amount_fen)),
        ("column.remedy_cause", correction.cause),
    ]
    about = link_to("fund", correction.fund_id)
    return decision_form("appropriation_correction_decision", call, about=about, facts=facts)


def decision_href(correction: AppropriationCorrection) -> str | None:
    """Where the reader decides a correction that waits; None where it is not for him."""
    actor = current_actor()
    waits = correction.state is ProposalState.PROPOSED and correction.proposed_by != actor.user_id
    if not (waits and permissions.may_decide_closing(actor)):
        return None
    return url_for("appropriation_correction_pages.decide", correction_id=correction.id)


def _facts(wrong: Appropriation) -> Facts:
    fund = fund_status(find_fund(wrong.fund_id))
    return [
        ("column.year", fund.year),
        ("column.available", yuan(fund.available_fen)),
        ("column.appropriation_kind", term(wrong.kind)),
        ("column.reference_document", wrong.reference),
        ("column.entered_sum", yuan(abs(wrong.amount_fen))),
    ]
