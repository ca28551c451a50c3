"""Funds: what was appropriated for a year, and what is left of it (V3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.states import ProposalState
from core import clock
from core.db import session
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    Form,
    MoneyBar,
    MoneyPart,
    NavEntry,
    Pages,
    Table,
    export_links,
    form_page,
    link_to,
    list_file,
    table_page,
)
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import Appropriation, AppropriationCorrection, Fund, FundClosing
from settlement.pages.appropriation_corrections import decision_href
from settlement.pages.words import programme_options, programme_words
from settlement.queries.funds import FundStatus, corrections, find_closing, find_fund, fund_status, fund_statuses
from settlement.queries.funds import closings as closings_of
from settlement.queries.funds import funds as all_funds
from settlement.rules.funding import ENTERED
from settlement.schemas.funds import (
    ClosingReviewSchema,
    NewAppropriationSchema,
    NewClosingSchema,
    NewFundSchema,
    ReductionSchema,
)
from settlement.service import funds as service

funds = Pages(
    "fund_pages",
    __name__,
    url_prefix="/funds",
    navigation=(NavEntry("funds", "fund_pages.index", "money", permissions.may_read_funds, order=40),),
    links={"fund": ("fund_pages.one", "fund_id")},
)


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A closing as the page of its fund shows it."""

    closing: FundClosing
    decision_href: str


FUNDS = Table(
    name="funds",
    key=Fund.id,
    default_sort="-year",
    empty="page.funds.empty",
    prepare=fund_statuses,
    columns=[
        Column("year", lambda row: str(row.year), sort=Fund.year, link=lambda row: link_to("fund", row.id)),
        Column("programme", lambda row: programme_words(row.programme)),
        Column("appropriation", lambda row: row.appropriation_fen, kind="money"),
        Column("paid_out", lambda row: row.paid_fen, kind="money"),
        Column("committed", lambda row: row.committed_fen, kind="money"),
        Column("available", lambda row: row.available_fen, kind="money"),
        Column("due_now", lambda row: row.due_fen, kind="money"),
    ],
)


APPROPRIATIONS = [
    Column("entry_number", lambda entered: entered.id, kind="number"),
    Column("entered_at", lambda entered: entered.entered_at, kind="moment"),
    Column("appropriation_kind", lambda entered: entered.kind, kind="term"),
    Column("reference_document", lambda entered: entered.reference),
    Column("corrects", lambda entered: entered.corrects_id, kind="number"),
    Column("amount", lambda entered: entered.amount_fen, kind="money"),
]

CLOSINGS = Table(
    name="fund-closings",
    key=FundClosing.id,
    default_sort="-number",
    empty="page.fund_closings.empty",
    filters=[choice("state", FundClosing.state, ProposalState)],
    columns=[
        Column("number", lambda row: row.id, sort=FundClosing.id, link=lambda row: link_to("fund", row.fund_id)),
        Column("year", lambda row: str(row.fund.year)),
        Column("programme", lambda row: programme_words(row.fund.programme)),
        Column("carried", lambda row: row.carried_fen, kind="money", sort=FundClosing.carried_fen),
        Column("lapsed", lambda row: row.lapsed_fen, kind="money", sort=FundClosing.lapsed_fen),
        Column("reference_document", lambda row: row.reference),
        Column("closing_cause", lambda row: row.cause),
        Column("state", lambda row: row.state, kind="state", sort=FundClosing.state),
        Column("proposed_at", lambda row: row.proposed_at, kind="moment", sort=FundClosing.proposed_at),
    ],
)


@funds.get("")
@allow(permissions.may_read_funds)
def index() -> Any:
    """Funds by year, the latest first."""
    actions: list[dict[str, Any]] = [
        {"label": t("page.fund_closings.title"), "href": url_for("fund_pages.all_closings")},
        {
            "label": t("page.appropriation_corrections.title"),
            "href": url_for("appropriation_correction_pages.index"),
        },
    ]
    if permissions.may_open_fund(current_actor()):
        new_fund = {"label": t("page.fund_new.title"), "href": url_for("fund_pages.new"), "primary": True}
        actions = [new_fund, *actions]
    return table_page(FUNDS, all_funds(), title="page.funds.title", actions=actions)


@funds.get("/closings")
@allow(permissions.may_read_funds)
def all_closings() -> Any:
    """What was proposed and decided about the rest of past years' funds, the latest first."""
    return table_page(CLOSINGS, closings_of(), title="page.fund_closings.title")


@funds.route("/new", methods=["GET", "POST"])
@allow(permissions.may_open_fund)
def new() -> Response:
    """Open the fund of a year with its first appropriation."""

    def effect(given: dict[str, Any]) -> Done:
        made = service.open_fund(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("fund", made.id), "page.fund_new.done", {"year": made.year})

    programmes = programme_options()
    form = Form(
        NewFundSchema,
        name="fund_new",
        initial={"year": clock.today(clock.now()).year},
        options={"programme": programmes},
        leave_out=() if programmes else ("programme",),
    )
    return form_page(form, effect=effect, back=url_for("fund_pages.index"), confirms=True)


@funds.get("/<int:fund_id>")
@allow(permissions.may_read_funds)
def one(fund_id: int) -> Response | str:
    """One fund: what is left of it, and every appropriation."""
    fund = fund_status(find_fund(fund_id))
    corrected = corrections(fund_id).order_by(AppropriationCorrection.id)
    return list_file(f"fund-{fund.year}-{fund.programme}", APPROPRIATIONS, fund.appropriations) or render_template(
        "settlement/fund.html",
        fund=fund,
        programme=programme_words(fund.programme),
        bar=fund_bar(fund),
        waiting_fen=max(0, fund.due_fen - fund.available_fen) if _is_current(fund) else 0,
        is_current=_is_current(fund),
        actions=_actions(fund, current_actor()),
        closings=[_closing_row(each) for each in session().scalars(closings_of(fund_id).order_by(FundClosing.id))],
        may_decide=permissions.may_decide_closing(current_actor()),
        corrections=[(each, decision_href(each)) for each in session().scalars(corrected)],
        correctable=_correctable(fund, current_actor()),
        files=export_links(),
    )


def _actions(fund: FundStatus, actor: Actor) -> list[dict[str, Any]]:
    """What may be done about a fund; nothing but a further closing once it is closed."""
    queue = {"label": t("page.queue.title"), "href": url_for("finance_pages.queue", programme=fund.programme)}
    if not permissions.may_open_fund(actor):
        return [queue]
    steps = [] if fund.is_closed else [("fund_appropriation", "appropriate"), ("fund_reduction", "reduce")]
    if fund.year < clock.today(clock.now()).year:
        steps.append(("fund_closing", "close"))
    buttons: list[dict[str, Any]] = [
        {"label": t(f"page.{name}.title"), "href": url_for(f"fund_pages.{step}", fund_id=fund.id)}
        for name, step in steps
    ]
    return [*buttons, queue]


def _correctable(fund: FundStatus, actor: Actor) -> list[Appropriation]:
    """Entries of it that the reader may say are wrong: typed in, and not corrected before."""
    if fund.is_closed or not permissions.may_open_fund(actor):
        return []
    corrected = {each.corrects_id for each in fund.appropriations}
    return [each for each in fund.appropriations if each.kind in ENTERED and each.id not in corrected]


def _closing_row(closing: FundClosing) -> ClosingRow:
    return ClosingRow(closing, url_for("fund_pages.decide", closing_id=closing.id))


@funds.route("/<int:fund_id>/appropriations", methods=["GET", "POST"])
@allow(permissions.may_open_fund)
def appropriate(fund_id: int) -> Response:
    """Put further money into a fund."""
    fund = fund_status(find_fund(fund_id))
    here = link_to("fund", fund_id)

    def effect(given: dict[str, Any]) -> Done:
        service.increase_fund(fund_id=fund_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.fund_appropriation.done")

    form = Form(NewAppropriationSchema, name="fund_appropriation")
    return form_page(form, effect=effect, back=here, confirms=True, facts=_left(fund))


@funds.route("/<int:fund_id>/reductions", methods=["GET", "POST"])
@allow(permissions.may_open_fund)
def reduce(fund_id: int) -> Response:
    """Take money out of a fund again."""
    fund = fund_status(find_fund(fund_id))
    here = link_to("fund", fund_id)

    def effect(given: dict[str, Any]) -> Done:
        service.decrease_fund(fund_id=fund_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.fund_reduction.done")

    form = Form(ReductionSchema, name="fund_reduction")
    return form_page(form, effect=effect, back=here, confirms=True, facts=_left(fund))


@funds.route("/<int:fund_id>/closings", methods=["GET", "POST"])
@allow(permissions.may_open_fund)
def close(fund_id: int) -> Response:
    """Propose what becomes of the rest of a past year's fund."""
    fund = fund_status(find_fund(fund_id))
    here = link_to("fund", fund_id)

    def effect(given: dict[str, Any]) -> Done:
        service.propose_closing(fund_id=fund_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.fund_closing.done")

    form = Form(NewClosingSchema, name="fund_closing")
    return form_page(form, effect=effect, back=here, confirms=True, facts=_left(fund))


@funds.route("/closings/<int:closing_id>/decision", methods=["GET", "POST"])
@allow(permissions.may_decide_closing)
def decide(closing_id: int) -> Response:
    """Another person of the province decides."""
    closing = find_closing(closing_id)
    here = link_to("fund", closing.fund_id)

    def effect(given: dict[str, Any]) -> Done:
        service.decide_closing(closing_id=closing_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.fund_closing_decision.done")

    form = Form(ClosingReviewSchema, name="fund_closing_decision")
    facts = [
        *_left(fund_status(closing.fund)),
        ("column.carried", yuan(closing.carried_fen)),
        ("column.lapsed", yuan(closing.lapsed_fen)),
        ("column.reference_document", closing.reference),
        ("column.closing_cause", closing.cause),
    ]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _left(fund: FundStatus) -> list[tuple[str, Any]]:
    return [
        ("column.year", fund.year),
        ("column.appropriation", yuan(fund.appropriation_fen)),
        ("column.committed", yuan(fund.committed_fen)),
        ("column.available", yuan(fund.available_fen)),
    ]


def fund_bar(fund: FundStatus) -> MoneyBar:
    """The appropriation as what was paid, what stands in batches, what confirmed claims wait for, and the rest."""
    waiting = min(fund.due_fen, fund.available_fen) if _is_current(fund) else 0
    parts = [
        MoneyPart("used", t("money.paid_out"), fund.paid_fen),
        MoneyPart("held", t("money.committed"), fund.committed_fen),
        MoneyPart("voucher", t("money.waiting"), waiting),
        MoneyPart("room", t("money.left"), fund.available_fen - waiting),
    ]
    return MoneyBar(t("money.appropriation", sum=yuan(fund.appropriation_fen)), parts)


def _is_current(fund: FundStatus) -> bool:
    """Whether due payables are judged by this fund."""
    return fund.year == clock.today(clock.now()).year
