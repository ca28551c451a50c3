"""Gaps between the statements of an account: the list, and saying why nothing is missing (V17 pay)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, Pages, Table, form_page, table_page
from core.pages.language import day as say_day
from core.pages.language import t, yuan
from core.pages.tables import choice
from settlement import permissions
from settlement.models import AccountStatement, StatementGap
from settlement.queries.statement_gaps import find_gap
from settlement.queries.statement_gaps import statement_gaps as all_gaps
from settlement.schemas.suspense import GapExplanationSchema
from settlement.service import statement_gaps as service
from settlement.states import GapKind, GapState

statement_gaps = Pages(
    "statement_gap_pages",
    __name__,
    url_prefix="/statement-gaps",
    links={"statement_gaps": ("statement_gap_pages.index", "")},
)


def gap_words(gap: StatementGap) -> str:
    """What is wrong between two statements, in the language of the request."""
    if gap.kind is GapKind.BALANCE:
        return t("page.statement_gap.balance", expected=yuan(gap.expected_fen or 0), found=yuan(gap.found_fen or 0))
    if gap.kind is GapKind.TWICE:
        return t("page.statement_gap.twice", number=gap.after.number)
    return t("page.statement_gap.missing", numbers=numbers_of([gap.first_no, gap.last_no]))


def numbers_of(numbers: Iterable[int | None]) -> str:
    """A range of numbers of statements; empty where there is none."""
    known = [each for each in numbers if each is not None]
    if not known:
        return ""
    return str(known[0]) if min(known) == max(known) else f"{min(known)}–{max(known)}"


def _named(told: AccountStatement) -> str:
    """A statement by its number, if it has one, and its day."""
    on = say_day(told.day)
    return on if told.number is None else t("page.statement_gap.named", number=told.number, day=on)


def _link(gap: StatementGap) -> str | None:
    """To where it is explained, for whoever may."""
    if gap.state is GapState.OPEN and permissions.may_explain_suspense(current_actor()):
        return url_for("statement_gap_pages.explain", gap_id=gap.id)
    return None


GAPS = Table(
    name="statement-gaps",
    key=StatementGap.id,
    default_sort="-number",
    empty="page.statement_gaps.empty",
    filters=[choice("state", StatementGap.state, GapState), choice("gap_kind", StatementGap.kind, GapKind)],
    columns=[
        Column("number", lambda gap: gap.id, sort=StatementGap.id, link=_link),
        Column("account_number", lambda gap: gap.account, sort=StatementGap.account),
        Column("gap", gap_words),
        Column("statement_before", lambda gap: _named(gap.before)),
        Column("statement_after", lambda gap: _named(gap.after)),
        Column("state", lambda gap: gap.state, kind="state", sort=StatementGap.state),
        Column("note", lambda gap: gap.note),
        Column("opened_at", lambda gap: gap.opened_at, kind="moment", sort=StatementGap.opened_at),
    ],
)


@statement_gaps.get("")
@allow(permissions.may_read_suspense)
def index() -> Any:
    """Gaps, the latest first."""
    statements = {"label": t("page.bank_statements.title"), "href": url_for("bank_statement_pages.index")}
    return table_page(GAPS, all_gaps(), title="page.statement_gaps.title", actions=[statements])


@statement_gaps.route("/<int:gap_id>/explanation", methods=["GET", "POST"])
@allow(permissions.may_explain_suspense)
def explain(gap_id: int) -> Response:
    """Say why nothing is missing."""
    gap = find_gap(gap_id)
    here = url_for("statement_gap_pages.index")

    def effect(given: dict[str, Any]) -> Done:
        service.explain(gap_id=gap_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.statement_gap_explanation.done")

    facts = [
        ("column.account_number", gap.account),
        ("column.gap", gap_words(gap)),
        ("column.statement_before", _named(gap.before)),
        ("column.statement_after", _named(gap.after)),
    ]
    return form_page(
        Form(GapExplanationSchema, name="statement_gap_explanation"), effect=effect, back=here, facts=facts
    )
